"""Every index that can be asked over the network, by its name in ``SCITEX_SOURCES``."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple

from . import arxiv, crossref, datacite, dblp, europepmc, inspire, openalex, pubmed, semanticscholar, unpaywall
from .base import Outline
from .http import HttpClient, Shared
from .manners import Access, Manners
from .remote import RemoteSource
from .transport import Bounds, Transport


class _Index(NamedTuple):
    manners: Callable[[Access], Manners]
    source: type[RemoteSource]


INDEXES: Mapping[str, _Index] = {
    "crossref": _Index(crossref.manners, crossref.Crossref),
    "openalex": _Index(openalex.manners, openalex.OpenAlex),
    "semanticscholar": _Index(semanticscholar.manners, semanticscholar.SemanticScholar),
    "pubmed": _Index(pubmed.manners, pubmed.PubMed),
    "arxiv": _Index(arxiv.manners, arxiv.ArXiv),
    "datacite": _Index(datacite.manners, datacite.DataCite),
    "dblp": _Index(dblp.manners, dblp.Dblp),
    "europepmc": _Index(europepmc.manners, europepmc.EuropePmc),
    "inspire": _Index(inspire.manners, inspire.Inspire),
    "unpaywall": _Index(unpaywall.manners, unpaywall.Unpaywall),
}


def user_agent(*, version: str, site: str = "", contact: str = "") -> str:
    """Who is asking: ``SciTeXScholar/1.0 (https://scholar.example.org; mailto:op@example.org)``, or what there is."""
    comment = "; ".join(filter(None, (site, contact and f"mailto:{contact}")))
    return f"SciTeXScholar/{version}" + (f" ({comment})" if comment else "")


def build(
    name: str, access: Access, *, agent: str, shared: Shared, today: date, bounds: Bounds | None = None
) -> RemoteSource:
    """The source of this name, with a client of its own. Raises ``KeyError`` for a name that is none."""
    index = INDEXES[name]
    manners = index.manners(access)
    transport = Transport({"User-Agent": agent, **manners.headers}, bounds=bounds or Bounds())
    return index.source(HttpClient(manners, transport=transport, shared=shared), today=today)


def outline(name: str, access: Access) -> Outline:
    """What asking the source of this name takes. Raises ``KeyError`` for a name that is none."""
    index = INDEXES[name]
    return index.source.outlined(index.manners(access))
