"""What an operator can do with anybody's job: by the same guarded steps as everybody else."""

from collections.abc import Iterable
from functools import partial
from typing import Final
from uuid import UUID

from django.db import transaction

from .. import files
from ..models import EnrichmentJob, Status
from .counting import count_deleted
from .transitions import move, removing

STOPPED: Final = "stopped_by_operator"
_MESSAGE: Final = "An operator of this site stopped the job. Your file is unchanged; please try again later."


def stop(job_ids: Iterable[UUID]) -> list[UUID]:
    """Fail those that are active; returns which these were. A worker that holds one notices."""
    rows = EnrichmentJob.objects.active().filter(pk__in=list(job_ids))
    moved = move(rows, to=Status.FAILED, reason=STOPPED, error_code=STOPPED, error_message=_MESSAGE)
    return [job.job_id for job in moved]


def remove(job_ids: Iterable[UUID]) -> int:
    """Delete them with their files, whatever their state; returns how many there were."""
    removed = removing(EnrichmentJob.objects.filter(pk__in=list(job_ids)), reason="operator")(None)
    names = [name for job in removed for name in job.files]
    count_deleted(len(removed), reason="operator")
    transaction.on_commit(partial(files.delete, names))
    return len(removed)
