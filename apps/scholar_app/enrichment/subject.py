"""One entry on its way through the sources: what was asked for it, what came back, and what that makes it.

Everything here depends on the set of answers alone, never on the order in which they came.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from .document import Entry
from .fields import Holdings, holdings_of
from .lending import Lender, lenders_of
from .matching import Judgement, Verification, judge, query_of, reference_of, verify
from .record import Identifier, Query, Record, Scheme
from .sources.base import Source
from .text import word_set

#: The schemes in which a known work is asked for, the surest first.
_PREFERRED: Final[tuple[Scheme, ...]] = ("doi", "pmid", "pmcid", "arxiv", "s2", "isbn")
#: An ISBN names a book, and nothing in it.
_BOOKS: Final = word_set("book mvbook collection mvcollection proceedings mvproceedings reference mvreference booklet")
#: Schemes in which one work has one value, so that two values are two works.
_UNIQUE: Final[tuple[Scheme, ...]] = ("doi", "arxiv", "pmid", "pmcid")
_ARXIV_DOI: Final = "10.48550/arxiv."
#: What is worked out from the answers, once for each state of them.
_DERIVED: Final = ("accepted", "is_found", "is_identified", "records", "lenders", "proved", "known")


@dataclass(frozen=True, slots=True)
class Answer:
    """A record that a source gave for an identifier, held against the entry. ``position`` is the source's."""

    position: int
    asked: Identifier
    record: Record
    verification: Verification

    @property
    def agrees(self) -> bool:
        """Whether the record is the entry's work."""
        return self.verification.agrees


@dataclass(frozen=True, slots=True)
class Found:
    """A record that a source's search gave."""

    position: int
    record: Record


def names_its_work(identifier: Identifier, entry: Entry) -> bool:
    """Whether the identifier is the work's own, not that of the book it is in."""
    return identifier.scheme != "isbn" or entry.type in _BOOKS


