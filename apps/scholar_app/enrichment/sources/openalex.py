"""OpenAlex: an open index of works of all kinds, with abstracts, citation counts and open-access locations.

Shapes: https://docs.openalex.org/api-entities/works/work-object; the snapshot's works are the same objects.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date

from ..record import Name, Notice, Record
from . import reading
from .reading import Json

NAME = "openalex"

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
