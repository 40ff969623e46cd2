"""How the service is doing, read from the database for its operators: the queue, its workers, clean-up, disk, indexes.

Every figure is one small question to an index, so that a monitor may ask every few seconds, whichever process answers.
"""

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Count, Min, Q, Sum
from django.utils import timezone

from .clock import clock
from .models import CleanupRun, EnrichmentJob, JobQuerySet, pending_limit, processing_limit
from .presence import present


@dataclass(frozen=True, slots=True)
class Stretch:
    """The jobs in one of the active states: how many, for how many seconds the first, how many for too long."""

    jobs: int
    longest: float
    stale: int


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits and what is being worked on."""

    pending: Stretch
    processing: Stretch


class Workers(NamedTuple):
    """How many workers were seen within a lease's time, and how many jobs they take at once."""

    workers: int
    slots: int


@dataclass(frozen=True, slots=True)
class Cleanup:
    """The last run of the clean-up, and how long ago it was, in seconds."""

    run: CleanupRun
    age: float


class Disk(NamedTuple):
    """Bytes of the file system that the data directory is on."""

    total: int
    free: int

    @property
    def used(self) -> int:
        """What is not free."""
        return self.total - self.free


def queue() -> Queue:
    """The active jobs."""
    waiting, working = EnrichmentJob.objects.waiting(), EnrichmentJob.objects.processing()
    return Queue(
        pending=_stretch(waiting, "queued_at", pending_limit()),
        processing=_stretch(working, "started_at", processing_limit()),
    )


def workers() -> Workers:
    """Those that are there."""
    found = present().aggregate(workers=Count("*"), slots=Sum("processes"))
    return Workers(found["workers"], found["slots"] or 0)


def last_cleanup() -> Cleanup | None:
    """The last recorded run; ``None`` before the first."""
    run = CleanupRun.objects.annotate(now=clock()).order_by("-started_at").first()
    if run is None:
        return None
    now: datetime = vars(run)["now"]
    return Cleanup(run, _seconds(run.started_at, now))


def disk() -> Disk:
    """Of the data directory. Raises ``OSError``."""
    usage = shutil.disk_usage(settings.SCITEX_DATA_DIR)
    return Disk(usage.total, usage.free)


def _stretch(rows: JobQuerySet, since: str, limit: timedelta) -> Stretch:
    stale = Count(since, filter=Q(**{f"{since}__lt": clock(plus=-limit)}))
    found: dict[str, Any] = rows.order_by().aggregate(jobs=Count("*"), first=Min(since), stale=stale)
    longest = _seconds(found["first"], timezone.now()) if found["first"] else 0.0
    return Stretch(found["jobs"], longest, found["stale"])


def _seconds(begin: datetime, end: datetime) -> float:
    return max((end - begin).total_seconds(), 0.0)
