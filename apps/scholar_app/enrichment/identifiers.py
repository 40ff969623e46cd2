"""Identifiers of works, in their normal forms, out of whatever people write into BibTeX fields.

Outside rules: DOI Handbook section 2 (a DOI is ``10.``, registrant, ``/`` and anything printable, case-insensitive),
arXiv's identifier scheme (old and new), ISO 2108 (ISBN) and ISO 3297 (ISSN) for the check digits.
"""

import html
import re
from collections.abc import Iterator, Mapping
from typing import Protocol
from urllib.parse import unquote

from .record import Identifier, Scheme

#: No identifier field needs more; a longer value is somebody's abstract in the wrong place.
_MAX_LENGTH = 2_000

_LATEX_NAMES = {
    "textunderscore": "_", "textless": "<", "textgreater": ">", "textasciitilde": "~", "lt": "<", "gt": ">",
    "textendash": "-", "slash": "/", "textpercent": "%", "_": "_",
}  # fmt: skip
_LATEX_NAME = re.compile(
    r"\\(textunderscore|textless|textgreater|textasciitilde|lt|gt|textendash|slash|textpercent)\b ?"
)
_LATEX_MARKUP = re.compile(r"\\(?:url|href|doi|texttt|path|nolinkurl|ensuremath|relax|allowbreak)\b|[\\{}$]")
#: Controls (but for white space), soft hyphens, joiners, and marks that turn the direction of writing around.
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
)
_HYPHENS = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"))

_DOI = re.compile(r"(?<![\d.])10\.\d{4,9}(?:\.\d{1,9})*/[^\s\"“”|^`]+")
_WHOLE_DOI = re.compile(r"10\.\d{4,9}(?:\.\d{1,9})*/\S+")
_URL_TAIL = re.compile(
    r"(?:/(?:abstract|full|fulltext|pdf|epdf|pdfdirect|meta|html|summary|references|citations|full/html|full/pdf|"
    r"asset|epub|media|download)|\.pdf|\.full(?:\.pdf)?|\.abstract|\.html?)+$"
)
_BIORXIV_VERSION = re.compile(r"^(10\.1101/(?:\d{4}\.\d\d\.\d\d\.)?\d{6,8})v\d+.*$")
_ARXIV_DOI = re.compile(r"^10\.48550/arxiv\.(.+?)$")
_DOI_PREFIX = re.compile(r"(?:https?:)?/*(?:dx\.|www\.)?doi\.org/*|doi[:\s]*", re.IGNORECASE)

_ARXIV_ARCHIVES = (
    "acc-phys|adap-org|alg-geom|ao-sci|astro-ph|atom-ph|bayes-an|chao-dyn|chem-ph|cmp-lg|comp-gas|cond-mat|cs|dg-ga|"
    "funct-an|gr-qc|hep-ex|hep-lat|hep-ph|hep-th|math|math-ph|mtrl-th|nlin|nucl-ex|nucl-th|patt-sol|physics|plasm-ph|"
    "q-alg|q-bio|quant-ph|solv-int|supr-con"
)
_ARXIV_ID = rf"(?:\d\d(?:0[1-9]|1[0-2])\.\d{{4,5}}|(?:{_ARXIV_ARCHIVES})(?:\.[a-z]{{2}})?/\d{{7}})(?!\d)"
_BARE_ARXIV = re.compile(rf"({_ARXIV_ID})(?:v\d{{1,2}})?(?:\.pdf)?", re.IGNORECASE)
_MARKED_ARXIV = re.compile(
    rf"(?:arxiv(?:\.org)?[:\s./]*(?:(?:abs|pdf|html|e-print|format|ps)/|preprint[:\s]*|arxiv:)*|(?<!\w)abs/|"
    rf"alphaxiv\.org/abs/|ar5iv[\w.]*/(?:abs|html)/)\s*({_ARXIV_ID})",
    re.IGNORECASE,
)
_PMID = re.compile(
    r"(?:(?:www\.)?ncbi\.nlm\.nih\.gov/(?:m/)?pubmed/|pubmed\.ncbi\.nlm\.nih\.gov/|pubmed\.gov/|europepmc\.org/"
    r"(?:article|abstract)/med/|\bpmid[:\s]*)(\d{1,8})(?!\d)",
    re.IGNORECASE,
)
_BARE_PMID = re.compile(r"\d{1,8}")
_PMCID = re.compile(r"(?<!\w)pmc[:\s]*(?:pmc)?(\d{1,8})(?!\d)", re.IGNORECASE)
_CORPUS_ID = re.compile(r"(?:semanticscholar\.org/|\b)corpusid:\s*(\d{1,12})", re.IGNORECASE)
ISBN = re.compile(r"(?<!\d)(?:97[89][- ]?)?\d(?:[- ]?\d){8}[- ]?[\dXx](?!\d)")
ISSN = re.compile(r"(\d{4})-?(\d{3}[\dXx])")
_BRACKETS = {")": "(", "]": "[", ">": "<"}


