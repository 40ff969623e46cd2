"""Crossref: the registry of most journal, proceedings and book DOIs.

Shapes: https://github.com/CrossRef/rest-api-doc (``/works``), also those of the public data file and of CSL JSON.
Resolves DOIs, about 50 to a call; finds works by what is known of them. Fills the bibliographic fields, citation count,
abstract (JATS, of every sixth work), notices of retraction and correction, and what is a preprint of what.
Limits: with a contact address 10 single records and 3 lists or searches a second, 3 at once; without one 5, 1 and 1.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from urllib.parse import quote

from ..record import Identifier, Name, Notice, NoticeKind, Query, Record
from . import reading
from .limits import Rate
from .manners import Access, Call, Manners
from .reading import Json
from .remote import RemoteSource
from .transport import Answer

NAME = "crossref"
#: Calls a second, and at once, with a contact address and without.
_POLITE, _PUBLIC = {"single": Rate(10, 1), "list": Rate(3, 1)}, {"single": Rate(5, 1), "list": Rate(1, 1)}
_POLITE_AT_ONCE, _PUBLIC_AT_ONCE = 3, 1

#: What is asked of works in lists. Crossref refuses a list (400) for any name that it does not know.
_SELECT = (
    "DOI,type,title,subtitle,author,editor,published-print,published-online,published,posted,issued,container-title,"
    "short-container-title,publisher,volume,issue,page,article-number,ISSN,ISBN,abstract,is-referenced-by-count,"
    "update-to,updated-by,relation"
)
#: DOIs that can stand in a filter, where a comma ends one; others are asked for singly.
_PLAIN_DOI = re.compile(r"10\.\d{4,9}(?:\.\d+)*/[-._;()/:a-z0-9<>\[\]+]+")
#: Prefixes of other registries (arXiv, Zenodo, figshare): Crossref has none of their DOIs.
_ELSEWHERE = ("10.48550/", "10.5281/", "10.6084/")
_CANDIDATES = 10
_MAX_QUERY = 500

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


def manners(access: Access) -> Manners:
    """The polite pool for who gives a contact address (it goes along in the ``User-Agent``), else the public one."""
    rates, at_once = (_POLITE, _POLITE_AT_ONCE) if access.contact else (_PUBLIC, _PUBLIC_AT_ONCE)
    return Manners(NAME, "Crossref", "https://api.crossref.org", rates, at_once).under(access)


class Crossref(RemoteSource):
    """See the module."""

    name = NAME
    resolves = frozenset({"doi"})
    per_call = 50
    searches = True
    fetch_budget = search_budget = "list"

    @classmethod
    def _knows(cls, identifier: Identifier) -> bool:
        return super()._knows(identifier) and not identifier.value.startswith(_ELSEWHERE)

    def _fetch(self, identifiers: Sequence[Identifier]) -> Mapping[Identifier, Record]:
        plain = [doi for doi in identifiers if _PLAIN_DOI.fullmatch(doi.value)]
        single = [doi for doi in identifiers if doi not in plain]
        if len(plain) == 1:  # Costs a third of a list, and follows a DOI that is only an alias.
            plain, single = [], list(identifiers)
        found = self._list(plain) if plain else {}
        if found is None:
            found, single = {}, list(identifiers)
        for identifier in single:
            if record := self._single(identifier):
                found[identifier] = record
        return found

    def _list(self, identifiers: Sequence[Identifier]) -> dict[Identifier, Record] | None:
        """The records of several DOIs; ``None`` if Crossref does not like one of them and refuses them all."""
        params = {
            "filter": ",".join(f"doi:{identifier.value}" for identifier in identifiers),
            "rows": str(len(identifiers)),
            "select": _SELECT,
        }
        works = self._client.ask(
            Call(path="/works", budget="list", params=params, accepts=frozenset({200, 400}), read=_works_or_refusal)
        )
        if works is None:
            return None
        records = {record.doi: record for record in self._records(works)}
        found = {identifier: records[identifier.value] for identifier in identifiers if identifier.value in records}
        if len(found) == len(records):
            return found
        # A DOI that is only an alias comes under its work's own name. Asked for alone, it says whose it is.
        missing = [identifier for identifier in identifiers if identifier not in found]
        return found | {identifier: record for identifier in missing if (record := self._single(identifier))}

    def _single(self, identifier: Identifier) -> Record | None:
        path = f"/works/{quote(identifier.value, safe='')}"
        work = self._client.ask(Call(path=path, budget="single", accepts=frozenset({200, 404}), read=_work_or_none))
        return None if work is None else record_of(work, retrieved=self._today)

    def _search(self, query: Query) -> Sequence[Record]:
        params = {"query.bibliographic": _bibliographic(query), "rows": str(_CANDIDATES), "select": _SELECT}
        return self._records(self._client.ask(Call(path="/works", budget="list", params=params, read=_works)))

    def _records(self, works: Sequence[Json]) -> list[Record]:
        return [record_of(reading.mapping(work, "a work"), retrieved=self._today) for work in works]


def _works(answer: Answer) -> Sequence[Json]:
    """``{"message": {"items": [...]}}``."""
    message = reading.mapping(reading.mapping(answer.json(), "the answer").get("message"), "message")
    return reading.listing(message.get("items"), "items")


def _works_or_refusal(answer: Answer) -> Sequence[Json] | None:
    """The works, or ``None`` for Crossref's own ``{"status": "failed", "message-type": "validation-failure"}``."""
    if answer.status == 200:
        return _works(answer)
    if reading.mapping(answer.json(), "the refusal").get("status") != "failed":
        raise reading.ShapeError("refused in words that are not its own")
    return None


def _work_or_none(answer: Answer) -> Mapping[str, Json] | None:
    """``{"message": {"DOI": ...}}``, or ``None`` for "Resource not found", said in plain text."""
    if answer.status == 200:
        return reading.mapping_with("DOI", reading.mapping(answer.json(), "the answer").get("message"), "message")
    if answer.kind not in ("text/plain", "application/json") or b"not found" not in answer.body.lower():
        raise reading.ShapeError("answered 404 in words that are not its own")
    return None


def _bibliographic(query: Query) -> str:
    """The reference as one text, the title first: Crossref compares it with titles, names, years and journals."""
    names = " ".join(author.family for author in query.authors[:3])
    parts = (query.title, names, query.container, query.volume, query.first_page, str(query.year or ""))
    return " ".join(filter(None, (part.strip() for part in parts)))[:_MAX_QUERY]


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
    dates = value.get("date-parts") if isinstance(value, dict) else None
    first = dates[0] if isinstance(dates, list) and dates else None
    return first if isinstance(first, list) else ()


def _container(work: Mapping[str, Json]) -> str:
    """The journal (the longest of its spellings) or the book; ``""`` when series and book cannot be told apart."""
    titles = reading.texts(work.get("container-title"))
    if len(titles) > 1 and reading.text(work.get("type")) in _PARTS_OF_BOOKS:
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
