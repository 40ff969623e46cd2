"""The load benchmark's account finds each breach that it promises to find."""

from types import SimpleNamespace
from typing import Any

import pytest

from apps.scholar_app import files
from benchmarks import load_checks
from benchmarks.load_files import SHARES, Sent, is_true, sent, work

JOB = "0b0c5b4e-1111-4222-8333-444455556666"
UPLOAD, RESULT, REPORT = f"uploads/{JOB}.bib", f"results/{JOB}.1.bib", f"results/{JOB}.1.json"
FILE = Sent("small", "a.bib", b"@article{k1,\n  title = {T}\n}\n", (1,))
ENRICHED = FILE.data.replace(b"{T}\n", b"{T},\n  doi = {10.1000/1}\n")


def row(**changes: Any) -> SimpleNamespace:
    said: dict[str, Any] = {
        "visitor": "v", "status": "completed", "error_code": "", "error_message": "", "is_active": False,
        "upload_name": UPLOAD, "result_name": RESULT, "report_name": REPORT, "entries_total": 1, "entries_done": 1,
        **dict.fromkeys(load_checks.OUTCOMES, 0), "enriched": 1,
    }  # fmt: skip
    return SimpleNamespace(**said | changes)


def answered(**changes: Any) -> dict[str, Any]:
    return {"number": 0, "status": 302, "job": f"/scholar/bibtex/job/{JOB}/"} | changes


def report_of(value: str = "10.1000/1", outcome: str = "enriched") -> bytes:
    entry = f'{{"key": "k1", "outcome": "{outcome}", "reason": "", "added": {{"doi": {{"value": "{value}"}}}}}}'
    return f'{{"entries": [{entry}]}}'.encode()


def wrong(*, stored: bytes = FILE.data, result: bytes = ENRICHED, report: bytes | None = None) -> list[str]:
    kept = {UPLOAD: stored, RESULT: result, REPORT: report or report_of()}
    return list(load_checks.wrong_result(row(), FILE, read=kept.__getitem__))


def lost(uploads: list[dict[str, Any]], rows: dict[str, Any]) -> list[str]:
    return list(load_checks.lost(uploads, rows))


def test_an_honest_run_has_no_breach() -> None:
    assert lost([answered()], {JOB: row()}) == []
    assert lost([answered(), answered(job="", status=0)], {JOB: row(), "b": row(visitor="w")}) == []
    assert wrong() == []
    assert list(load_checks.left_over({JOB: row()}, {UPLOAD, RESULT, REPORT}, companions=files.companions)) == []


@pytest.mark.parametrize(
    ("uploads", "rows"),
    [
        ([answered()], {}),
        ([answered(), answered()], {JOB: row()}),
        ([answered()], {JOB: row(), "b": row(visitor="w")}),
        ([answered(), answered(job="", status=422)], {JOB: row(), "b": row(visitor="w")}),
        ([answered(), answered(job="", status=0)], {JOB: row(), "b": row()}),
    ],
    ids=["lost", "twice", "out of nothing", "of a refused one", "two of one visitor"],
)
def test_an_upload_without_its_row_or_a_row_without_its_upload_is_seen(uploads: Any, rows: Any) -> None:
    assert len(lost(uploads, rows)) == 1


@pytest.mark.parametrize(
    "planted",
    [
        {"stored": FILE.data + b" "},
        {"result": ENRICHED.replace(b"{T}", b"{U}")},
        {"report": report_of("10.1000/2")},
        {"report": report_of(outcome="not_found")},
        {"report": b'{"entries": []}'},
    ],
    ids=["other bytes", "changed", "untrue", "not found", "not told of"],
)
def test_a_wrong_result_is_seen(planted: Any) -> None:
    assert len(wrong(**planted)) == 1


@pytest.mark.parametrize(
    "stored", [{UPLOAD, RESULT}, {UPLOAD, RESULT, REPORT, "uploads/x.bib"}], ids=["missing", "left over"]
)
def test_a_file_too_many_or_too_few_is_seen(stored: set[str]) -> None:
    assert len(list(load_checks.left_over({JOB: row()}, stored, companions=files.companions))) == 1


@pytest.mark.parametrize(
    ("planted", "breaches"),
    [({}, 0), ({"status": "processing"}, 1), ({"status": "failed"}, 1)],
    ids=["completed", "stuck", "no reason"],
)
def test_a_job_that_did_not_end_with_a_reason_is_seen(planted: Any, breaches: int) -> None:
    number = next(number for number in range(100) if sent(1, number).kind == "small")
    file = sent(1, number)
    told = ",".join(
        f'{{"key": "k{each}", "outcome": "enriched", "reason": "", "added": {{}}}}' for each in file.numbers
    )
    kept = {UPLOAD: file.data, RESULT: file.data, REPORT: f'{{"entries": [{told}]}}'.encode()}
    found = list(load_checks.wrong(1, [answered(number=number)], {JOB: row(**planted)}, read=kept.__getitem__))
    assert len(found) == breaches


@pytest.mark.django_db
def test_counts_that_do_not_add_up_are_seen() -> None:
    assert list(load_checks.miscounted({})) == []
    assert len(list(load_checks.miscounted({JOB: row(skipped=1)}))) == 3, "the outcomes, the submission, the end"
    assert list(load_checks.miscounted({JOB: row()}, deaths=1)) == [], "who dies may leave one event uncounted"
    assert len(list(load_checks.miscounted({JOB: row(), "b": row()}, deaths=1))) == 2


def test_the_same_seed_sends_the_same_files_of_every_kind() -> None:
    files = [sent(1, number) for number in range(60)]
    assert files == [sent(1, number) for number in range(60)]
    assert {file.kind for file in files} == {kind for kind, _ in SHARES}
    assert files[0].data != sent(2, 0).data


def test_what_is_true_of_a_work_is_true_of_no_other() -> None:
    assert is_true("doi", work(5).doi, 5)
    assert not is_true("doi", work(5).doi, 6)
    assert not is_true("abstract", "", 5)
