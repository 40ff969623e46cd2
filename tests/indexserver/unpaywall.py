"""Unpaywall's ``/v2/{doi}``, as it answers in the recordings."""

from collections.abc import Sequence
from typing import Any

from .requests import Reply, Request
from .works import Work


def budget(request: Request) -> str:
    """One limit over all."""
    return "call"


def answer(request: Request, works: Sequence[Work]) -> Reply:
    """``/v2/{doi}?email=...``."""
    if "@" not in request.params.get("email", ""):
        return Reply.of({"HTTP_status_code": 422, "error": True, "message": "Please use your own email"}, status=422)
    doi = request.path.removeprefix("/v2/").lower()
    found = [work for work in works if work.doi and work.doi.lower() == doi]
    if not found:
        error = {"HTTP_status_code": 404, "error": True, "message": f"'{doi}' isn't in Unpaywall."}
        return Reply.of(error, status=404)
    return Reply.of(shape(found[0]))


def shape(work: Work) -> dict[str, Any]:
    """An item as Unpaywall describes it."""
    return {
        "doi": work.doi.lower(),
        "title": work.title,
        "genre": work.type,
        "year": work.year,
        "journal_name": work.container,
        "journal_issns": "0169-409X,1872-8294",
        "publisher": "Example Press",
        "is_oa": True,
        "best_oa_location": {"url_for_pdf": "https://example.org/a.pdf", "version": "publishedVersion"},
        "z_authors": [{"raw_author_name": f"{given} {family}"} for family, given in work.authors],
    }
