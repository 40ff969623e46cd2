"""What one record says about one field, as LaTeX for that field; an empty string where it says nothing usable."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from .fields import is_placeholder
from .identifiers import is_valid_issn, parse_arxiv, parse_doi, parse_isbn
from .latex import latex_to_text
from .markup import markup_to_latex, title_to_latex
from .record import Record
from .text import word_set
from .writing import address_of, keywords_to_latex, names_to_latex, pages_to_latex

_PARTS_OF_BOOKS: Final = word_set("proceedings-article book-chapter book-section book-part reference-entry")
_IN_JOURNALS: Final = word_set("journal-article") | {""}
_NO_ABSTRACT: Final = re.compile(
    r"(?:no |there is no |the )?abstract(?: is)?(?: not| un)? ?available.*|not available.*|international audience|"
    r"\[?no abstract\]?.*|n/?a|-",
    re.IGNORECASE,
)
_ABSTRACT_HEADING: Final = re.compile(r"(?:ABSTRACT\b|Abstract(?=[:.—–]))[\s:.—–-]*")
_NUMBERING_WORD: Final = re.compile(r"(?:vol(?:ume)?|no|nr|num(?:ber)?|issue)(?:\.\s*|\s+)(?=\d)", re.IGNORECASE)
#: What publishers give before there are volume and pages: ``0``, ``0-0``, ``1-1``.
_NOT_YET: Final = re.compile(r"0+(?:--0+)?|1--1")
_RANGE: Final = re.compile(r"(\d+)--(\d+)")
_SHORTEST_ABSTRACT: Final = 20
#: So much of an abstract tells whether it is one.
_OPENING: Final = 200
_MAX_KEYWORDS: Final = 50


def fact(record: Record, field: str) -> str:
    """The value for ``field``, safe for BibTeX, in the form BibTeX wants; empty where the record has none."""
    value = _WRITERS[field](record)
    return "" if is_placeholder(value) else value


def _title(record: Record) -> str:
    has_all = record.subtitle.casefold() in record.title.casefold()
    return title_to_latex(record.title if has_all else f"{record.title}: {record.subtitle}")


def _plain(text: str) -> str:
    return markup_to_latex(text, styled=False)


def _journal(record: Record) -> str:
    return _plain(record.container) if record.type in _IN_JOURNALS else ""


def _booktitle(record: Record) -> str:
    return _plain(record.container) if record.type in _PARTS_OF_BOOKS else ""


def _year(record: Record) -> str:
    return str(record.year) if record.year and 1400 <= record.year <= 2200 else ""


def _doi(record: Record) -> str:
    doi = record.doi.strip()
    return doi if parse_doi(doi) == doi.lower() else ""


def _pmcid(record: Record) -> str:
    digits = record.pmcid.upper().removeprefix("PMC")
    return f"PMC{digits}" if digits.isdigit() else ""


def _isbn(record: Record) -> str:
    return next((isbn for text in record.isbn if (isbn := parse_isbn(text))), "")


def _issn(record: Record) -> str:
    bare = (issn.replace("-", "").strip().upper() for issn in record.issn if is_valid_issn(issn))
    return next((f"{issn[:4]}-{issn[4:]}" for issn in bare if issn.strip("0")), "")


def _primary_class(record: Record) -> str:
    """Only beside a new-style identifier: an old one (``hep-th/9901001``) begins with its class."""
    is_class = re.fullmatch(r"[A-Za-z-]{2,12}(?:\.[A-Za-z-]{2,12})?", record.arxiv_class)
    return record.arxiv_class if is_class and "/" not in record.arxiv else ""


def _numbering(value: str) -> str:
    """``12`` of ``Vol. 12``; nothing of the ``0`` of what has no volume yet."""
    word = _NUMBERING_WORD.match(value)
    bare = value[word.end() :] if word else value
    return "" if _NOT_YET.fullmatch(bare) else bare


def _pages(value: str) -> str:
    """Nothing of what cannot be pages: placeholders, and a range that runs backwards (``433--60`` is cut short)."""
    ends = _RANGE.fullmatch(value)
    runs_back = ends and len(ends[2]) >= len(ends[1]) and int(ends[2]) < int(ends[1])
    return "" if runs_back or _NOT_YET.fullmatch(value) else value


def _without_heading(abstract: str) -> str:
    heading = _ABSTRACT_HEADING.match(abstract)
    return abstract[heading.end() :] if heading else abstract


def _abstract(record: Record) -> str:
    abstract = _without_heading(markup_to_latex(record.abstract))
    text = latex_to_text(abstract, _OPENING)
    return "" if len(text) < _SHORTEST_ABSTRACT or _NO_ABSTRACT.fullmatch(text) else abstract


_WRITERS: Final[Mapping[str, Callable[[Record], str]]] = {
    "author": lambda record: names_to_latex(record.authors),
    "title": _title,
    "journal": _journal,
    "booktitle": _booktitle,
    "publisher": lambda record: _plain(record.publisher),
    "volume": lambda record: _numbering(_plain(record.volume)),
    "number": lambda record: _numbering(pages_to_latex(record.number)),
    "pages": lambda record: _pages(pages_to_latex(record.pages)),
    "year": _year,
    "doi": _doi,
    "url": lambda record: address_of(record.url),
    "issn": _issn,
    "isbn": _isbn,
    "pmid": lambda record: record.pmid if record.pmid.isdigit() else "",
    "pmcid": _pmcid,
    "eprint": lambda record: record.arxiv if parse_arxiv(record.arxiv) else "",
    "archiveprefix": lambda record: "arXiv" if parse_arxiv(record.arxiv) else "",
    "primaryclass": _primary_class,
    "pdf": lambda record: address_of(record.pdf),
    "abstract": _abstract,
    "keywords": lambda record: keywords_to_latex(record.keywords[:_MAX_KEYWORDS]),
}
