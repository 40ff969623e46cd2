"""Whose turn it is at an index, among all who wait for it at the same time: whoever was served least recently.

Without this a job of thousands of calls keeps a small one waiting: where a call ends, the next of the same job is
there at once, while the others look only now and then.
"""

from collections.abc import Mapping
from typing import NamedTuple

from .shared import Database

#: Who has not said for so many seconds that it waits is not waited for: it was killed, say, or gave up.
WAITS_FOR = 1.0
#: Who was neither served nor waits for so long is forgotten.
KEPT = 600.0


class Turn(NamedTuple):
    """When somebody last said that it waits, and when it was last served."""

    waits_at: float = 0.0
    served_at: float = 0.0


def is_turn_of(asker: str, turns: Mapping[str, Turn], *, now: float) -> bool:
    """Whether nobody else waits who was served less recently."""
    own = turns.get(asker, Turn()).served_at
    waiting = [name for name, turn in turns.items() if name != asker and abs(now - turn.waits_at) < WAITS_FOR]
    return not any((turns[name].served_at, name) < (own, asker) for name in waiting)


def wait(database: Database, source: str, asker: str, *, now: float) -> None:
    """Note that the asker waits, also for those who ask for its turn meanwhile."""
    database.execute(
        "INSERT INTO source_turn (source, asker, waits_at, served_at) VALUES (?, ?, ?, 0)"
        " ON CONFLICT (source, asker) DO UPDATE SET waits_at = excluded.waits_at",
        (source, asker, now),
    )


def serve(database: Database, source: str, asker: str, *, now: float) -> bool:
    """Whether it is the asker's turn: nobody waits who was served less recently. It has then had it."""
    rows = database.execute("SELECT asker, waits_at, served_at FROM source_turn WHERE source = ?", (source,)).fetchall()
    if not is_turn_of(asker, {name: Turn(*turn) for name, *turn in rows}, now=now):
        wait(database, source, asker, now=now)
        return False
    database.execute(
        "INSERT INTO source_turn (source, asker, waits_at, served_at) VALUES (?, ?, 0, ?)"
        " ON CONFLICT (source, asker) DO UPDATE SET waits_at = 0, served_at = excluded.served_at",
        (source, asker, now),
    )
    database.execute(
        "DELETE FROM source_turn WHERE source = ? AND served_at < ? AND waits_at < ?",
        (source, now - KEPT, now - KEPT),
    )
    return True