class Entry(Protocol):
    """The little of a bibliography's entry that is needed here."""

    @property
    def type(self) -> str:
        """``article`` and the like, in lower case."""
        ...

    @property
    def inherited(self) -> Mapping[str, str]:
        """What it takes over from the entries it refers to by ``crossref`` or ``xdata``."""
        ...

    def get(self, *names: str) -> str:
        """The first non-blank value among the named fields, or an empty string."""
        ...


def unescape(value: str) -> str:
    r"""The identifier or address behind LaTeX, HTML and percent escapes: ``10.1/a{\_}b``, ``a\%3Cb``, ``a&lt;b``."""
    if not value:  # nine in ten of the fields that are looked into
        return ""
    text = _LATEX_NAME.sub(lambda name: _LATEX_NAMES[name[1]], value[:_MAX_LENGTH])
    text = _LATEX_MARKUP.sub("", text)
    if "&" in text:
        text = html.unescape(html.unescape(text))
    for _ in range(2):  # tools escape what is escaped already: %253C
        text = unquote(text, errors="ignore") if re.search(r"%[0-9A-Fa-f]{2}", text) else text
    return _INVISIBLE.sub("", text).translate(_HYPHENS)


def parse_doi(text: str) -> str | None:
    """The first DOI in a text, in lower case and without what an address or a sentence adds behind it."""
    return next(_dois(unescape(text)), None)


def _dois(text: str) -> Iterator[str]:
    for found in _DOI.finditer(text):
        before = text[max(0, found.start() - 200) : found.start()].split()
        address = bool(before) and "/" in before[-1] and text[found.start() - 1] in "/=:"
        doi = _trim(found[0].lower(), address=address and "doi.org" not in before[-1].lower())
        if _WHOLE_DOI.fullmatch(doi):
            yield doi


def _trim(doi: str, *, address: bool) -> str:
    if address:
        doi = _URL_TAIL.sub("", re.split(r"[?&#]", doi, maxsplit=1)[0].rstrip("/"))
    doi = re.sub(r"[?&](?:utm_|via=|casa_token|journalcode|nosfx|download|src=).*$", "", doi)
    while doi and (doi[-1] in ".,;:'!?*/\\" or _unbalanced(doi)):
        doi = doi[:-1]
    doi = _BIORXIV_VERSION.sub(r"\1", doi)
    arxiv = _ARXIV_DOI.match(doi)
    return f"10.48550/arxiv.{parse_arxiv(arxiv[1]) or arxiv[1]}" if arxiv else doi


def _unbalanced(doi: str) -> bool:
    opening = _BRACKETS.get(doi[-1])
    return opening is not None and doi.count(doi[-1]) > doi.count(opening)


def parse_arxiv(text: str) -> str | None:
    """The arXiv identifier that a text is, or that stands in it marked as such; without version, in lower case."""
    text = unescape(text).strip()
    whole = _BARE_ARXIV.fullmatch(text)
    found = whole or _MARKED_ARXIV.search(text)
    return _old_style(found[1].lower()) if found else None


def _old_style(arxiv: str) -> str:
    """``math.GT/0309136`` is ``math/0309136``: the subject class is no part of the identifier."""
    return re.sub(r"^([a-z-]+)\.[a-z]{2}/", r"\1/", arxiv)


def parse_pmid(text: str) -> str | None:
    """A PubMed identifier: bare digits, ``PMID: 123`` or a PubMed address."""
    text = unescape(text).strip()
    found = _BARE_PMID.fullmatch(text)
    marked = None if found else _PMID.search(text)
    digits = (found[0] if found else marked[1] if marked else "").lstrip("0")
    return digits or None


def parse_pmcid(text: str) -> str | None:
    """The digits of a PubMed Central identifier, from ``PMC123``, an address, or bare digits."""
    text = unescape(text).strip()
    digits = text if _BARE_PMID.fullmatch(text) else ""
    marked = _PMCID.search(text.replace("/pmc/articles/", "/"))
    return (marked[1] if marked else digits).lstrip("0") or None


def parse_corpus_id(text: str) -> str | None:
    """Semantic Scholar's number of a work, from ``.../CorpusID:123`` or ``CorpusId: 123``."""
    found = _CORPUS_ID.search(unescape(text))
    return found[1] if found else None


