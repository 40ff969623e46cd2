"""How each index stands with us, for pages, metrics and plans: may it be asked, how often was it, what may it cost."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .http import Shared
from .limits import Limits, Rate, Standing
from .manners import Manners
from .spending import DOLLAR, Purse, opens_in

_SPENT = "the money of the day is used up"


@dataclass(frozen=True, slots=True)
class Money:
    """Today's money, in dollars; ``opens_at``: when the next day begins, in seconds since 1970."""

    budget: float
    spent: float
    left: float
    opens_at: float


@dataclass(frozen=True, slots=True)
class SourceState:
    """One index. Times are in seconds since 1970, by the clock that all workers share."""

    name: str
    #: Its name for people.
    title: str
    #: Since when no call was answered; ``None``: the last one was, or none was made.
    away_since: float | None = None
    #: Until when nobody asks it: its circuit is open, or the money is used up. ``None``: it may be asked now.
    closed_until: float | None = None
    #: What is wrong, for people; empty when nothing is.
    why: str = ""
    failures: int = 0
    answered_at: float | None = None
    calls_last_minute: int = 0
    calls_last_day: int = 0
    #: The limits kept, by the name of what they count: the stricter of the settings' and the index's own word.
    limits: Mapping[str, Rate] = field(default_factory=dict)
    #: ``None``: it asks for no money.
    money: Money | None = None


def states_of(indexes: Iterable[Manners], shared: Shared) -> list[SourceState]:
    """The state of each of these, in their order."""
    return [_state(manners, shared, now=shared.clock.now()) for manners in indexes]


def _state(manners: Manners, shared: Shared, *, now: float) -> SourceState:
    health = shared.circuits.health(manners.source)
    standings = _standings(manners, shared.limits, now=now)
    money = _money(manners, shared.spending.purse(manners.source, now=now), now=now)
    spent_until = money.opens_at if money and money.left <= 0 else 0.0
    closed_until = max(now + health.wait(now=now), spent_until)
    return SourceState(
        manners.source,
        manners.title,
        away_since=health.down_since,
        closed_until=closed_until if closed_until > now else None,
        why=health.reason or (_SPENT if spent_until else ""),
        failures=health.failures,
        answered_at=health.answered_at,
        calls_last_minute=sum(standing.last_minute for standing in standings.values()),
        calls_last_day=sum(standing.last_day for standing in standings.values()),
        limits={name: rate.stricter(standings[name].told) for name, rate in manners.rates.items()},
        money=money,
    )


def _standings(manners: Manners, limits: Limits, *, now: float) -> dict[str, Standing]:
    return {name: limits.standing(f"{manners.source}:{name}", now=now) for name in manners.rates}


def _money(manners: Manners, purse: Purse, *, now: float) -> Money | None:
    budget = manners.daily_budget
    if budget is None:
        return None
    return Money(budget / DOLLAR, purse.spent / DOLLAR, purse.left(budget) / DOLLAR, now + opens_in(now))
