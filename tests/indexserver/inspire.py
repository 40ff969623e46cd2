"""INSPIRE's ``/api/literature``, after its documentation."""

import re
import zlib
from collections.abc import Sequence
from typing import Any

from .requests import Reply, Request
from .works import Work, words


def budget(request: Request) -> str:
    """One limit over all."""
    return "call"


def answer(request: Request, works: Sequence[Work]) -> Reply:
    """``/api/literature?q=doi:"a" or arxiv:"b"`` and ``q=t "words"``."""
    if request.path != "/api/literature":
        return Reply.text("<html>404</html>", status=404, kind="text/html")
    query = request.params["q"]
    if title := re.match(r't "(.*)"', query):
        found = [work for work in works if words(title[1]) <= words(work.title)]
    else:
        asked = set(re.findall(r'(\w+:"[^"]+")', query))
        found = [work for work in works if {f'doi:"{work.doi}"', f'arxiv:"{work.arxiv}"'} & asked]
    hits = [{"id": "1", "metadata": shape(work)} for work in found[: int(request.params["size"])]]
    return Reply.of({"hits": {"total": len(hits), "hits": hits}, "links": {}})


def shape(work: Work) -> dict[str, Any]:
    """The metadata of a paper as INSPIRE describes it."""
    first, _, last = work.pages.partition("-")
    return {
        "control_number": zlib.crc32(work.title.encode()),
        "titles": [{"title": work.title, "source": "APS"}, {"title": work.title.upper(), "source": "arXiv"}],
        "authors": [{"full_name": f"{family}, {given}"} for family, given in work.authors],
        "publication_info": [
            {"journal_title": work.container, "journal_volume": work.volume, "year": work.year,
             "page_start": first, "page_end": last},
        ],
        "dois": [{"value": work.doi}],
        "arxiv_eprints": [{"value": work.arxiv, "categories": ["hep-th"]}],
        "abstracts": [{"value": work.abstract}],
        "document_type": ["article"],
        "citation_count": work.citations,
    }  # fmt: skip
