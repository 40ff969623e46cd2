"""What all sources asked over the network share: counting, dates, and errors of shape turned into "could not ask"."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from threading import Lock

from ..errors import SourceError
from ..record import Identifier, Query, Record, Scheme, SourceTally
from .http import HttpClient
from .reading import ShapeError


class RemoteSource:
    """A :class:`~.base.Source` behind an :class:`HttpClient`; threads may share it.

    A source overrides ``_fetch`` and, where it can, ``_search``; both may raise ``ShapeError``.
    """

    name: str
    resolves: frozenset[Scheme]
    batch_size: int
    searches: bool = False

    def __init__(self, client: HttpClient, *, today: date, seconds: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._today = today
        self._seconds = seconds
        self._tally = SourceTally()
        self._lock = Lock()

    def fetch(self, identifiers: Sequence[Identifier]) -> Mapping[Identifier, Record]:
        """See :class:`~.base.Source`; identifiers of other schemes are simply not found."""
        wanted = [identifier for identifier in dict.fromkeys(identifiers) if self._knows(identifier)]
        if not wanted:
            return {}
        with self._counting(len(wanted)) as answer:
            found = self._fetch(wanted)
            answer(len(found))
        return found

    def search(self, query: Query) -> Sequence[Record]:
        """See :class:`~.base.Source`; nothing is asked for a query without a title."""
        if not self.searches or not query.title.strip():
            return ()
        with self._counting(1) as answer:
            found = self._search(query)
            answer(1 if found else 0)
        return found

    def tally(self) -> SourceTally:
        """See :class:`~.base.Source`. A search that brings candidates counts as one found."""
        with self._lock:
            return self._tally

    def _knows(self, identifier: Identifier) -> bool:
        """Whether it can make sense to ask for this."""
        return identifier.scheme in self.resolves

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