def parse_isbn(text: str) -> str | None:
    """The first ISBN whose check digit is right, as an ISBN-13 without hyphens."""
    for found in ISBN.finditer(unescape(text)):
        digits = re.sub(r"[- ]", "", found[0]).upper()
        if len(digits) == 13 and _isbn13_check(digits[:12]) == digits[12]:
            return digits
        if len(digits) == 10 and _mod11_check(digits[:9], weight=10) == digits[9]:
            return f"978{digits[:9]}{_isbn13_check(f'978{digits[:9]}')}"
    return None


def is_valid_issn(text: str) -> bool:
    """Whether the text is one ISSN, with or without hyphen, whose check digit is right."""
    found = ISSN.fullmatch(text.strip())
    return found is not None and _mod11_check(found[1] + found[2][:3], weight=8) == found[2][3].upper()


def _isbn13_check(digits: str) -> str:
    return str(-sum(int(digit) * (3 if index % 2 else 1) for index, digit in enumerate(digits)) % 10)


def _mod11_check(digits: str, *, weight: int) -> str:
    rest = -sum(int(digit) * (weight - index) for index, digit in enumerate(digits)) % 11
    return "X" if rest == 10 else str(rest)


#: Fields that name the work itself, and fields that may as well speak of another one (an erratum, a review).
_OWN_FIELDS = ("doi", "url", "ee", "link", "eprint", "arxivid", "arxiv")
_LOOSE_FIELDS = ("howpublished", "note", "journal", "journaltitle", "volume", "number", "pages", "publisher", "annote")


def identifiers_of(entry: Entry) -> tuple[Identifier, ...]:
    """What the entry says its identifiers are, DOIs first, without repetition, in the order of trust.

    Two DOIs in the answer mean that the entry's own fields disagree. ``note`` and the like are read only for what
    the proper fields do not say.
    """
    return (*_doi_identifiers(entry), *_arxiv_identifiers(entry), *_other_identifiers(entry))


def dois_disagree(identifiers: tuple[Identifier, ...]) -> bool:
    """Whether there are two DOIs; a preprint's arXiv DOI beside the published one is no disagreement."""
    dois = {value for scheme, value in identifiers if scheme == "doi" and not _ARXIV_DOI.match(value)}
    return len(dois) > 1


def _doi_identifiers(entry: Entry) -> list[Identifier]:
    own = [parse_doi(entry.get(field)) for field in _OWN_FIELDS]
    found = [doi for doi in own if doi] or [
        doi for field in ("howpublished", "note") if (doi := parse_doi(entry.get(field)))
    ][:1]
    return [Identifier("doi", doi) for doi in dict.fromkeys(found)]


def _arxiv_identifiers(entry: Entry) -> list[Identifier]:
    found = [
        arxiv for arxiv in (_own_arxiv(entry), *(_marked_arxiv(entry.get(field)) for field in _OWN_FIELDS)) if arxiv
    ]
    loose = (_marked_arxiv(entry.get(field)) for field in _LOOSE_FIELDS)
    found = found or [arxiv for arxiv in loose if arxiv][:1]
    return [Identifier("arxiv", arxiv) for arxiv in dict.fromkeys(found)]


def _marked_arxiv(value: str) -> str | None:
    found = _MARKED_ARXIV.search(unescape(value)) if value else None
    return _old_style(found[1].lower()) if found else None


def _own_arxiv(entry: Entry) -> str | None:
    kind = entry.get("archiveprefix", "eprinttype", "eprint_type").strip("{} ").lower()
    eprint = entry.get("eprint") if kind in ("", "arxiv") else ""
    return parse_arxiv(eprint) or parse_arxiv(entry.get("arxivid", "arxiv"))


def _other_identifiers(entry: Entry) -> list[Identifier]:
    kind = entry.get("archiveprefix", "eprinttype").strip("{} ").lower()
    own_pmid = entry.get("pmid") or (entry.get("eprint") if kind in ("pubmed", "pmid") else "")
    values: dict[Scheme, str | None] = {
        "pmid": parse_pmid(own_pmid) or _first(_PMID, entry, "url", "howpublished", "note"),
        "pmcid": parse_pmcid(entry.get("pmcid", "pmc")) or _first(_PMCID, entry, "url", "howpublished", "note"),
        "s2": _first(_CORPUS_ID, entry, "url", "howpublished", "note"),
        "isbn": parse_isbn(entry.get("isbn")),
    }
    return [Identifier(scheme, value) for scheme, value in values.items() if value]


def _first(pattern: re.Pattern[str], entry: Entry, *fields: str) -> str | None:
    for field in fields:
        value = entry.get(field)
        found = pattern.search(unescape(value).replace("/pmc/articles/", "/")) if value else None
        if found:
            return found[1].lstrip("0")
    return None
