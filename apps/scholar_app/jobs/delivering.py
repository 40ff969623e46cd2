"""Telling the task engine which jobs wait. It may forget, repeat or come late: what counts is the row."""

from datetime import timedelta
from functools import partial
from typing import Final
from uuid import UUID

from django.db import transaction

from .. import broker
from ..clock import clock
from ..models import EnrichmentJob

#: A message is on its way for as long as this before anybody worries.
_UNDER_WAY: Final = timedelta(seconds=10)
_BATCH: Final = 100


def deliver(job_id: UUID) -> None:
    """Bring a job that waits now to some worker, once the row says so for everybody."""
    if broker.is_used():
        transaction.on_commit(partial(broker.send, job_id))


def deliver_again() -> int:
    """Send anew what the broker has lost: so many as wait without a message, the longest waiting first.

    A broker that has as many messages as there are jobs waiting gets none, so that a long queue does not grow by being
    looked after. Returns how many were sent.
    """
    overdue = EnrichmentJob.objects.waiting().filter(queued_at__lt=clock(plus=-_UNDER_WAY))
    if not broker.is_used() or not overdue.exists() or (messages := broker.messages()) is None:
        return 0
    lost = min(max(EnrichmentJob.objects.waiting().count() - messages, 0), _BATCH)
    return sum(map(broker.send, overdue.values_list("pk", flat=True)[:lost]))
