"""What the report says of an entry as a whole: outcome, DOI, score, and by what its reader knows it."""

from typing import Any

import pytest

from apps.scholar_app.enrichment.matching import reference_of, verify
from apps.scholar_app.enrichment.pipeline import Options, enrich
from apps.scholar_app.enrichment.record import Record
from tests.enrichment.making import TODAY, FakeSource, document_of, entry_of, turing

MIND = "10.1093/mind/lix.236.433"
SAID = "title={Computing Machinery and Intelligence}, author={A. M. Turing}, year=1950"
BY_DOI = f"@article{{k, {SAID}, doi={{{MIND}}}}}"
BY_PMID = f"@article{{k, {SAID}, pmid={{15}}}}"


def settled(text: str, *records: Record, **options: Any) -> dict[str, Any]:
    """The report on the only entry; every record is that of another source."""
    sources = [FakeSource(record, name=record.source) for record in records]
    (entry,) = enrich(document_of(text), sources, today=TODAY, options=Options(**options)).report.to_json()["entries"]
    return dict(entry)


def value_of(text: str, record: Record) -> float:
    """How well a record agrees with the entry that names it."""
    return verify(reference_of(entry_of(text)), record).value


def test_a_placeholder_that_gives_way_is_enrichment_though_nothing_is_added() -> None:
    known = turing(citation_count=None)
    full = settled(f"{BY_DOI[:-1]}, journal={{??}}}}", known, replace_placeholders=True)["added"]
    said = ", ".join(f"{field}={{{one['value']}}}" for field, one in full.items())
    text = f"{BY_DOI[:-1]}, {said}, journal={{??}}}}"
    wished, left = settled(text, known, replace_placeholders=True), settled(text, known)
    assert (wished["outcome"], wished["added"], list(wished["replaced"])) == ("enriched", {}, ["journal"])
    assert (left["outcome"], left["added"], left["replaced"]) == ("complete", {}, {})


def test_the_doi_is_that_of_the_first_record_that_has_one() -> None:
    assert settled(BY_PMID, turing("pubmed", doi="", pmid="15"), turing(pmid="15"))["doi"] == MIND


def test_another_number_is_no_doi() -> None:
    assert settled(BY_PMID, turing("pubmed", doi="", pmid="15"))["doi"] is None


SPARSE = {"title": "Computing Machinery and Inteligence", "year": 1951, "years": (1951,), "month": None}


@pytest.mark.parametrize("first", [True, False])
def test_the_score_is_that_of_the_record_that_agrees_best(first: bool) -> None:
    whole, sparse = turing("crossref"), turing("openalex", **SPARSE)
    entry = settled(BY_DOI, *((whole, sparse) if first else (sparse, whole)))
    assert value_of(BY_DOI, sparse) < value_of(BY_DOI, whole)
    assert entry["score"] == round(value_of(BY_DOI, whole), 4)


def test_a_record_that_contradicts_gives_no_score() -> None:
    review, sparse = turing("openalex", type="peer-review"), turing("crossref", **SPARSE)
    entry = settled(BY_DOI, sparse, review)
    assert value_of(BY_DOI, sparse) < value_of(BY_DOI, review)
    assert (entry["outcome"], entry["score"]) == ("enriched", round(value_of(BY_DOI, sparse), 4))


@pytest.mark.parametrize("text", [BY_DOI, f"@article{{k, {SAID}}}"], ids=["by identifier", "by title"])
def test_a_score_has_four_decimals(text: str) -> None:
    score, exact = settled(text, turing())["score"], value_of(text, turing())
    assert score == round(exact, 4) != round(exact, 3)
    assert score != round(exact, 5)


def test_what_was_identified_has_a_score_also_where_no_search_found_it() -> None:
    unlike = turing("openalex", title="Something else entirely about birds", doi="10.1000/birds", authors=())
    assert settled(BY_DOI, turing(), unlike)["score"] == round(value_of(BY_DOI, turing()), 4)


@pytest.mark.parametrize(("length", "shown"), [(299, 299), (300, 300), (302, 300)])
def test_of_a_title_three_hundred_characters_are_repeated(length: int, shown: int) -> None:
    title = ("word " * 100)[: length - 1] + "x"
    assert settled(f"@article{{k, title={{{title}}}}}", turing())["title"] == title[:shown]
