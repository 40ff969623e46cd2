"""Asking the sources: identifiers in full batches, nothing twice, and who stays away is left alone."""

from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Final, Protocol, TypeVar, runtime_checkable

from .errors import SourceError
from .record import Identifier, Progress, Query, Record, Searches, Settled, Steps
from .sources.base import Source
from .sources.titles import called
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


@runtime_checkable
class FetchesMany(Protocol):
    """A source that keeps several batches under way at once, as its limits allow."""

    def fetch_many(self, identifiers: Sequence[Identifier]) -> Iterator[Mapping[Identifier, Record | None]]:
        """The answers for any number of identifiers, piece by piece as they come; ``None``: there is no such record."""
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
        self.steps = Steps()

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
                steps=self.steps,
            )
        )

    def asks(self, source: str) -> None:
        """It is asked for identifiers now."""
        self.steps = replace(self.steps, asking=source, is_searching=False)

    def searches(self, source: str, *, titles: int) -> None:
        """It is searched now, for so many titles more."""
        before = self.steps.searches.get(source, Searches())
        searches = {**self.steps.searches, source: before._replace(begun=before.begun + titles)}
        self.steps = replace(self.steps, asking=source, is_searching=True, searches=searches)

    def searched(self, source: str, *, is_found: bool) -> None:
        """A title has its answer there."""
        begun, done, passed = self.steps.searches[source]
        counted = {source: Searches(begun, done + 1, passed + (not is_found))}
        self.steps = replace(self.steps, searches={**self.steps.searches, **counted})

    def settle(self, index: int, key: str, outcome: str) -> None:
        """An entry has its outcome."""
        self.done.add(index)
        self.latest.appendleft(Settled(key, outcome))
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1


