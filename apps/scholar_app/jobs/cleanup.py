"""Setting right what died, hung or is over: the rules of the sweeps, each in batches of one guarded statement."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Final, NamedTuple

from django.db.models import F

from .. import files
from ..models import EnrichmentJob, JobQuerySet, Status, pending_limit, processing_limit
from .owners import Owner, owned_by
from .pace import Pace
from .transitions import move, remove

MAX_RESCUES: Final = 3
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
    processing, pending = jobs.stale_processing(now), jobs.stale_pending(now)
    if owner is not None or limit is not None:
        failed = _fail_processing(processing, limit)
        return StaleCounts(failed, _fail_pending(pending, None if limit is None else limit - failed))
    pace = pace or Pace()
    return StaleCounts(
        pace.repeat(lambda size: _fail_processing(processing, size)),
        pace.repeat(lambda size: _fail_pending(pending, size)),
    )


def _fail_processing(rows: JobQuerySet, limit: int | None) -> int:
    minutes = int(processing_limit().total_seconds() // 60)
    message = f"This job ran for more than {minutes} minutes and was stopped. Your file is unchanged; please try again."
    return _fail(rows, limit, code="processing_timeout", message=message)


def _fail_pending(rows: JobQuerySet, limit: int | None) -> int:
    minutes = int(pending_limit().total_seconds() // 60)
    message = f"This job waited for more than {minutes} minutes and was not started. Please try again."
    return _fail(rows, limit, code="never_started", message=message)


def _fail(rows: JobQuerySet, limit: int | None, *, code: str, message: str) -> int:
    return len(move(rows, to=Status.FAILED, reason=code, limit=limit, error_code=code, error_message=message))


def rescue_expired(*, now: datetime | None = None) -> int:
    """Take jobs from workers that fell silent: they queue anew, three times at most, and then fail.

    Returns how many were taken. Stale ones are left to :func:`fail_stale`.
    """
    expired = EnrichmentJob.objects.lease_expired(now)
    given_up = expired.filter(rescues__gte=MAX_RESCUES)
    message = "The work on this job broke off again and again. Your file is unchanged; please try again later."
    failed = _fail(given_up, _RESCUE_BATCH, code="lease_expired", message=message)
    rescued = expired.filter(rescues__lt=MAX_RESCUES)
    again = {"rescues": F("rescues") + 1}
    return failed + len(move(rescued, to=Status.PENDING, reason="lease_expired", limit=_RESCUE_BATCH, **again))


def delete_old(days: int, *, now: datetime | None = None, pace: Pace | None = None) -> DeletedCounts:
    """Delete the jobs that finished more than ``days`` days ago: the rows first, then the files of those rows.

    Never the other way round: a row whose file is gone would still offer a download. What a crash leaves between the
    two the orphan sweep finds. Raises ``ValueError`` for negative ``days``.
    """
    if days < 0:
        raise ValueError("days must not be negative")
    rows = EnrichmentJob.objects.old(days, now)
    deleted_files = undeleted_files = 0

    def delete_batch(size: int) -> int:
        nonlocal deleted_files, undeleted_files
        removed = remove(rows, reason="old", limit=size)
        deleted, failed = files.delete(name for job in removed for name in job.files)
        deleted_files, undeleted_files = deleted_files + deleted, undeleted_files + failed
        return len(removed)

    jobs = (pace or Pace()).repeat(delete_batch)
    return DeletedCounts(jobs, deleted_files, undeleted_files)


def sweep_orphans(*, now: datetime | None = None, dry_run: bool = False, pace: Pace | None = None) -> OrphanCounts:
    """Delete the files that no row knows and that are older than an hour, or only count them."""
    pace = pace or Pace()
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
    """Those of ``names`` that no job's row holds."""
    jobs = EnrichmentJob.objects.filter(pk__in={job_id for job_id in map(files.job_of, names) if job_id})
    known = {name for row in jobs.values_list("upload_name", "result_name", "report_name") for name in row}
    return [name for name in names if name not in known]
