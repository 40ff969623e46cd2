"""Europe PMC: the life sciences, with PubMed's content, preprints and open full texts.

Shapes: https://europepmc.org/RestfulWebService (``/search``, ``resultType=core``).
Resolves DOIs, PubMed and PubMed Central numbers, 25 to a call; finds articles by the words of their title. Fills the
bibliographic fields, abstract, keywords, citation count, open PDF, notices of retraction.
Limits: none published; one call a second, one at a time.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date

from ..record import Identifier, Name, Notice, NoticeKind, Query, Record
from . import reading
from .limits import Rate
from .manners import Access, Call, Manners
from .reading import Json
from .remote import RemoteSource
from .transport import Answer

NAME = "europepmc"
_CANDIDATES = 5
_WORDS = 12
_QUOTABLE = re.compile(r'[^"\\\s]+')
_NOTICES: Mapping[str, NoticeKind] = {
    "retraction in": "retraction", "erratum in": "correction", "corrected and republished in": "correction",
    "expression of concern in": "concern",
}  # fmt: skip


def manners(access: Access) -> Manners:
    """The same for all."""
    base = "https://www.ebi.ac.uk/europepmc/webservices/rest"
    return Manners(NAME, "Europe PMC", base, {"call": Rate(1, 1)}, 1).under(access)


class EuropePmc(RemoteSource):
    """See the module."""

    name = NAME
    resolves = frozenset({"doi", "pmid", "pmcid"})
    per_call = 25
    searches = True

    @classmethod
    def _knows(cls, identifier: Identifier) -> bool:
        return super()._knows(identifier) and _QUOTABLE.fullmatch(identifier.value) is not None

    def _fetch(self, identifiers: Sequence[Identifier]) -> Mapping[Identifier, Record]:
        # A work and its preprint, or two versions, may answer to one identifier: room for both.
        records = self._ask(" OR ".join(map(_term, identifiers)), at_most=2 * len(identifiers))
        found = {carried: record for record in reversed(records) for carried in record.identifiers()}
        return {identifier: found[identifier] for identifier in identifiers if identifier in found}

    def _search(self, query: Query) -> Sequence[Record]:
        words = re.findall(r"[^\W_]{2,}", query.title.lower())[:_WORDS]
        return self._ask(f"TITLE:({' AND '.join(words)})", at_most=_CANDIDATES) if words else ()

    def _ask(self, query: str, *, at_most: int) -> list[Record]:
        params = {"query": query, "resultType": "core", "format": "json", "pageSize": str(at_most)}
        results = self._client.ask(Call(path="/search", budget="call", params=params, read=_results))
        return [record_of(result, retrieved=self._today) for result in results]


def _term(identifier: Identifier) -> str:
    if identifier.scheme == "pmid":
        return f"(EXT_ID:{identifier.value} AND SRC:MED)"
    return f"PMCID:PMC{identifier.value}" if identifier.scheme == "pmcid" else f'DOI:"{identifier.value}"'


def _results(answer: Answer) -> list[Mapping[str, Json]]:
    """``{"resultList": {"result": [...]}}``."""
    results = reading.mapping(reading.mapping(answer.json(), "the answer").get("resultList"), "resultList")
    return [reading.mapping(result, "a result") for result in reading.listing(results.get("result"), "result")]


def record_of(result: Mapping[str, Json], *, retrieved: date) -> Record:
    """One result as a record. Raises ``ShapeError`` when id, title or authors make no sense."""
    if not reading.text(result.get("id")):
        raise reading.ShapeError("a result without an id")
    issue, doi = reading.child(result, "journalInfo"), reading.doi(result.get("doi"))
    journal = reading.child(issue, "journal")
    year = reading.year(issue.get("yearOfPublication")) or reading.year(result.get("pubYear"))
    years = (year, reading.year(result.get("firstPublicationDate")))
    return Record(
        source=NAME,
        retrieved=retrieved,
        title=reading.title_text(result.get("title"), "title").removesuffix("."),
        authors=_authors(result),
        year=year,
        years=tuple(dict.fromkeys(filter(None, years))),
        month=reading.month(issue.get("monthOfPublication")),
        type="posted-content" if result.get("source") == "PPR" else "journal-article",
        container=reading.text(journal.get("title")),
        container_short=reading.text(journal.get("isoabbreviation") or journal.get("ISOAbbreviation")),
        volume=reading.text(issue.get("volume")),
        number=reading.text(issue.get("issue")),
        pages=reading.text(result.get("pageInfo")),
        issn=reading.texts([journal.get("issn"), journal.get("essn")]),
        doi=doi,
        pmid=reading.digits(result.get("pmid")),
        pmcid=reading.digits(result.get("pmcid")),
        url=reading.doi_url(doi),
        pdf=_pdf(result),
        abstract=reading.text(result.get("abstractText")),
        keywords=reading.texts(reading.child(result, "keywordList").get("keyword")),
        citation_count=reading.count(result.get("citedByCount")),
        notices=_notices(result),
    )


def _authors(result: Mapping[str, Json]) -> tuple[Name, ...]:
    authors = reading.child(result, "authorList").get("author")
    if authors is None:
        return ()
    return tuple(filter(None, map(_name, reading.mappings(reading.listing(authors, "author")))))


def _name(author: Mapping[str, Json]) -> Name | None:
    if body := reading.text(author.get("collectiveName")):
        return Name(body, literal=True)
    family = reading.text(author.get("lastName"))
    given = reading.text(author.get("firstName")) or reading.text(author.get("initials"))
    return Name(family, given) if family else None


def _pdf(result: Mapping[str, Json]) -> str:
    for link in reading.mappings(reading.child(result, "fullTextUrlList").get("fullTextUrl")):
        if link.get("documentStyle") == "pdf" and link.get("availabilityCode") in ("OA", "F"):
            return reading.text(link.get("url"))
    return ""


def _notices(result: Mapping[str, Json]) -> tuple[Notice, ...]:
    notes = reading.mappings(reading.child(result, "commentCorrectionList").get("commentCorrection"))
    kinds = [_NOTICES.get(reading.text(note.get("type")).lower()) for note in notes]
    retracted = "Retracted Publication" in reading.texts(reading.child(result, "pubTypeList").get("pubType"))
    found = [*filter(None, kinds), *(("retraction",) if retracted else ())]
    return tuple(Notice(kind) for kind in dict.fromkeys(found))