class Asker:
    """Puts the questions of many entries to the sources, in their order.

    ``away`` says which optional sources stayed away and why, ``unasked`` for which entries (by index) they were then
    not asked. A source that is not optional and stays away ends the run with its ``SourceError``; so does the last one.
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

    def identify(self, subjects: Sequence[Subject]) -> Iterator[Subject]:
        """Ask every source for all that these entries want to know of it by identifier.

        An entry is given back each time that a source's answers for it are all there, while others are still asked for.
        """
        for position, source in enumerate(self.sources):
            wanted = {subject: names for subject in subjects if (names := subject.wants(source, position))}
            waiting = dict(wanted)
            for _ in self._fetch(source, wanted):
                answered = [subject for subject, names in waiting.items() if self._knows_all(source, names)]
                for subject in answered:
                    self._tell(subject, source, position, waiting.pop(subject))
                yield from answered
            for subject, names in waiting.items():
                self._tell(subject, source, position, names)

    def is_done_with(self, subject: Subject) -> bool:
        """Whether no source has to be asked for it any more."""
        return not any(subject.wants(source, position) for position, source in enumerate(self.sources))

    def _knows_all(self, source: Source, identifiers: Sequence[Identifier]) -> bool:
        return all((source.name, identifier) in self._known for identifier in identifiers)

    def _tell(self, subject: Subject, source: Source, position: int, identifiers: Sequence[Identifier]) -> None:
        for identifier in identifiers:
            if (source.name, identifier) in self._known:
                subject.take(source, position, identifier, self._known[source.name, identifier])

    def _fetch(self, source: Source, wanted: Mapping[Subject, Sequence[Identifier]]) -> Iterator[None]:
        """Come to know what is wanted; a step for what is known already, then one for each piece of the answers."""
        yield
        every = dict.fromkeys(identifier for identifiers in wanted.values() for identifier in identifiers)
        new = [identifier for identifier in every if (source.name, identifier) not in self._known]
        answered = 0
        with closing(_pieces(source, new)) as pieces:
            while answered < len(new):
                self.watch.asks(source.name)
                self.watch.tell(f"Asking {called(source.name)} by identifier: {answered + 1} of {len(new)}")
                piece = self._try(source, lambda: next(pieces), is_searching=False)
                if piece is None:
                    break
                self._known.update({(source.name, identifier): record for identifier, record in piece.items()})
                answered += len(piece)
                yield
        self._note_unasked(source, wanted)

    def _note_unasked(self, source: Source, wanted: Mapping[Subject, Sequence[Identifier]]) -> None:
        if source.name in self.away:
            self.unasked[source.name].update(
                subject.entry.index
                for subject, identifiers in wanted.items()
                if any((source.name, identifier) not in self._known for identifier in identifiers)
            )

    def search(self, subjects: Sequence[Subject]) -> Iterator[Subject]:
        """Search every source that can for the entries that no source before it has found.

        An entry is given back as soon as it is found, while others are still searched for.
        """
        self.watch.steps = replace(self.watch.steps, rounds=self.watch.steps.rounds + 1)
        for position, source in enumerate(self.sources):
            if source.searches:
                open_subjects = [subject for subject in subjects if not subject.is_found]
                yield from self._search(source, position, open_subjects)
        self.watch.done.update(subject.entry.index for subject in subjects)

    def _search(self, source: Source, position: int, subjects: Sequence[Subject]) -> Iterator[Subject]:
        by_query: dict[Query, list[Subject]] = {}
        for subject in subjects:
            if subject.query is not None:
                by_query.setdefault(subject.query, []).append(subject)
        self.watch.searches(source.name, titles=sum(map(len, by_query.values())))
        with closing(self._answers(source, list(by_query))) as answers:
            yield from self._take(source, position, answers, list(by_query.values()))

    def _take(
        self,
        source: Source,
        position: int,
        answers: Iterator[Sequence[Record]],
        asking: Sequence[Sequence[Subject]],
    ) -> Iterator[Subject]:
        """Tell each of the subjects ``asking`` its answer; those that one query stands for get the same."""
        left = deque(asking)
        while left:
            self.watch.tell(f"Searching {called(source.name)} by title: {len(asking) - len(left) + 1} of {len(asking)}")
            records = self._try(source, lambda: next(answers, ()), is_searching=True)
            if records is None:
                self.unasked[source.name].update(subject.entry.index for same in left for subject in same)
                return
            for subject in left.popleft():
                subject.take_found(position, records)
                self.watch.searched(source.name, is_found=subject.is_found)
                if subject.is_found or position == self._last_search:
                    self.watch.done.add(subject.entry.index)
                if subject.is_found:
                    yield subject

    def _answers(self, source: Source, queries: Sequence[Query]) -> Generator[Sequence[Record], None, None]:
        if isinstance(source, SearchesMany):
            yield from source.search_many(queries)
        else:
            for query in queries:
                yield source.search(query)

    def _try(self, source: Source, ask: Callable[[], T], *, is_searching: bool) -> T | None:
        """The answer, or ``None`` where an optional source stays away: it is then not asked again in this run.

        Where it was the last one that could be asked, the run ends all the same: nobody is left to say "not found".
        """
        if source.name in self.away:
            return None
        try:
            return ask()
        except SourceError as error:
            if source.name not in self.optional or self._is_last(source, is_searching=is_searching):
                raise
            self.away[source.name] = str(error.args[0]) if error.args else "did not answer"
            self.unasked[source.name] = set()
            self.watch.steps = replace(self.watch.steps, away=self.watch.steps.away | {source.name})
            return None

    def _is_last(self, source: Source, *, is_searching: bool) -> bool:
        """Whether nobody else is there who could answer; a search only those that can be searched."""
        others = [one for one in self.sources if one is not source and one.name not in self.away]
        return not any(one.searches or not is_searching for one in others)


def _pieces(
    source: Source, identifiers: Sequence[Identifier]
) -> Generator[Mapping[Identifier, Record | None], None, None]:
    if isinstance(source, FetchesMany):
        yield from source.fetch_many(identifiers)
    else:
        for start in range(0, len(identifiers), source.batch_size):
            batch = identifiers[start : start + source.batch_size]
            records = source.fetch(batch)
            yield {identifier: records.get(identifier) for identifier in batch}
