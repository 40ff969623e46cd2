"""What has happened so far, counted for the operators: one number per name and label, which only ever grows.

The numbers are kept in the database, so every web process tells the same, and neither a restart nor the deletion of old
jobs turns one back. An event is counted once it is true, after its commit, and never stands in its way: when the
database fails at that moment, one event is missing from a statistic.
"""

import logging
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from django.db import DatabaseError, connection, models, transaction

logger = logging.getLogger("scholar.tallies")

#: Bounds of the classes of a distribution, in seconds; beyond the last one is the class ``+Inf``.
BOUNDS: Final[Sequence[float]] = (1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)
BEYOND: Final = "+Inf"
SUM: Final = "sum"
#: Parts of a label: ``failed|source_away``.
SEPARATOR: Final = "|"
_TABLE: Final = "scholar_app_tally"


class Tally(models.Model):
    """How often something happened, or how many seconds it took."""

    name = models.CharField(max_length=40)
    label = models.CharField(max_length=80)
    value = models.FloatField(default=0)

    class Meta:
        app_label = "scholar_app"
        db_table = _TABLE
        constraints = (models.UniqueConstraint(fields=["name", "label"], name="tally_one_per_label"),)

    def __str__(self) -> str:
        return f"{self.name} {self.label}: {self.value:g}"


def count(name: str, *label: str, by: float = 1) -> None:
    """Count one event, or several, once the present transaction is committed."""
    count_all({(name, *label): by})


def count_all(events: Mapping[tuple[str, ...], float]) -> None:
    """As :func:`count`, for several names and labels in one statement."""
    rows = [(name[:40], SEPARATOR.join(label)[:80], float(by)) for (name, *label), by in events.items() if by]
    if rows:
        # In one order everywhere: two that count the same would else lock each other out.
        transaction.on_commit(partial(_note, sorted(rows)))


def timed(name: str, seconds: Sequence[float]) -> dict[tuple[str, ...], float]:
    """The events, for :func:`count_all`, of durations that go into the classes of a distribution."""
    events: dict[tuple[str, ...], float] = {(name, SUM): max(sum(seconds), 0.0)} if seconds else {}
    for duration in seconds:
        place = bisect_left(BOUNDS, duration)
        key = (name, f"{BOUNDS[place]:g}" if place < len(BOUNDS) else BEYOND)
        events[key] = events.get(key, 0) + 1
    return events


def tallies() -> dict[str, dict[str, float]]:
    """Every number, by name and label."""
    found: dict[str, dict[str, float]] = {}
    for name, label, value in Tally.objects.values_list("name", "label", "value"):
        found.setdefault(name, {})[label] = value
    return found


def _note(rows: Sequence[tuple[str, str, float]]) -> None:
    try:
        _add(rows)
    except DatabaseError as error:
        logger.warning("not counted: %s (%s)", ", ".join(row[0] for row in rows), type(error).__name__)


def _add(rows: Sequence[tuple[str, str, float]]) -> None:
    values = ", ".join(["(%s, %s, %s)"] * len(rows))
    # Only the table's name and as many placeholders as there are rows stand in the text.
    statement = (
        f"INSERT INTO {_TABLE} (name, label, value) VALUES {values}"  # noqa: S608
        f" ON CONFLICT (name, label) DO UPDATE SET value = {_TABLE}.value + excluded.value"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [value for row in rows for value in row])
