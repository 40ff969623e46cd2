"""Which facts of the accepted records go into an entry: what is missing, each from the first source that has it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations
from typing import Final

from .facts import fact
from .fields import CITATION_FIELDS, Fields, Holdings
from .identifiers import parse_arxiv, parse_doi
from .latex import latex_to_text
from .lending import Lender, is_preprint, years_of
from .matching import Reference
from .record import Record
from .text import digits_of, first_page, word_set
from .writing import MONTHS

#: What two records of one version cannot say differently, with the part of it to compare.
_SINGLE: Final = {"volume": digits_of, "number": digits_of, "pages": first_page}
#: True of a work in all its versions.
_OF_THE_WORK: Final = word_set("author title abstract keywords eprint archiveprefix primaryclass")
#: Where and when it was printed.
_OF_THE_PLACE: Final = word_set("journal booktitle publisher volume number pages issn isbn month")
_EPRINT: Final = word_set("eprint archiveprefix primaryclass")
_MONTHS: Final[dict[int | None, str]] = dict(enumerate(MONTHS, 1))
#: A citation count older than this is used only if nobody has a younger one.
_FRESH_DAYS: Final = 30
#: Ten times what the most cited work has.
_MOST_CITATIONS: Final = 5_000_000


@dataclass(frozen=True, slots=True)
class Addition:
    """A field as it is written: ``value`` is LaTeX, ``bare`` stands without delimiters (``mar``).

    ``source`` and ``retrieved`` say where the value comes from; ``was`` is what it takes the place of, if anything.
    """

    field: str
    value: str
    source: str
    retrieved: date
    bare: bool = False
    was: str | None = None


@dataclass(frozen=True, slots=True)
class Merge:
    """What an entry gets: fields to add, citation counts made new, placeholders replaced.

    ``kept`` are fields for which a value is known, but whose placeholder stays because nobody asked to replace it;
    ``disputed`` are missing ones about which the records disagree, so that they stay missing.
    """

    added: tuple[Addition, ...] = ()
    refreshed: tuple[Addition, ...] = ()
    replaced: tuple[Addition, ...] = ()
    kept: tuple[str, ...] = ()
    disputed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user wants, and how the file is written."""

    replace_placeholders: bool = False
    #: Only these fields are added; ``None`` means all.
    fields: frozenset[str] | None = None
    #: ``month = 3`` instead of ``month = mar``.
    numeric_months: bool = False

    def want(self, field: str) -> bool:
        """Whether this field may be added."""
        return self.fields is None or field in self.fields


def merge(
    entry: Fields,
    reference: Reference,
    lenders: Sequence[Lender],
    *,
    today: date,
    wishes: Wishes,
    holdings: Holdings,
) -> Merge:
    """What the ``lenders``, in the order of their sources, add to the entry; ``holdings`` are its own."""
    return _Merger(entry, reference, lenders, today=today, wishes=wishes, holdings=holdings).merge()


