"""The limits of each index, kept together by all who share a :class:`~.shared.SharedState`.

A *budget* is what an index counts as one (``crossref:list``). Its calls are spaced evenly and a little further apart
than asked, so that no window of the rate's length ever holds too many, wherever it begins and however a call was held
up on its way. A *slot* is the right to have one call under way. Who asks for one while others wait comes after all of
them that were served less recently: jobs take turns, call by call, however many calls each has still to make.

Measured against pyrate-limiter 4.5.1, 12 processes at 10 calls a second: its SQLite bucket reads, decides and writes in
separate transactions, and in 5 of 5 runs let 11 calls through within 17 to 34 ms; with its file lock (a thread's own,
and an extra package) 1 of 3 runs still held a window of 0.89 s. It has no slots, and no pause that all keep.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple, Protocol

from . import turns
from .shared import Database, SharedState, Slot

#: Calls are spread over this much more than the rate's time, and may make up for lateness by at most ``_CATCH_UP`` of
#: it. The difference is what a call may be held up on its way to the index.
_MARGIN = 0.05
_CATCH_UP = 0.025
#: What an index said about its limit is forgotten after so many seconds without hearing it again.
_TOLD_FOR = 3600.0
#: A caller may have read its clock up to so many seconds before it gets to ask here: others were first, or the machine
#: had much else to do. A clock that is further behind was set back.
_BEHIND = 60.0
#: Who waits for a slot says so again after so many seconds.
SAID_EVERY = turns.WAITS_FOR / 4
#: Calls are counted by the minute, for a day.
_MINUTE = 60
_DAY_OF_MINUTES = 1440


class Rate(NamedTuple):
    """At most ``calls`` calls within any ``seconds`` seconds."""

    calls: int
    seconds: float

    def stricter(self, other: "Rate | None") -> "Rate":
        """The one of the two that allows fewer calls a second."""
        return other if other and other.calls / other.seconds < self.calls / self.seconds else self


class Budget(NamedTuple):
    """When its next call may go out and when the last one did, and what the index last said of its limit."""

    next_at: float = 0.0
    asked_at: float = 0.0
    told_calls: int | None = None
    told_seconds: float | None = None
    told_at: float = 0.0

    def told(self, *, now: float) -> Rate | None:
        """What the index said, if it still counts."""
        if not self.told_calls or not self.told_seconds or now - self.told_at >= _TOLD_FOR:
            return None
        return Rate(self.told_calls, self.told_seconds)

    def take(self, rate: Rate, *, now: float) -> "tuple[float, Budget | None]":
        """The seconds to wait; or the budget after the call, which may go out now."""
        # A clock that was set back far would otherwise stop everybody until it has caught up.
        next_at = self.next_at if now >= self.asked_at - _BEHIND else 0.0
        if now < next_at:
            return next_at - now, None
        allowed = rate.stricter(self.told(now=now))
        next_at = max(next_at, now - allowed.seconds * _CATCH_UP) + spacing(allowed)
        return 0.0, self._replace(next_at=next_at, asked_at=now)


class Standing(NamedTuple):
    """How a budget was used lately: calls of the last minute (to within a few seconds) and of the last day."""

    last_minute: int = 0
    last_day: int = 0
    #: What the index last said of its limit.
    told: Rate | None = None


class Limits(Protocol):
    """What the client needs of limits; ``now`` is in seconds, of the clock that all who share them have."""

    def take(self, budget: str, *, rate: Rate, now: float) -> float:
        """0.0: the call may go out now, and is counted. Else the seconds until it is worth asking again."""
        ...

    def late(self, budget: str, *, seconds: float) -> None:
        """The call that was taken goes out so much later: so must all that come after it."""
        ...

    def told(self, budget: str, *, rate: Rate, now: float) -> None:
        """The index said what its limit is: the stricter one counts from now on."""
        ...

    def slot(self, source: str, *, at_once: int, now: float) -> Slot | None:
        """The right to have a call under way beside at most ``at_once - 1`` others.

        ``None``: all are taken, or it is another's turn. Ask again soon, or the turn goes to others.
        """
        ...

    def standing(self, budget: str, *, now: float) -> Standing:
        """How it was used lately."""
        ...


class SharedLimits:
    """:class:`Limits` in a :class:`~.shared.SharedState`."""

    def __init__(self, state: SharedState, *, asker: str = "") -> None:
        """``asker`` is who takes turns with others: a job. Those of one name are served in any order."""
        self._state, self._asker = state, asker
        #: When this asker last said, by source, that it waits.
        self._said: dict[str, float] = {}

    def take(self, budget: str, *, rate: Rate, now: float) -> float:
        """See :class:`Limits`."""
        with self._state.transaction() as database:
            wait, taken = _budget(database, budget).take(rate, now=now)
            if taken is None:
                return wait
            _set_next(database, budget, taken)
            _count(database, budget, minute=int(now // _MINUTE))
        return 0.0

    def late(self, budget: str, *, seconds: float) -> None:
        """See :class:`Limits`."""
        with self._state.transaction() as database:
            database.execute("UPDATE source_budget SET next_at = next_at + ? WHERE name = ?", (seconds, budget))

    def told(self, budget: str, *, rate: Rate, now: float) -> None:
        """See :class:`Limits`."""
        with self._state.transaction() as database:
            database.execute(
                "INSERT INTO source_budget (name, told_calls, told_seconds, told_at) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (name) DO UPDATE SET told_calls = excluded.told_calls,"
                " told_seconds = excluded.told_seconds, told_at = excluded.told_at",
                (budget, rate.calls, rate.seconds, now),
            )

    def slot(self, source: str, *, at_once: int, now: float) -> Slot | None:
        """See :class:`Limits`. Only the slots themselves are a right; the turns are kept in good faith."""
        slot = next(filter(None, (self._state.slot(f"{source}.{number}") for number in range(at_once))), None)
        if slot is None:
            self._say_that_it_waits(source, now)
        elif not self._is_served(source, now):
            slot.close()
            return None
        return slot

    def _say_that_it_waits(self, source: str, now: float) -> None:
        if abs(now - self._said.get(source, -math.inf)) >= SAID_EVERY:
            with self._state.transaction() as database:
                turns.wait(database, source, self._asker, now=now)
            self._said[source] = now

    def _is_served(self, source: str, now: float) -> bool:
        """Whether it is this asker's turn; if so, it has had it."""
        with self._state.transaction() as database:
            served = turns.serve(database, source, self._asker, now=now)
        self._said[source] = -math.inf if served else now
        return served

    def standing(self, budget: str, *, now: float) -> Standing:
        """See :class:`Limits`."""
        with self._state.transaction() as database:
            told = _budget(database, budget).told(now=now)
            rows = database.execute("SELECT minute, calls FROM source_calls WHERE name = ?", (budget,)).fetchall()
        return standing(dict(rows), told=told, now=now)


