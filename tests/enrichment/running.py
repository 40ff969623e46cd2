"""Whole runs of one text and some sources, and the texts that many tests begin with."""

from typing import Any

from apps.scholar_app.enrichment.pipeline import Enrichment, Options, enrich
from apps.scholar_app.enrichment.record import Name
from tests.enrichment.making import TODAY, FakeSource, document_of, record

MIND = "10.1093/mind/lix.236.433"
BY_DOI = f"""@article{{turing,
  doi = {{{MIND}}},
  title = {{Computing Machinery and Intelligence}},
  author = {{A. M. Turing}},
  year = 1950
}}
"""
BY_TITLE = BY_DOI.replace(f"  doi = {{{MIND}}},\n", "")
VASWANI = (Name("Vaswani", "Ashish"), Name("Shazeer", "Noam"))
TITLE = "Attention Is All You Need for Widgets"
ATTENTION = f"@article{{p, title={{{TITLE}}}, author={{A. Vaswani and N. Shazeer}}, year=2017, journal={{arXiv}}}}"
PREPRINT = record(type="posted-content", title=TITLE, authors=VASWANI, year=2017, years=(2017,), arxiv="1706.03762",
                  doi="10.48550/arxiv.1706.03762", published_as=("10.5555/3295222",))  # fmt: skip


def run(text: str | bytes, *sources: FakeSource, **options: Any) -> Enrichment:
    return enrich(document_of(text), sources, today=TODAY, options=Options(**options))


def entries(enrichment: Enrichment) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = enrichment.report.to_json()["entries"]
    return listed


def only(text: str | bytes, *sources: FakeSource, **options: Any) -> dict[str, Any]:
    (entry,) = entries(run(text, *sources, **options))
    return entry