class _Merger:
    def __init__(
        self,
        entry: Fields,
        reference: Reference,
        lenders: Sequence[Lender],
        *,
        today: date,
        wishes: Wishes,
        holdings: Holdings,
    ) -> None:
        self.entry = entry
        self.reference = reference
        self.lenders = lenders
        self.today = today
        self.wishes = wishes
        self.holdings = holdings
        self.is_on_server = reference.is_preprint and not holdings.present.isdisjoint(("journal", "booktitle"))
        self.disputed = self._disputed()
        self.arxiv = self._arxiv()
        self.year = self._year()

    def merge(self) -> Merge:
        added = [*self._additions(self.holdings.absent), *self._counts(present=False)]
        in_place = [self._in_place(addition) for addition in self._additions(self.holdings.placeholders)]
        refreshed = [self._in_place(addition) for addition in self._counts(present=True)]
        changed = tuple(addition for addition in refreshed if addition.value != addition.was)
        open_fields = {*self.holdings.absent, *self.holdings.placeholders}
        disputed = tuple(field for field in self.disputed if field in open_fields and self.wishes.want(field))
        if self.wishes.replace_placeholders:
            return Merge(tuple(added), changed, replaced=tuple(in_place), disputed=disputed)
        return Merge(tuple(added), changed, kept=tuple(addition.field for addition in in_place), disputed=disputed)

    def _in_place(self, addition: Addition) -> Addition:
        """The same under the name that stands in the entry, and what stands there."""
        name = self.holdings.placeholders.get(addition.field, addition.field)
        return replace(addition, field=name, was=self.entry.fields[name])

    def _additions(self, fields: Iterable[str]) -> Iterator[Addition]:
        for field in fields:
            if field in CITATION_FIELDS or field in self.disputed or not self.wishes.want(field):
                continue
            addition = self._first(field)
            if addition is not None:
                yield addition

    def _first(self, field: str) -> Addition | None:
        """The value of the first record that may lend this field and has it."""
        for lender in self.lenders:
            value = self._lent(lender, field)
            if value:
                return Addition(field, value, lender.record.source, lender.record.retrieved, bare=field == "month")
        return self._resolver() if field == "url" else None

    def _lent(self, lender: Lender, field: str) -> str:
        return self._said(lender.record, field) if self._may_lend(lender, field) else ""

    def _may_lend(self, lender: Lender, field: str) -> bool:
        record = lender.record
        if field in _OF_THE_PLACE:
            return self._lends_place(lender)
        if field == "year":
            return lender.place and _is_likely(record.year, self.today)
        if field in _EPRINT:
            return record.arxiv == self.arxiv
        if field == "url":
            return lender.whole and self._is_own_address(record)
        return lender.whole or field in _OF_THE_WORK

    def _lends_place(self, lender: Lender) -> bool:
        """Whether it is in print where the entry says: nothing printed has its pages on a preprint server."""
        return lender.place and not is_preprint(lender.record) and not self.is_on_server

    def _is_own_address(self, record: Record) -> bool:
        """Whether it resolves no other DOI than the entry's and the record's own, as far as they have one."""
        doi = parse_doi(record.url)
        own = {value for scheme, value in self.reference.identifiers if scheme == "doi"} | {record.doi.lower()}
        return doi is None or own == {""} or doi in own

    def _disputed(self) -> tuple[str, ...]:
        """What the records say so differently that nobody can be believed; pages belong to their volume."""
        printed = [one.record for one in self.lenders if self._lends_place(one)]
        said = {field: {key(fact(one, field)) for one in printed} - {""} for field, key in _SINGLE.items()}
        disputed = [field for field, values in said.items() if len(values) > 1]
        if "volume" in disputed:
            disputed = list(_SINGLE)
        years = [span for one in self.lenders if one.place and (span := frozenset(years_of(one.record)))]
        is_apart = any(one.isdisjoint(other) for one, other in combinations(years, 2))
        return (*disputed, "year") if is_apart else tuple(disputed)

    def _year(self) -> int | None:
        """The year that the entry has or gets; ``None`` where it says one that is no number."""
        if "year" in self.holdings.present or "year" in self.disputed:
            return self.reference.year
        return next((int(value) for one in self.lenders if (value := self._lent(one, "year"))), None)

    def _said(self, record: Record, field: str) -> str:
        return self._month(record) if field == "month" else fact(record, field)

    def _month(self, record: Record) -> str:
        """Only the month of the very year that the entry has or gets."""
        name = _MONTHS.get(record.month, "")
        said = str(record.month) if name and self.wishes.numeric_months else name
        return said if record.year and record.year == self.year else ""

    def _resolver(self) -> Addition | None:
        """Where nobody gives an address, the DOI's own will do."""
        doi = self._first("doi")
        return None if doi is None else replace(doi, field="url", value=f"https://doi.org/{doi.value}")

    def _arxiv(self) -> str | None:
        """The arXiv identifier that ``eprint`` names or may name; ``None`` where that field is taken by another."""
        if "eprint" in self.holdings.present:
            return parse_arxiv(self.entry.fields.get("eprint", self.entry.fields.get("arxivid", "")))
        if "eprint" in self.holdings.placeholders and not self.wishes.replace_placeholders:
            return None
        own = [value for scheme, value in self.reference.identifiers if scheme == "arxiv"]
        return next(iter([*own, *(one.record.arxiv for one in self.lenders if one.record.arxiv)]), None)

    def _counts(self, *, present: bool) -> Iterator[Addition]:
        """The three citation fields together, those that the entry has or those that it lacks."""
        counted = self._counted()
        if counted is None or not self.wishes.want("citation_count"):
            return
        count, day, source = CITATION_FIELDS
        values = {count: str(counted.citation_count), day: counted.retrieved.isoformat(), source: counted.source}
        for field, value in values.items():
            if (field in self.entry.fields) == present:
                yield Addition(field, value, counted.source, counted.retrieved)

    def _counted(self) -> Record | None:
        """The first count of the cited version, a fresh one if there is any; none older than what the entry says."""
        known = [one.record for one in self.lenders if one.whole and _is_count(one.record.citation_count)]
        fresh = [record for record in known if (self.today - record.retrieved).days <= _FRESH_DAYS]
        record = next(iter([*fresh, *known]), None)
        written = latex_to_text(self.entry.fields.get("citation_count_date", ""))
        return None if record is None or record.retrieved.isoformat() < written else record


def _is_likely(year: int | None, today: date) -> bool:
    """Whether something can have appeared then; the next volumes are printed ahead."""
    return year is not None and year <= today.year + 2


def _is_count(count: int | None) -> bool:
    return count is not None and 0 <= count <= _MOST_CITATIONS
