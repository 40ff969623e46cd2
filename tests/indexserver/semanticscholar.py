"""Semantic Scholar's ``/graph/v1/paper``, as it answers in the recordings."""

import json
import zlib
from collections.abc import Sequence
from typing import Any

from .requests import Reply, Request
from .works import Work, best_matches

_SCHEMES = {"doi": "doi", "arxiv": "arxiv", "pmid": "pmid", "pmcid": "pmcid", "corpusid": "s2"}


def budget(request: Request) -> str:
    """One limit over all."""
    return "call"


def answer(request: Request, works: Sequence[Work]) -> Reply:
    """``POST /graph/v1/paper/batch`` and ``GET /graph/v1/paper/search/match``."""
    if (request.method, request.path) == ("POST", "/graph/v1/paper/batch"):
        return _batch(json.loads(request.body)["ids"], works)
    if request.path == "/graph/v1/paper/search/match":
        found = best_matches(list(works), request.params["query"], rows=1)
        if not found:
            return Reply.of({"error": "Title match not found"}, status=404)
        return Reply.of({"data": [shape(found[0]) | {"matchScore": 174.2}]})
    return Reply.of({"message": "Missing Authentication Token"}, status=403)


def _batch(ids: Sequence[str], works: Sequence[Work]) -> Reply:
    if len(ids) > 500:
        return Reply.of({"error": "Too many ids"}, status=400)
    found = [next(iter(_named(id_, works)), None) for id_ in ids]
    if not any(found):
        return Reply.of({"error": "No valid paper ids given"}, status=400)
    return Reply.of([shape(work) if work else None for work in found])


def _named(id_: str, works: Sequence[Work]) -> list[Work]:
    scheme, _, value = id_.lower().partition(":")
    return [work for work in works if value and getattr(work, _SCHEMES[scheme]).lower() == value]


def shape(work: Work) -> dict[str, Any]:
    """A paper as Semantic Scholar describes it."""
    ids = {"DOI": work.doi, "ArXiv": work.arxiv, "PubMed": work.pmid, "PubMedCentral": work.pmcid}
    return {
        "paperId": f"{zlib.crc32(work.title.encode()):040x}",
        "externalIds": {name: value for name, value in ids.items() if value} | {"CorpusId": int(work.s2 or 0)},
        "title": work.title,
        "abstract": work.abstract or None,
        "venue": work.container,
        "year": work.year,
        "citationCount": work.citations,
        "openAccessPdf": {"url": "", "status": "CLOSED", "license": None},
        "publicationTypes": ["JournalArticle"],
        "publicationVenue": {"name": work.container, "type": "journal"},
        "journal": {"name": work.container, "volume": work.volume, "pages": work.pages},
        "authors": [{"authorId": "1", "name": f"{given} {family}"} for family, given in work.authors],
        "somethingNew": {"that": ["nobody", "knows"]},
    }
