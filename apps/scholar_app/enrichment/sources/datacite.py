"""DataCite: the registry of DOIs for data sets, software, theses, reports and preprints (arXiv's and Zenodo's too).

Shapes: https://support.datacite.org/docs/api (``/dois``, JSON:API).
Resolves DOIs, 50 to a call, by a search for all of them. Fills title, authors, year, publisher, abstract, subjects.
Limits, by address and 5 minutes: 1,000 calls with a contact address (in the ``User-Agent``), 500 without.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date

from ..record import Identifier, Name, Record
from . import reading
from .limits import Rate
from .manners import Access, Call, Manners
from .reading import Json
from .remote import RemoteSource
from .transport import Answer

NAME = "datacite"
_TYPES: Mapping[str, str] = {
    "Dataset": "dataset", "Software": "software", "ComputationalNotebook": "software", "Dissertation": "dissertation",
    "Report": "report", "JournalArticle": "journal-article", "DataPaper": "journal-article", "Book": "book",
    "BookChapter": "book-chapter", "ConferencePaper": "proceedings-article", "ConferenceProceeding": "proceedings",
    "Preprint": "posted-content", "PeerReview": "peer-review", "Standard": "standard",
}  # fmt: skip
_ARXIV_PREFIX = "10.48550/arxiv."
_QUOTABLE = re.compile(r'[^"\\\s]+')


def manners(access: Access) -> Manners:
    """Twice the pace for who says whom to write to."""
    rates = {"call": Rate(1000 if access.contact else 500, 300)}
    return Manners(NAME, "DataCite", "https://api.datacite.org", rates, 2).under(access)


class DataCite(RemoteSource):
    """See the module."""

    name = NAME
    resolves = frozenset({"doi"})
    per_call = 50

    @classmethod
    def _knows(cls, identifier: Identifier) -> bool:
        return super()._knows(identifier) and _QUOTABLE.fullmatch(identifier.value) is not None

    def _fetch(self, identifiers: Sequence[Identifier]) -> Mapping[Identifier, Record]:
        named = " OR ".join(f'"{identifier.value}"' for identifier in identifiers)
        params = {"query": f"doi:({named})", "page[size]": str(len(identifiers))}
        items = self._client.ask(Call(path="/dois", budget="call", params=params, read=_items))
        found = {record.doi: record for record in (record_of(item, retrieved=self._today) for item in items)}
        return {identifier: found[identifier.value] for identifier in identifiers if identifier.value in found}


def _items(answer: Answer) -> list[Mapping[str, Json]]:
    """``{"data": [{"attributes": {...}}]}``."""
    data = reading.listing(reading.mapping(answer.json(), "the answer").get("data"), "data")
    return [
        reading.mapping(reading.mapping(item, "an item").get("attributes"), "the attributes of an item")
        for item in data
    ]


def record_of(item: Mapping[str, Json], *, retrieved: date) -> Record:
    """The attributes of one DOI as a record. Raises ``ShapeError`` when DOI, title or creators make no sense."""
    doi, container = reading.doi(item.get("doi")), reading.child(item, "container")
    if not doi:
        raise reading.ShapeError("an item without a DOI")
    year = reading.year(item.get("publicationYear"))
    kind = _type(item, doi)
    return Record(
        source=NAME,
        retrieved=retrieved,
        title=_title(item),
        authors=_names(item),
        year=year,
        years=(year,) if year else (),
        type=kind,
        container=reading.text(container.get("title")),
        publisher=_publisher(item),
        volume=reading.text(container.get("volume")),
        number=reading.text(container.get("issue")),
        pages=_pages(container),
        issn=_issn(container),
        doi=doi,
        arxiv=doi.removeprefix(_ARXIV_PREFIX) if doi.startswith(_ARXIV_PREFIX) else "",
        url=reading.doi_url(doi),
        abstract=_abstract(item),
        keywords=reading.texts([subject.get("subject") for subject in reading.mappings(item.get("subjects"))]),
        published_as=_published(item) if kind == "posted-content" else (),
    )


def _title(item: Mapping[str, Json]) -> str:
    """The main title: the first that is not a translation, a subtitle or another kind of title."""
    if item.get("titles") is None:
        return ""
    titles = reading.mappings(reading.listing(item["titles"], "titles"))
    main = [title.get("title") for title in titles if not title.get("titleType")]
    return reading.title_text(next(iter(main), None), "title")


def _names(item: Mapping[str, Json]) -> tuple[Name, ...]:
    if item.get("creators") is None:
        return ()
    return tuple(filter(None, map(_name, reading.mappings(reading.listing(item["creators"], "creators")))))


def _name(creator: Mapping[str, Json]) -> Name | None:
    family, whole = reading.text(creator.get("familyName")), reading.text(creator.get("name"))
    if creator.get("nameType") == "Organizational":
        return Name(whole, literal=True) if whole else None
    if family:
        return Name(family, reading.text(creator.get("givenName")))
    return reading.person(whole) if whole else None


def _type(item: Mapping[str, Json], doi: str) -> str:
    if doi.startswith(_ARXIV_PREFIX):
        return "posted-content"
    return _TYPES.get(reading.text(reading.child(item, "types").get("resourceTypeGeneral")), "other")


def _publisher(item: Mapping[str, Json]) -> str:
    """A text, or (on request, and in newer answers) an object with a name."""
    return reading.text(item.get("publisher")) or reading.text(reading.child(item, "publisher").get("name"))


def _pages(container: Mapping[str, Json]) -> str:
    first, last = reading.text(container.get("firstPage")), reading.text(container.get("lastPage"))
    return f"{first}-{last}" if first and last and last != first else first


def _issn(container: Mapping[str, Json]) -> tuple[str, ...]:
    return reading.texts(container.get("identifier")) if container.get("identifierType") == "ISSN" else ()


def _abstract(item: Mapping[str, Json]) -> str:
    for description in reading.mappings(item.get("descriptions")):
        if description.get("descriptionType") == "Abstract":
            return reading.text(description.get("description"))
    return ""


def _published(item: Mapping[str, Json]) -> tuple[str, ...]:
    return reading.distinct(
        reading.doi(related.get("relatedIdentifier"))
        for related in reading.mappings(item.get("relatedIdentifiers"))
        if related.get("relatedIdentifierType") == "DOI"
        and related.get("relationType") in ("IsVersionOf", "IsPreprintOf")
    )
