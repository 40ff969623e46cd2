"""Jobs for tests: made through the front door, and then, where a test needs it, put into another time."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from apps.scholar_app import files, jobs
from apps.scholar_app.models import EnrichmentJob, Status

BIBTEX = b"@article{key,\n  title = {A title},\n}\n"
OUTCOMES = {"enriched": 1}
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
MILLISECOND = timedelta(milliseconds=1)
#: A present of our own, long ago; in the night in which clocks were put forward.
NOW = datetime(2020, 3, 29, 1, 30, tzinfo=UTC)


def visitor() -> jobs.Owner:
    """Somebody new."""
    return jobs.Owner(visitor=uuid4())


def submitted(owner: jobs.Owner | None = None, **arguments: Any) -> EnrichmentJob:
    """A waiting job."""
    defaults: dict[str, Any] = {"data": BIBTEX, "original_name": "references.bib", "entries_total": 1}
    return jobs.submit(visitor() if owner is None else owner, **defaults | arguments)


def claimed(job: EnrichmentJob | None = None) -> jobs.Claim:
    """The claim on ``job``, or on one of its own."""
    claim = jobs.claim(worker="test", job_id=(job or submitted()).pk)
    assert claim, "the job was not waiting"
    return claim


def complete(claim: jobs.Claim) -> bool:
    """Try to complete."""
    return jobs.complete(claim, result=BIBTEX, report={"entries": []}, outcomes=OUTCOMES)


def completed(owner: jobs.Owner | None = None, *, ago: timedelta = timedelta()) -> EnrichmentJob:
    """A job that was completed that long ago."""
    claim = claimed(submitted(owner))
    assert complete(claim)
    put_back(claim.job_id, finished_at=ago)
    return row(claim.job_id)


def row(job_id: UUID) -> EnrichmentJob:
    """The job as the database has it."""
    return EnrichmentJob.objects.get(pk=job_id)


def put_back(job_id: UUID, **times: timedelta) -> None:
    """Move times of a job (``started_at=11 * MINUTE``) into the past."""
    job = row(job_id)
    EnrichmentJob.objects.filter(pk=job_id).update(**{name: getattr(job, name) - by for name, by in times.items()})


def in_turn(*jobs_made: EnrichmentJob) -> None:
    """Put them into the past, a minute apart, the last one now: a fast machine makes several in one millisecond."""
    for minutes, job in enumerate(reversed(jobs_made)):
        put_back(job.pk, created_at=minutes * MINUTE, queued_at=minutes * MINUTE)


def statuses(job_ids: Iterable[UUID]) -> list[str]:
    """Where these jobs stand, in their order."""
    job_ids = list(job_ids)
    by_id = dict(EnrichmentJob.objects.filter(pk__in=job_ids).values_list("pk", "status"))
    return [by_id[job_id] for job_id in job_ids]


def processing_rows(count: int, *, started_at: datetime) -> list[jobs.Claim]:
    """Jobs of as many visitors that were claimed at that time, without files; the first one started first."""
    rows = [
        EnrichmentJob(
            visitor=uuid4(),
            status=Status.PROCESSING,
            token=1,
            attempt=1,
            queued_at=started_at,
            started_at=started_at + number * MILLISECOND,
            lease_until=started_at + timedelta(days=36_500),
        )
        for number in range(count)
    ]
    EnrichmentJob.objects.bulk_create(rows)
    return [jobs.Claim(job.pk, 1, 1) for job in rows]


def pending_rows(count: int, *, queued_at: datetime) -> list[UUID]:
    """Waiting jobs of as many visitors, without files; in turn."""
    rows = [EnrichmentJob(visitor=uuid4(), queued_at=queued_at + number * MILLISECOND) for number in range(count)]
    return [job.pk for job in EnrichmentJob.objects.bulk_create(rows)]


def stored_names() -> set[str]:
    """Every file in the storage."""
    return {file.name for folder in files.FOLDERS for file in files.stored(folder)}


def names_of(job: EnrichmentJob) -> set[str]:
    """The files of a job: those it names, and the index of its report."""
    names = {name for name in (job.upload_name, job.result_name, job.report_name) if name}
    return names | {files.index_name(job.report_name)} if job.report_name else names
