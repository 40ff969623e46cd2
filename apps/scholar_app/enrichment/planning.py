"""What looking a document up will cost, known before anything is asked.

    plan(document, [outline_of(source) for source in sources]).least_seconds

Three kinds of calls. *Batches* ask for the identifiers that the file names: they are made in any case. *Searches* ask
for entries that name none: the first index that searches gets them all, those behind it only what it did not find, so
their number is an upper bound. *Learned* are batches for identifiers that others bring: again at most so many.

An entry whose identifier leads nowhere is searched for as well; nobody knows that beforehand, and no plan counts it.
What the catalogue knows is not searched any further; no plan looks into it.
"""

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

from .document import Document, Entry
from .identifiers import identifiers_of
from .pipeline import BLOCK, blocks, why_skipped
from .record import Identifier
from .sources.base import Outline, Pace
from .subject import names_its_work

#: Which of these identifiers the source of this name need not be asked for.
Remembered = Callable[[str, Sequence[Identifier]], AbstractSet[Identifier]]


def _nothing(source: str, asked: Sequence[Identifier]) -> AbstractSet[Identifier]:  # noqa: ARG001
    """Remember nothing."""
    return frozenset()


@dataclass(frozen=True, slots=True)
class SourcePlan:
    """What one source will be asked. All but ``identifiers`` are calls over the network; seconds are by its limits."""

    name: str
    #: Distinct identifiers of the file that it is asked for, those that are remembered left out.
    identifiers: int
    batches: int
    #: Searches by title: at most so many calls, of which ``sure_searches`` are made in any case.
    searches: int
    sure_searches: int
    #: Calls for identifiers that are not in the file but found on the way: at most so many.
    learned: int
    #: For what is asked in any case, and for every call above.
    least_seconds: float
    full_seconds: float
    #: ``None``: it is not on the network.
    pace: Pace | None = None
    #: Calls for identifiers, batches and learned ones together, in each of the pipeline's rounds.
    by_round: tuple[int, ...] = ()
    #: Whether it can be searched, the catalogue too.
    is_searched: bool = False

    @property
    def calls(self) -> int:
        """All calls: an upper bound as far as searches and learned identifiers are."""
        return self.batches + self.searches + self.learned

    @property
    def least_calls(self) -> int:
        """The calls that are made in any case."""
        return self.batches + self.sure_searches

    @property
    def least_dollars(self) -> float:
        """What :attr:`least_calls` cost."""
        if self.pace is None:
            return 0.0
        return (self.batches * self.pace.batch_price + self.sure_searches * self.pace.search_price) / 1_000_000


