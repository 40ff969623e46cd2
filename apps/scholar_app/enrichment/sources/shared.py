"""What all workers know together about the indexes: on one machine in a small SQLite file, beyond it in PostgreSQL.

A few small tables, and slots: rights that the system takes back by itself when their holder dies.
"""

import fcntl
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

_BUSY_SECONDS = 30.0
#: Understood by SQLite and PostgreSQL alike.
SCHEMA = (
    "CREATE TABLE IF NOT EXISTS source_budget (name text PRIMARY KEY, next_at double precision NOT NULL DEFAULT 0,"
    " asked_at double precision NOT NULL DEFAULT 0, told_calls integer, told_seconds double precision,"
    " told_at double precision NOT NULL DEFAULT 0)",
    "CREATE TABLE IF NOT EXISTS source_circuit (source text PRIMARY KEY, failures integer NOT NULL,"
    " failed_at double precision NOT NULL, down_since double precision, retry_at double precision NOT NULL,"
    " probed_until double precision NOT NULL, answered_at double precision, reason text NOT NULL)",
    "CREATE TABLE IF NOT EXISTS source_calls (name text, minute bigint, calls integer NOT NULL,"
    " PRIMARY KEY (name, minute))",
    "CREATE TABLE IF NOT EXISTS source_spending (source text PRIMARY KEY, day bigint NOT NULL, spent bigint NOT NULL,"
    " told_left bigint)",
    "CREATE TABLE IF NOT EXISTS source_turn (source text, asker text, waits_at double precision NOT NULL,"
    " served_at double precision NOT NULL, PRIMARY KEY (source, asker))",
)


class LimitsError(Exception):
    """What is shared cannot be read or written (the file is damaged, say), so nobody may be asked."""


class Rows(Protocol):
    """What a statement gives."""

    def fetchone(self) -> Any:
        """The next row, or ``None``."""
        ...

    def fetchall(self) -> list[Any]:
        """All rows."""
        ...


class Database(Protocol):
    """An open transaction."""

    def execute(self, statement: str, parameters: Sequence[Any] = (), /) -> Rows:
        """Run one statement, in which ``?`` stands for a parameter."""
        ...


class Slot(Protocol):
    """A right; it is given back by ``close``, or when the process ends."""

    def close(self) -> None:
        """Give it back. Doing so twice does no harm."""
        ...


class SharedState(Protocol):
    """A home of what is shared. Its methods raise ``LimitsError``."""

    def transaction(self) -> AbstractContextManager[Database]:
        """A transaction that nobody else is beside: what it has read still holds when it ends."""
        ...

    def slot(self, name: str) -> Slot | None:
        """The right of this name, unless somebody has it."""
        ...


class SharedFile:
    """:class:`SharedState` of one machine: a SQLite file, and files to lock beside it.

    A connection lives for one transaction (0.3 ms), so threads and forks may share the object.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LimitsError(f"{path.parent.name}: {error.strerror}") from error
        with self.transaction() as database:
            for statement in SCHEMA:
                database.execute(statement)

    @contextmanager
    def transaction(self) -> Iterator[Database]:
        """See :class:`SharedState`: it holds the write lock from its beginning."""
        try:
            with closing(sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None)) as database:
                database.execute("PRAGMA synchronous = OFF")  # After a power failure nobody minds a forgotten second.
                database.execute("BEGIN IMMEDIATE")
                yield database
                database.execute("COMMIT")
        except sqlite3.Error as error:
            raise LimitsError(f"{self.path.name}: {error}") from error

    def slot(self, name: str) -> Slot | None:
        """See :class:`SharedState`: a locked file, which the kernel unlocks when its holder dies."""
        try:
            file = (self.path.parent / f"{name}.lock").open("wb")
        except OSError as error:
            raise LimitsError(f"{name}.lock: {error.strerror}") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return None
        return file
