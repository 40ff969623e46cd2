"""The report as JSON and CSV: keys that others script against, and no cell that runs as a formula."""

import csv
import io
import json
from datetime import date

import pytest

from apps.scholar_app.enrichment.merging import Addition
from apps.scholar_app.enrichment.record import SourceTally
from apps.scholar_app.enrichment.report import (
    COLUMNS,
    OUTCOMES,
    Candidate,
    DocumentFacts,
    EntryReport,
    Report,
    SourceReport,
    report_csv,
)  # fmt: skip

DAY = date(2026, 3, 1)
ENTRY = EntryReport(
    key="turing", line=3, type="article", outcome="enriched", reason="Identified by its DOI.",
    doi="10.1000/x", score=0.98, added=(Addition("journal", "Mind", "crossref", DAY),),
    refreshed=(Addition("citation_count", "5", "crossref", DAY, was="4"),), warnings=("It was retracted.",),
    candidates=(Candidate("10.1000/y", "A title", ("Doe, J",), 2001, "Mind", 0.5, ("same title",), "crossref"),),
)  # fmt: skip
REPORT = Report(
    entries=(ENTRY, EntryReport("=cmd", 9, "misc", "skipped", "-1+1")),
    sources={"crossref": SourceReport(SourceTally(5, 4, 3, 1, 0.12345), away="did not answer", not_asked=("a",))},
    document=DocumentFacts("utf-8", "\r\n", 100, 120, 2, 0),
    fields_before={"doi": 1},
    fields_after={"doi": 2},
)


def rows(report: Report) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(report.to_csv())))


def test_the_json_has_the_promised_keys() -> None:
    report = REPORT.to_json()
    assert list(report) == ["entries", "totals", "sources", "document"]
    entry = report["entries"][0]
    assert {"key", "line", "type", "outcome", "doi", "score", "added", "warnings", "candidates", "reason"} <= set(entry)
    assert entry["added"] == {"journal": {"value": "Mind", "source": "crossref", "retrieved": "2026-03-01"}}
    assert entry["refreshed"]["citation_count"] == {
        "value": "5", "source": "crossref", "retrieved": "2026-03-01", "was": "4",
    }  # fmt: skip
    assert entry["candidates"][0]["doi"] == "10.1000/y"
    assert report["sources"]["crossref"] == {
        "asked": 5, "answered": 4, "found": 3, "cached": 1, "seconds": 0.123, "away": "did not answer",
        "not_asked": ["a"],
    }  # fmt: skip
    assert report["document"]["newline"] == "CRLF"


def test_totals_count_every_outcome_and_each_field_before_and_after() -> None:
    totals = REPORT.to_json()["totals"]
    assert totals["entries"] == 2
    assert {outcome: totals[outcome] for outcome in OUTCOMES} == {
        "enriched": 1, "complete": 0, "not_found": 0, "ambiguous": 0, "conflict": 0, "skipped": 1,
    }  # fmt: skip
    assert totals["fields"]["doi"] == {"before": 1, "after": 2}
    assert totals["fields"]["abstract"] == {"before": 0, "after": 0}


def test_the_json_is_plain_and_comes_back_the_same() -> None:
    report = REPORT.to_json()
    assert json.loads(json.dumps(report, allow_nan=False)) == report


def test_the_csv_has_a_line_per_entry_with_what_was_added_by_whom() -> None:
    first = rows(REPORT)[0]
    assert list(first) == list(COLUMNS)
    assert first["line"] == "3"
    assert first["added"] == "journal=Mind (crossref, 2026-03-01); citation_count=5 (crossref, 2026-03-01)"
    assert first["candidates"] == "10.1000/y: A title (2001, score 0.5)"


def test_a_csv_of_the_stored_json_is_the_same() -> None:
    assert report_csv(json.loads(json.dumps(REPORT.to_json()))) == REPORT.to_csv()


@pytest.mark.parametrize("key", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1"])
def test_no_cell_is_taken_for_a_formula(key: str) -> None:
    report = Report((EntryReport(key, 1, "misc", "skipped", key, warnings=(key,)),), {}, REPORT.document)
    for cell in (rows(report)[0][column] for column in ("key", "reason", "warnings")):
        assert cell.startswith("'")
        assert cell.isprintable()


@pytest.mark.parametrize("key", ["turing1950", "a=b", "a-b", "'=1"])
def test_a_harmless_cell_is_written_as_it_is(key: str) -> None:
    report = Report((EntryReport(key, 1, "misc", "skipped", ""),), {}, REPORT.document)
    assert rows(report)[0]["key"] == key


def test_control_and_direction_characters_do_not_reach_the_csv() -> None:
    report = Report((EntryReport("a\x1b[31m\u202eb\x00", 1, "misc", "skipped", "x\ny"),), {}, REPORT.document)
    assert rows(report)[0]["key"].isprintable()
    assert report.to_csv().count("\r\n") == 2


def test_a_long_value_is_cut_in_the_csv_but_not_in_the_json() -> None:
    entry = EntryReport("k", 1, "misc", "enriched", "", added=(Addition("abstract", "x" * 5000, "crossref", DAY),))
    report = Report((entry,), {}, REPORT.document)
    assert len(rows(report)[0]["added"]) < 500
    assert len(report.to_json()["entries"][0]["added"]["abstract"]["value"]) == 5000
