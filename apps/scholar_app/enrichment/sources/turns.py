"""Whose turn it is at an index, among all who wait for it at the same time: whoever was served least recently.

Without this a job of thousands of calls keeps a small one waiting: where a call ends, the next of the same job is
there at once, while the others look only now and then.
"""

from .shared import Database

#: Who has not said for so many seconds that it waits is not waited for: it was killed, say, or gave up.
WAITS_FOR = 1.0
#: Who was neither served nor waits for so long is forgotten.
_KEPT = 600.0


def wait(database: Database, source: str, asker: str, *, now: float) -> None:
    """Note that the asker waits, also for those who ask for its turn meanwhile."""
    database.execute(
        "INSERT INTO source_turn (source, asker, waits_at, served_at) VALUES (?, ?, ?, 0)"
        " ON CONFLICT (source, asker) DO UPDATE SET waits_at = excluded.waits_at",
        (source, asker, now),
    )


def serve(database: Database, source: str, asker: str, *, now: float) -> bool:
    """Whether it is the asker's turn: nobody waits who was served less recently. It has then had it."""
    rows = database.execute("SELECT asker, served_at, waits_at FROM source_turn WHERE source = ?", (source,)).fetchall()
    served = {name: served_at for name, served_at, _ in rows}
    waiting = [name for name, _, waits_at in rows if name != asker and abs(now - waits_at) < WAITS_FOR]
    if any((served[name], name) < (served.get(asker, 0.0), asker) for name in waiting):
        wait(database, source, asker, now=now)
        return False
    database.execute(
        "INSERT INTO source_turn (source, asker, waits_at, served_at) VALUES (?, ?, 0, ?)"
        " ON CONFLICT (source, asker) DO UPDATE SET waits_at = 0, served_at = excluded.served_at",
        (source, asker, now),
    )
    database.execute(
        "DELETE FROM source_turn WHERE source = ? AND served_at < ? AND waits_at < ?",
        (source, now - _KEPT, now - _KEPT),
    )
    return True
