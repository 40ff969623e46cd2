"""Setting right what died, hung or is over: the rules of the sweeps, each in batches of one guarded statement."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Final, NamedTuple

from django.db.models import F

from .. import files
from ..models import EnrichmentJob, JobQuerySet, Status, pending_limit, processing_limit
from .counting import count_deleted, count_ended
from .owners import Owner, owned_by
from .pace import Pace
from .transitions import Removed, move, removing, sweeping

MAX_RESCUES: Final = 3
_PROCESSING_CODE: Final = "processing_timeout"
_PENDING_CODE: Final = "never_started"
_LEASE_CODE: Final = "lease_expired"
_ACTIVE_OF_ONE_OWNER: Final = 1
#: A younger file may belong to an upload or a result whose row is only about to know it.
ORPHAN_AGE: Final = timedelta(hours=1)
_ORPHAN_BATCH: Final = 500
#: Workers come by every few seconds, so what is left waits not for long.
_RESCUE_BATCH: Final = 100


class StaleCounts(NamedTuple):
    """How many were failed by each rule."""

    processing: int
    pending: int


class DeletedCounts(NamedTuple):
    """What went, and how many files refused to."""

    jobs: int
    files: int
    undeleted_files: int


class OrphanCounts(NamedTuple):
    """Files that no row knows: found, and of these deleted and not deletable."""

    found: int
    deleted: int
    undeleted: int


def fail_stale(
    *,
    owner: Owner | None = None,
    limit: int | None = None,
    now: datetime | None = None,
    pace: Pace | None = None,
) -> StaleCounts:
    """Fail what is stale: all of it, one owner's, or at most ``limit`` jobs; then in one statement for each rule."""
    jobs = EnrichmentJob.objects.all() if owner is None else owned_by([owner])
    fail_processing, fail_pending = _failing_processing(jobs, now), _failing_pending(jobs, now)
    if owner is not None and limit is None:
        limit = _ACTIVE_OF_ONE_OWNER
    if limit is not None:
        failed = fail_processing(limit)
        return _counted(StaleCounts(failed, fail_pending(limit - failed)))
    pace = pace or Pace.fitting()
    return _counted(StaleCounts(pace.repeat(fail_processing), pace.repeat(fail_pending)))


def _counted(stale: StaleCounts) -> StaleCounts:
    """Once for all batches: a number of the operators' is worth no statement of each."""
    count_ended(stale.processing, to=Status.FAILED, reason=_PROCESSING_CODE)
    count_ended(stale.pending, to=Status.FAILED, reason=_PENDING_CODE)
    return stale


def _failing_processing(jobs: JobQuerySet, now: datetime | None) -> Callable[[int], int]:
    minutes = int(processing_limit().total_seconds() // 60)
    message = f"This job ran for more than {minutes} minutes and was stopped. Your file is unchanged; please try again."
    return _failing(jobs.stale_processing(now), Status.PROCESSING, code=_PROCESSING_CODE, message=message)


def _failing_pending(jobs: JobQuerySet, now: datetime | None) -> Callable[[int], int]:
    minutes = int(pending_limit().total_seconds() // 60)
    message = f"This job waited for more than {minutes} minutes and was not started. Please try again."
    return _failing(jobs.stale_pending(now), Status.PENDING, code=_PENDING_CODE, message=message)


def _failing(rows: JobQuerySet, source: Status, *, code: str, message: str) -> Callable[[int], int]:
    error = {"error_code": code, "error_message": message}
    return sweeping(rows, source=source, to=Status.FAILED, reason=code, **error)


def rescue_expired(*, now: datetime | None = None) -> int:
    """Take jobs from workers that fell silent: they queue anew, three times at most, and then fail.

    Returns how many were taken. Stale ones are left to :func:`fail_stale`.
    """
    expired = EnrichmentJob.objects.lease_expired(now)
    again, given_up = expired.filter(rescues__lt=MAX_RESCUES), expired.filter(rescues__gte=MAX_RESCUES)
    message = "The work on this job broke off again and again. Your file is unchanged; please try again later."
    failed = _failing(given_up, Status.PROCESSING, code=_LEASE_CODE, message=message)(_RESCUE_BATCH)
    one_more = {"rescues": F("rescues") + 1}
    rescued = move(again, to=Status.PENDING, reason=_LEASE_CODE, limit=_RESCUE_BATCH, **one_more)
    count_ended(failed, to=Status.FAILED, reason=_LEASE_CODE)
    return failed + len(rescued)


def delete_old(days: int, *, now: datetime | None = None, pace: Pace | None = None) -> DeletedCounts:
    """Delete the jobs that finished more than ``days`` days ago: the rows first, then the files of those rows.

    Never the other way round: a row whose file is gone would still offer a download. What a crash leaves between the
    two the orphan sweep finds. Raises ``ValueError`` for negative ``days``.
    """
    if days < 0:
        raise ValueError("days must not be negative")
    remove = removing(EnrichmentJob.objects.old(days, now), reason="old")
    removed: list[Removed] = []
    deleted = undeleted = 0

    def delete_rows(size: int) -> int:
        removed[:] = remove(size)
        return len(removed)

    def delete_their_files() -> None:
        nonlocal deleted, undeleted
        gone, left = files.delete(name for job in removed for name in job.files)
        deleted, undeleted = deleted + gone, undeleted + left

    jobs = (pace or Pace.fitting()).repeat(delete_rows, after=delete_their_files)
    count_deleted(jobs, reason="old")
    return DeletedCounts(jobs, deleted, undeleted)


def sweep_orphans(*, now: datetime | None = None, dry_run: bool = False, pace: Pace | None = None) -> OrphanCounts:
    """Delete the files that no row knows and that are older than an hour, or only count them."""
    pace = pace or Pace.fitting()
    before = (now or datetime.now(tz=UTC)) - ORPHAN_AGE
    found = deleted = failed = 0
    for names in _batches_of_old_files(before):
        orphans = _unknown(names)
        found += len(orphans)
        if not dry_run:
            more_deleted, more_failed = files.delete(orphans)
            deleted, failed = deleted + more_deleted, failed + more_failed
        if pace.is_over:
            break
    return OrphanCounts(found, deleted, failed)


def _batches_of_old_files(before: datetime) -> Iterator[list[str]]:
    for folder in files.FOLDERS:
        names = (file.name for file in files.stored(folder) if file.modified < before and files.is_ours(file.name))
        while batch := list(islice(names, _ORPHAN_BATCH)):
            yield batch


def _unknown(names: Sequence[str]) -> list[str]:
    """Those of ``names`` that no job's row holds; companions count, and go, with their file."""
    jobs = EnrichmentJob.objects.filter(pk__in={job_id for job_id in map(files.job_of, names) if job_id})
    known = {name for row in jobs.values_list("upload_name", "result_name", "report_name") for name in row}
    unknown = [name for name in names if name not in known]
    companions = {companion for name in (*known, *unknown) for companion in files.companions(name)}
    return [name for name in unknown if name not in companions]