class Subject:
    """An entry, the reference it makes, and the answers so far."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.reference = reference_of(entry)
        self.own = tuple(one for one in self.reference.identifiers if names_its_work(one, entry))
        self.answers: list[Answer] = []
        self.found: list[Found] = []
        self.judgement: Judgement | None = None
        self._asked: set[tuple[str, Identifier]] = set()

    @cached_property
    def holdings(self) -> Holdings:
        """What the entry says and lacks."""
        return holdings_of(self.entry)

    @property
    def query(self) -> Query | None:
        """What to search for; ``None`` without a title and without a place in print that would do instead."""
        said = self.reference
        has_place = said.authors and said.container and said.first_page
        return query_of(said) if said.title.strip() or has_place else None

    @property
    def can_be_looked_up(self) -> bool:
        """Whether there is anything to ask for."""
        return bool(self.own) or self.query is not None

    def wants(self, source: Source, position: int) -> list[Identifier]:
        """The identifiers to ask this source for: the entry's own until proved, then one to complete what is known."""
        wanted = [identifier for identifier in self.own if identifier not in self.proved]
        if self.is_identified and not self._has_answered(position):
            wanted += [identifier for identifier in self.known if identifier.scheme in source.resolves][:1]
        new = [identifier for identifier in wanted if (source.name, identifier) not in self._asked]
        return [identifier for identifier in dict.fromkeys(new) if identifier.scheme in source.resolves]

    def take(self, source: Source, position: int, identifier: Identifier, record: Record | None) -> None:
        """Note what the source answered; ``None`` means that it has no such record."""
        self._asked.add((source.name, identifier))
        if record is not None and record.title:  # a record without title proves nothing
            self.answers.append(Answer(position, identifier, record, verify(self.reference, record)))
            self.answers.sort(key=lambda answer: (answer.position, self._rank(answer.asked)))
            self._forget()

    def take_found(self, position: int, records: Sequence[Record]) -> None:
        """Note what a search gave, and judge everything that was found so far."""
        self.found += [Found(position, record) for record in records]
        self.judgement = judge(self.reference, [found.record for found in self.found])
        self._forget()

    def _forget(self) -> None:
        """Work out anew what follows from the answers."""
        for name in _DERIVED:
            self.__dict__.pop(name, None)

    @cached_property
    def is_identified(self) -> bool:
        """Whether at least one record is this work."""
        return any(answer.agrees for answer in self.answers) or self.is_found

    @cached_property
    def accepted(self) -> Record | None:
        """What a search found, beyond doubt."""
        judgement = self.judgement
        return judgement.best.record if judgement and judgement.best and judgement.verdict == "accepted" else None

    @cached_property
    def is_found(self) -> bool:
        """Whether a search found it, in the very version that the entry cites."""
        accepted = self.accepted
        return accepted is not None and any(lender.whole for lender in lenders_of(self.reference, [accepted]))

    @cached_property
    def records(self) -> list[Record]:
        """All records of this work, in the order of the sources."""
        placed = [(answer.position, answer.record) for answer in self.answers if answer.agrees]
        found = [(found.position, found.record) for found in self.found if self._is_accepted(found.record)]
        placed += sorted(found, key=lambda pair: (pair[1] != self.accepted, repr(pair[1])))
        return list(dict.fromkeys(record for _, record in sorted(placed, key=lambda pair: pair[0])))

    @cached_property
    def lenders(self) -> tuple[Lender, ...]:
        """The records as far as they may be used."""
        named = [answer.record for answer in self.answers if answer.agrees and answer.asked in self.own]
        return lenders_of(self.reference, self.records, named=named)

    @cached_property
    def proved(self) -> frozenset[Identifier]:
        """The entry's own identifiers that were found to be this work's."""
        carried = {_normal(identifier) for record in self.records for identifier in record.identifiers()}
        carried |= {_normal(answer.asked) for answer in self.answers if answer.agrees}
        return frozenset(identifier for identifier in self.own if _normal(identifier) in carried)

    @cached_property
    def known(self) -> list[Identifier]:
        """Identifiers of this work in the version that the entry cites, the surest first."""
        learned = [one for lender in self.lenders if lender.whole for one in lender.record.identifiers()]
        every = dict.fromkeys([*(one for one in self.own if one in self.proved), *learned])
        return sorted(every, key=lambda identifier: _PREFERRED.index(identifier.scheme))

    @property
    def contradicted(self) -> list[Answer]:
        """The answers that show one of the entry's own identifiers to be another work's."""
        proved = self.proved
        linked = {identifier for record in self.records for identifier in record.identifiers()}
        return [
            answer
            for answer in self.answers
            if answer.asked in self.own
            and answer.asked not in proved
            and answer.verification.contradictions
            and linked.isdisjoint(answer.record.identifiers())
        ]

    @property
    def disagreeing(self) -> tuple[Identifier, Identifier] | None:
        """An identifier that the entry gives, and the one that the work's record has in its place."""
        proved = self.proved
        for ours in self.own:
            if ours not in proved and _normal(ours).scheme == ours.scheme in _UNIQUE:
                theirs = next(iter(self._theirs(ours.scheme)), None)
                if theirs is not None:
                    return ours, theirs
        return None

    def is_unknown(self, identifier: Identifier) -> bool:
        """Whether it was asked for, and nobody has anything under it."""
        was_asked = any(asked == identifier for _, asked in self._asked)
        return was_asked and not any(answer.asked == identifier for answer in self.answers)

    def _theirs(self, scheme: Scheme) -> list[Identifier]:
        """What the records have in a scheme, unless one of the entry's own identifiers in it was proved."""
        if any(identifier.scheme == scheme for identifier in self.proved):
            return []
        records = self.records or [record for record in [self.accepted] if record is not None]
        every = [identifier for record in records for identifier in record.identifiers()]
        return [one for one in every if _normal(one).scheme == one.scheme == scheme]

    def _is_accepted(self, record: Record) -> bool:
        """Whether a search's result is the accepted one, or another source's record of the same DOI."""
        best = self.accepted
        if best is None or not self.is_found:
            return False
        return record == best or bool(best.doi and record.doi == best.doi)

    def _has_answered(self, position: int) -> bool:
        return any(answer.position == position and answer.agrees for answer in self.answers) or any(
            found.position == position and self._is_accepted(found.record) for found in self.found
        )

    def _rank(self, identifier: Identifier) -> tuple[int, int, str]:
        own = self.own.index(identifier) if identifier in self.own else len(self.own)
        return own, _PREFERRED.index(identifier.scheme), identifier.value


def _normal(identifier: Identifier) -> Identifier:
    """An arXiv DOI as the arXiv identifier it holds."""
    is_arxiv = identifier.value.startswith(_ARXIV_DOI)
    return Identifier("arxiv", identifier.value.removeprefix(_ARXIV_DOI)) if is_arxiv else identifier