def standing(calls: Mapping[int, int], *, told: Rate | None, now: float) -> Standing:
    """From calls by the minute: the last minute is this one, and as much of the one before as is not over yet."""
    minute, gone = divmod(now, _MINUTE)
    this, before = calls.get(int(minute), 0), calls.get(int(minute) - 1, 0)
    of_day = sum(number for at, number in calls.items() if minute - _DAY_OF_MINUTES < at <= minute)
    return Standing(this + round(before * (1 - gone / _MINUTE)), of_day, told)


def spacing(rate: Rate) -> float:
    """The seconds from one call to the next under a rate."""
    return rate.seconds * (1 + _MARGIN) / rate.calls


def _budget(database: Database, name: str) -> Budget:
    row = database.execute(
        "SELECT next_at, asked_at, told_calls, told_seconds, told_at FROM source_budget WHERE name = ?", (name,)
    ).fetchone()
    return Budget(*row) if row else Budget()


def _set_next(database: Database, name: str, taken: Budget) -> None:
    database.execute(
        "INSERT INTO source_budget (name, next_at, asked_at) VALUES (?, ?, ?)"
        " ON CONFLICT (name) DO UPDATE SET next_at = excluded.next_at, asked_at = excluded.asked_at",
        (name, taken.next_at, taken.asked_at),
    )


def _count(database: Database, name: str, *, minute: int) -> None:
    database.execute(
        "INSERT INTO source_calls (name, minute, calls) VALUES (?, ?, 1)"
        " ON CONFLICT (name, minute) DO UPDATE SET calls = source_calls.calls + 1",
        (name, minute),
    )
    database.execute("DELETE FROM source_calls WHERE name = ? AND minute <= ?", (name, minute - _DAY_OF_MINUTES))
