"""What really happened to the jobs: written down by the database itself, change by change, whoever made it."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from django.db import connection

_TABLE: Final = "scholar_app_enrichmentjob"
_COLUMNS: Final = (
    *("id", "user_id", "visitor", "status", "token", "rescues", "started_at", "finished_at"),
    *("error_code", "error_message", "result_name", "report_name", "entries_total", "decisions_version"),
)
#: What is settled when a job has ended.
SETTLED: Final = ("status", "token", "started_at", "finished_at", "error_code", "error_message", "result_name")


class Change(NamedTuple):
    """A row before and after; ``None`` before it was there, and after it went."""

    before: dict[str, Any] | None
    after: dict[str, Any] | None

    @property
    def kind(self) -> str:
        """What it was, as the actors call it: ``completed``, ``failed:lease_expired``, ``adopted``."""
        if self.before is None:
            return "submitted"
        if self.after is None:
            return "deleted"
        if self.before["status"] != self.after["status"]:
            code = self.after["error_code"]
            return f"{self.after['status']}:{code}" if code else str(self.after["status"])
        if self.before["visitor"] != self.after["visitor"]:
            return "adopted"
        return "decided" if self.before["decisions_version"] != self.after["decisions_version"] else "noted"


def install() -> None:
    """The table, and what fills it."""
    images = {"NULL": "NULL"} | {row: f"{_object()}({_pairs(row)})" for row in ("OLD", "NEW")}
    with connection.cursor() as cursor:
        key = "bigserial" if connection.vendor == "postgresql" else "integer"
        cursor.execute(f"CREATE TABLE race_history (id {key} PRIMARY KEY, old text, new text)")
        for event, old, new in (("INSERT", "NULL", "NEW"), ("UPDATE", "OLD", "NEW"), ("DELETE", "OLD", "NULL")):
            note = f"INSERT INTO race_history (old, new) VALUES ({images[old]}, {images[new]});"
            for statement in _trigger(event, note):
                cursor.execute(statement)


def remove() -> None:
    """As if it had never been there."""
    with connection.cursor() as cursor:
        for event in ("INSERT", "UPDATE", "DELETE"):
            on = f" ON {_TABLE}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER race_{event}{on}")
        cursor.execute("DROP TABLE race_history")


def history() -> list[Change]:
    """Every change since :func:`forget`, in the order of their becoming true."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT old, new FROM race_history ORDER BY id")
        return [Change(*(image and json.loads(image) for image in row)) for row in cursor.fetchall()]


def forget() -> None:
    """Begin anew."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM race_history")


def counted(changes: list[Change]) -> Counter[str]:
    """How often each kind of change was."""
    return Counter(change.kind for change in changes if change.kind != "noted")


def _object() -> str:
    return "json_build_object" if connection.vendor == "postgresql" else "json_object"


def _pairs(row: str) -> str:
    return ", ".join(f"'{column}', {row}.{column}" for column in _COLUMNS)


def _trigger(event: str, note: str) -> Iterator[str]:
    if connection.vendor == "sqlite":
        yield f"CREATE TRIGGER race_{event} AFTER {event} ON {_TABLE} BEGIN {note} END"
        return
    yield (
        f"CREATE OR REPLACE FUNCTION race_note_{event}() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN {note} RETURN NULL; END $$"
    )
    yield f"CREATE TRIGGER race_{event} AFTER {event} ON {_TABLE} FOR EACH ROW EXECUTE FUNCTION race_note_{event}()"
