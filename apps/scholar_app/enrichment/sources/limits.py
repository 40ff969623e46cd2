"""The limits of each index, kept together by all threads and processes of this machine, in one small SQLite file.

A *budget* is what an index counts as one (``crossref:list``). Its calls are spaced evenly and a little further apart
than asked, so that no window of the rate's length ever holds too many, wherever it begins and however a call was held
up on its way. A *slot* is the right to have one call under way: a lock on a file, which the system takes back by
itself when its holder dies.

Measured against pyrate-limiter 4.5.1, 12 processes at 10 calls a second: its SQLite bucket reads, decides and writes in
separate transactions, and in 5 of 5 runs let 11 calls through within 17 to 34 ms; with its file lock (a thread's own,
and an extra package) 1 of 3 runs still held a window of 0.89 s. It has no slots, and no pause that all keep.
"""

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

#: Calls are spread over this much more than the rate's time, and may make up for lateness by at most ``_CATCH_UP`` of
#: it. The difference is what a call may be held up between this file and the index.
_MARGIN = 0.06
_CATCH_UP = 0.03
#: What an index said about its limit is forgotten after so many seconds without hearing it again.
_TOLD_FOR = 3600.0
_BUSY_SECONDS = 30.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS budget (
    name TEXT PRIMARY KEY, next_at REAL NOT NULL DEFAULT 0, asked_at REAL NOT NULL DEFAULT 0,
    told_calls INTEGER, told_seconds REAL, told_at REAL NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS circuit (
    source TEXT PRIMARY KEY, failures INTEGER NOT NULL, failed_at REAL NOT NULL, down_since REAL,
    retry_at REAL NOT NULL, probed_until REAL NOT NULL, answered_at REAL, reason TEXT NOT NULL
) WITHOUT ROWID;
"""


class Rate(NamedTuple):
    """At most ``calls`` calls within any ``seconds`` seconds."""

    calls: int
    seconds: float

    def stricter(self, other: "Rate | None") -> "Rate":
        """The one of the two that allows fewer calls a second."""
        return other if other and other.calls / other.seconds < self.calls / self.seconds else self


class LimitsError(Exception):
    """The shared limits cannot be kept (the file is damaged, say), so nobody may be asked."""


class Slot(Protocol):
    """The right to have one call under way; it is given back by ``close``, or when the process ends."""

    def close(self) -> None:
        """Give it back. Doing so twice does no harm."""
        ...


class Limits(Protocol):
    """What the client needs of limits; ``now`` is in seconds, of the clock that all who share them have."""

    def take(self, budget: str, *, rate: Rate, now: float) -> float:
        """0.0: the call may go out now, and is counted. Else the seconds until it is worth asking again."""
        ...

    def departed(self, budget: str, *, rate: Rate, now: float) -> None:
        """The call that was taken went out only now (a new connection had to be made first)."""
        ...

    def told(self, budget: str, *, rate: Rate, now: float) -> None:
        """The index said what its limit is: the stricter one counts from now on."""
        ...

    def slot(self, source: str, *, at_once: int) -> Slot | None:
        """The right to have a call under way beside at most ``at_once - 1`` others; ``None``: all are taken."""
        ...


class SharedFile:
    """The SQLite file behind the shared limits and circuits. A connection lives for one transaction: 0.3 ms.

    Its methods raise ``LimitsError``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LimitsError(f"{path.parent.name}: {error.strerror}") from error
        with self.transaction() as database:
            for statement in filter(str.strip, _SCHEMA.split(";")):
                database.execute(statement)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A transaction that holds the write lock from its beginning, so that what it read still holds at its end."""
        try:
            with closing(self._connect()) as database:
                database.execute("BEGIN IMMEDIATE")
                yield database
                database.execute("COMMIT")
        except sqlite3.Error as error:
            raise LimitsError(f"{self.path.name}: {error}") from error

    def _connect(self) -> sqlite3.Connection:
        database = sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None)
        database.execute("PRAGMA synchronous = OFF")  # After a power failure nobody minds a forgotten second.
        return database


class SharedLimits:
    """:class:`Limits` in a :class:`SharedFile`, with the slots' files beside it."""

    def __init__(self, file: SharedFile) -> None:
        self._file = file

    def take(self, budget: str, *, rate: Rate, now: float) -> float:
        """See :class:`Limits`."""
        with self._file.transaction() as database:
            next_at, told = _budget(database, budget, now=now)
            if now < next_at:
                return next_at - now
            allowed = rate.stricter(told)
            slack = allowed.seconds * _CATCH_UP
            _set_next(database, budget, next_at=max(next_at, now - slack) + spacing(allowed), now=now)
        return 0.0

    def departed(self, budget: str, *, rate: Rate, now: float) -> None:
        """See :class:`Limits`."""
        with self._file.transaction() as database:
            next_at, told = _budget(database, budget, now=now)
            _set_next(database, budget, next_at=max(next_at, now + spacing(rate.stricter(told))), now=now)

    def told(self, budget: str, *, rate: Rate, now: float) -> None:
        """See :class:`Limits`."""
        with self._file.transaction() as database:
            database.execute(
                "INSERT INTO budget (name, told_calls, told_seconds, told_at) VALUES (?, ?, ?, ?) ON CONFLICT (name)"
                " DO UPDATE SET told_calls = excluded.told_calls, told_seconds = excluded.told_seconds,"
                " told_at = excluded.told_at",
                (budget, rate.calls, rate.seconds, now),
            )

    def slot(self, source: str, *, at_once: int) -> Slot | None:
        """See :class:`Limits`."""
        return next(filter(None, (self._lock(f"{source}.{number}.lock") for number in range(at_once))), None)

    def _lock(self, name: str) -> Slot | None:
        try:
            file = (self._file.path.parent / name).open("wb")
        except OSError as error:
            raise LimitsError(f"{name}: {error.strerror}") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return None
        return file


def spacing(rate: Rate) -> float:
    """The seconds from one call to the next under a rate."""
    return rate.seconds * (1 + _MARGIN) / rate.calls


def _budget(database: sqlite3.Connection, name: str, *, now: float) -> tuple[float, Rate | None]:
    """When the next call may go out, and what the index last said of its limit."""
    row = database.execute(
        "SELECT next_at, asked_at, told_calls, told_seconds, told_at FROM budget WHERE name = ?", (name,)
    ).fetchone()
    if row is None:
        return 0.0, None
    next_at, asked_at, calls, seconds, told_at = row
    told = Rate(calls, seconds) if calls and now - told_at < _TOLD_FOR else None
    # A clock that was set back would otherwise stop everybody until it has caught up.
    return (next_at if now >= asked_at - 1 else 0.0), told


def _set_next(database: sqlite3.Connection, name: str, *, next_at: float, now: float) -> None:
    database.execute(
        "INSERT INTO budget (name, next_at, asked_at) VALUES (?, ?, ?)"
        " ON CONFLICT (name) DO UPDATE SET next_at = excluded.next_at, asked_at = excluded.asked_at",
        (name, next_at, now),
    )
