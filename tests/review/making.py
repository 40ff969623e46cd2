"""Reports with something to decide, and the file that they are about."""

from collections.abc import Sequence
from datetime import date
from io import BytesIO
from typing import Any

from apps.scholar_app.enrichment import Document, Options, enrich
from apps.scholar_app.review.decisions import NO_DECISIONS, Decisions
from apps.scholar_app.review.entry_index import encode
from apps.scholar_app.review.shelf import Shelf
from tests.enrichment.making import TODAY, FakeSource, turing

MIND, REPRINT = "10.1093/mind/lix.236.433", "10.1000/reprint"
#: Entry 0 is enriched, 1 is damaged, 2 is ambiguous, 3 has a count that is made new, 4 is skipped, 5 unknown.
TEXT = f"""@string{{mind = {{Mind}}}}
@article{{known,
  title = {{Computing Machinery and Intelligence}},
  author = {{Alan M. Turing}},
  doi = {{{MIND}}},
  journaltitle = {{unknown}},
  year = 1950
}}
@article{{broken,
  title = {{Never closed,
  year = 1950
}}
@article{{twice,
\ttitle = "Computing Machinery and Intelligence",
\tauthor = "Alan M. Turing",
\tyear = 1950,
}}
@article{{counted, doi = {{{MIND}}}, title = {{Computing Machinery and Intelligence}}, citation_count = {{4}}}}
@set{{group, entryset = {{known,twice}}}}
@article{{nobody, title = {{A work on imaginary gadgets that nobody knows}}, author = {{Nobody, N.}}, year = 2001}}
"""
_BARE = {"volume": "", "pages": "", "number": ""}
_WORK = turing(**_BARE, abstract="We propose to consider the question whether machines can think.")
_TWIN = turing(doi=REPRINT, url=f"https://doi.org/{REPRINT}", **_BARE)


def enriched(text: str = TEXT, *, today: date = TODAY, placeholders: bool = True) -> tuple[bytes, dict[str, Any]]:
    """The published file and its report, as plain values."""
    options = Options(replace_placeholders=placeholders)
    made = enrich(Document.read(text.encode()), [FakeSource(_WORK, _TWIN)], today=today, options=options)
    return made.data, made.report.to_json()


def shelf(report: dict[str, Any], decisions: Decisions = NO_DECISIONS, *, indexed: bool = True) -> Shelf:
    """The report opened, with or without its index."""
    encoded = encode(report)
    return Shelf(BytesIO(encoded.report), BytesIO(encoded.index) if indexed else None, decisions)


def keys(opened: Shelf, numbers: Sequence[int]) -> list[str]:
    """The keys of these entries."""
    return [opened.rows[number].key for number in numbers]
