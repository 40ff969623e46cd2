"""arXiv: preprints of physics, mathematics, computer science and more, each with its own abstract and category.

Shapes: https://info.arxiv.org/help/api/user-manual.html (Atom).
Resolves arXiv ids and their DOIs (``10.48550/arXiv.*``), 100 to a call; finds preprints by the words of their title.
Fills title, authors, abstract, ``eprint``, category, PDF, and the DOI of the published version if the authors gave it.
Limits: one call in three seconds, one at a time.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from xml.etree.ElementTree import Element  # nosec B405

from ..record import Identifier, Query, Record
from . import reading, reading_xml
from .limits import Rate
from .manners import Access, Call, Manners
from .remote import RemoteSource
from .transport import Answer

NAME = "arxiv"
_ATOM, _ARXIV = "{http://www.w3.org/2005/Atom}", "{http://arxiv.org/schemas/atom}"
_DOI_PREFIX = "10.48550/arxiv."
#: arXiv refuses a whole list (400) for one id that could not be one.
_ID = re.compile(r"\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7}")
_ENTRY_ID = re.compile(r"arxiv\.org/abs/(.+?)(?:v\d+)?$")
_CANDIDATES = 5
#: Words of a title that a search asks for: the longest, which say the most.
_WORDS = 8


def manners(access: Access) -> Manners:
    """The same for all."""
    return Manners(NAME, "arXiv", "https://export.arxiv.org", {"call": Rate(1, 3)}, 1).under(access)


class ArXiv(RemoteSource):
    """See the module."""

    name = NAME
    resolves = frozenset({"arxiv", "doi"})
    per_call = 100
    searches = True

    @classmethod
    def _knows(cls, identifier: Identifier) -> bool:
        return super()._knows(identifier) and _ID.fullmatch(_id_of(identifier)) is not None

    def _fetch(self, identifiers: Sequence[Identifier]) -> Mapping[Identifier, Record]:
        ids = list(dict.fromkeys(map(_id_of, identifiers)))
        records = {
            record.arxiv: record for record in self._ask({"id_list": ",".join(ids), "max_results": str(len(ids))})
        }
        return {identifier: records[_id_of(identifier)] for identifier in identifiers if _id_of(identifier) in records}

    def _search(self, query: Query) -> Sequence[Record]:
        words = sorted(set(re.findall(r"[^\W_]{2,}", query.title.lower())), key=lambda word: (-len(word), word))
        asked = " AND ".join(f"ti:{word}" for word in words[:_WORDS])
        return self._ask({"search_query": asked, "max_results": str(_CANDIDATES)}) if asked else []

    def _ask(self, params: Mapping[str, str]) -> list[Record]:
        entries = self._client.ask(Call(path="/api/query", budget="call", params=params, read=_entries))
        return [record_of(entry, retrieved=self._today) for entry in entries]


def _id_of(identifier: Identifier) -> str:
    return identifier.value.lower().removeprefix(_DOI_PREFIX)


def _entries(answer: Answer) -> Sequence[Element]:
    """The entries of a feed, of which errors are one as well."""
    feed = reading_xml.root(answer, f"{_ATOM}feed")
    entries = feed.findall(f"{_ATOM}entry")
    if any("/api/errors" in reading_xml.text(entry, f"{_ATOM}id") for entry in entries):
        raise reading.ShapeError("answered with an error")
    return entries


def record_of(entry: Element, *, retrieved: date) -> Record:
    """One entry of a feed as a record. Raises ``ShapeError`` for one without id or title."""
    found = _ENTRY_ID.search(reading_xml.text(entry, f"{_ATOM}id"))
    title = reading_xml.text(entry, f"{_ATOM}title")
    if found is None or not title:
        raise reading.ShapeError("an entry without id or title")
    arxiv, posted = found[1].lower(), reading_xml.text(entry, f"{_ATOM}published")
    year, published = reading.year(posted), reading.doi(reading_xml.text(entry, f"{_ARXIV}doi"))
    category = entry.find(f"{_ARXIV}primary_category")
    return Record(
        source=NAME,
        retrieved=retrieved,
        title=title,
        authors=tuple(map(reading.person, reading_xml.texts(entry, f"{_ATOM}author/{_ATOM}name"))),
        year=year,
        years=(year,) if year else (),
        month=reading.month(posted[5:7]),
        type="posted-content",
        publisher="arXiv",
        doi=_DOI_PREFIX + arxiv,
        arxiv=arxiv,
        arxiv_class=reading.text(category.get("term")) if category is not None else "",
        url=f"https://arxiv.org/abs/{arxiv}",
        pdf=f"https://arxiv.org/pdf/{arxiv}",
        abstract=reading_xml.text(entry, f"{_ATOM}summary"),
        published_as=(published,) if published else (),
    )
