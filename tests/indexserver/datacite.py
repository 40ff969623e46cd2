"""DataCite's ``/dois``, as it answers in the recordings."""

import re
from collections.abc import Sequence
from typing import Any

from .requests import Reply, Request
from .works import Work


def budget(request: Request) -> str:
    """One limit over all."""
    return "call"


def answer(request: Request, works: Sequence[Work]) -> Reply:
    """``/dois?query=doi:("a" OR "b")``."""
    if request.path != "/dois":
        return Reply.of({"errors": [{"status": "404", "title": "The resource does not exist."}]}, status=404)
    asked = re.findall(r'"([^"]+)"', request.params["query"])
    found = [work for work in works if work.doi and work.doi.lower() in asked][: int(request.params["page[size]"])]
    data = [{"id": work.doi.lower(), "type": "dois", "attributes": shape(work)} for work in found]
    return Reply.of({"data": data, "meta": {"total": len(data), "totalPages": 1, "page": 1}})


def shape(work: Work) -> dict[str, Any]:
    """The attributes of a DOI as DataCite describes it."""
    return {
        "doi": work.doi.lower(),
        "creators": [
            {"name": f"{family}, {given}", "givenName": given, "familyName": family, "affiliation": []}
            for family, given in work.authors
        ],
        "titles": [{"title": work.title}],
        "publisher": "Zenodo",
        "container": {},
        "publicationYear": work.year,
        "subjects": [{"subject": "examples"}],
        "types": {"resourceTypeGeneral": "Software"},
        "relatedIdentifiers": [],
        "descriptions": [{"description": work.abstract, "descriptionType": "Abstract"}],
        "somethingNew": {"that": ["nobody", "knows"]},
    }
