"""One UPDATE or DELETE that tells which rows it touched, and how it takes only the first so many of them.

Django has no word for either. Both databases have: ``RETURNING``, and a subquery with ``LIMIT``.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, cast

from django.core.exceptions import EmptyResultSet
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BigIntegerField, BooleanField, Func, Subquery
from django.db.models.sql.compiler import SQLCompiler
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
    # By the place of the row, not by its random id: that would be a second index, and take twice as long.
    chosen = rows.annotate(place=_Place()).values("place")[:limit]
    if connections[rows.db].features.has_select_for_update_skip_locked:
        chosen = chosen.select_for_update(skip_locked=True)
    return rows.filter(_AnyOf(_Place(), Subquery(chosen)))


class _Place(Func):
    """Where the row is, by the database's own name for it: good for one statement."""

    template = "rowid"
    output_field = BigIntegerField()

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any) -> Any:
        """A page and a line in it."""
        return self.as_sql(compiler, connection, template="ctid", **extra)


class _AnyOf(Func):
    """``x IN (SELECT ...)``, and on PostgreSQL ``x = ANY(ARRAY(SELECT ...))``, which runs the inner query exactly once.

    Written as ``IN`` it may there run once per row, and then each time finds other rows free: the limit is exceeded.
    """

    template = "%(expressions)s"
    arg_joiner = " IN "
    output_field = BooleanField()

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any) -> Any:
        """Once."""
        once = {"template": "%(expressions)s)", "arg_joiner": " = ANY(ARRAY"}
        return self.as_sql(compiler, connection, **once, **extra)


def dashed(job_id: Any) -> str:
    """The id as it is written everywhere; SQLite has no type for ids and returns the bare digits."""
    digits = str(job_id)
    if "-" in digits:
        return digits
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
