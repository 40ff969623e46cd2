"""Which fields an entry of a type can have, under which names they count as present, and which values say nothing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Protocol

from .latex import latex_to_text
from .text import word_set


class Fields(Protocol):
    """The little of an entry that is needed here."""

    @property
    def type(self) -> str:
        """``article`` and the like, in lower case."""
        ...

    @property
    def fields(self) -> Mapping[str, str]:
        """The entry's own fields by lower-case name."""
        ...

    @property
    def inherited(self) -> Mapping[str, str]:
        """What it takes over from its parents."""
        ...


CITATION_FIELDS: Final = ("citation_count", "citation_count_date", "citation_count_source")
#: Everything that may be added, in the order in which it is written.
ADDABLE: Final = (
    "author", "title", "journal", "booktitle", "publisher", "volume", "number", "pages", "year", "month", "doi", "url",
    "issn", "isbn", "pmid", "pmcid", "eprint", "archiveprefix", "primaryclass", "pdf", "abstract", "keywords",
    *CITATION_FIELDS,
)  # fmt: skip
#: Fields that say nothing without another one: they come and go with it.
COMPANIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "citation_count": ("citation_count_date", "citation_count_source"),
    "eprint": ("archiveprefix", "primaryclass"),
}

_PLACE: Final = word_set("journal booktitle publisher volume number pages issn isbn")
_PLACE_OF: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(("article", "suppperiodical"), word_set("journal volume number pages issn publisher")),
    # Not number: BibTeX's styles refuse a volume and a number together here.
    **dict.fromkeys(
        ("inproceedings", "conference", "incollection", "inreference", "suppcollection"),
        word_set("booktitle publisher volume pages isbn"),
    ),
    # Not booktitle: BibTeX's @inbook has the book in title, biblatex's has it in booktitle.
    **dict.fromkeys(("inbook", "bookinbook", "suppbook"), word_set("publisher volume pages isbn")),
    **dict.fromkeys(
        ("book", "mvbook", "collection", "mvcollection", "proceedings", "mvproceedings", "reference", "mvreference"),
        word_set("publisher isbn"),
    ),
    **dict.fromkeys(("dataset", "data", "software"), word_set("publisher")),
}
#: BibTeX's styles refuse a volume and a number together here.
_NUMBERED_SERIES: Final = word_set("inproceedings conference incollection inreference suppcollection")
#: These have editors and never an author.
_COMPILED: Final = word_set("proceedings mvproceedings collection mvcollection periodical")
#: Entries that steer a bibliography or hold parts of other entries, and refer to no work.
NOT_REFERENCES: Final = word_set("set xdata control bibnote ieeetranbstctl settings jabref-meta commented acrobat")

#: Other names of the same field: what stands under one of them may be replaced by a value for the field.
_ALIASES: Final[Mapping[str, tuple[str, ...]]] = {
    "journal": ("journaltitle",),
    "year": ("date",),
    "number": ("issue",),
    "url": ("link",),
    "eprint": ("arxivid", "arxiv"),
    "archiveprefix": ("eprinttype",),
    "primaryclass": ("eprintclass",),
    "pmcid": ("pmc",),
    "keywords": ("keyword",),
}
_ADDABLE_NAMES: Final = {alias: field for field, aliases in _ALIASES.items() for alias in aliases}
#: Fields that answer for another one without being it.
_STAND_INS: Final[Mapping[str, tuple[str, ...]]] = {
    "year": ("issued",),
    "month": ("date", "issued"),
    "pages": ("eid", "articleno", "article-number", "page"),
    "publisher": ("institution", "school", "organization"),
    "url": ("ee", "bdsk-url-1"),
}
_BOOKS: Final = word_set(
    "book mvbook collection mvcollection proceedings mvproceedings reference mvreference periodical"
)
_BODIES_AS_AUTHORS: Final = word_set("manual online electronic www misc standard software dataset report techreport")
_ADDRESS: Final = re.compile(r"https?://|\\url\b|\bwww\.", re.IGNORECASE)

