"""What all sources asked over the network share: counting, dates, and errors of shape turned into "could not ask"."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import date
from itertools import chain
from threading import Lock

from ..errors import SourceError
from ..record import Identifier, Query, Record, Scheme, SourceTally
from .base import Outline, Pace
from .http import HttpClient
from .limits import spacing
from .manners import Manners
from .parallel import in_order
from .reading import ShapeError

#: The answers of one call; ``None``: there is no such record.
Piece = Mapping[Identifier, Record | None]


class RemoteSource:
    """A :class:`~.base.Source` behind an :class:`HttpClient`; threads may share it.

    A source overrides ``_fetch``, for at most ``per_call`` identifiers, and ``_search`` where it can; both may raise
    ``ShapeError``.
    """

    name: str
    resolves: frozenset[Scheme]
    per_call: int
    searches: bool = False
    #: The budgets of its manners that full batches and searches go to, and the calls that a search takes.
    fetch_budget: str = "call"
    search_budget: str = "call"
    calls_per_search: int = 1
    #: What a list and a search cost, in millionths of a dollar.
    batch_price: int = 0
    search_price: int = 0

    def __init__(self, client: HttpClient, *, today: date, seconds: Callable[[], float] = time.monotonic) -> None:
        #: As many identifiers as fit into the calls that the index takes at once.
        self.batch_size = self.per_call * client.manners.at_once
        self._client = client
        self._today = today
        self._seconds = seconds
        self._tally = SourceTally()
        self._lock = Lock()

    def fetch(self, identifiers: Sequence[Identifier]) -> Mapping[Identifier, Record]:
        """See :class:`~.base.Source`; identifiers of other schemes are simply not found."""
        answers = chain.from_iterable(piece.items() for piece in self.fetch_many(identifiers))
        return {identifier: record for identifier, record in answers if record is not None}

    def fetch_many(
        self, identifiers: Sequence[Identifier], *, late: Callable[[Piece], None] | None = None
    ) -> Iterator[Piece]:
        """What there is for any number of identifiers, call by call in their order; ``None``: no such record.

        As many calls are under way as the index takes at once. Who ends this early and has given ``late`` is handed
        there what still comes.
        """
        wanted = [identifier for identifier in dict.fromkeys(identifiers) if self._knows(identifier)]
        batches = [wanted[start : start + self.per_call] for start in range(0, len(wanted), self.per_call)]
        if unknown := set(identifiers).difference(wanted):
            yield dict.fromkeys(unknown)
        hand_over = None if late is None else lambda batch, records: late(_piece(batch, records))
        answers = in_order(self._fetch, batches, at_once=self._client.manners.at_once, late=hand_over)
        with closing(answers):
            for batch in batches:
                with self._counting(len(batch)) as answer:
                    records = next(answers)
                    answer(len(records))
                yield _piece(batch, records)

    def search(self, query: Query) -> Sequence[Record]:
        """See :class:`~.base.Source`; nothing is asked for a query without a title."""
        return next(self.search_many([query]))

    def search_many(
        self, queries: Sequence[Query], *, late: Callable[[Query, Sequence[Record]], None] | None = None
    ) -> Iterator[Sequence[Record]]:
        """What ``search`` gives for each query, in their order; as many are under way as the index takes at once.

        Who ends this early and has given ``late`` is handed there what still comes.
        """
        answers = in_order(self._search_if_titled, queries, at_once=self._client.manners.at_once, late=late)
        with closing(answers):
            for query in queries:
                with self._counting(1 if self._can_search(query) else 0) as answer:
                    records = next(answers)
                    answer(1 if records else 0)
                yield records

    def _search_if_titled(self, query: Query) -> Sequence[Record]:
        return self._search(query) if self._can_search(query) else ()

    def _can_search(self, query: Query) -> bool:
        return self.searches and any(map(str.isalnum, query.title))

    def tally(self) -> SourceTally:
        """See :class:`~.base.Source`. A search that brings candidates counts as one found."""
        with self._lock:
            return self._tally

    @classmethod
    def _knows(cls, identifier: Identifier) -> bool:
        """Whether it can make sense to ask for this."""
        return identifier.scheme in cls.resolves

    @classmethod
    def outlined(cls, manners: Manners) -> Outline:
        """How fast it may be asked under these manners; nothing is opened or asked for that."""
        pace = Pace(
            per_call=cls.per_call,
            batch_seconds=spacing(manners.rates[cls.fetch_budget]),
            search_seconds=spacing(manners.rates[cls.search_budget]) * cls.calls_per_search,
            calls_per_search=cls.calls_per_search,
            batch_price=cls.batch_price,
            search_price=cls.search_price,
        )
        return Outline(cls.name, cls.resolves, searches=cls.searches, knows=cls._knows, pace=pace)

    @property
    def outline(self) -> Outline:
        """See :class:`~.base.Outlined`."""
        return self.outlined(self._client.manners)

    def _fetch(self, identifiers: Sequence[Identifier]) -> Mapping[Identifier, Record]:
        raise NotImplementedError

    def _search(self, query: Query) -> Sequence[Record]:
        raise NotImplementedError

    @contextmanager
    def _counting(self, questions: int) -> Iterator[Callable[[int], None]]:
        """Count the questions, and their answers unless it ends in an error, and the time either way."""
        began, answered, found = self._seconds(), 0, 0

        def answer(number: int) -> None:
            nonlocal answered, found
            answered, found = questions, number

        try:
            yield answer
        except ShapeError as error:
            raise SourceError(self.name, f"sent a record that makes no sense: {error}", retryable=False) from error
        finally:
            self._add(SourceTally(questions, answered, found, 0, self._seconds() - began))

    def _add(self, more: SourceTally) -> None:
        with self._lock:
            old = self._tally
            self._tally = SourceTally(
                old.asked + more.asked,
                old.answered + more.answered,
                old.found + more.found,
                old.cached + more.cached,
                old.seconds + more.seconds,
            )


def _piece(batch: Sequence[Identifier], records: Mapping[Identifier, Record]) -> Piece:
    return {identifier: records.get(identifier) for identifier in batch}
