"""What a person who watches the server sees: a line for each limit, and whether anybody broke it."""

from collections import Counter, deque
from collections.abc import Iterator, Sequence

from apps.scholar_app.enrichment.sources.manners import Access
from apps.scholar_app.enrichment.sources.registry import INDEXES

from .server import IndexServer, Limit, Logged

HEADING = (
    f"{'index and budget':24}{'calls':>7}{'last second':>13}{'fullest':>9}{'limit':>12}{'under way':>11}{'broken':>8}"
)


def usual_limits() -> dict[tuple[str, str], Limit]:
    """The limits that the indexes give to those who say who they are and have a key, by index and budget."""
    known = {name: index.manners(Access(contact="op@example.org", key="key")) for name, index in INDEXES.items()}
    return {
        (name, budget): Limit(rate.calls, rate.seconds, manners.at_once)
        for name, manners in known.items()
        for budget, rate in manners.rates.items()
    }


def table(server: IndexServer, *, now: float) -> list[str]:
    """A line for each budget that was asked, and what is over a limit; ``now`` is monotonic."""
    log = list(server.log)
    budgets = sorted({(call.request.index, call.budget) for call in log})
    return [HEADING, *(_line(server, log, index, budget, now=now) for index, budget in budgets)]


def _line(server: IndexServer, log: Sequence[Logged], index: str, budget: str, *, now: float) -> str:
    times = [call.at for call in log if (call.request.index, call.budget) == (index, budget)]
    limit = server.limits.get((index, budget), Limit())
    lately = sum(now - at < 1 for at in times)
    broken = Counter(violation.split(":")[0] for violation in server.violations)[f"{index} {budget}"]
    allowed = f"{limit.calls}/{limit.seconds:g}s" if limit.calls else "none"
    under_way = f"{server.under_way(index)} of {limit.at_once or 'any'}"
    fullest = max(_in_windows(times, limit.seconds))
    return f"{f'{index} {budget}':24}{len(times):7}{lately:13}{fullest:9}{allowed:>12}{under_way:>11}{broken:8}"


def _in_windows(times: Sequence[float], seconds: float) -> Iterator[int]:
    """How many calls each window holds that ends with a call."""
    window: deque[float] = deque()
    for at in times:
        window.append(at)
        while at - window[0] >= seconds:
            window.popleft()
        yield len(window)
