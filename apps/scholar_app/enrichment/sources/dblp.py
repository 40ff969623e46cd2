"""DBLP: computer science, with carefully kept venues.

Shapes: https://dblp.org/faq/How+to+use+the+dblp+search+API.html (``/search/publ/api``).
Resolves no identifiers; finds publications by the words of their title. Fills title, authors, venue, volume, pages,
year and DOI. Limits: none published; one call a second, one at a time.
"""

import html
import re
from collections.abc import Mapping, Sequence
from datetime import date

from ..record import Name, Query, Record
from . import reading
from .limits import Rate
from .manners import Access, Call, Manners
from .reading import Json
from .remote import RemoteSource
from .transport import Answer

NAME = "dblp"
_TYPES: Mapping[str, str] = {
    "Journal Articles": "journal-article", "Conference and Workshop Papers": "proceedings-article",
    "Parts in Books or Collections": "book-chapter", "Books and Theses": "book", "Editorship": "edited-book",
    "Informal and Other Publications": "posted-content", "Data and Artifacts": "dataset",
    "Reference Works": "reference-entry",
}  # fmt: skip
#: DBLP tells namesakes apart by numbers: ``Wei Wang 0001``.
_NAMESAKE = re.compile(r" \d{4}$")
_CANDIDATES = 10
_MAX_QUERY = 300


def manners(access: Access) -> Manners:
    """The same for all."""
    return Manners(NAME, "DBLP", "https://dblp.org", {"call": Rate(1, 1)}, 1).under(access)


class Dblp(RemoteSource):
    """See the module."""

    name = NAME
    resolves = frozenset()
    per_call = 1
    searches = True

    def _search(self, query: Query) -> Sequence[Record]:
        # Hyphens, bars and dollar signs would mean something in a search.
        words = " ".join(re.findall(r"\w+", query.title))[:_MAX_QUERY]
        params = {"q": words, "format": "json", "h": str(_CANDIDATES)}
        infos = self._client.ask(Call(path="/search/publ/api", budget="call", params=params, read=_infos))
        return [record_of(info, retrieved=self._today) for info in infos]


def _infos(answer: Answer) -> list[Mapping[str, Json]]:
    """``{"result": {"hits": {"@total": "1", "hit": [{"info": {...}}]}}}``; without hits there is no ``hit``."""
    result = reading.mapping(reading.mapping(answer.json(), "the answer").get("result"), "result")
    hits = reading.mapping_with("@total", result.get("hits"), "hits")
    found = reading.listing(hits.get("hit", []), "hit")
    return [reading.mapping(reading.mapping(hit, "a hit").get("info"), "info") for hit in found]


def record_of(info: Mapping[str, Json], *, retrieved: date) -> Record:
    """One publication as a record. Raises ``ShapeError`` when key, title or authors make no sense."""
    if not reading.text(info.get("key")):
        raise reading.ShapeError("a publication without a key")
    year, doi = reading.year(info.get("year")), reading.doi(info.get("doi"))
    kind = _TYPES.get(reading.text(info.get("type")), "other")
    preprint = kind == "posted-content"
    arxiv = re.match(r"abs/(.+)", reading.text(info.get("volume"))) if preprint else None
    return Record(
        source=NAME,
        retrieved=retrieved,
        title=_unescaped(reading.title_text(info.get("title"), "title")).removesuffix("."),
        authors=_authors(info),
        year=year,
        years=(year,) if year else (),
        type=kind,
        container="" if preprint else _unescaped(next(iter(reading.texts(info.get("venue"))), "")),
        publisher=reading.text(info.get("publisher")),
        volume="" if preprint else reading.text(info.get("volume")),
        number=reading.text(info.get("number")),
        pages="" if preprint else reading.text(info.get("pages")),
        doi=doi,
        arxiv=arxiv[1].lower() if arxiv else "",
        url=reading.doi_url(doi) or next(iter(reading.texts(info.get("ee"))), ""),
    )


def _authors(info: Mapping[str, Json]) -> tuple[Name, ...]:
    """``{"author": [{"text": "Wei Wang 0001"}]}``, or one such without a list."""
    if info.get("authors") is None:
        return ()
    authors = reading.mapping(info["authors"], "authors").get("author")
    names = [_NAMESAKE.sub("", _unescaped(reading.text(author.get("text")))) for author in reading.mappings(authors)]
    return tuple(reading.person(name) for name in names if name)


def _unescaped(value: str) -> str:
    """DBLP escapes the texts of its JSON as if it were XML."""
    return html.unescape(value)
