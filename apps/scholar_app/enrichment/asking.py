"""Asking the sources: identifiers in full batches, nothing twice, and who stays away is left alone."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Final, Protocol, TypeVar, runtime_checkable

from .errors import SourceError
from .record import Identifier, Progress, Query, Record, Settled
from .sources.base import Source
from .subject import Subject

T = TypeVar("T")
OnProgress = Callable[[Progress], None]
#: So many of the entries that were settled last are told.
_LATEST: Final = 6


@runtime_checkable
class SearchesMany(Protocol):
    """A source that keeps several searches under way at once, as its limits allow."""

    def search_many(self, queries: Sequence[Query]) -> Iterator[Sequence[Record]]:
        """The answers in the order of the queries, each as soon as it and those before it are there."""
        ...


class Watch:
    """Tells whoever watches how far a run is. ``done`` only grows; the callback may raise to end the run."""

    def __init__(self, entries: int, damaged: int, sources: Sequence[Source], on_progress: OnProgress) -> None:
        self.total = entries + damaged
        self.damaged = damaged
        self.sources = sources
        self.on_progress = on_progress
        self.done: set[int] = set()
        self.outcomes: dict[str, int] = {"skipped": damaged} if damaged else {}
        self.latest: deque[Settled] = deque(maxlen=_LATEST)

    def tell(self, activity: str) -> None:
        """Report the present state."""
        self.on_progress(
            Progress(
                entries_total=self.total,
                entries_done=len(self.done) + self.damaged,
                outcomes=dict(self.outcomes),
                sources={source.name: source.tally() for source in self.sources},
                activity=activity,
                latest=tuple(self.latest),
            )
        )

    def settle(self, index: int, key: str, outcome: str) -> None:
        """An entry has its outcome."""
        self.done.add(index)
        self.latest.appendleft(Settled(key, outcome))
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1


class Asker:
    """Puts the questions of many entries to the sources, in their order.

    ``away`` says which optional sources stayed away and why, ``unasked`` for which entries (by index) they were then
    not asked. A source that is not optional and stays away ends the run with its ``SourceError``.
    """

    def __init__(self, sources: Sequence[Source], *, optional: frozenset[str], watch: Watch) -> None:
        self.sources = sources
        self.optional = optional
        self.watch = watch
        self.away: dict[str, str] = {}
        self.unasked: dict[str, set[int]] = {}
        self._known: dict[tuple[str, Identifier], Record | None] = {}
        self._last_search = max((position for position, source in enumerate(sources) if source.searches), default=-1)

    def forget(self, *, but: frozenset[Identifier]) -> None:
        """Drop the answers that no later entry asks for."""
        self._known = {key: record for key, record in self._known.items() if key[1] in but}

    def identify(self, subjects: Sequence[Subject]) -> None:
        """Ask every source for all that these entries want to know of it by identifier."""
        for position, source in enumerate(self.sources):
            wanted = {subject: subject.wants(source, position) for subject in subjects}
            self._fetch(source, wanted)
            for subject, identifiers in wanted.items():
                for identifier in identifiers:
                    if (source.name, identifier) in self._known:
                        subject.take(source, position, identifier, self._known[source.name, identifier])

    def _fetch(self, source: Source, wanted: Mapping[Subject, Sequence[Identifier]]) -> None:
        every = dict.fromkeys(identifier for identifiers in wanted.values() for identifier in identifiers)
        new = [identifier for identifier in every if (source.name, identifier) not in self._known]
        for batch in _batches(new, source.batch_size):
            self.watch.tell(f"Asking {source.name} for {_counted(len(batch), 'identifier')}")
            records = self._try(source, partial(source.fetch, batch))
            if records is None:
                break
            self._known.update({(source.name, identifier): records.get(identifier) for identifier in batch})
        self._note_unasked(source, wanted)

    def _note_unasked(self, source: Source, wanted: Mapping[Subject, Sequence[Identifier]]) -> None:
        if source.name in self.away:
            self.unasked[source.name].update(
                subject.entry.index
                for subject, identifiers in wanted.items()
                if any((source.name, identifier) not in self._known for identifier in identifiers)
            )

    def search(self, subjects: Sequence[Subject]) -> None:
        """Search every source that can for the entries that no source before it has found."""
        for position, source in enumerate(self.sources):
            if source.searches:
                open_subjects = [subject for subject in subjects if not subject.is_found]
                self._search(source, position, open_subjects)
        self.watch.done.update(subject.entry.index for subject in subjects)

    def _search(self, source: Source, position: int, subjects: Sequence[Subject]) -> None:
        by_query: dict[Query, list[Subject]] = {}
        for subject in subjects:
            if subject.query is not None:
                by_query.setdefault(subject.query, []).append(subject)
        answers = self._answers(source, list(by_query))
        left = list(by_query.values())
        while left:
            self.watch.tell(f"Searching {source.name} by title: {len(by_query) - len(left) + 1} of {len(by_query)}")
            records = self._try(source, lambda: next(answers, ()))
            if records is None:
                self.unasked[source.name].update(subject.entry.index for same in left for subject in same)
                return
            for subject in left.pop(0):
                subject.take_found(position, records)
                if subject.is_found or position == self._last_search:
                    self.watch.done.add(subject.entry.index)

    def _answers(self, source: Source, queries: Sequence[Query]) -> Iterator[Sequence[Record]]:
        if isinstance(source, SearchesMany):
            yield from source.search_many(queries)
        else:
            for query in queries:
                yield source.search(query)

    def _try(self, source: Source, ask: Callable[[], T]) -> T | None:
        """The answer, or ``None`` where an optional source stays away: it is then not asked again in this run."""
        if source.name in self.away:
            return None
        try:
            return ask()
        except SourceError as error:
            if source.name not in self.optional:
                raise
            self.away[source.name] = str(error.args[0]) if error.args else "did not answer"
            self.unasked[source.name] = set()
            return None


def _batches(identifiers: Iterable[Identifier], size: int) -> Iterator[list[Identifier]]:
    remaining = iter(identifiers)
    while batch := list(islice(remaining, max(size, 1))):
        yield batch


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
