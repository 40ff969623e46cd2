"""Crossref: the registry of most journal, proceedings and book DOIs.

Shapes: https://github.com/CrossRef/rest-api-doc (``/works``), also those of the public data file and of CSL JSON.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from ..record import Name, Notice, NoticeKind, Record
from . import reading
from .reading import Json

NAME = "crossref"

#: The dates that make up ``years``, the one to cite first: print before online, posted (preprints) before the rest.
_DATES = ("published-print", "posted", "issued", "published", "published-online", "published-other")
_NOTICES: Mapping[str, NoticeKind] = {
    "retraction": "retraction", "partial_retraction": "retraction", "removal": "retraction", "withdrawal": "retraction",
    "correction": "correction", "corrigendum": "correction", "erratum": "correction", "err": "correction",
    "expression_of_concern": "concern",
}  # fmt: skip
#: How publishers mark the retracted work itself. A notice about it is titled ``Retraction: ...`` or ``Retracted: ...``.
_RETRACTED = re.compile(r"(?:RETRACTED|WITHDRAWN)(?: (?:ARTICLE|PAPER|CHAPTER))?\s*[:–—-]\s*")
#: Titles of book series, which Crossref lists beside the book's own title, in either order.
_SERIES = re.compile(
    r"lecture notes|^(?:communications|studies|advances|progress|topics|methods|texts|frontiers) in\b|\bseries\b"
    r"|library$|^springer ?(?:briefs|proceedings|texts|tracts|theses|optimization|handbook)|^(?:under)?graduate texts"
    r"|^unitext|^(?:ifip|nato|acm|ceur) |^smart innovation|^contributions to|^synthesis lectures"
    r"|^contemporary mathematics|^\w+ (?:conference )?proceedings$|\b(?:schriften|beiträge)\b",
    re.IGNORECASE,
)
_PARTS_OF_BOOKS = frozenset({"book-chapter", "proceedings-article", "reference-entry", "book-section", "other"})


def record_of(work: Mapping[str, Json], *, retrieved: date) -> Record:
    """One Crossref work as a record. Raises ``ShapeError`` when its DOI, title or authors cannot be understood."""
    doi = reading.doi(work.get("DOI"))
    if not doi:
        raise reading.ShapeError("a work without a DOI")
    title, marked = _title(work)
    dates = tuple(_dates(work))
    return Record(
        source=NAME,
        retrieved=retrieved,
        title=title,
        subtitle=_subtitle(work, title),
        authors=_names(work, "author"),
        editors=_names(work, "editor"),
        year=dates[0][0] if dates else None,
        years=tuple(dict.fromkeys(year for year, _ in dates)),
        month=dates[0][1] if dates else None,
        type=reading.text(work.get("type")),
        container=_container(work),
        container_short=next(iter(reading.texts(work.get("short-container-title"))), ""),
        publisher=reading.text(work.get("publisher")),
        volume=reading.text(work.get("volume")),
        number=reading.text(work.get("issue")) or reading.text(reading.child(work, "journal-issue").get("issue")),
        pages=reading.text(work.get("page")) or reading.text(work.get("article-number")),
        issn=reading.texts(work.get("ISSN")),
        isbn=reading.distinct(isbn.rpartition("/")[2] for isbn in reading.texts(work.get("ISBN"))),
        doi=doi,
        url=reading.doi_url(doi),
        abstract=_raw(work.get("abstract")),
        citation_count=reading.count(work.get("is-referenced-by-count")),
        notices=_notices(work, doi=doi, marked=marked),
        published_as=_related(work, "is-preprint-of"),
        preprints=_related(work, "has-preprint"),
    )


def _title(work: Mapping[str, Json]) -> tuple[str, bool]:
    """The title without the mark of a retracted work, and whether it bore one."""
    title = reading.title_text(work.get("title"), "title")
    mark = _RETRACTED.match(title)
    return (title[mark.end() :], True) if mark else (title, False)


def _subtitle(work: Mapping[str, Json], title: str) -> str:
    """The subtitle, unless the title already holds it (as it does in every fourth work that has one)."""
    subtitle = next(iter(reading.texts(work.get("subtitle"))), "")
    return "" if subtitle.casefold() in title.casefold() else subtitle


def _names(work: Mapping[str, Json], role: str) -> tuple[Name, ...]:
    if work.get(role) is None:
        return ()
    return tuple(filter(None, map(_name, reading.mappings(reading.listing(work[role], role)))))


def _name(author: Mapping[str, Json]) -> Name | None:
    """A person (``family``, ``given``) or a body (``name``); some bodies and whole names are put into ``family``."""
    family, given = reading.text(author.get("family")), reading.text(author.get("given"))
    if family == "&NA;":  # One aggregator's "not available".
        return None
    if not family:
        body = reading.text(author.get("name")) or given
        return Name(body, literal=True) if body else None
    if not given and " " in family:
        return reading.person(family)
    return Name(family, given, reading.text(author.get("suffix")))


def _dates(work: Mapping[str, Json]) -> Iterator[tuple[int, int | None]]:
    """Year and month of each date that is given, the one to cite first."""
    issue = reading.child(work, "journal-issue")
    for value in (work.get("published-print"), issue.get("published-print"), *map(work.get, _DATES[1:])):
        parts = _first_date(value)
        if parts and (year := reading.year(parts[0])):
            yield year, reading.month(parts[1]) if len(parts) > 1 else None


def _first_date(value: Json) -> Sequence[Json]:
    """The first of ``{"date-parts": [[2006, 2, 27]]}``; empty for anything else."""
    dates = value.get("date-parts") if isinstance(value, Mapping) else None
    first = dates[0] if isinstance(dates, list) and dates else None
    return first if isinstance(first, list) else ()


def _container(work: Mapping[str, Json]) -> str:
    """The journal (the longest of its spellings) or the book; ``""`` when series and book cannot be told apart."""
    titles = reading.texts(work.get("container-title"))
    if len(titles) > 1 and work.get("type") in _PARTS_OF_BOOKS:
        titles = tuple(title for title in titles if not _SERIES.search(title))
        return titles[0] if len(titles) == 1 else ""
    return max(titles, key=len, default="")


def _raw(value: Json) -> str:
    return value.strip() if isinstance(value, str) else ""


def _notices(work: Mapping[str, Json], *, doi: str, marked: bool) -> tuple[Notice, ...]:
    """What was said about this work later. ``update-to`` stands in the notice, unless a work updates itself."""
    updates = reading.mappings(work.get("updated-by"))
    updates += [own for own in reading.mappings(work.get("update-to")) if reading.doi(own.get("DOI")) == doi]
    found = [
        Notice(_NOTICES[kind], reading.doi(update.get("DOI")))
        for update in updates
        if (kind := reading.text(update.get("type")).lower().replace("-", "_")) in _NOTICES
    ]
    if marked and all(notice.kind != "retraction" for notice in found):
        found.append(Notice("retraction"))
    return tuple(dict.fromkeys(found))


def _related(work: Mapping[str, Json], relation: str) -> tuple[str, ...]:
    related = reading.mappings(reading.child(work, "relation").get(relation))
    return reading.distinct(reading.doi(item.get("id")) for item in related if item.get("id-type") == "doi")
