"""What can be said of a bibliography beyond its gaps: wrong numbers, duplicates, retractions, published versions.

Each finding is one sentence for the file's author. Nothing here changes anything.
"""

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Final

from .document import Entry
from .fields import is_placeholder
from .identifiers import dois_disagree
from .latex import latex_to_text
from .lending import Lender, cites_preprint, is_preprint
from .malformed import malformed_identifiers
from .matching import Reference
from .names import surname_key
from .record import Identifier, Notice, NoticeKind
from .text import content_words, normalise_title, year_of

_LONGEST_QUOTE: Final = 80
_YEAR_NUMBER: Final = re.compile(r"-?\d+")
_FIRST_YEAR: Final = 1000
#: Announced and in press: as far ahead as somebody may honestly cite.
_YEARS_AHEAD: Final = 3
#: Titles with fewer words that carry meaning (``Editorial``) are shared by many works.
_TELLING_WORDS: Final = 3
_MOST_NAMED: Final = 5
_NOTICES: Final[Mapping[NoticeKind, str]] = {
    "retraction": "It was retracted",
    "correction": "A correction was published",
    "concern": "An expression of concern was published",
}
_PREPRINT: Final = "It is a preprint; a published version is known"
_SAME_KEY, _SAME_DOI, _SAME_WORK = (
    "Its key is also that of", "It has the same DOI as", "It has the same title, authors and year as",
)  # fmt: skip
#: How the findings begin that people look for, and what they call them.
_KINDS: Final[Mapping[str, str]] = {
    _NOTICES["retraction"]: "retracted",
    _NOTICES["concern"]: "concern",
    _NOTICES["correction"]: "corrected",
    _PREPRINT: "published",
    **dict.fromkeys((_SAME_KEY, _SAME_DOI, _SAME_WORK, "The key was used before"), "duplicate"),
}
#: Every kind that :func:`kind_of` tells, the gravest first.
KINDS: Final = tuple(dict.fromkeys((*_KINDS.values(), "other")))


def kind_of(finding: str) -> str:
    """What a sentence of this module is about; ``other`` for any that is about something else."""
    return next((kind for beginning, kind in _KINDS.items() if finding.startswith(beginning)), "other")


def of_entry(entry: Entry, identifiers: tuple[Identifier, ...], *, today: date) -> Iterator[str]:
    """What the entry alone shows; ``identifiers`` are those it names."""
    yield from (f"{flaw[0].upper()}{flaw[1:]}." for flaw in entry.flaws)
    for field, value, why in malformed_identifiers(entry):
        if not is_placeholder(value):
            yield f"{field} = {_quoted(value)}: {why}."
    yield from _impossible_year(entry, today=today)
    if dois_disagree(identifiers):
        dois = [identifier.value for identifier in identifiers if identifier.scheme == "doi"]
        yield f"It names more than one DOI: {_listed(dois)}."


def _impossible_year(entry: Entry, *, today: date) -> Iterator[str]:
    """``in press`` and ``forthcoming`` are no numbers and may be; 20013 and 3020 may not."""
    written = latex_to_text(entry.get("year"), 100).strip()
    if not _YEAR_NUMBER.fullmatch(written):
        return
    if not _FIRST_YEAR <= int(written) <= today.year + _YEARS_AHEAD:
        yield f"year = {_quoted(written)}: no year in which it can have been published."


def of_work(reference: Reference, lenders: Sequence[Lender]) -> Iterator[str]:
    """What the sources say of the work: notices, and the published version of a preprint."""
    notices = dict.fromkeys(notice for lender in lenders for notice in lender.record.notices)
    yield from (_notice(notice) for notice in notices)
    published = dict.fromkeys(_published_dois(reference, lenders))
    own = {value for scheme, value in reference.identifiers if scheme == "doi"}
    yield from (f"{_PREPRINT}: {doi}." for doi in published if doi not in own)


def _notice(notice: Notice) -> str:
    return f"{_NOTICES[notice.kind]}: {notice.doi}." if notice.doi else f"{_NOTICES[notice.kind]}."


def _published_dois(reference: Reference, lenders: Sequence[Lender]) -> Iterator[str]:
    for lender in lenders:
        record = lender.record
        if lender.whole and is_preprint(record):
            yield from record.published_as
        elif not lender.whole and record.doi and not is_preprint(record) and cites_preprint(reference):
            yield record.doi


@dataclass(frozen=True, slots=True)
class Traits:
    """What tells one entry's work from another's: ``title`` is empty where the title is too common to tell."""

    index: int
    key: str
    line: int
    dois: frozenset[str]
    title: str
    surnames: frozenset[str]
    kind: str
    year: int | None


def traits_of(entry: Entry, reference: Reference, *, doi: str | None) -> Traits:
    """The traits of an entry; ``doi`` is that of the work it was found to be."""
    own = {value for scheme, value in reference.identifiers if scheme == "doi"}
    title = normalise_title(reference.title)
    return Traits(
        entry.index,
        entry.key,
        entry.line,
        frozenset(own | ({doi} if doi else set())),
        title if len(content_words(title)) >= _TELLING_WORDS else "",
        frozenset(surname_key(name.family) for name in reference.authors),
        reference.kind,
        reference.year or year_of(entry.get("date")),
    )


def duplicates(entries: Sequence[Traits]) -> dict[int, list[str]]:
    """By index: with whom an entry shares its key, its DOI, or its title, authors and year; the others are named."""
    found: dict[int, list[str]] = defaultdict(list)
    for group in _shared((one.key, one) for one in entries if one.key):
        _say(found, group, _SAME_KEY)
    for group in _shared((doi, one) for one in entries for doi in sorted(one.dois)):
        _say(found, group, _SAME_DOI)
    for group in _shared((_wording(one), one) for one in entries if one.title and one.surnames):
        if not frozenset.intersection(*(one.dois for one in group)):
            _say(found, group, _SAME_WORK)
    return dict(found)


def _wording(one: Traits) -> tuple[str, frozenset[str], int | None, bool]:
    """A preprint is no duplicate of the published work."""
    return one.title, one.surnames, one.year, one.kind == "preprint"


def _shared(pairs: Iterable[tuple[Hashable, Traits]]) -> Iterator[list[Traits]]:
    groups: dict[Hashable, list[Traits]] = defaultdict(list)
    for key, one in pairs:
        groups[key].append(one)
    yield from (group for group in groups.values() if len(group) > 1)


def _say(found: dict[int, list[str]], group: Sequence[Traits], words: str) -> None:
    for one in group:
        others = list(islice((other for other in group if other is not one), _MOST_NAMED))
        more = len(group) - 1 - len(others)
        named = _listed([f"{_quoted(other.key)} (line {other.line})" for other in others])
        found[one.index].append(f"{words} {named}{f' and {more} more' if more else ''}.")


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words)


def _quoted(text: str) -> str:
    text = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return f"'{text[:_LONGEST_QUOTE]}...'" if len(text) > _LONGEST_QUOTE else f"'{text}'"