_SAYS_NOTHING: Final = word_set(
    "unknown n/a na n.a. n.a none null nil nan undefined missing tbd t.b.d. tba todo xxx xxxx fixme"
)
_MARKS_ONLY: Final = re.compile(r"[\s?.,;:…\-–—_*/\[\]()<>]*")
_MAX_PLACEHOLDER: Final = 60
#: Types of entries for which is kept what they can have: there are some forty, and what users invent.
_KINDS: Final = 256
_MARKUP: Final = frozenset("\\{}$~")


def is_placeholder(value: str) -> bool:
    """Whether a value only keeps a place: ``{unknown}``, ``{}``, ``{n/a}``, ``??``, ``????--????``, ``TBD``."""
    if len(value) > _MAX_PLACEHOLDER:
        return False
    plain = value if _MARKUP.isdisjoint(value) else latex_to_text(value)
    text = plain.strip(" \"'").casefold()
    return _MARKS_ONLY.fullmatch(text) is not None or text.strip("[]()<>?") in _SAYS_NOTHING


def addable_name(name: str) -> str:
    """The addable field for which a value stands under this name: ``journal`` for ``journaltitle``; else the name."""
    return _ADDABLE_NAMES.get(name, name)


@lru_cache(maxsize=_KINDS)
def possible_fields(entry_type: str) -> tuple[str, ...]:
    """What an entry of this type may be given, in the order of writing."""
    place = _PLACE_OF.get(entry_type, frozenset())
    fields = (field for field in ADDABLE if field not in _PLACE or field in place)
    return tuple(field for field in fields if field != "author" or entry_type not in _COMPILED)


@dataclass(frozen=True, slots=True)
class Holdings:
    """What an entry says and what it lacks.

    ``present`` are the addable fields it has, under whatever name, itself or through its parents; ``absent`` those to
    add; ``placeholders`` maps a missing field to the name under which a value that says nothing stands in its place.
    """

    present: frozenset[str]
    absent: tuple[str, ...]
    placeholders: Mapping[str, str]


def holdings_of(entry: Fields) -> Holdings:
    """What there is and what is missing, by the entry's type."""
    own, inherited = dict(entry.fields), dict(entry.inherited)
    said = {name for name, value in (*own.items(), *inherited.items()) if not is_placeholder(value)}
    if _ADDRESS.search(own.get("howpublished", "")):
        said.add("url")
    present = frozenset(field for field, names in _names_by_field(entry.type) if not said.isdisjoint(names))
    barred = _barred(entry.type, present)
    missing = [field for field in possible_fields(entry.type) if field not in present | barred]
    holders = {field: next((name for name in _own_names(field) if name in own), "") for field in missing}
    absent = tuple(field for field in missing if not holders[field])
    return Holdings(present, absent, {field: name for field, name in holders.items() if name})


def _barred(entry_type: str, present: frozenset[str]) -> frozenset[str]:
    """What would contradict what there is: a second container, a volume beside the number in a series."""
    barred = {"journal": "booktitle", "booktitle": "journal"}
    if entry_type in _NUMBERED_SERIES:
        barred["volume"] = "number"
    return frozenset(field for field, holder in barred.items() if holder in present)


@lru_cache(maxsize=_KINDS)
def _names_by_field(entry_type: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """For each addable field the names under which an entry of this type may have it."""
    return tuple((field, _names(entry_type, field)) for field in ADDABLE)


def _names(entry_type: str, field: str) -> tuple[str, ...]:
    return (*_own_names(field), *_stand_ins(entry_type, field))


def _own_names(field: str) -> tuple[str, ...]:
    return (field, *_ALIASES.get(field, ()))


def _stand_ins(entry_type: str, field: str) -> tuple[str, ...]:
    """What else may answer for the field; for an author that depends on the type."""
    if field != "author":
        return _STAND_INS.get(field, ())
    if entry_type in _BOOKS:
        return ("editor", "editora", "organization")
    return ("editor", "organization", "institution") if entry_type in _BODIES_AS_AUTHORS else ()
