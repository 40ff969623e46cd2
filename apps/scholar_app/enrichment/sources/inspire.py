"""INSPIRE: high-energy physics, with citation counts and both the preprint and the published version in one record.

Shapes: https://github.com/inspirehep/rest-api-doc (``/api/literature``).
Resolves DOIs and arXiv ids, 25 to a call; finds papers by title. Fills the bibliographic fields, ``eprint``, category,
abstract, keywords and citation count. Limits: 15 calls in 5 seconds (its documentation); one a second is asked.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date

from ..record import Identifier, Name, Query, Record
from . import reading
from .limits import Rate
from .manners import Access, Call, Manners
from .reading import Json
from .remote import RemoteSource
from .transport import Answer

NAME = "inspire"
_FIELDS = (
    "titles,authors.full_name,collaborations,corporate_author,publication_info,dois,arxiv_eprints,abstracts,keywords,"
    "citation_count,document_type,preprint_date,imprints,isbns,control_number"
)
_TYPES: Mapping[str, str] = {
    "article": "journal-article", "conference paper": "proceedings-article", "book": "book", "thesis": "dissertation",
    "book chapter": "book-chapter", "proceedings": "proceedings", "report": "report",
}  # fmt: skip
_QUOTABLE = re.compile(r'[^"\\\s]+')
_CANDIDATES = 5


def manners(access: Access) -> Manners:
    """The same for all."""
    return Manners(NAME, "INSPIRE", "https://inspirehep.net", {"call": Rate(1, 1)}, 1).under(access)


class Inspire(RemoteSource):
    """See the module."""

    name = NAME
    resolves = frozenset({"doi", "arxiv"})
    per_call = 25
    searches = True

    @classmethod
    def _knows(cls, identifier: Identifier) -> bool:
        return super()._knows(identifier) and _QUOTABLE.fullmatch(identifier.value) is not None

    def _fetch(self, identifiers: Sequence[Identifier]) -> Mapping[Identifier, Record]:
        names = {"doi": "doi", "arxiv": "arxiv"}
        query = " or ".join(f'{names[identifier.scheme]}:"{identifier.value}"' for identifier in identifiers)
        found = {
            carried: record for record in self._ask(query, at_most=len(identifiers)) for carried in record.identifiers()
        }
        return {identifier: found[identifier] for identifier in identifiers if identifier in found}

    def _search(self, query: Query) -> Sequence[Record]:
        words = " ".join(re.findall(r"\w+", query.title.lower()))
        return self._ask(f't "{words}"', at_most=_CANDIDATES) if words else ()

    def _ask(self, query: str, *, at_most: int) -> list[Record]:
        params = {"q": query, "size": str(at_most), "fields": _FIELDS}
        papers = self._client.ask(Call(path="/api/literature", budget="call", params=params, read=_papers))
        return [record_of(paper, retrieved=self._today) for paper in papers]


def _papers(answer: Answer) -> list[Mapping[str, Json]]:
    """``{"hits": {"hits": [{"metadata": {...}}]}}``."""
    hits = reading.mapping(reading.mapping(answer.json(), "the answer").get("hits"), "hits")
    found = reading.listing(hits.get("hits"), "hits")
    return [reading.mapping(reading.mapping(hit, "a hit").get("metadata"), "metadata") for hit in found]


def record_of(paper: Mapping[str, Json], *, retrieved: date) -> Record:
    """One paper as a record. Raises ``ShapeError`` when number, titles or authors make no sense."""
    if not reading.text(paper.get("control_number")):
        raise reading.ShapeError("a paper without a number")
    published = next(iter(reading.mappings(paper.get("publication_info"))), {})
    eprint = next(iter(reading.mappings(paper.get("arxiv_eprints"))), {})
    doi = next(filter(None, (reading.doi(item.get("value")) for item in reading.mappings(paper.get("dois")))), "")
    year = reading.year(published.get("year"))
    years = (year, reading.year(paper.get("preprint_date")), *map(reading.year, _imprint_dates(paper)))
    dated = tuple(dict.fromkeys(filter(None, years)))
    return Record(
        source=NAME,
        retrieved=retrieved,
        title=_title(paper),
        authors=_authors(paper),
        year=next(iter(dated), None),
        years=dated,
        type=_type(paper, published),
        container=reading.text(published.get("journal_title")),
        volume=reading.text(published.get("journal_volume")),
        number=reading.text(published.get("journal_issue")),
        pages=_pages(published),
        isbn=reading.texts([item.get("value") for item in reading.mappings(paper.get("isbns"))]),
        doi=doi,
        arxiv=reading.text(eprint.get("value")).lower(),
        arxiv_class=next(iter(reading.texts(eprint.get("categories"))), ""),
        url=reading.doi_url(doi),
        abstract=next(iter(reading.texts([one.get("value") for one in reading.mappings(paper.get("abstracts"))])), ""),
        keywords=reading.texts([item.get("value") for item in reading.mappings(paper.get("keywords"))]),
        citation_count=reading.count(paper.get("citation_count")),
    )


def _imprint_dates(paper: Mapping[str, Json]) -> list[str]:
    return [reading.text(imprint.get("date")) for imprint in reading.mappings(paper.get("imprints"))]


def _title(paper: Mapping[str, Json]) -> str:
    if paper.get("titles") is None:
        return ""
    titles = reading.mappings(reading.listing(paper["titles"], "titles"))
    return reading.title_text(next((title.get("title") for title in titles), None), "title")


def _authors(paper: Mapping[str, Json]) -> tuple[Name, ...]:
    """Persons; or, where there are none, the collaboration or the institution."""
    if paper.get("authors") is not None:
        authors = reading.mappings(reading.listing(paper["authors"], "authors"))
        return tuple(reading.person(name) for author in authors if (name := reading.text(author.get("full_name"))))
    bodies = reading.texts([item.get("value") for item in reading.mappings(paper.get("collaborations"))])
    return tuple(Name(f"{body} Collaboration", literal=True) for body in bodies) or tuple(
        Name(body, literal=True) for body in reading.texts(paper.get("corporate_author"))
    )


def _type(paper: Mapping[str, Json], published: Mapping[str, Json]) -> str:
    """A paper is called an article before it is published as well."""
    kind = next(iter(reading.texts(paper.get("document_type"))), "")
    if kind == "article" and not published.get("journal_title"):
        return "posted-content" if paper.get("arxiv_eprints") else "other"
    return _TYPES.get(kind, "other")


def _pages(published: Mapping[str, Json]) -> str:
    first, last = reading.text(published.get("page_start")), reading.text(published.get("page_end"))
    return (f"{first}-{last}" if first and last else first) or reading.text(published.get("artid"))
