"""The catalogue as a source: what is known locally, asked before any index on the network."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from ..enrichment.errors import SourceError
from ..enrichment.record import Identifier, Query, Record, Scheme, SourceTally
from ..enrichment.record_json import RecordFormatError
from ..enrichment.sources.base import Outline
from . import works
from .finding import records_with
from .searching import candidates
from .store import Catalogue, CatalogueError

_SCHEMES: frozenset[Scheme] = frozenset({"doi", "arxiv", "pmid", "pmcid", "isbn"})
#: For plans: it has no pace, since it is not on the network.
OUTLINE = Outline(works.NAME, _SCHEMES, searches=True, knows=lambda asked: asked.scheme in _SCHEMES)


class CatalogueSource:
    """Answers from a local catalogue; ``timer`` gives seconds, of which only differences count."""

    name = works.NAME
    resolves = _SCHEMES
    batch_size = 500
    searches = True

    def __init__(self, catalogue: Catalogue, *, timer: Callable[[], float] = time.monotonic) -> None:
        self._catalogue = catalogue
        self._timer = timer
        self._tally = SourceTally()

    def fetch(self, identifiers: Sequence[Identifier]) -> Mapping[Identifier, Record]:
        """The works these identifiers name; one that two works claim names none."""
        with self._asking(len(identifiers)):
            records = records_with(self._catalogue, identifiers)
        self._tally = replace(self._tally, found=self._tally.found + len(records))
        return records

    def search(self, query: Query) -> Sequence[Record]:
        """Works that may be meant, the most similar title first."""
        with self._asking(1):
            records = candidates(self._catalogue, query)
        self._tally = replace(self._tally, found=self._tally.found + bool(records))
        return records

    def tally(self) -> SourceTally:
        """What was asked so far; a search counts as found when there was a candidate."""
        return self._tally

    @contextmanager
    def _asking(self, questions: int) -> Iterator[None]:
        begun = self._timer()
        answered = 0
        try:
            yield
            answered = questions
        except (CatalogueError, RecordFormatError) as error:
            raise SourceError(self.name, str(error)) from error
        finally:
            self._tally = replace(
                self._tally,
                asked=self._tally.asked + questions,
                answered=self._tally.answered + answered,
                seconds=self._tally.seconds + self._timer() - begun,
            )
