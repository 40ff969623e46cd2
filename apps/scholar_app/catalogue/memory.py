"""The memory of look-ups: what a source answered is not asked again while it is fresh, by any job of any user."""

import zlib
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from itertools import chain
from json import dumps, loads
from typing import NamedTuple, Protocol

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from ..enrichment import record_json
from ..enrichment.record import Identifier, Query, Record, Scheme, SourceTally
from ..enrichment.record_json import RecordFormatError
from ..enrichment.sources.base import Outline, Source, outline_of
from ..lookups import Lookup
from .store import chunks

#: How many of the source's batches are looked up in the memory at once, so that what is left fills whole batches.
_BATCHES_AT_ONCE = 10
_SEARCH = "search"


class Question(NamedTuple):
    """What a source is asked: the scheme and the hash of an identifier, or ``search`` and the hash of a query."""

    kind: str
    key: str

    @classmethod
    def about(cls, asked: Identifier | Query) -> "Question":
        """The question for the work with an identifier, or for candidates."""
        if isinstance(asked, Identifier):
            return cls(asked.scheme, _hash(asked.value))
        return cls(_SEARCH, _hash(dumps(asdict(asked), sort_keys=True)))


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """For how long answers are fresh. A record with a citation count grows old with it, where the count is wanted."""

    records: timedelta
    not_found: timedelta
    citations: timedelta

    @classmethod
    def of_settings(cls) -> "Lifetimes":
        """As ``SCITEX_*_TTL_DAYS`` say."""
        return cls(
            records=timedelta(days=settings.SCITEX_RECORD_TTL_DAYS),
            not_found=timedelta(days=settings.SCITEX_NOT_FOUND_TTL_DAYS),
            citations=timedelta(days=settings.SCITEX_CITATION_TTL_DAYS),
        )

    def of(self, records: Sequence[Record], *, citations: bool) -> timedelta:
        """For how long this answer is fresh."""
        if not records:
            return self.not_found
        if citations and any(record.citation_count is not None for record in records):
            return min(self.records, self.citations)
        return self.records


class Memory(Protocol):
    """Remembers answers. An empty sequence of records is an answer too: no such record."""

    def recall(
        self, source: str, questions: Sequence[Question], *, now: datetime, citations: bool
    ) -> Mapping[Question, Sequence[Record]]:
        """The answers that are still fresh; ``citations`` says whether citation counts must be."""
        ...

    def remember(self, source: str, answers: Mapping[Question, Sequence[Record]], *, asked_at: datetime) -> None:
        """Keep these answers, in one step."""
        ...


@dataclass(frozen=True, slots=True)
class LookupMemory:
    """The memory in the site's database, shared by all workers."""

    lifetimes: Lifetimes

    def recall(
        self, source: str, questions: Sequence[Question], *, now: datetime, citations: bool
    ) -> Mapping[Question, Sequence[Record]]:
        """As promised by :class:`Memory`; what another version of the program wrote counts as forgotten."""
        found: dict[Question, Sequence[Record]] = {}
        for row in chain.from_iterable(self._rows(source, questions)):
            records = _records(bytes(row.answer))
            if records is not None and now - row.asked_at < self.lifetimes.of(records, citations=citations):
                found[Question(row.kind, row.key)] = records
        return found

    def answered(self, source: str, asked: Sequence[Identifier], *, now: datetime) -> AbstractSet[Identifier]:
        """Those of which the answer is fresh; no answer is read, so every record counts as one with citations."""
        by_question = {Question.about(identifier): identifier for identifier in asked}
        found, nothing = now - min(self.lifetimes.records, self.lifetimes.citations), now - self.lifetimes.not_found
        fresh = Q(found=True, asked_at__gt=found) | Q(found=False, asked_at__gt=nothing)
        known = chain.from_iterable(
            rows.filter(fresh).values_list("kind", "key") for rows in self._rows(source, list(by_question))
        )
        return {by_question[Question(*kind_and_key)] for kind_and_key in known}

    def remember(self, source: str, answers: Mapping[Question, Sequence[Record]], *, asked_at: datetime) -> None:
        """As promised by :class:`Memory`."""
        rows = [
            Lookup(
                source=source,
                kind=question.kind,
                key=question.key,
                found=bool(records),
                answer=_packed(records),
                asked_at=asked_at,
            )
            # In one order everywhere: two workers that remember the same answers would else lock each other out.
            for question, records in sorted(answers.items())
        ]
        with transaction.atomic():
            Lookup.objects.bulk_create(
                rows,
                update_conflicts=True,
                unique_fields=["source", "kind", "key"],
                update_fields=["found", "answer", "asked_at"],
            )

    def _rows(self, source: str, questions: Sequence[Question]) -> Iterable[QuerySet[Lookup]]:
        by_kind: dict[str, list[str]] = {}
        for question in questions:
            by_kind.setdefault(question.kind, []).append(question.key)
        for kind, keys in by_kind.items():
            for some in chunks(keys):
                yield Lookup.objects.filter(source=source, kind=kind, key__in=some)


def forget_expired(limit: int, *, now: datetime, lifetimes: Lifetimes | None = None) -> int:
    """Delete at most ``limit`` answers that are not fresh any more; the number says whether there may be others."""
    times = lifetimes or Lifetimes.of_settings()
    records, nothing = now - times.records, now - times.not_found
    expired = Q(found=True, asked_at__lte=records) | Q(found=False, asked_at__lte=nothing)
    rows = list(Lookup.objects.filter(expired).values_list("pk", flat=True)[:limit])
    # The condition once more: a worker may have asked anew in between.
    return sum(Lookup.objects.filter(expired, pk__in=some).delete()[0] for some in chunks(rows))


def _ignore(_: Sequence[Record]) -> None:
    """Keep nothing."""


