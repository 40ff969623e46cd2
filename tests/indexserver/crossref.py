"""Crossref's ``/works``, as it answers in the recordings."""

from collections.abc import Sequence
from typing import Any

from .requests import Reply, Request
from .works import Work, best_matches

#: What Crossref allows in ``select``, as it lists them when it refuses another name.
_SELECTABLE = (
    "abstract URL resource member posted score created degree update-policy short-title license ISSN container-title"
    " issued update-to issue prefix approved indexed article-number clinical-trial-number accepted author group-title"
    " DOI is-referenced-by-count updated-by event chair standards-body original-title funder translator published"
    " archive published-print alternative-id subject subtitle published-online publisher-location content-domain"
    " reference title link type publisher volume references-count ISBN issn-type assertion deposited page"
    " content-created short-container-title relation editor"
)
SELECTABLE = frozenset(_SELECTABLE.split())


def budget(request: Request) -> str:
    """Single records and lists have limits of their own."""
    return "single" if request.path.startswith("/works/") else "list"


def answer(request: Request, works: Sequence[Work]) -> Reply:
    """``/works/{doi}``, ``/works?filter=doi:a,doi:b`` and ``/works?query.bibliographic=...`` (or ``query.title``)."""
    ours = [work for work in works if work.doi and not work.doi.startswith("10.48550/")]
    if request.path.startswith("/works/"):
        return _single(request.path.removeprefix("/works/"), ours)
    if request.path != "/works":
        return Reply.text("Resource not found.", status=404)
    unknown = set(filter(None, request.params.get("select", "").split(","))) - SELECTABLE
    if unknown:
        return _refusal("parameter-not-allowed", min(unknown))
    rows = int(request.params.get("rows", "20"))
    if "filter" in request.params:
        return _filtered(request, ours, rows)
    query = request.params.get("query.bibliographic", request.params.get("query.title", ""))
    return _list(request, best_matches(ours, query, rows=rows))


def _single(doi: str, works: Sequence[Work]) -> Reply:
    found = [work for work in works if work.doi.lower() == doi.lower()]
    if not found:
        return Reply.text("Resource not found.", status=404)
    return Reply.of({"status": "ok", "message-type": "work", "message-version": "1.0.0", "message": shape(found[0])})


def _filtered(request: Request, works: Sequence[Work], rows: int) -> Reply:
    asked = request.params["filter"].split(",")
    if not all(item.startswith("doi:10.") and "/" in item for item in asked):
        return _refusal("filter-not-available", request.params["filter"])
    dois = {item.removeprefix("doi:").lower() for item in asked}
    return _list(request, [work for work in works if work.doi.lower() in dois][:rows])


def _list(request: Request, works: Sequence[Work]) -> Reply:
    selected = set(filter(None, request.params.get("select", "").split(",")))
    items = [{name: value for name, value in shape(work).items() if not selected or name in selected} for work in works]
    message = {"facets": {}, "total-results": len(items), "items": items, "items-per-page": len(items), "query": {}}
    return Reply.of({"status": "ok", "message-type": "work-list", "message-version": "1.0.0", "message": message})


def _refusal(kind: str, value: str) -> Reply:
    message = [{"type": kind, "value": value, "message": f"{value} is not valid"}]
    return Reply.of({"status": "failed", "message-type": "validation-failure", "message": message}, status=400)


def shape(work: Work) -> dict[str, Any]:
    """A work as Crossref describes it; DOIs as they were registered, not in lower case."""
    shaped = {
        "DOI": work.doi,
        "URL": f"http://dx.doi.org/{work.doi}",
        "type": work.type,
        "title": [work.title],
        "author": [
            {"family": family, "given": given, "sequence": "additional", "affiliation": []}
            for family, given in work.authors
        ],
        "container-title": [work.container] if work.container else [],
        "volume": work.volume,
        "issue": work.issue,
        "page": work.pages,
        "publisher": "Example Press",
        "issued": {"date-parts": [[work.year, 3, 1]]},
        "published-print": {"date-parts": [[work.year, 3, 1]]},
        "is-referenced-by-count": work.citations,
        "something-new": {"that": ["nobody", "knows"]},
    }
    if work.abstract:
        shaped["abstract"] = f"<jats:p>{work.abstract}</jats:p>"
    if work.retracted:
        shaped["updated-by"] = [{"DOI": f"{work.doi}.retraction", "type": "retraction", "label": "Retraction"}]
    return shaped | work.extra
