"""Europe PMC's ``/search``, after its documentation."""

import re
from collections.abc import Sequence
from typing import Any

from .requests import Reply, Request
from .works import Work, words


def budget(request: Request) -> str:
    """One limit over all."""
    return "call"


def answer(request: Request, works: Sequence[Work]) -> Reply:
    """``/search?query=DOI:"a" OR (EXT_ID:1 AND SRC:MED)`` and ``TITLE:(a AND b)``."""
    if request.path != "/search":
        return Reply.text("<html>404</html>", status=404, kind="text/html")
    query, known = request.params["query"], [work for work in works if work.pmid]
    if title := re.match(r"TITLE:\((.*)\)", query):
        found = [work for work in known if set(title[1].split(" AND ")) <= words(work.title)]
    else:
        asked = query.split(" OR ")
        found = [work for work in known if set(_terms(work)) & set(asked)]
    results = [shape(work) for work in found[: int(request.params["pageSize"])]]
    return Reply.of({"version": "6.9", "hitCount": len(results), "resultList": {"result": results}})


def _terms(work: Work) -> list[str]:
    return [f'DOI:"{work.doi}"', f"(EXT_ID:{work.pmid} AND SRC:MED)", f"PMCID:PMC{work.pmcid}"]


def shape(work: Work) -> dict[str, Any]:
    """A result as Europe PMC describes it."""
    kinds = ["Journal Article", *(["Retracted Publication"] if work.retracted else [])]
    return {
        "id": work.pmid,
        "source": "MED",
        "pmid": work.pmid,
        "pmcid": f"PMC{work.pmcid}",
        "doi": work.doi,
        "title": f"{work.title}.",
        "authorList": {"author": [{"firstName": given, "lastName": family} for family, given in work.authors]},
        "journalInfo": {
            "issue": work.issue, "volume": work.volume, "yearOfPublication": work.year, "monthOfPublication": 3,
            "journal": {"title": work.container, "essn": "1234-5678"},
        },
        "pageInfo": work.pages,
        "abstractText": work.abstract,
        "pubTypeList": {"pubType": kinds},
        "citedByCount": work.citations,
    }  # fmt: skip
