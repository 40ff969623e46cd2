"""The names people know the sources by; a module of its own, since pages and worker need no client to say them."""

from collections.abc import Mapping
from typing import Final

TITLES: Final[Mapping[str, str]] = {
    "crossref": "Crossref",
    "openalex": "OpenAlex",
    "semanticscholar": "Semantic Scholar",
    "pubmed": "PubMed",
    "arxiv": "arXiv",
    "datacite": "DataCite",
    "dblp": "DBLP",
    "europepmc": "Europe PMC",
    "inspire": "INSPIRE",
    "unpaywall": "Unpaywall",
}


def called(name: str) -> str:
    """What a source is called within a sentence."""
    return TITLES.get(name, "the local catalogue" if name == "catalogue" else name)
