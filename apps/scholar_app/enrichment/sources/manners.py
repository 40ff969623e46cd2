"""How an index wants to be asked, and one question to it: values that a source makes and the client keeps to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from .limits import Rate
from .reading import Json
from .transport import Answer

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Access:
    """What the operator of this site says about asking one index; all of it may be left out.

    ``contact`` is an e-mail address, ``base_url`` is another address; ``rate`` and ``daily_budget`` (in millionths of a
    dollar) go before the index's own defaults.
    """

    contact: str = ""
    key: str = ""
    base_url: str = ""
    rate: Rate | None = None
    daily_budget: int | None = None


@dataclass(frozen=True, slots=True)
class Manners:
    """How one index wants to be asked.

    ``rates`` are its budgets by name, ``at_once`` is how many calls may be under way. ``headers`` go along with every
    call, ``params`` with every GET and with every POST of a form; keys are among them.
    """

    source: str
    #: Its name for people.
    title: str
    base_url: str
    rates: Mapping[str, Rate]
    at_once: int = 1
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    #: Statuses that mean a limit here, besides 429.
    limit_statuses: frozenset[int] = frozenset({403})
    #: What the calls of a day may cost, in millionths of a dollar; ``None``: it asks for no money.
    daily_budget: int | None = None

    def under(self, access: Access) -> "Manners":
        """The same with the operator's address and rate."""
        rates = dict.fromkeys(self.rates, access.rate) if access.rate else self.rates
        budget = self.daily_budget if access.daily_budget is None else access.daily_budget
        base_url = (access.base_url or self.base_url).rstrip("/")
        return replace(self, base_url=base_url, rates=rates, daily_budget=budget)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[T]):
    """A question: where it goes, whose budget it is, and how its answer is understood.

    ``read`` raises ``ShapeError`` for an answer that is not what the index's documentation says.
    """

    path: str
    budget: str
    read: Callable[[Answer], T]
    #: What it costs, in millionths of a dollar, unless the answer says otherwise.
    price: int = 0
    params: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = None
    payload: Json = None
    #: Statuses that are answers, for ``read`` to understand.
    accepts: frozenset[int] = frozenset({200})
