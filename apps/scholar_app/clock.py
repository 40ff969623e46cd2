"""The database's clock: the one that all web processes, workers and sweeps agree on, whatever their own hosts say."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Now
from django.db.models.sql.compiler import SQLCompiler

_NO_TIME: Final = timedelta()


class DatabaseClock(Now):
    """Django's ``Now()`` and so much ``plus``, computed by the database itself.

    On SQLite it is written with six digits, as Django writes times. SQLite compares times as text: ``.123`` sorts
    before ``.123000``, so a job would be stale at the limit itself instead of after it. And Django's own addition calls
    back into Python for each row, which made a sweep three times as slow.
    """

    def __init__(self, plus: timedelta = _NO_TIME) -> None:
        super().__init__()
        self.seconds = f"{plus.total_seconds():+.6f}"

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any
    ) -> tuple[str, tuple[str | int, ...]]:
        """Milliseconds are all that SQLite's clock has; the zeros bring them to Django's form."""
        form = "%%%%Y-%%%%m-%%%%d %%%%H:%%%%M:%%%%f000"
        return self._as(f"STRFTIME('{form}', 'NOW', '{self.seconds} seconds')", compiler, connection, **extra)

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any
    ) -> tuple[str, tuple[str | int, ...]]:
        """Of the statement, as Django does it; PostgreSQL's ``now()`` is that of the transaction."""
        moment = f"(STATEMENT_TIMESTAMP() + INTERVAL '{self.seconds} seconds')"
        return self._as(moment, compiler, connection, **extra)

    def _as(
        self, template: str, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any
    ) -> tuple[str, tuple[str | int, ...]]:
        sql, parameters = self.as_sql(compiler, connection, template=template, **extra)
        return sql, tuple(parameters)


def clock(now: datetime | None = None, *, plus: timedelta = _NO_TIME) -> Combinable:
    """The present by the database's clock, or ``now`` where a test gives one; ``plus`` may be negative."""
    return DatabaseClock(plus) if now is None else Value(now + plus)
