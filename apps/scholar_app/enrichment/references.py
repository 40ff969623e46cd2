"""What an entry says about the work it refers to, in plain Unicode, and the question to ask the sources."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from .forms import Form
from .identifiers import Entry, identifiers_of
from .latex import latex_to_text
from .lazy import lazy
from .names import parse_names
from .record import Identifier, Name, Query, Record
from .text import digits_of, first_page, plain_text, year_of

_ENTRY_KINDS: Mapping[str, str] = {
    "article": "article", "periodical": "article", "suppperiodical": "article",
    "inproceedings": "paper", "conference": "paper",
    "incollection": "chapter", "inbook": "chapter", "bookinbook": "chapter", "suppbook": "chapter",
    "suppcollection": "chapter", "inreference": "chapter",
    "book": "book", "mvbook": "book", "collection": "book", "mvcollection": "book", "proceedings": "book",
    "mvproceedings": "book", "reference": "book", "mvreference": "book",
    "phdthesis": "thesis", "mastersthesis": "thesis", "thesis": "thesis",
    "techreport": "report", "report": "report", "dataset": "dataset",
}  # fmt: skip
_RECORD_KINDS: Mapping[str, str] = {
    "journal-article": "article", "proceedings-article": "paper",
    "book-chapter": "chapter", "book-section": "chapter", "book-part": "chapter", "reference-entry": "chapter",
    "book": "book", "monograph": "book", "edited-book": "book", "reference-book": "book", "proceedings": "book",
    "dissertation": "thesis", "posted-content": "preprint", "dataset": "dataset", "report": "report",
    "standard": "report",
}  # fmt: skip
_PREPRINT_SERVER = re.compile(
    r"\b(?:arxiv|corr|biorxiv|medrxiv|chemrxiv|psyarxiv|socarxiv|engrxiv|eartharxiv|techrxiv|ssrn|osf preprints?"
    r"|cold spring harbor laboratory$|research square|preprints?(?:\.org)?|e-?prints?|authorea)\b",
    re.IGNORECASE,
)
_PREPRINT_DOI = re.compile(
    r"10\.48550/|10\.1101/\d|10\.2139/ssrn|10\.26434/|10\.36227/|10\.21203/rs|10\.20944/preprints|10\.3123[45]/|10\.31219/"
    r"|10\.22541/au"
)
_DATA = re.compile(r"\b(?:data ?(?:set|base|verse)s?|zenodo|figshare|dryad|pangaea|mendeley data)\b", re.IGNORECASE)
_MASTERS = re.compile(
    r"\b(?:master|mathesis|magister|bachelor|bathesis|diplom|lizen[tz]|licen[ct])|\bM\.? ?(?:Sc|A|S)\b", re.IGNORECASE
)
_PLACES = ("howpublished", "publisher", "note", "organization", "url", "keywords", "title")
#: A retracted work under the title that some sources give it. (``Retracted: ...`` in lower case titles a notice.)
_RETRACTED = re.compile(r"(?:RETRACTED|WITHDRAWN)(?: (?:ARTICLE|PAPER|CHAPTER))?\s*[:–—-]\s*")


@dataclass(frozen=True)
class Reference:
    """An entry as the work it refers to. Plain Unicode, empty where the entry does not say."""

    type: str = "misc"
    title: str = ""
    authors: tuple[Name, ...] = ()
    #: ``and others``: there are more authors than are named.
    others: bool = False
    year: int | None = None
    #: The journal, or the book or proceedings that the work is in.
    container: str = ""
    volume: str = ""
    number: str = ""
    first_page: str = ""
    publisher: str = ""
    edition: str = ""
    #: How a work without journal or book was published, addresses included.
    howpublished: str = ""
    #: Its degree is not a doctor's.
    is_masters: bool = False
    #: ``container`` came from ``booktitle``.
    in_book: bool = False
    is_preprint: bool = False
    #: It names a repository of data as the place.
    is_data: bool = False
    identifiers: tuple[Identifier, ...] = ()

    @property
    def kind(self) -> str:
        """One of article, paper, chapter, book, thesis, report, dataset, preprint; empty: it does not say."""
        if self.is_preprint:
            return "preprint"
        if self.is_data and self.type not in _ENTRY_KINDS:
            return "dataset"
        return _ENTRY_KINDS.get(self.type) or ("" if not self.container else "paper" if self.in_book else "article")

    @lazy
    def form(self) -> Form:
        """The normal forms to compare, made once."""
        return Form(
            title=_RETRACTED.sub("", self.title, count=1),
            authors=self.authors,
            others=self.others,
            years=(self.year,) if self.year else (),
            containers=(self.container,),
            volume=self.volume,
            number=self.number,
            pages=self.first_page,
            kind=self.kind,
        )


class _Family:
    """An entry that answers with its ``crossref`` parents' fields where it has none of its own."""

    def __init__(self, entry: Entry) -> None:
        self.type = entry.type
        self.inherited = entry.inherited
        self._own = entry

    def get(self, *names: str) -> str:
        """The first non-blank of the named fields, own before inherited."""
        return self._own.get(*names) or next((self.inherited[name] for name in names if self.inherited.get(name)), "")


