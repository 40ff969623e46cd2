"""Entries out of BibTeX, records, and sources that answer from a list, for tests of merging and of the whole run."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from apps.scholar_app.enrichment.document import Document, Entry
from apps.scholar_app.enrichment.errors import SourceError
from apps.scholar_app.enrichment.record import Identifier, Name, Query, Record, Scheme, SourceTally

TODAY = date(2026, 3, 1)
TURING = Name("Turing", "Alan M.")
ALL_SCHEMES: frozenset[Scheme] = frozenset({"doi", "arxiv", "pmid", "pmcid", "isbn", "s2"})


def document_of(text: str | bytes) -> Document:
    """The file with this text."""
    return Document.read(text if isinstance(text, bytes) else text.encode())


def entry_of(text: str) -> Entry:
    """The only entry of this text."""
    (entry,) = document_of(text).entries
    return entry


def record(source: str = "crossref", **said: Any) -> Record:
    """A record of the day, of a journal article unless told otherwise."""
    return Record(source, **{"retrieved": TODAY, "type": "journal-article", **said})


def turing(source: str = "crossref", **said: Any) -> Record:
    """Computing Machinery and Intelligence, as Crossref knows it; ``said`` changes it."""
    known = {
        "title": "Computing Machinery and Intelligence", "authors": (TURING,), "year": 1950, "years": (1950,),
        "month": 10, "container": "Mind", "publisher": "Oxford University Press", "volume": "LIX", "number": "236",
        "pages": "433-460", "issn": ("1460-2113",), "doi": "10.1093/mind/lix.236.433",
        "url": "https://doi.org/10.1093/mind/lix.236.433", "citation_count": 5000,
    }  # fmt: skip
    return record(source, **{**known, **said})


def is_input_with_insertions(before: str, after: str) -> bool:
    """Whether every character of ``before`` stands in ``after``, in order."""
    at = -1
    return all((at := after.find(char, at + 1)) >= 0 for char in before)


class FakeSource:
    """Knows the records it is given; counts what it is asked and can refuse to answer from some question on."""

    def __init__(
        self,
        *records: Record,
        name: str = "crossref",
        resolves: frozenset[Scheme] = ALL_SCHEMES,
        batch_size: int = 50,
        searches: bool = True,
        fails_after: int | None = None,
        found_by: Callable[[Query, Record], bool] | None = None,
    ) -> None:
        self.name = name
        self.resolves = resolves
        self.batch_size = batch_size
        self.searches = searches
        self.records = records
        self.fails_after = fails_after
        self.found_by = found_by
        self.fetched: list[tuple[Identifier, ...]] = []
        self.searched: list[Query] = []
        self.attempts = 0

    def fetch(self, identifiers: Sequence[Identifier]) -> Mapping[Identifier, Record]:
        assert 0 < len(identifiers) <= self.batch_size, "a batch is neither empty nor too large"
        assert len(set(identifiers)) == len(identifiers), "nothing is asked twice"
        assert all(scheme in self.resolves for scheme, _ in identifiers), "it is asked only what it understands"
        self._answer()
        self.fetched.append(tuple(identifiers))
        known = {identifier: record for record in reversed(self.records) for identifier in self._names(record)}
        return {identifier: known[identifier] for identifier in identifiers if identifier in known}

    def search(self, query: Query) -> Sequence[Record]:
        assert self.searches, "a source that cannot search is not asked to"
        self._answer()
        self.searched.append(query)
        return [record for record in self.records if self.found_by is None or self.found_by(query, record)]

    def tally(self) -> SourceTally:
        asked = sum(map(len, self.fetched)) + len(self.searched)
        return SourceTally(asked=asked, answered=asked)

    @property
    def calls(self) -> int:
        return len(self.fetched) + len(self.searched)

    @property
    def asked_identifiers(self) -> list[Identifier]:
        return [identifier for batch in self.fetched for identifier in batch]

    def _answer(self) -> None:
        self.attempts += 1
        if self.fails_after is not None and self.calls >= self.fails_after:
            raise SourceError(self.name, "did not answer for 120 s")

    @staticmethod
    def _names(record: Record) -> list[Identifier]:
        return [*record.identifiers(), *(Identifier("isbn", isbn) for isbn in record.isbn)]