class Remembering:
    """A source that asks ``source`` only what ``memory`` does not know, in full batches.

    Each batch's answers are remembered before the next is asked for, so what was answered before a failure, or before
    the process died, is not asked again. ``now`` tells the time. With ``citations`` a record whose citation count is
    out of date is asked for again. ``keep`` is handed every record that the source gave.
    """

    def __init__(
        self,
        source: Source,
        memory: Memory,
        *,
        now: Callable[[], datetime],
        citations: bool = True,
        keep: Callable[[Sequence[Record]], None] = _ignore,
    ) -> None:
        self.name: str = source.name
        self.resolves: frozenset[Scheme] = source.resolves
        self.batch_size: int = source.batch_size * _BATCHES_AT_ONCE
        self.searches: bool = source.searches
        self._source = source
        self._memory = memory
        self._now = now
        self._citations = citations
        self._keep = keep
        self._remembered = SourceTally()

    def fetch(self, identifiers: Sequence[Identifier]) -> Mapping[Identifier, Record]:
        """The records of at most ``batch_size`` identifiers. Raises ``SourceError`` as the source does."""
        answers = chain.from_iterable(piece.items() for piece in self.fetch_many(identifiers))
        return {identifier: record for identifier, record in answers if record is not None}

    def fetch_many(self, identifiers: Sequence[Identifier]) -> Iterator[Mapping[Identifier, Record | None]]:
        """What there is for any number of identifiers, first what is remembered; ``None``: no such record.

        The answers of each call are remembered as soon as they are there. A source that can is asked several at once.
        """
        questions = {identifier: Question.about(identifier) for identifier in identifiers}
        known = self._recall(list(questions.values()))
        remembered = {i: next(iter(known[q]), None) for i, q in questions.items() if q in known}
        if remembered:
            yield remembered
        asked_at = self._now()
        new = [identifier for identifier in questions if identifier not in remembered]
        with closing(self._fetch_source(new, late=partial(self._remember_piece, asked_at=asked_at))) as pieces:
            for piece in pieces:
                self._remember_piece(piece, asked_at=asked_at)
                yield piece

    def _remember_piece(self, piece: Mapping[Identifier, Record | None], *, asked_at: datetime) -> None:
        answers = {Question.about(i): () if record is None else (record,) for i, record in piece.items()}
        self._remember(answers, asked_at=asked_at)

    def _fetch_source(
        self, identifiers: Sequence[Identifier], *, late: Callable[[Mapping[Identifier, Record | None]], None]
    ) -> Generator[Mapping[Identifier, Record | None], None, None]:
        many = getattr(self._source, "fetch_many", None)
        if many is not None:
            yield from many(identifiers, late=late)
            return
        for batch in chunks(identifiers, self._source.batch_size):
            records = self._source.fetch(batch)
            yield {identifier: records.get(identifier) for identifier in batch}

    def search(self, query: Query) -> Sequence[Record]:
        """Candidates for one work. Raises ``SourceError`` as the source does."""
        question = Question.about(query)
        known = self._recall([question])
        if question in known:
            return known[question]
        asked_at = self._now()
        records = self._source.search(query)
        self._remember({question: records}, asked_at=asked_at)
        return records

    def search_many(self, queries: Sequence[Query]) -> Iterator[Sequence[Record]]:
        """What ``search`` gives for each query, in their order, each remembered as soon as it is there.

        A source that can is asked several at once.
        """
        known = self._recall([Question.about(query) for query in queries])
        asked_at = self._now()

        def remember(query: Query, records: Sequence[Record]) -> None:
            self._remember({Question.about(query): records}, asked_at=asked_at)

        new = [query for query in queries if Question.about(query) not in known]
        with closing(self._search_source(new, late=remember)) as answers:
            for query in queries:
                records = known.get(Question.about(query))
                if records is None:
                    records = next(answers)
                    remember(query, records)
                yield records

    def _search_source(
        self, queries: Sequence[Query], *, late: Callable[[Query, Sequence[Record]], None]
    ) -> Generator[Sequence[Record], None, None]:
        many = getattr(self._source, "search_many", None)
        yield from map(self._source.search, queries) if many is None else many(queries, late=late)

    @property
    def outline(self) -> Outline:
        """What asking the source takes; what is remembered, a plan is told otherwise."""
        return outline_of(self._source)

    def tally(self) -> SourceTally:
        """What was asked and answered, by the source or (``cached``) from memory."""
        asked, known = self._source.tally(), self._remembered
        return replace(
            asked,
            asked=asked.asked + known.cached,
            answered=asked.answered + known.cached,
            found=asked.found + known.found,
            cached=asked.cached + known.cached,
        )

    def _recall(self, questions: Sequence[Question]) -> Mapping[Question, Sequence[Record]]:
        known = self._memory.recall(self.name, questions, now=self._now(), citations=self._citations)
        self._remembered = SourceTally(
            cached=self._remembered.cached + len(known),
            found=self._remembered.found + sum(map(bool, known.values())),
        )
        return known

    def _remember(self, answers: Mapping[Question, Sequence[Record]], *, asked_at: datetime) -> None:
        self._memory.remember(self.name, answers, asked_at=asked_at)
        records = list(chain.from_iterable(answers.values()))
        if records:
            self._keep(records)


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _packed(records: Sequence[Record]) -> bytes:
    return zlib.compress(dumps([record_json.to_json(record) for record in records]).encode()) if records else b""


def _records(answer: bytes) -> Sequence[Record] | None:
    """The records of an answer; ``None`` if it cannot be read."""
    if not answer:
        return ()
    try:
        return tuple(map(record_json.from_json, loads(zlib.decompress(answer))))
    except (RecordFormatError, ValueError, zlib.error):
        return None
