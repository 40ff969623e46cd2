"""PubMed: the literature of medicine and the life sciences, with PubMed numbers, abstracts and subject headings.

Shapes: https://www.ncbi.nlm.nih.gov/books/NBK25499/ (``esearch``, ``efetch``).
Resolves PubMed numbers, 100 to a call (each article brings all its references: up to 100 kB), and DOIs and PubMed
Central numbers by a search for all of them; finds articles by the words of their title. Fills ``pmid``, ``pmcid``,
abstract, keywords (or subject headings), notices of retraction and correction, and the bibliographic fields.
Limits: 3 calls a second, 10 with a key; tool and e-mail address go along.
"""

import re
from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element  # nosec B405

from ..record import Identifier, Query, Record
from . import reading, reading_xml
from .limits import Rate
from .manners import Access, Call, Manners
from .pubmed_records import NAME, record_of
from .remote import RemoteSource
from .transport import Answer

_CANDIDATES = 5
_WORDS = 12
#: A quotation mark would end the identifier in the search.
_SEARCHABLE = re.compile(r'[^"\s]+')
_PATH = "/entrez/eutils"


def manners(access: Access) -> Manners:
    """Key and address go into the body of a POST, where no log sees them."""
    given = {"tool": "SciTeXScholar", "email": access.contact, "api_key": access.key}
    params = {name: value for name, value in given.items() if value}
    rates = {"call": Rate(10 if access.key else 3, 1)}
    return Manners(NAME, "PubMed", "https://eutils.ncbi.nlm.nih.gov", rates, 3, params=params).under(access)


class PubMed(RemoteSource):
    """See the module."""

    name = NAME
    resolves = frozenset({"pmid", "pmcid", "doi"})
    per_call = 100
    searches = True
    calls_per_search = 2

    @classmethod
    def _knows(cls, identifier: Identifier) -> bool:
        return super()._knows(identifier) and _SEARCHABLE.fullmatch(identifier.value) is not None

    def _fetch(self, identifiers: Sequence[Identifier]) -> Mapping[Identifier, Record]:
        pmids = [identifier.value for identifier in identifiers if identifier.scheme == "pmid"]
        others = [identifier for identifier in identifiers if identifier.scheme != "pmid"]
        if others:
            term = " OR ".join(map(_term, others))
            pmids += self._find(term, at_most=2 * len(others))
        found = {carried: record for record in self._records(pmids) for carried in record.identifiers()}
        return {identifier: found[identifier] for identifier in identifiers if identifier in found}

    def _search(self, query: Query) -> Sequence[Record]:
        words = re.findall(r"[^\W_]{2,}", query.title.lower())[:_WORDS]
        if not words:
            return ()
        pmids = self._find(" AND ".join(f"{word}[ti]" for word in words), at_most=_CANDIDATES)
        by_pmid = {record.pmid: record for record in self._records(pmids)}
        return [by_pmid[pmid] for pmid in pmids if pmid in by_pmid]

    def _find(self, term: str, *, at_most: int) -> list[str]:
        form = {"db": "pubmed", "retmode": "json", "term": term, "retmax": str(at_most)}
        return self._client.ask(Call(path=f"{_PATH}/esearch.fcgi", budget="call", form=form, read=_pmids))

    def _records(self, pmids: Sequence[str]) -> list[Record]:
        if not pmids:
            return []
        form = {"db": "pubmed", "retmode": "xml", "id": ",".join(dict.fromkeys(pmids))}
        accepts = frozenset({200, 400})
        articles = self._client.ask(
            Call(path=f"{_PATH}/efetch.fcgi", budget="call", form=form, accepts=accepts, read=_articles)
        )
        return [record_of(article, retrieved=self._today) for article in articles]


def _term(identifier: Identifier) -> str:
    return f"PMC{identifier.value}[pmcid]" if identifier.scheme == "pmcid" else f'"{identifier.value}"[doi]'


def _pmids(answer: Answer) -> list[str]:
    """``{"esearchresult": {"idlist": ["29456894"]}}``."""
    result = reading.mapping(reading.mapping(answer.json(), "the answer").get("esearchresult"), "esearchresult")
    return [number for item in reading.listing(result.get("idlist"), "idlist") if (number := reading.digits(item))]


def _articles(answer: Answer) -> Sequence[Element]:
    """Articles and chapters of a set; of numbers none of which exists PubMed says that the list is empty (400)."""
    if answer.status == 400:
        if b"ID list is empty" not in answer.body:
            raise reading.ShapeError("refused the question (400)")
        return ()
    return list(reading_xml.root(answer, "PubmedArticleSet"))
