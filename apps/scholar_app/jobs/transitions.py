"""The one place where a job changes its state or goes: one guarded statement, whose rows are the answer.

Whoever lost a race gets nothing back and has overwritten nothing. The states a job may come from are part of each
statement, taken from ``TRANSITIONS``, so no caller can forget them.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Final, NamedTuple, cast
from uuid import UUID

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connections, transaction
from django.db.models import BooleanField, F, Func, QuerySet, Subquery
from django.db.models.sql.subqueries import DeleteQuery, UpdateQuery

from ..clock import clock
from ..models import TRANSITIONS, EnrichmentJob, JobQuerySet, Status

logger = logging.getLogger("scholar.jobs")

Row = tuple[Any, ...]


class Moved(NamedTuple):
    """A job that took the step, as it is now."""

    job_id: UUID
    token: int
    attempt: int


class Removed(NamedTuple):
    """A job that is gone, and the files it leaves behind."""

    job_id: UUID
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
    if limit is not None and limit <= 0:
        return []
    sources = [status for status, following in TRANSITIONS.items() if to in following]
    values = {"status": to, **_ENTERING[to](), **columns}
    query = cast("UpdateQuery", _chosen(rows.filter(status__in=sources), limit).query.chain(UpdateQuery))
    query.add_update_values(values)
    found = _execute(rows.db, query, ("id", "token", "attempt", "started_at"))
    moved = [(Moved(_uuid(row[0]), row[1], row[2]), _came_from(to, started=row[3] is not None)) for row in found]
    if moved:
        transaction.on_commit(partial(_log_moves, moved, to, reason), using=rows.db)
    return [job for job, _ in moved]


def remove(rows: JobQuerySet, *, reason: str, limit: int | None = None) -> list[Removed]:
    """Delete these jobs, or the first ``limit`` of them; returns those that are gone, with the names of their files.

    No other table refers to a job and nobody listens for its deletion, so one statement is all there is to do.
    """
    query = cast("DeleteQuery", _chosen(rows, limit).query.chain(DeleteQuery))
    found = _execute(rows.db, query, ("id", "status", "upload_name", "result_name", "report_name"))
    if found:
        transaction.on_commit(partial(_log_removals, [(_uuid(row[0]), row[1]) for row in found], reason), using=rows.db)
    return [Removed(_uuid(row[0]), tuple(name for name in row[2:] if name)) for row in found]


def _chosen(rows: JobQuerySet, limit: int | None) -> QuerySet[EnrichmentJob]:
    """``rows`` without their order, or the first ``limit`` in it; the conditions stand in both queries.

    A worker and a sweep, or two of each, never wait for one another: PostgreSQL skips the rows that others have
    locked, SQLite has one writer at a time.
    """
    if limit is None:
        return rows.order_by()
    first = rows.values("pk")[:limit]
    if connections[rows.db].features.has_select_for_update_skip_locked:
        return rows.order_by().filter(_AnyOf(F("pk"), Subquery(first.select_for_update(skip_locked=True))))
    return rows.order_by().filter(pk__in=first)


class _AnyOf(Func):
    """``id = ANY(ARRAY(SELECT ...))``: PostgreSQL runs the inner query exactly once.

    Written as ``IN``, it may run once per row, and then each time finds other rows free: the limit is exceeded.
    """

    template = "%(expressions)s)"
    arg_joiner = " = ANY(ARRAY"
    output_field = BooleanField()


def _execute(using: str, query: UpdateQuery | DeleteQuery, returning: Sequence[str]) -> list[Row]:
    """Run the statement and return ``returning`` of each row that it touched."""
    connection = connections[using]
    # PostgreSQL takes row locks within a transaction only; within one that is open already this adds nothing.
    with transaction.atomic(using=using, savepoint=False):
        try:
            statement, parameters = query.get_compiler(using).as_sql()
        except EmptyResultSet:  # nobody's jobs
            return []
        columns = ", ".join(connection.ops.quote_name(name) for name in returning)
        with connection.cursor() as cursor:
            cursor.execute(f"{statement} RETURNING {columns}", parameters)
            return cast("list[Row]", cursor.fetchall())


def _uuid(value: Any) -> UUID:
    """SQLite has no type for ids and returns the digits."""
    return value if isinstance(value, UUID) else UUID(value)


def _came_from(to: Status, *, started: bool) -> Status:
    """The state before; ``started_at`` stays as it was when a job ends, and only a waiting job has none."""
    if to == Status.PENDING:
        return Status.PROCESSING
    return Status.PENDING if to == Status.PROCESSING or not started else Status.PROCESSING


def log_created(job: EnrichmentJob) -> None:
    """The line of a job's first step, once its row is there."""
    transaction.on_commit(partial(logger.info, "job=%s from=new to=%s reason=submitted", job.pk, Status.PENDING.value))


def _log_moves(moves: Sequence[tuple[Moved, Status]], to: Status, reason: str) -> None:
    for job, source in moves:
        logger.info("job=%s from=%s to=%s reason=%s token=%d", job.job_id, source.value, to.value, reason, job.token)


def _log_removals(removals: Sequence[tuple[UUID, str]], reason: str) -> None:
    """A sweep may delete a hundred thousand: then one line for a batch, and the ids for those who look closer."""
    if len(removals) > 1:
        logger.info("jobs=%d to=deleted reason=%s", len(removals), reason)
    level = logging.DEBUG if len(removals) > 1 else logging.INFO
    for job_id, status in removals:
        logger.log(level, "job=%s from=%s to=deleted reason=%s", job_id, status, reason)
