"""Semantic Scholar: papers of all fields, with citation counts, abstracts, open PDFs and identifiers of all kinds.

Shapes: https://api.semanticscholar.org/api-docs/graph (``/paper/batch``, ``/paper/search/match``).
Resolves DOIs, arXiv, PubMed, PubMed Central and its own numbers, 500 to a call; finds the paper with the best title.
Limits: with a key one call a second over everything; without one a pool shared with the world, which soon answers 429.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from ..record import Identifier, Name, Query, Record, Scheme
from . import reading
from .limits import Rate
from .manners import Access, Call, Manners
from .reading import Json
from .remote import RemoteSource
from .transport import Answer

NAME = "semanticscholar"
_FIELDS = (
    "externalIds,title,abstract,venue,year,citationCount,openAccessPdf,publicationTypes,publicationVenue,journal,"
    "authors"
)
_PREFIXES: Mapping[Scheme, str] = {
    "doi": "DOI", "arxiv": "ARXIV", "pmid": "PMID", "pmcid": "PMCID", "s2": "CorpusId",
}  # fmt: skip
#: Their names of types, the more telling ones first: a paper mostly has several.
_TYPES: Mapping[str, str] = {
    "Book": "book", "BookSection": "book-chapter", "Dataset": "dataset", "Conference": "proceedings-article",
    "JournalArticle": "journal-article", "Review": "journal-article",
}  # fmt: skip
_ARXIV = "arxiv"
_MAX_QUERY = 300


def manners(access: Access) -> Manners:
    """One call at a time; a third of the pace without a key."""
    headers = {"x-api-key": access.key} if access.key else {}
    rates = {"call": Rate(1, 1) if access.key else Rate(1, 3)}
    return Manners(NAME, "Semantic Scholar", "https://api.semanticscholar.org", rates, 1, headers=headers).under(access)


class SemanticScholar(RemoteSource):
    """See the module."""

    name = NAME
    resolves = frozenset(_PREFIXES)
    per_call = 500
    searches = True

    def _fetch(self, identifiers: Sequence[Identifier]) -> Mapping[Identifier, Record]:
        ids = [f"{_PREFIXES[identifier.scheme]}:{identifier.value}" for identifier in identifiers]
        papers = self._client.ask(
            Call(
                path="/graph/v1/paper/batch",
                budget="call",
                params={"fields": _FIELDS},
                payload={"ids": ids},
                accepts=frozenset({200, 400}),
                read=lambda answer: _papers(answer, len(ids)),
            )
        )
        return {
            identifier: record_of(reading.mapping(paper, "a paper"), retrieved=self._today)
            for identifier, paper in zip(identifiers, papers, strict=True)
            if paper is not None
        }

    def _search(self, query: Query) -> Sequence[Record]:
        params = {"query": " ".join(query.title.split())[:_MAX_QUERY], "fields": _FIELDS}
        accepts = frozenset({200, 404})
        call = Call(path="/graph/v1/paper/search/match", budget="call", params=params, accepts=accepts, read=_matches)
        papers = self._client.ask(call)
        return [record_of(reading.mapping(paper, "a paper"), retrieved=self._today) for paper in papers]


def _papers(answer: Answer, asked: int) -> Sequence[Json]:
    """A list as long as that of the ids, ``null`` for what is not known; 400 if that is every one."""
    if answer.status == 400:
        if reading.mapping(answer.json(), "the refusal").get("error") != "No valid paper ids given":
            raise reading.ShapeError("refused the question (400)")
        return [None] * asked
    papers = reading.listing(answer.json(), "the answer")
    if len(papers) != asked:
        raise reading.ShapeError(f"sent {len(papers)} papers for {asked} ids")
    return papers


def _matches(answer: Answer) -> Sequence[Json]:
    """``{"data": [...]}``; 404 with an error of its own if no title is near."""
    body = reading.mapping(answer.json(), "the answer")
    if answer.status == 404 and body.get("error") != "Title match not found":
        raise reading.ShapeError("answered 404 in words that are not its own")
    return reading.listing(body.get("data"), "data") if answer.status == 200 else ()


def record_of(paper: Mapping[str, Json], *, retrieved: date) -> Record:
    """One paper as a record. Raises ``ShapeError`` when its id, title or authors cannot be understood."""
    if not reading.text(paper.get("paperId")):
        raise reading.ShapeError("a paper without an id")
    ids, journal = reading.child(paper, "externalIds"), reading.child(paper, "journal")
    year, kind = reading.year(paper.get("year")), _type(paper)
    doi = reading.doi(ids.get("DOI"))
    return Record(
        source=NAME,
        retrieved=retrieved,
        title=reading.title_text(paper.get("title"), "title"),
        authors=_authors(paper),
        year=year,
        years=(year,) if year else (),
        type=kind,
        container="" if kind == "posted-content" else _container(paper),
        volume="" if kind == "posted-content" else reading.text(journal.get("volume")),
        pages="" if kind == "posted-content" else reading.text(journal.get("pages")).replace(" ", ""),
        doi=doi,
        pmid=reading.digits(ids.get("PubMed")),
        pmcid=reading.digits(ids.get("PubMedCentral")),
        arxiv=reading.text(ids.get("ArXiv")).lower(),
        url=reading.doi_url(doi),
        pdf=reading.text(reading.child(paper, "openAccessPdf").get("url")),
        abstract=reading.text(paper.get("abstract")),
        citation_count=reading.count(paper.get("citationCount")),
    )


def _authors(paper: Mapping[str, Json]) -> tuple[Name, ...]:
    if paper.get("authors") is None:
        return ()
    authors = reading.mappings(reading.listing(paper["authors"], "authors"))
    return tuple(reading.person(name) for author in authors if (name := reading.text(author.get("name"))))


def _container(paper: Mapping[str, Json]) -> str:
    journal = reading.text(reading.child(paper, "journal").get("name"))
    return (
        journal
        or reading.text(reading.child(paper, "publicationVenue").get("name"))
        or reading.text(paper.get("venue"))
    )


def _type(paper: Mapping[str, Json]) -> str:
    if _container(paper).lower().startswith(_ARXIV):
        return "posted-content"
    given = reading.texts(paper.get("publicationTypes"))
    for theirs, ours in _TYPES.items():
        if theirs in given:
            return ours
    venue = reading.text(reading.child(paper, "publicationVenue").get("type"))
    return {"journal": "journal-article", "conference": "proceedings-article"}.get(venue, "")
