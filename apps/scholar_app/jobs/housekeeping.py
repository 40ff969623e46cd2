"""One run of the clean-up, from counting to the record of the run: what the timer and the command do."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any, Final

from django.contrib.sessions.models import Session
from django.db.models import Model, QuerySet
from django.utils import timezone

from ..access import FAILURE_COUNTS, SUBMISSION_KEPT
from ..catalogue.memory import forget_expired
from ..clock import clock
from ..models import (
    ACTIVE,
    CleanupRun,
    EnrichmentJob,
    LetterWish,
    Lookup,
    SignInPause,
    Status,
    Submission,
    UploadAttempt,
    WorkerPresence,
)
from ..presence import PRESENCE_KEPT
from ..wishes import WISH_KEPT
from .admission import old_attempts
from .cleanup import DeletedCounts, OrphanCounts, StaleCounts, delete_old, fail_stale, sweep_orphans
from .pace import Pace

#: Runs are recorded for this long, to see when the timer stopped.
RUNS_KEPT: Final = timedelta(days=90)


def _delete_expired_runs(size: int) -> int:
    return _delete_first(CleanupRun.objects.filter(started_at__lt=clock(plus=-RUNS_KEPT)), size)


def _delete_expired_sessions(size: int) -> int:
    return _delete_first(Session.objects.filter(expire_date__lt=clock()), size)


def _delete_expired_attempts(size: int) -> int:
    return _delete_first(old_attempts(), size)


def _delete_expired_lookups(size: int) -> int:
    return forget_expired(size, now=timezone.now())


def _delete_expired_wishes(size: int) -> int:
    return _delete_first(LetterWish.objects.filter(at__lte=clock(plus=-WISH_KEPT)), size)


def _delete_expired_submissions(size: int) -> int:
    return _delete_first(Submission.objects.filter(at__lte=clock(plus=-SUBMISSION_KEPT)), size)


def _delete_expired_pauses(size: int) -> int:
    return _delete_first(SignInPause.objects.filter(last_at__lte=clock(plus=-FAILURE_COUNTS)), size)


def _delete_expired_presences(size: int) -> int:
    return _delete_first(WorkerPresence.objects.filter(seen_at__lt=clock(plus=-PRESENCE_KEPT)), size)


def _delete_first(rows: QuerySet[Any], size: int) -> int:
    """The condition is part of the statement: a session that is renewed meanwhile stays."""
    return rows.order_by().filter(pk__in=rows.values("pk")[:size]).delete()[0]


#: Tables whose rows are of no use after a time: what deletes the first so many of those. Jobs have rules of their own.
EXPIRED: Final[Mapping[type[Model], Callable[[int], int]]] = {
    CleanupRun: _delete_expired_runs,
    LetterWish: _delete_expired_wishes,
    Lookup: _delete_expired_lookups,
    Session: _delete_expired_sessions,
    SignInPause: _delete_expired_pauses,
    Submission: _delete_expired_submissions,
    UploadAttempt: _delete_expired_attempts,
    WorkerPresence: _delete_expired_presences,
}


@dataclass(frozen=True, slots=True)
class StatusCounts:
    """How many jobs there are."""

    total: int
    active: int
    completed: int
    failed: int
    cancelled: int

    @classmethod
    def now(cls) -> "StatusCounts":
        """As the database has them."""
        counts = EnrichmentJob.objects.status_counts()
        return cls(
            total=sum(counts.values()),
            active=sum(counts[status] for status in ACTIVE),
            completed=counts[Status.COMPLETED],
            failed=counts[Status.FAILED],
            cancelled=counts[Status.CANCELLED],
        )


@dataclass(frozen=True, slots=True)
class CleanupReport:
    """What a run found and did, in the words of ``cleanup_stale_jobs --json``."""

    dry_run: bool
    stale_processing: int
    stale_pending: int
    old_jobs: int
    failed_processing: int = 0
    failed_pending: int = 0
    deleted_jobs: int = 0
    deleted_files: int = 0
    orphan_files: int = 0
    seconds: float = 0.0
    status: StatusCounts = field(default_factory=StatusCounts.now)

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def clean_up(
    *, retention_days: int, delete_old_jobs: bool, by: str, dry_run: bool = False, pace: Pace | None = None
) -> CleanupReport:
    """Fail what is stale, delete what is old (where asked to) and what nothing refers to; ``by`` is for the record.

    Two at once, or one beside any number of workers and uploads, do no harm. A dry run only counts.
    """
    pace = pace or Pace.fitting()
    begun = timezone.now()
    found: dict[str, Any] = {
        "stale_processing": EnrichmentJob.objects.stale_processing().count(),
        "stale_pending": EnrichmentJob.objects.stale_pending().count(),
        "old_jobs": EnrichmentJob.objects.old(retention_days, begun).count(),
    }
    if dry_run:
        orphans = sweep_orphans(dry_run=True, pace=pace)
        return CleanupReport(dry_run=True, **found, orphan_files=orphans.found, seconds=round(pace.elapsed, 3))
    stale = fail_stale(pace=pace)
    # By the time at the beginning: what this run has failed stays long enough for its owner to see why.
    old = delete_old(retention_days, now=begun, pace=pace) if delete_old_jobs else DeletedCounts(0, 0, 0)
    orphans = sweep_orphans(pace=pace)
    for delete_expired in EXPIRED.values():
        pace.repeat(delete_expired)
    run = _record(by, stale=stale, old=old, orphans=orphans, seconds=round(pace.elapsed, 3))
    return CleanupReport(dry_run=False, **found, **{name: getattr(run, name) for name in _DONE})


#: What the report tells of a run's record.
_DONE: Final = ("failed_processing", "failed_pending", "deleted_jobs", "deleted_files", "orphan_files", "seconds")


def _record(by: str, *, stale: StaleCounts, old: DeletedCounts, orphans: OrphanCounts, seconds: float) -> CleanupRun:
    return CleanupRun.objects.create(
        seconds=seconds,
        by=by,
        failed_processing=stale.processing,
        failed_pending=stale.pending,
        deleted_jobs=old.jobs,
        deleted_files=old.files,
        orphan_files=orphans.deleted,
        undeleted_files=old.undeleted_files + orphans.undeleted,
    )
