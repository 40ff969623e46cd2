"""DBLP's ``/search/publ/api``, as it answers in the recordings."""

from collections.abc import Sequence
from html import escape
from typing import Any

from .requests import Reply, Request
from .works import Work, words


def budget(request: Request) -> str:
    """One limit over all."""
    return "call"


def answer(request: Request, works: Sequence[Work]) -> Reply:
    """``/search/publ/api?q=...``: every word must be there."""
    if request.path != "/search/publ/api":
        return Reply.text("<html>404</html>", status=404, kind="text/html")
    found = [work for work in works if words(request.params["q"]) <= words(work.title)][: int(request.params["h"])]
    hits: dict[str, Any] = {"@total": str(len(found)), "@computed": str(len(found)), "@sent": str(len(found))}
    if found:
        hits["hit"] = [{"@score": "7", "@id": "1", "info": shape(work)} for work in found]
    return Reply.of({"result": {"query": request.params["q"], "status": {"@code": "200"}, "hits": hits}})


def shape(work: Work) -> dict[str, Any]:
    """The info of a publication as DBLP describes it; one author stands without a list."""
    authors = [{"@pid": "1/1", "text": escape(f"{given} {family} 0001")} for family, given in work.authors]
    return {
        "authors": {"author": authors[0] if len(authors) == 1 else authors},
        "title": f"{escape(work.title)}.",
        "venue": work.container,
        "volume": work.volume,
        "pages": work.pages,
        "year": str(work.year),
        "type": "Journal Articles",
        "key": "journals/x/Knuth20",
        "doi": work.doi.upper(),
        "ee": f"https://doi.org/{work.doi}",
    }
