"""Waiting for a job's end within a request: without a database connection, and with few at a time."""

import threading
import time
from collections.abc import Callable
from typing import Final
from uuid import UUID

from django.db import connection

from .. import jobs
from ..jobs import Owner
from ..models import EnrichmentJob

#: Nobody waits longer than this; proxies and browsers give up at about the same time. In seconds.
LONGEST: Final = 60
#: So many of a process's threads (``deployment/scripts/run.py`` gives it 16) may wait; the others keep serving.
SEATS: Final = 8
_FIRST_PAUSE: Final = 0.1
_LAST_PAUSE: Final = 2.0
_GROWTH: Final = 1.5

_seats = threading.BoundedSemaphore(SEATS)


def wait_for_end(
    job_id: UUID,
    owner: Owner,
    *,
    seconds: float,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> EnrichmentJob:
    """The job when it has ended, or as it is after ``seconds``; at once where too many wait already.

    Raises ``DoesNotExist`` when the job is deleted meanwhile.
    """
    end = monotonic() + min(seconds, LONGEST)
    pause = _FIRST_PAUSE
    seated = _seats.acquire(blocking=False)
    try:
        while (job := jobs.find(job_id, [owner])).is_active and seated and (left := end - monotonic()) > 0:
            _give_connection_back()
            sleep(min(pause, left))
            pause = min(pause * _GROWTH, _LAST_PAUSE)
    finally:
        if seated:
            _seats.release()
    return job


def _give_connection_back() -> None:
    """A hundred that wait shall not be a hundred connections; the next look opens one anew."""
    if not connection.in_atomic_block:
        connection.close()
