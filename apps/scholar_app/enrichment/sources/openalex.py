"""OpenAlex: an open index of works of all kinds, with abstracts, citation counts and open-access locations.

Shapes: https://docs.openalex.org/api-entities/works/work-object; the snapshot's works are the same objects.
Resolves DOIs, PubMed and PubMed Central numbers, 50 to a call; finds works by title. Fills the abstract, citation
count, open PDF, keywords (or topics), the retraction flag, and the bibliographic fields.
Limits: 100 calls a second; a budget by the day ($1 with a free key, $0.10 without), of which a single work costs
nothing, a list $0.0001 and a search $0.001. Both 403 and 429 mean a limit.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from urllib.parse import quote

from ..record import Identifier, Name, Notice, Query, Record
from . import reading
from .limits import Rate
from .manners import Access, Call, Manners
from .reading import Json
from .remote import RemoteSource
from .transport import Answer

NAME = "openalex"
_SELECT = (
    "id,doi,title,display_name,publication_year,type,ids,primary_location,best_oa_location,authorships,biblio,"
    "abstract_inverted_index,keywords,topics,cited_by_count,is_retracted"
)
#: Identifiers that can stand in a filter, where a comma or a bar ends one; others are asked for singly.
_PLAIN = re.compile(r"[-._;()/:a-z0-9<>\[\]+]+")
_CANDIDATES = 10
#: In millionths of a dollar: a list, a search, a day of an account with a key and without. A single work is free.
_LIST, _SEARCH = 100, 1_000
_DAY_WITH_KEY, _DAY_WITHOUT = 1_000_000, 100_000
_MAX_QUERY = 300

#: ``raw_type`` of a location is what its registry said: better than OpenAlex' own guess when it is a Crossref type.
_CROSSREF_TYPES = frozenset(
    {"journal-article", "proceedings-article", "posted-content", "book", "book-chapter", "monograph", "edited-book"}
    | {"reference-book", "reference-entry", "proceedings", "dissertation", "dataset", "report", "peer-review"}
    | {"standard", "journal-issue"}
)
_TYPES: Mapping[str, str] = {
    "article": "journal-article", "review": "journal-article", "letter": "journal-article",
    "editorial": "journal-article", "erratum": "journal-article", "retraction": "journal-article",
    "conference-paper": "proceedings-article", "preprint": "posted-content", "software": "software",
    **{name: name for name in _CROSSREF_TYPES},
}  # fmt: skip
_ARXIV = re.compile(
    r"arxiv\.org/(?:abs|pdf)/((?:[a-z-]+(?:\.[a-z]{2})?/)?\d[\d.]*\d)|10\.48550/arxiv\.(\S+)", re.IGNORECASE
)


def manners(access: Access) -> Manners:
    """The same for all, but for the budget that goes with a key."""
    params = {"api_key": access.key} if access.key else {}
    rates, budget = {"call": Rate(100, 1)}, _DAY_WITH_KEY if access.key else _DAY_WITHOUT
    own = Manners(NAME, "OpenAlex", "https://api.openalex.org", rates, 4, params=params, daily_budget=budget)
    return own.under(access)


class OpenAlex(RemoteSource):
    """See the module."""

    name = NAME
    resolves = frozenset({"doi", "pmid", "pmcid"})
    per_call = 50
    searches = True
    batch_price, search_price = _LIST, _SEARCH

    def _fetch(self, identifiers: Sequence[Identifier]) -> Mapping[Identifier, Record]:
        found: dict[Identifier, Record] = {}
        for scheme in dict.fromkeys(identifier.scheme for identifier in identifiers):
            same = [identifier for identifier in identifiers if identifier.scheme == scheme]
            plain = [identifier for identifier in same if _PLAIN.fullmatch(identifier.value)]
            if len(plain) > 1:
                found |= self._list(plain)
            for identifier in same if len(plain) == 1 else [other for other in same if other not in plain]:
                found |= self._single(identifier)
        return found

    def _list(self, identifiers: Sequence[Identifier]) -> dict[Identifier, Record]:
        """The records of several identifiers of one scheme."""
        named = "|".join(_name_of(identifier) for identifier in identifiers)
        params = {"filter": f"{identifiers[0].scheme}:{named}", "per_page": "100", "select": _SELECT}
        works = self._client.ask(Call(path="/works", budget="call", params=params, read=_works, price=_LIST))
        by_identifier = {carried: record for record in self._records(works) for carried in record.identifiers()}
        return {identifier: by_identifier[identifier] for identifier in identifiers if identifier in by_identifier}

    def _single(self, identifier: Identifier) -> dict[Identifier, Record]:
        path = f"/works/{identifier.scheme}:{quote(_name_of(identifier), safe='')}"
        accepts = frozenset({200, 404})
        work = self._client.ask(
            Call(path=path, budget="call", params={"select": _SELECT}, accepts=accepts, read=_work_or_none)
        )
        return {} if work is None else {identifier: record_of(work, retrieved=self._today)}

    def _search(self, query: Query) -> Sequence[Record]:
        params = {"search": _search_words(query.title), "per_page": str(_CANDIDATES), "select": _SELECT}
        asked = Call(path="/works", budget="call", params=params, read=_works, price=_SEARCH)
        return self._records(self._client.ask(asked))

    def _records(self, works: Sequence[Json]) -> list[Record]:
        return [record_of(reading.mapping(work, "a work"), retrieved=self._today) for work in works]


def _name_of(identifier: Identifier) -> str:
    return f"PMC{identifier.value}" if identifier.scheme == "pmcid" else identifier.value


def _search_words(title: str) -> str:
    """The words of a title in lower case: ``AND``, ``OR``, ``NOT``, quotes and stars would mean something here."""
    return " ".join(re.findall(r"\w+", title.lower()))[:_MAX_QUERY]


def _works(answer: Answer) -> Sequence[Json]:
    """``{"meta": {...}, "results": [...]}``."""
    return reading.listing(reading.mapping(answer.json(), "the answer").get("results"), "results")


def _work_or_none(answer: Answer) -> Mapping[str, Json] | None:
    """The work; ``None`` for a 404 in OpenAlex' own words, a page of HTML or an error in JSON."""
    if answer.status == 200:
        return reading.mapping_with("id", answer.json(), "the answer")
    own = b"was not found on the server" if answer.kind == "text/html" else b"not found"
    if own not in answer.body.lower() or answer.kind not in ("text/html", "application/json"):
        raise reading.ShapeError("answered 404 in words that are not its own")
    return None


