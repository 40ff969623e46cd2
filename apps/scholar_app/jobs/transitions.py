"""The one place where a job changes its state or goes: one guarded statement, whose rows are the answer.

Whoever lost a race gets nothing back and has overwritten nothing. The states a job may come from are part of each
statement, taken from ``TRANSITIONS``, so no caller can forget them. Each step writes a line to the log: ids and codes,
nothing of the user.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import cache, partial
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F

from ..clock import clock
from ..models import TRANSITIONS, EnrichmentJob, JobQuerySet, Status
from . import statements
from .counting import TIMES, Times, count_steps, count_submitted
from .delivering import deliver
from .statements import dashed

logger = logging.getLogger("scholar.jobs")
_IDS_A_LINE: Final = 100


class Moved(NamedTuple):
    """A job that took the step, as it is now."""

    job_id: UUID
    token: int
    attempt: int


class Removed(NamedTuple):
    """A job that is gone, where it stood, and the files it leaves behind."""

    job_id: str
    status: str
    files: tuple[str, ...]


def lease_end() -> Any:
    """Until when a claim or a renewal of now holds."""
    return clock(plus=timedelta(seconds=settings.SCITEX_LEASE_SECONDS))


def _processing() -> dict[str, Any]:
    stretch = {"started_at": clock(), "lease_until": lease_end()}
    return {**stretch, "token": F("token") + 1, "attempt": F("attempt") + 1}


def _pending() -> dict[str, Any]:
    stretch = {"queued_at": clock(), "started_at": None, "lease_until": None, "worker": ""}
    return {**stretch, "token": F("token") + 1}


def _finished() -> dict[str, Any]:
    return {"finished_at": clock(), "lease_until": None}


#: What entering a state does to the other columns.
_ENTERING: Final[Mapping[Status, Callable[[], dict[str, Any]]]] = {
    Status.PENDING: _pending,
    Status.PROCESSING: _processing,
    Status.COMPLETED: _finished,
    Status.FAILED: _finished,
    Status.CANCELLED: _finished,
}


def move(rows: JobQuerySet, *, to: Status, reason: str, limit: int | None = None, **columns: Any) -> list[Moved]:
    """Bring these jobs, or the first ``limit`` of them, ``to`` another state; returns those that went.

    Jobs that cannot take this step are left alone, and so are, with a ``limit``, those that somebody else is changing
    at this moment. ``reason`` is a code for the log.
    """
    sources = [status for status, following in TRANSITIONS.items() if to in following]
    chosen = statements.first(rows.filter(status__in=sources), limit)
    change = statements.update(chosen, _entering(to, columns), returning=("id", "token", "attempt", *TIMES))
    moved, times = [], []
    for job_id, token, attempt, *moments in change.run():
        job, when = Moved(UUID(dashed(job_id)), token, attempt), Times.of(moments)
        source = _came_from(to, started=when.started is not None)
        _log("job=%s from=%s to=%s reason=%s token=%d", job.job_id, source, to, reason, job.token)
        if to == Status.PENDING:
            deliver(job.job_id)
        moved.append(job)
        times.append(when)
    count_steps(times, to=to, reason=reason)
    return moved


def sweeping(rows: JobQuerySet, *, source: Status, to: Status, reason: str, **columns: Any) -> Callable[[int], int]:
    """As ``move``, for any number of jobs that are all in ``source``: to be called with a limit, again and again.

    Each call says how many jobs went.
    """
    if to not in TRANSITIONS[source]:
        raise ValueError(f"a job does not go from {source} to {to}")
    rows, values = rows.filter(status=source), _entering(to, columns)

    @cache
    def change(limit: int) -> statements.Statement:
        return statements.update(statements.first(rows, limit), values, returning=("id",))

    def sweep(limit: int) -> int:
        changed = change(limit).run() if limit > 0 else []
        _log_many([row[0] for row in changed], source=source, to=to, reason=reason)
        return len(changed)

    return sweep


def _entering(to: Status, columns: Mapping[str, Any]) -> dict[str, Any]:
    return {"status": to, **_ENTERING[to](), **columns}


def _came_from(to: Status, *, started: bool) -> Status:
    """The state before; ``started_at`` stays as it was when a job ends, and only a waiting job has none."""
    if to == Status.PENDING:
        return Status.PROCESSING
    return Status.PENDING if to == Status.PROCESSING or not started else Status.PROCESSING


def removing(rows: JobQuerySet, *, reason: str) -> Callable[[int | None], list[Removed]]:
    """Deletes these jobs, or the first so many of them: to be called with a limit, again and again.

    Each call returns the jobs that are gone, with the names of their files. No other table refers to a job and nobody
    listens for its deletion, so one statement is all there is to do.
    """
    names = ("upload_name", "result_name", "report_name")

    @cache
    def deletion(limit: int | None) -> statements.Statement:
        return statements.delete(statements.first(rows, limit), returning=("id", "status", *names))

    def remove(limit: int | None) -> list[Removed]:
        gone = deletion(limit).run()
        removed = [Removed(job_id, status, tuple(filter(None, held))) for job_id, status, *held in gone]
        for status in {job.status for job in removed}:
            ids = [job.job_id for job in removed if job.status == status]
            _log_many(ids, source=status, to="deleted", reason=reason)
        return removed

    return remove


def announce(job: EnrichmentJob) -> None:
    """A job's first step: its line in the log, and word to the task engine."""
    deliver(job.pk)
    _log("job=%s from=new to=%s reason=submitted", job.pk, Status.PENDING)
    count_submitted()


def _log(line: str, *values: object) -> None:
    """Once it is true: after the commit."""
    transaction.on_commit(partial(logger.info, line, *values))


def _log_many(job_ids: Sequence[Any], *, source: str, to: str, reason: str) -> None:
    """A sweep may change ten thousand: a hundred to a line, or writing the log would take longer than the work."""
    for start in range(0, len(job_ids), _IDS_A_LINE):
        ids = job_ids[start : start + _IDS_A_LINE]
        _log("job=%s from=%s to=%s reason=%s", ",".join(map(dashed, ids)), source, to, reason)
