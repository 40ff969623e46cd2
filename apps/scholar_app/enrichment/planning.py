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

from .document import Document, Entry
from .identifiers import identifiers_of
from .pipeline import BLOCK, why_skipped
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

    @property
    def calls(self) -> int:
        """All calls: an upper bound as far as searches and learned identifiers are."""
        return self.batches + self.searches + self.learned

    @property
    def least_calls(self) -> int:
        """The calls that are made in any case."""
        return self.batches + self.sure_searches


@dataclass(frozen=True, slots=True)
class Plan:
    """What the file will cost, source by source in the order in which they are asked; the catalogue's row has zeros.

    ``entries`` are those that are looked up; ``titles`` those of them that can only be searched for. Sources are asked
    one after another, so seconds add up. They are what the limits alone demand: the network's time and other jobs,
    which share the limits, come on top.
    """

    entries: int
    titles: int
    sources: tuple[SourcePlan, ...]

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
    needs = [need for need in (_need(entry) for entry in document.entries if not why_skipped(entry)) if need]
    titles = sum(need.has_title and not _is_named(need, sources) for need in needs)
    blocks = list(_blocks([need for need in needs if need.has_title or _is_named(need, sources)]))
    searched = [source.name for source in sources if source.searches and source.pace]
    planned = [
        _source_plan(source, blocks, titles=titles, first=searched[:1] == [source.name], remembered=remembered)
        for source in sources
    ]
    return Plan(entries=len(needs), titles=titles, sources=tuple(planned))


def _need(entry: Entry) -> _Need | None:
    identifiers = tuple(one for one in identifiers_of(entry) if names_its_work(one, entry))
    has_title = any(map(str.isalnum, entry.get("title") or entry.inherited.get("title", "")))
    return _Need(identifiers, has_title) if identifiers or has_title else None


def _is_named(need: _Need, sources: Sequence[Outline]) -> bool:
    return any(source.knows(identifier) for source in sources for identifier in need.identifiers)


def _blocks(needs: Sequence[_Need]) -> Iterator[Sequence[_Need]]:
    """The pipeline asks for so many entries at a time, and fills no batch beyond."""
    for start in range(0, len(needs), BLOCK):
        yield needs[start : start + BLOCK]


def _source_plan(
    source: Outline, blocks: Sequence[Sequence[_Need]], *, titles: int, first: bool, remembered: Remembered
) -> SourcePlan:
    pace = source.pace
    if pace is None:
        return SourcePlan(source.name, 0, 0, 0, 0, 0, 0.0, 0.0)
    every = dict.fromkeys(one for block in blocks for need in block for one in need.identifiers if source.knows(one))
    new = set(every) - remembered(source.name, list(every))
    batches = sum(_calls(len(named), pace) for named in _first_named(blocks, new))
    learned = sum(_calls(_unnamed(source, block), pace) for block in blocks)
    searches = titles if source.searches else 0
    sure = searches if first else 0
    return SourcePlan(
        name=source.name,
        identifiers=len(new),
        batches=batches,
        searches=searches * pace.calls_per_search,
        sure_searches=sure * pace.calls_per_search,
        learned=learned,
        least_seconds=_seconds(pace, batches=batches, searches=sure),
        full_seconds=_seconds(pace, batches=batches + learned, searches=searches),
    )


def _first_named(blocks: Sequence[Sequence[_Need]], new: set[Identifier]) -> Iterator[set[Identifier]]:
    """Per block what it is the first to name."""
    left = set(new)
    for block in blocks:
        named = left & {identifier for need in block for identifier in need.identifiers}
        yield named
        left -= named


def _unnamed(source: Outline, block: Sequence[_Need]) -> int:
    """Entries that this source may be asked about by an identifier that others find."""
    if not source.resolves:
        return 0
    return sum(not any(map(source.knows, need.identifiers)) for need in block)


def _calls(identifiers: int, pace: Pace) -> int:
    return ceil(identifiers / pace.per_call)


def _seconds(pace: Pace, *, batches: int, searches: int) -> float:
    """From the first call to the last: the first one need not wait."""
    first = pace.batch_seconds if batches else pace.search_seconds / pace.calls_per_search
    return max(batches * pace.batch_seconds + searches * pace.search_seconds - first, 0.0)