def record_of(work: Mapping[str, Json], *, retrieved: date) -> Record:
    """One OpenAlex work as a record. Raises ``ShapeError`` when its id, title or authors cannot be understood."""
    if not reading.text(work.get("id")):
        raise reading.ShapeError("a work without an id")
    doi, place = reading.doi(work.get("doi")), reading.child(work, "primary_location")
    year = reading.year(work.get("publication_year"))
    biblio = reading.child(work, "biblio")
    return Record(
        source=NAME,
        retrieved=retrieved,
        title=reading.title_text(work.get("title") or work.get("display_name"), "title"),
        authors=tuple(_authors(work)),
        year=year,
        years=(year,) if year else (),
        type=_type(work, place),
        container=_container(place),
        volume=reading.text(biblio.get("volume")),
        number=reading.text(biblio.get("issue")),
        pages=_pages(biblio),
        issn=reading.texts(reading.child(place, "source").get("issn")) if _container(place) else (),
        doi=doi,
        pmid=reading.digits(reading.child(work, "ids").get("pmid")),
        pmcid=reading.digits(reading.child(work, "ids").get("pmcid")),
        arxiv=_arxiv(doi, place),
        url=reading.doi_url(doi) or reading.text(place.get("landing_page_url")),
        pdf=reading.text(reading.child(work, "best_oa_location").get("pdf_url")),
        abstract=_abstract(work.get("abstract_inverted_index")),
        keywords=_keywords(work),
        citation_count=reading.count(work.get("cited_by_count")),
        notices=(Notice("retraction"),) if work.get("is_retracted") is True else (),
    )


def _authors(work: Mapping[str, Json]) -> Iterator[Name]:
    if work.get("authorships") is None:
        return
    for authorship in reading.mappings(reading.listing(work["authorships"], "authorships")):
        name = reading.child(authorship, "author").get("display_name") or authorship.get("raw_author_name")
        if reading.text(name):
            yield reading.person(reading.text(name))


def _type(work: Mapping[str, Json], place: Mapping[str, Json]) -> str:
    kind = reading.text(work.get("type"))
    for registered in (reading.text(work.get("type_crossref")), reading.text(place.get("raw_type"))):
        if registered in _CROSSREF_TYPES:
            return registered
    return _TYPES.get(kind, "other" if kind else "")


def _container(place: Mapping[str, Json]) -> str:
    """The journal or the proceedings; repositories, book series and "eBooks" are no place a work is cited in."""
    source = reading.child(place, "source")
    return reading.text(source.get("display_name")) if source.get("type") in ("journal", "conference") else ""


def _pages(biblio: Mapping[str, Json]) -> str:
    first, last = reading.text(biblio.get("first_page")), reading.text(biblio.get("last_page"))
    return f"{first}-{last}" if last and last != first else first


def _arxiv(doi: str, place: Mapping[str, Json]) -> str:
    """The arXiv id, if the work itself is on arXiv: other locations are matched by OpenAlex, and wrong at times."""
    for text in (doi, reading.text(place.get("landing_page_url"))):
        if found := _ARXIV.search(text):
            return re.sub(r"v\d+$", "", found[1] or found[2])
    return ""


def _abstract(index: Json) -> str:
    """The text of ``{"Despite": [0], "growing": [1]}``; ``""`` when positions are not what they should be."""
    words: dict[int, str] = {}
    for word, positions in (index if isinstance(index, Mapping) else {}).items():
        for position in positions if isinstance(positions, list) else ():
            if reading.count(position) is not None:
                words[position] = reading.text(word)
    return " ".join(words[position] for position in sorted(words))


def _keywords(work: Mapping[str, Json]) -> tuple[str, ...]:
    """Keywords, or the topics of works that have none."""
    for field in ("keywords", "topics"):
        if names := reading.texts([item.get("display_name") for item in reading.mappings(work.get(field))]):
            return names
    return ()
