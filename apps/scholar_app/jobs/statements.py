"""One UPDATE or DELETE that tells which rows it touched, and how it takes only the first so many of them.

Django has no word for either. Both databases have: ``RETURNING``, and a subquery with ``LIMIT``.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, cast

from django.core.exceptions import EmptyResultSet
from django.db import connections, transaction
from django.db.models import BigIntegerField, BooleanField, F, Func, Subquery
from django.db.models.sql.subqueries import DeleteQuery, UpdateQuery

from ..models import JobQuerySet

Row = tuple[Any, ...]


class Statement:
    """A statement that can be run again and again; it is compiled once, which takes longer than to run it."""

    def __init__(self, using: str, query: UpdateQuery | DeleteQuery, returning: Sequence[str]) -> None:
        self._connection = connections[using]
        self._query = query
        self._returning = returning
        self._compiled: tuple[str, Sequence[Any]] | None = None

    def run(self) -> list[Row]:
        """The columns ``returning`` of each row that was touched."""
        with self._transaction_for_locks():
            try:
                self._compiled = self._compiled or self._compile()
            except EmptyResultSet:  # nobody's jobs
                return []
            with self._connection.cursor() as cursor:
                cursor.execute(*self._compiled)
                return cast("list[Row]", cursor.fetchall())

    def _compile(self) -> tuple[str, Sequence[Any]]:
        sql, parameters = self._query.get_compiler(self._connection.alias).as_sql()
        columns = ", ".join(map(self._connection.ops.quote_name, self._returning))
        return f"{sql} RETURNING {columns}", parameters

    def _transaction_for_locks(self) -> AbstractContextManager[None]:
        """PostgreSQL takes row locks within a transaction only. Alone, a statement of SQLite's is one by itself.

        (Within a transaction SQLite copies each page, to be able to undo this one statement: it takes half as long
        again.)
        """
        if self._connection.vendor == "sqlite":
            return nullcontext()
        return transaction.atomic(using=self._connection.alias, savepoint=False)


def update(rows: JobQuerySet, values: Mapping[str, Any], *, returning: Sequence[str]) -> Statement:
    """Sets ``values`` in these rows; what it returns is as the row is then."""
    query = cast("UpdateQuery", rows.order_by().query.chain(UpdateQuery))
    query.add_update_values(dict(values))
    return Statement(rows.db, query, returning)


def delete(rows: JobQuerySet, *, returning: Sequence[str]) -> Statement:
    """Deletes these rows."""
    return Statement(rows.db, cast("DeleteQuery", rows.order_by().query.chain(DeleteQuery)), returning)


def first(rows: JobQuerySet, limit: int | None) -> JobQuerySet:
    """The first ``limit`` of these rows, in their order, or all of them; the conditions stand in both queries.

    A worker and a sweep, or two of each, never wait for one another: PostgreSQL skips the rows that others have
    locked, SQLite has one writer at a time.
    """
    if limit is None:
        return rows
    if connections[rows.db].vendor == "sqlite":
        # By the number of the row, not by its random id: that would be a second index, and take twice as long.
        return rows.filter(_In(_RowNumber(), Subquery(rows.annotate(row=_RowNumber()).values("row")[:limit])))
    free = rows.values("pk")[:limit].select_for_update(skip_locked=True)
    return rows.filter(_AnyOf(F("pk"), Subquery(free)))


class _RowNumber(Func):
    """SQLite's own name for a row."""

    template = "rowid"
    output_field = BigIntegerField()


class _In(Func):
    """``x IN (SELECT ...)``."""

    template = "%(expressions)s"
    arg_joiner = " IN "
    output_field = BooleanField()


class _AnyOf(Func):
    """``id = ANY(ARRAY(SELECT ...))``: PostgreSQL runs the inner query exactly once.

    Written as ``IN``, it may run once per row, and then each time finds other rows free: the limit is exceeded.
    """

    template = "%(expressions)s)"
    arg_joiner = " = ANY(ARRAY"
    output_field = BooleanField()


def dashed(job_id: Any) -> str:
    """The id as it is written everywhere; SQLite has no type for ids and returns the bare digits."""
    digits = str(job_id)
    if "-" in digits:
        return digits
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
