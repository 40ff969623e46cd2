"""What every home of the catalogue offers: a table of descriptions of works, found by keys and by words of the title.

A row is what one origin (``crossref``, ``openalex``, ...) says about one work, as it said it last; rows about the same
work are brought together when they are read (:mod:`.works`). So the order in which dumps are loaded changes nothing.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple, TypeVar

from ..enrichment import record_json
from ..enrichment.record import Record
from .indexing import IndexedRecord, hash_of, indexed

T = TypeVar("T")
#: Parameters in one statement; databases take some thousands at most.
CHUNK = 500
#: Seconds that a writer waits for others to finish.
PATIENCE = 30.0
#: Seconds that who writes batch after batch leaves between them, for others to find their turn.
PAUSE = 0.01


class CatalogueError(Exception):
    """The catalogue could not be read or written: its file is damaged, the disk is full, the server is away."""


class Row(NamedTuple):
    """A description as it is stored: an ISO date, the title in normal form, the record as JSON."""

    id: int
    origin: str
    identity: str
    retrieved: str
    title: str
    text: str


class Heading(NamedTuple):
    """The little of a row that tells whether it is worth reading."""

    identity: str
    title: str


@dataclass(frozen=True, slots=True)
class Added:
    """What became of records that were added: ``outdated`` ones were older than what the catalogue had."""

    new: int = 0
    replaced: int = 0
    unchanged: int = 0
    outdated: int = 0

    def __add__(self, other: "Added") -> "Added":
        return Added(
            self.new + other.new,
            self.replaced + other.replaced,
            self.unchanged + other.unchanged,
            self.outdated + other.outdated,
        )


@dataclass(frozen=True, slots=True)
class Position:
    """How far a file has been loaded: ``items`` of part ``part`` are in the catalogue, or all of it if ``done``.

    ``fingerprint`` tells whether the file is still the one that the position was noted for.
    """

    fingerprint: str
    part: int = 0
    items: int = 0
    done: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """A row and the description that takes its place; the keys are those to be taken away and to be added."""

    row: Row
    record: IndexedRecord
    gone: frozenset[int]
    new: frozenset[int]


class Catalogue(ABC):
    """A catalogue. One object belongs to one thread of one process; any number of them may read beside one that writes.

    Every method raises :class:`CatalogueError` when the store cannot be read or written.
    """

    # Reading

    @abstractmethod
    def ids_of(self, keys: Sequence[int], *, limit: int | None = None) -> Mapping[int, Sequence[int]]:
        """The ids of the rows under each key, at most ``limit`` each; keys that nothing has are left out."""

    @abstractmethod
    def rows(self, ids: Iterable[int]) -> Sequence[Row]:
        """The rows of these ids, by id."""

    @abstractmethod
    def headings(self, ids: Iterable[int]) -> Mapping[int, Heading]:
        """What these rows are about, without the rows themselves."""

    @abstractmethod
    def frequencies(self, words: Sequence[str]) -> Mapping[str, int]:
        """In how many titles each word stands; words that stand in none are left out."""

    @abstractmethod
    def ids_with_words(self, words: Sequence[str], *, at_least: int, limit: int) -> Sequence[int]:
        """Rows whose title holds ``at_least`` so many of these words, at most ``limit`` rows."""

    @abstractmethod
    def count(self) -> int:
        """How many rows there are."""

    @abstractmethod
    def position(self, file: str) -> Position | None:
        """How far this file has been loaded; ``None`` if it never was."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the store; the object is not used afterwards."""

    # Writing

    def add(self, records: Iterable[Record]) -> Added:
        """Add what a source said; what cannot be found again, having neither identifier nor title, is left out."""
        return self.add_indexed([entry for entry in map(indexed, records) if entry is not None])

    def add_indexed(self, records: Sequence[IndexedRecord], *, note: tuple[str, Position] | None = None) -> Added:
        """Add records in one transaction, which also notes how far a file is loaded.

        For each work of each origin the description retrieved last stays; of several of one day, the one added last.
        """
        latest, outdated = _latest(records)
        with self._writing():
            known = self._known(latest)
            new = [record for what, record in latest.items() if what not in known]
            newer = [(row, latest[what]) for what, row in known.items() if latest[what].retrieved >= row.retrieved]
            changes = [_change(row, record) for row, record in newer if record.text != row.text]
            self._insert(new)
            self._replace(changes)
            if note:
                self._note(*note)
        outdated += len(known) - len(newer)
        return Added(len(new), len(changes), len(newer) - len(changes), outdated)

    @abstractmethod
    def tidy(self, look_out: Callable[[], object] = lambda: None) -> None:
        """Put the index of words in order after a large load, in steps that let other writers in between.

        ``look_out`` is called before each step; what it raises ends the work, which nothing depends on.
        """

    @abstractmethod
    def _writing(self) -> AbstractContextManager[None]:
        """A transaction of the only writer: others wait their turn."""

    @abstractmethod
    def _insert(self, records: Sequence[IndexedRecord]) -> None: ...

    @abstractmethod
    def _replace(self, changes: Sequence[Change]) -> None: ...

    @abstractmethod
    def _note(self, file: str, position: Position) -> None: ...

    def _known(self, records: Mapping[tuple[str, str], IndexedRecord]) -> dict[tuple[str, str], Row]:
        """The rows that these works of these origins have already."""
        keys = dict.fromkeys(hash_of(identity) for _, identity in records)
        found = self.ids_of(list(keys))
        rows = self.rows({id_ for ids in found.values() for id_ in ids})
        return {(row.origin, row.identity): row for row in rows if (row.origin, row.identity) in records}


def chunks(items: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """The items in lists of ``size``; the last may be shorter."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk


def _latest(records: Iterable[IndexedRecord]) -> tuple[dict[tuple[str, str], IndexedRecord], int]:
    """One record per origin and work, and how many older ones were passed over."""
    latest: dict[tuple[str, str], IndexedRecord] = {}
    passed_over = 0
    for record in records:
        what = (record.origin, record.identity)
        before = latest.get(what)
        passed_over += before is not None
        if before is None or record.retrieved >= before.retrieved:
            latest[what] = record
    return latest, passed_over


def _change(row: Row, record: IndexedRecord) -> Change:
    old = _keys_of(row)
    return Change(row, record, gone=old - record.keys, new=record.keys - old)


def _keys_of(row: Row) -> frozenset[int]:
    """The keys of what a row says; none if an older version of the program wrote it in another way."""
    try:
        old = indexed(record_json.loads(row.text))
    except record_json.RecordFormatError:
        return frozenset()
    return old.keys if old else frozenset()