class Round(NamedTuple):
    """Entries that are asked about together: those that can only be searched for, and those with identifiers."""

    titles: int
    named: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What the file will cost, source by source in the order in which they are asked; the catalogue's row has zeros.

    ``entries`` are those that some source is asked about; ``titles`` those of them that can only be searched for.
    Sources are asked one after another, so seconds add up. They are what the limits alone demand: the network's time
    and other jobs, which share the limits, come on top.
    """

    entries: int
    titles: int
    sources: tuple[SourcePlan, ...]
    rounds: tuple[Round, ...] = ()

    @property
    def calls(self) -> int:
        """All calls over the network: an upper bound, see the module."""
        return sum(source.calls for source in self.sources)

    @property
    def least_calls(self) -> int:
        """The calls that are made in any case: identifiers, and each title at the first index that is searched."""
        return sum(source.least_calls for source in self.sources)

    @property
    def least_seconds(self) -> float:
        """How long :attr:`least_calls` take by the limits."""
        return sum(source.least_seconds for source in self.sources)

    @property
    def full_seconds(self) -> float:
        """How long :attr:`calls` take by the limits: where every search is in vain, and goes on to the next index."""
        return sum(source.full_seconds for source in self.sources)

    @property
    def slowest(self) -> SourcePlan | None:
        """The source that takes most of :attr:`least_seconds`; ``None`` where nothing has to be asked."""
        slowest = max(self.sources, key=lambda source: source.least_seconds, default=None)
        return slowest if slowest is not None and slowest.least_seconds else None


@dataclass(frozen=True, slots=True)
class _Need:
    """An entry that is looked up: by which identifiers, and whether it can be searched for."""

    identifiers: tuple[Identifier, ...]
    has_title: bool


def plan(document: Document, sources: Sequence[Outline], *, remembered: Remembered = _nothing) -> Plan:
    """The calls that ``enrich(document, sources)`` will make at the most, and how long they take by the limits.

    ``remembered`` is asked once per source on the network. About 0.05 ms per entry beyond reading the document.
    """
    rounds = [_needs(entries, sources) for entries in blocks(document.entries)]
    return _plan(rounds, sources, remembered=remembered)


def rough_plan(entries: int, *, named: int, sources: Sequence[Outline]) -> Plan:
    """The plan of a file of which only numbers are known: ``named`` of its ``entries`` seem to have a DOI."""
    needs = [_Need((Identifier("doi", f"10.0/{number}"),) if number < named else (), True) for number in range(entries)]
    # As if they stood mixed in the file: each round has its part of both.
    rounds = ceil(entries / BLOCK)
    return _plan([needs[start::rounds] for start in range(rounds)], sources, remembered=_nothing)


def _plan(rounds: Sequence[Sequence[_Need]], sources: Sequence[Outline], *, remembered: Remembered) -> Plan:
    counted = tuple(Round(*_count(needs, sources)) for needs in rounds)
    titles = sum(part.titles for part in counted)
    searched = [source.name for source in sources if source.searches and source.pace]
    planned = [
        _source_plan(source, rounds, titles=titles, first=searched[:1] == [source.name], remembered=remembered)
        for source in sources
    ]
    return Plan(entries=sum(map(len, rounds)), titles=titles, sources=tuple(planned), rounds=counted)


def _needs(entries: Sequence[Entry], sources: Sequence[Outline]) -> list[_Need]:
    """What there is to ask for these entries; nothing for one that no source can be asked about."""
    every = (_need(entry) for entry in entries if not why_skipped(entry))
    return [need for need in every if need.has_title or _is_named(need, sources)]


def _count(needs: Sequence[_Need], sources: Sequence[Outline]) -> tuple[int, int]:
    named = sum(_is_named(need, sources) for need in needs)
    return len(needs) - named, named


def _need(entry: Entry) -> _Need:
    identifiers = tuple(one for one in identifiers_of(entry) if names_its_work(one, entry))
    has_title = any(map(str.isalnum, entry.get("title") or entry.inherited.get("title", "")))
    return _Need(identifiers, has_title)


def _is_named(need: _Need, sources: Sequence[Outline]) -> bool:
    return any(source.knows(identifier) for source in sources for identifier in need.identifiers)


def _source_plan(
    source: Outline, rounds: Sequence[Sequence[_Need]], *, titles: int, first: bool, remembered: Remembered
) -> SourcePlan:
    pace = source.pace
    if pace is None:
        return SourcePlan(source.name, 0, 0, 0, 0, 0, 0.0, 0.0, is_searched=source.searches)
    every = dict.fromkeys(one for needs in rounds for need in needs for one in need.identifiers if source.knows(one))
    new = set(every) - remembered(source.name, list(every))
    batches = [ceil(len(named) / pace.per_call) for named in _first_named(rounds, new)]
    learned = [ceil(_unnamed(source, needs) / pace.per_call) for needs in rounds]
    searches = titles if source.searches else 0
    sure = searches if first else 0
    return SourcePlan(
        name=source.name,
        identifiers=len(new),
        batches=sum(batches),
        searches=searches * pace.calls_per_search,
        sure_searches=sure * pace.calls_per_search,
        learned=sum(learned),
        least_seconds=_seconds(pace, batches=sum(batches), searches=sure),
        full_seconds=_seconds(pace, batches=sum(batches) + sum(learned), searches=searches),
        pace=pace,
        by_round=tuple(map(sum, zip(batches, learned, strict=True))),
        is_searched=source.searches,
    )


def _first_named(rounds: Sequence[Sequence[_Need]], new: set[Identifier]) -> Iterator[set[Identifier]]:
    """Per round what it is the first to name."""
    left = set(new)
    for needs in rounds:
        named = left & {identifier for need in needs for identifier in need.identifiers}
        yield named
        left -= named


def _unnamed(source: Outline, needs: Sequence[_Need]) -> int:
    """Entries that this source may be asked about by an identifier that others find."""
    if not source.resolves:
        return 0
    return sum(not any(map(source.knows, need.identifiers)) for need in needs)


def _seconds(pace: Pace, *, batches: int, searches: int) -> float:
    """From the first call to the last: the first one need not wait."""
    first = pace.batch_seconds if batches else pace.search_seconds / pace.calls_per_search
    return max(batches * pace.batch_seconds + searches * pace.search_seconds - first, 0.0)
