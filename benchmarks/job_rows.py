"""Rows of jobs in any number, multiplied by the database itself: a million in seconds."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import connection

from apps.scholar_app import files
from apps.scholar_app.models import EnrichmentJob

#: About as wide as real ones.
_PROGRESS: Final = {"activity": "", "sources": {"crossref": {"asked": 120, "answered": 120, "found": 97, "cached": 3}}}
#: The files that all of them name do not exist: what is measured is the table.
_NO_FILE: Final = UUID(int=0)
_PUBLISHED: Final = dict(zip(("result_name", "report_name"), files.result_names(_NO_FILE, 1), strict=True))
_STARTED: Final = ("queued_at", "started_at")
_TIMES: Final = {
    "pending": ("queued_at",),
    "processing": (*_STARTED, "lease_until"),
    "completed": (*_STARTED, "finished_at"),
    "failed": (*_STARTED, "finished_at"),
}
_OTHERS: Final[dict[str, dict[str, Any]]] = {
    "pending": {},
    "processing": {"token": 1, "attempt": 1},
    "completed": {"token": 1, "attempt": 1, **_PUBLISHED},
    "failed": {"token": 1, "attempt": 1, "error_code": "source_away", "error_message": "A source did not answer."},
}


def fill(status: str, count: int, *, at: datetime, spread: timedelta = timedelta(minutes=1)) -> None:
    """Insert ``count`` jobs of as many visitors, evenly over the time from ``at - spread`` to ``at``; no files."""
    times = ("created_at", *_TIMES[status])
    first = EnrichmentJob.objects.create(
        visitor=uuid4(),
        status=status,
        original_name="references.bib",
        upload_name=files.upload_name(_NO_FILE),
        progress=_PROGRESS,
        **_OTHERS[status],
        **dict.fromkeys(times, at),
    )
    _multiply(first, count - 1, times=times, step=spread / count)


def _multiply(first: EnrichmentJob, count: int, *, times: tuple[str, ...], step: timedelta) -> None:
    sqlite = connection.vendor == "sqlite"
    new_id = "lower(hex(randomblob(16)))" if sqlite else "gen_random_uuid()"
    series = "SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < %s" if sqlite else "SELECT generate_series(1, %s)"
    changed = {"id": new_id, "visitor": new_id} | {name: _earlier(name, step, sqlite=sqlite) for name in times}
    columns = [field.attname for field in EnrichmentJob._meta.concrete_fields]  # noqa: SLF001 (documented by Django)
    table = EnrichmentJob._meta.db_table  # noqa: SLF001
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE numbers(n) AS ({series}) INSERT INTO {table} ({', '.join(columns)}) "
            f"SELECT {', '.join(changed.get(name, name) for name in columns)} FROM {table}, numbers "
            f"WHERE id = %s AND %s > 0",
            [count, connection.ops.adapt_unknown_value(first.pk.hex if sqlite else first.pk), count],
        )


def _earlier(column: str, step: timedelta, *, sqlite: bool) -> str:
    seconds = f"{step.total_seconds():.6f}"
    if sqlite:
        return f"strftime('%%Y-%%m-%%d %%H:%%M:%%f000', {column}, '-' || (n * {seconds}) || ' seconds')"
    return f"{column} - n * interval '{seconds} seconds'"
