"""The database's clock: the one that all web processes, workers and sweeps agree on, whatever their own hosts say."""

from datetime import datetime, timedelta
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Now
from django.db.models.sql.compiler import SQLCompiler


class DatabaseClock(Now):
    """Django's ``Now()``; on SQLite written with six digits, as Django writes every other time.

    SQLite compares times as text: ``.123`` sorts before ``.123000``, so a job would turn stale at the limit itself
    instead of after it.
    """

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any
    ) -> tuple[str, tuple[str | int, ...]]:
        """Milliseconds are all that SQLite's clock has; the zeros bring them to Django's form."""
        template = "STRFTIME('%%%%Y-%%%%m-%%%%d %%%%H:%%%%M:%%%%f000', 'NOW')"
        sql, parameters = self.as_sql(compiler, connection, template=template, **extra)
        return sql, tuple(parameters)


def clock(now: datetime | None = None, *, plus: timedelta = timedelta()) -> Combinable:
    """The present by the database's clock, or ``now`` where a test gives one; ``plus`` may be negative."""
    if now is not None:
        return Value(now + plus)
    return DatabaseClock() + plus