def reference_of(entry: Entry) -> Reference:
    """What the entry and its parents say; editors stand in for the authors of a book that has none.

    Identifiers are the entry's own alone: its parent's DOI is the volume's.
    """
    identifiers = identifiers_of(entry)
    entry = _Family(entry)
    authors = parse_names(entry.get("author"))
    if not authors.people and _ENTRY_KINDS.get(entry.type) == "book":
        authors = parse_names(entry.get("editor"))
    return Reference(
        type=entry.type,
        title=_title(entry),
        authors=authors.people,
        others=authors.others,
        year=year_of(entry.get("year")) or year_of(entry.get("date")),
        container=_container(entry),
        volume=latex_to_text(entry.get("volume"), 100),
        number=latex_to_text(entry.get("number", "issue"), 100),
        first_page=first_page(entry.get("pages", "page", "eid", "articleno", "article-number")),
        publisher=plain_text(entry.get("publisher", "school", "institution", "organization")[:500]),
        edition=plain_text(entry.get("edition")[:100]),
        howpublished=plain_text(entry.get("howpublished")[:500]),
        is_masters=_ENTRY_KINDS.get(entry.type) == "thesis" and _is_masters(entry),
        in_book=bool(entry.get("booktitle")) and not entry.get("journal", "journaltitle"),
        is_preprint=_is_preprint(entry),
        is_data=_DATA.search(" ".join(entry.get(field)[:300] for field in _PLACES)) is not None,
        identifiers=identifiers,
    )


def _is_masters(entry: Entry) -> bool:
    return entry.type == "mastersthesis" or _MASTERS.search(entry.get("type")[:100]) is not None


def _title(entry: Entry) -> str:
    title, subtitle = plain_text(entry.get("title")[:20_000]), plain_text(entry.get("subtitle")[:20_000])
    return f"{title}: {subtitle}" if title and subtitle and subtitle.lower() not in title.lower() else title


def _container(entry: Entry) -> str:
    """Of an article its journal, of others first the book; never a mere ``arXiv preprint``."""
    fields = (
        ("journal", "journaltitle", "booktitle")
        if entry.type == "article"
        else ("booktitle", "journal", "journaltitle")
    )
    container = plain_text(entry.get(*fields)[:2_000])
    return "" if _PREPRINT_SERVER.search(container) else container


def _is_preprint(entry: Entry) -> bool:
    """It says so in the place of the journal, or it says arXiv and nothing else."""
    container = entry.get("journal", "journaltitle", "booktitle")
    if container:
        return _PREPRINT_SERVER.search(container) is not None
    if _ENTRY_KINDS.get(entry.type, "article") not in ("article", "report"):
        return False
    places = " ".join(
        entry.get(field)[:200] for field in ("archiveprefix", "eprinttype", "howpublished", "publisher", "note")
    )
    return _PREPRINT_SERVER.search(places) is not None or bool(entry.get("arxivid"))


def query_of(reference: Reference) -> Query:
    """The question to ask a source that searches."""
    return Query(
        title=reference.title,
        authors=reference.authors,
        year=reference.year,
        container=reference.container,
        volume=digits_of(reference.volume),
        first_page=reference.first_page,
    )


def form_of(record: Record) -> Form:
    """The normal forms of a record; editors stand in for authors where there are none."""
    title = _RETRACTED.sub("", record.title, count=1)
    years = record.years or ((record.year,) if record.year else ())
    return Form(
        title=title,
        subtitle="" if record.subtitle.casefold() in title.casefold() else record.subtitle,
        authors=record.authors or record.editors,
        years=years,
        containers=(record.container, record.container_short),
        volume=record.volume,
        number=record.number,
        pages=record.pages,
        kind=_kind_of(record),
    )


def _kind_of(record: Record) -> str:
    """Some sources call preprints articles, of a journal that is named like the server or of none."""
    on_server = _PREPRINT_SERVER.search(record.container) or (not record.container and _PREPRINT_DOI.match(record.doi))
    return "preprint" if on_server and not record.volume else _RECORD_KINDS.get(record.type, "")
