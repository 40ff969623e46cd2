"""Unpaywall: where a work can legally be read for nothing.

Shapes: https://unpaywall.org/data-format (``/v2/{doi}``).
Resolves DOIs, one to a call. Fills the PDF, and little of the rest; OpenAlex has the same links fifty to a call.
Limits: a contact address is required; 100,000 calls a day, asked at one a second.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from urllib.parse import quote

from ..errors import SourceError
from ..record import Identifier, Name, Record
from . import reading
from .limits import Rate
from .manners import Access, Call, Manners
from .reading import Json
from .remote import RemoteSource
from .transport import Answer

NAME = "unpaywall"


def manners(access: Access) -> Manners:
    """Nothing without a contact address."""
    params = {"email": access.contact} if access.contact else {}
    return Manners(NAME, "Unpaywall", "https://api.unpaywall.org", {"call": Rate(1, 1)}, 2, params=params).under(access)


class Unpaywall(RemoteSource):
    """See the module."""

    name = NAME
    resolves = frozenset({"doi"})
    per_call = 1

    def _fetch(self, identifiers: Sequence[Identifier]) -> Mapping[Identifier, Record]:
        if not self._client.manners.params:
            raise SourceError(
                NAME, "may not be asked without a contact address (SCITEX_CONTACT_EMAIL)", retryable=False
            )
        found = ((identifier, self._single(identifier)) for identifier in identifiers)
        return {identifier: record for identifier, record in found if record is not None}

    def _single(self, identifier: Identifier) -> Record | None:
        path, accepts = f"/v2/{quote(identifier.value, safe='/')}", frozenset({200, 404})
        item = self._client.ask(Call(path=path, budget="call", accepts=accepts, read=_item))
        return None if item is None else record_of(item, retrieved=self._today)


def _item(answer: Answer) -> Mapping[str, Json] | None:
    """The item, or ``None`` for a 404 with an error of its own (``{"HTTP_status_code": 404, "error": true, ...}``)."""
    if answer.status == 200:
        return reading.mapping_with("doi", answer.json(), "the answer")
    if reading.mapping(answer.json(), "the error").get("HTTP_status_code") != 404:
        raise reading.ShapeError("answered 404 in words that are not its own")
    return None


def record_of(item: Mapping[str, Json], *, retrieved: date) -> Record:
    """One item as a record. Raises ``ShapeError`` when DOI, title or authors make no sense."""
    doi, year = reading.doi(item.get("doi")), reading.year(item.get("year"))
    if not doi:
        raise reading.ShapeError("an item without a DOI")
    return Record(
        source=NAME,
        retrieved=retrieved,
        title=reading.title_text(item.get("title"), "title"),
        authors=tuple(_authors(item)),
        year=year,
        years=(year,) if year else (),
        type=reading.text(item.get("genre")),
        container=reading.text(item.get("journal_name")),
        publisher=reading.text(item.get("publisher")),
        issn=reading.distinct(reading.text(item.get("journal_issns")).split(",")),
        doi=doi,
        url=reading.doi_url(doi),
        pdf=reading.text(reading.child(item, "best_oa_location").get("url_for_pdf")),
    )


def _authors(item: Mapping[str, Json]) -> Iterator[Name]:
    """Older items have ``family`` and ``given``, newer ones the whole name."""
    if item.get("z_authors") is None:
        return
    for author in reading.mappings(reading.listing(item["z_authors"], "z_authors")):
        family, whole = reading.text(author.get("family")), reading.text(author.get("raw_author_name"))
        if family:
            yield Name(family, reading.text(author.get("given")))
        elif whole:
            yield reading.person(whole)
