"""The money that the calls of a day may cost, kept together by all who share a :class:`~.shared.SharedState`.

Amounts are whole millionths of a dollar. A day begins at midnight UTC, as the budget of OpenAlex does:
https://developers.openalex.org/api-reference/authentication
"""

from typing import NamedTuple, Protocol

from .shared import Database, SharedState

DOLLAR = 1_000_000
DAY_SECONDS = 86_400


class Purse(NamedTuple):
    """What was spent of today's budget. ``told_left`` is what the index last said is left of the account's own."""

    spent: int = 0
    told_left: int | None = None

    def left(self, budget: int) -> int:
        """What may still be spent today."""
        own = max(0, budget - self.spent)
        return own if self.told_left is None else min(own, self.told_left)

    def after(self, cost: int, *, told_left: int | None = None) -> "Purse":
        """What the index says goes before our own sum; until it speaks again, ours goes on from there."""
        if told_left is None and self.told_left is not None:
            told_left = max(0, self.told_left - cost)
        return Purse(max(0, self.spent + cost), told_left)


class Spending(Protocol):
    """What the client needs of budgets; ``now`` is in seconds since 1970, of the clock that all who share them have."""

    def pay(self, source: str, *, price: int, budget: int, now: float) -> bool:
        """Whether a call of this price may be made: it is paid then."""
        ...

    def correct(self, source: str, *, by: int, told_left: int | None, now: float) -> None:
        """Less or more was spent than was paid; the index said what is left, if it did."""
        ...

    def purse(self, source: str, *, now: float) -> Purse:
        """How things stand today."""
        ...


class SharedSpending:
    """:class:`Spending` in a :class:`~.shared.SharedState`."""

    def __init__(self, state: SharedState) -> None:
        self._state = state

    def pay(self, source: str, *, price: int, budget: int, now: float) -> bool:
        """See :class:`Spending`."""
        with self._state.transaction() as database:
            purse = _read(database, source, now=now)
            if price > purse.left(budget):
                return False
            _write(database, source, purse.after(price), now=now)
        return True

    def correct(self, source: str, *, by: int, told_left: int | None, now: float) -> None:
        """See :class:`Spending`."""
        with self._state.transaction() as database:
            purse = _read(database, source, now=now)
            _write(database, source, purse.after(by, told_left=told_left), now=now)

    def purse(self, source: str, *, now: float) -> Purse:
        """See :class:`Spending`."""
        with self._state.transaction() as database:
            return _read(database, source, now=now)


def opens_in(now: float) -> float:
    """The seconds until the next day begins."""
    return DAY_SECONDS - now % DAY_SECONDS


def dollars(amount: int) -> str:
    """``$0.10``: as many decimals as it takes, and two at least."""
    whole, rest = divmod(amount, DOLLAR)
    return f"${whole}.{f'{rest:06}'.rstrip('0'):<02}"


def _read(database: Database, source: str, *, now: float) -> Purse:
    row = database.execute(
        "SELECT spent, told_left FROM source_spending WHERE source = ? AND day = ?", (source, day_of(now))
    ).fetchone()
    return Purse(*row) if row else Purse()


def _write(database: Database, source: str, purse: Purse, *, now: float) -> None:
    database.execute(
        "INSERT INTO source_spending (source, day, spent, told_left) VALUES (?, ?, ?, ?) ON CONFLICT (source)"
        " DO UPDATE SET day = excluded.day, spent = excluded.spent, told_left = excluded.told_left",
        (source, day_of(now), *purse),
    )


def day_of(now: float) -> int:
    """The number of the day, since 1970."""
    return int(now // DAY_SECONDS)
