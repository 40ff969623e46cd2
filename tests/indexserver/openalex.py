"""OpenAlex' ``/works``, as it answers in the recordings."""

import zlib
from collections.abc import Sequence
from typing import Any

from .requests import Reply, Request
from .works import Work, best_matches

_NOT_FOUND = "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n"
_NOT_FOUND += "<p>The requested URL was not found on the server. If you entered the URL manually please check.</p>\n"


def budget(request: Request) -> str:
    """One limit for all, but prices differ."""
    return "call"


def answer(request: Request, works: Sequence[Work]) -> Reply:
    """``/works/doi:...``, ``/works?filter=doi:a|b`` and ``/works?search=...``."""
    if request.path.startswith("/works/"):
        found = _named(request.path.removeprefix("/works/"), works)
        return Reply.of(shape(found[0])) if found else Reply.text(_NOT_FOUND, status=404, kind="text/html")
    per_page = int(request.params.get("per_page", request.params.get("per-page", "25")))
    if per_page > 100:
        return Reply.of({"error": "Invalid query parameters error.", "message": "per_page"}, status=400)
    if "search" in request.params:
        return _list(best_matches(list(works), request.params["search"], rows=per_page))
    scheme, _, names = request.params["filter"].partition(":")
    found = [work for name in names.split("|") for work in _named(f"{scheme}:{name}", works)]
    return _list(found[:per_page])


def _named(name: str, works: Sequence[Work]) -> list[Work]:
    scheme, _, value = name.partition(":")
    value = value.lower().removeprefix("https://doi.org/").removeprefix("pmc")
    return [work for work in works if value and getattr(work, scheme, "").lower() == value]


def _list(works: Sequence[Work]) -> Reply:
    meta = {"count": len(works), "page": 1, "per_page": 25}
    return Reply.of({"meta": meta, "results": [shape(work) for work in works], "group_by": []})


def shape(work: Work) -> dict[str, Any]:
    """A work as OpenAlex describes it."""
    ids = {"pmid": f"https://pubmed.ncbi.nlm.nih.gov/{work.pmid}"} if work.pmid else {}
    ids |= {"pmcid": f"https://www.ncbi.nlm.nih.gov/pmc/articles/{work.pmcid}"} if work.pmcid else {}
    first, _, last = work.pages.partition("-")
    return {
        "id": f"https://openalex.org/W{zlib.crc32(work.title.encode())}",
        "doi": f"https://doi.org/{work.doi.lower()}" if work.doi else None,
        "title": work.title,
        "display_name": work.title,
        "publication_year": work.year,
        "type": "article",
        "ids": ids,
        "primary_location": {"raw_type": work.type, "source": {"type": "journal", "display_name": work.container}},
        "best_oa_location": None,
        "authorships": [{"author": {"display_name": f"{given} {family}"}} for family, given in work.authors],
        "biblio": {"volume": work.volume, "issue": work.issue, "first_page": first, "last_page": last or first},
        "abstract_inverted_index": {word: [place] for place, word in enumerate(dict.fromkeys(work.abstract.split()))},
        "keywords": [],
        "topics": [],
        "cited_by_count": work.citations,
        "is_retracted": work.retracted,
        "something_new": {"that": ["nobody", "knows"]},
    }
