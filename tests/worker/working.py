"""Live workers at jobs of our own: what they begin, what becomes of it, and what they leave behind."""

import signal
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from apps.scholar_app import files
from apps.scholar_app.models import EnrichmentJob, Status
from tests.jobs.making import row
from tests.waiting import wait_until
from tests.worker.live import LiveWorker
from tests.worker.processes import is_alive

Body = Callable[..., object]
SHORT_LEASE = {"SCITEX_LEASE_SECONDS": "3"}


StartWith = Callable[..., LiveWorker]


def runs(stage: Path, body: Body, job_id: UUID | str = "*") -> list[int]:
    """The processes in which ``body`` was begun, the first one first."""
    found = sorted(stage.glob(f"{body.__name__}.{job_id}.*"), key=lambda path: path.stat().st_mtime_ns)
    return [int(path.name.rsplit(".", 1)[1]) for path in found]


def begun(stage: Path, body: Body, job_id: UUID | str = "*", *, times: int = 1) -> int:
    """Wait until ``body`` was begun so often, and return the process of the last time."""
    return wait_until(
        lambda: (found := runs(stage, body, job_id))[times - 1 :] and found, what=f"{body.__name__} to begin"
    )[-1]


def reaches(job_id: UUID, status: Status) -> EnrichmentJob:
    wait_until(lambda: row(job_id).status == status, what=f"the job to be {status}")
    return row(job_id)


def worked_off(running: LiveWorker) -> LiveWorker:
    """The worker, when no job is left for it and it has gone of its own accord."""
    wait_until(lambda: not EnrichmentJob.objects.active().exists(), what="the end of all jobs")
    running.send(signal.SIGTERM)
    assert running.wait() == 0
    return running


def all_gone(*pids: int) -> None:
    wait_until(lambda: not any(map(is_alive, pids)), what="the processes' end")


def results(job_id: UUID) -> list[str]:
    """The names of what was ever stored as this job's result."""
    return sorted(file.name for file in files.stored(files.RESULTS) if str(job_id) in file.name)


def published(job_id: UUID, *, token: int) -> list[str]:
    names = files.result_names(job_id, token)
    return sorted([*names, files.index_name(names.report)])


def lease_lengths(job_id: UUID) -> float:
    """How many leases long the present stretch will be by the lease it has."""
    job = row(job_id)
    assert job.started_at
    assert job.lease_until
    return (job.lease_until - job.started_at).total_seconds() / int(SHORT_LEASE["SCITEX_LEASE_SECONDS"])
