"""The pictures: bars that add up, fields that gained, links that lead only where a link may lead."""

from itertools import pairwise

import pytest
from django.utils.html import escape

from apps.scholar_app.models import EnrichmentJob
from apps.scholar_app.outcomes import OUTCOMES, WIDTH, Coverage, coverage, segments
from apps.scholar_app.templatetags.additions import addition_rows
from apps.scholar_app.templatetags.scholar import (
    doi_link,
    is_web_address,
    linked,
    shortened,
    some_names,
    source_title,
)
from scitex_cloud.environment import SOURCES


def test_the_segments_of_a_finished_job_fill_the_bar_without_a_gap() -> None:
    job = EnrichmentJob(entries_total=7, enriched=3, complete=1, ambiguous=1, conflict=1, not_found=0, skipped=1)
    pieces = segments(job)
    assert [piece.name for piece in pieces] == list(OUTCOMES)
    for before, after in pairwise(pieces):
        assert after.x == pytest.approx(before.x + before.width, abs=0.02)
    assert pieces[-1].x + pieces[-1].width == pytest.approx(WIDTH, abs=0.02)


def test_the_bar_of_a_job_that_has_begun_is_as_long_as_it_is_done() -> None:
    assert sum(piece.width for piece in segments(EnrichmentJob(entries_total=4, entries_done=1, enriched=1))) == 250


def test_a_job_without_entries_has_an_empty_bar() -> None:
    assert sum(piece.width for piece in segments(EnrichmentJob(entries_total=0))) == 0


def test_only_fields_that_gained_are_shown_and_the_greatest_gain_first() -> None:
    fields = {"doi": (1, 3), "abstract": (0, 4), "year": (4, 4), "citation_count_date": (0, 4), "url": (1, 3)}
    totals = {"entries": 4, "fields": {name: {"before": b, "after": a} for name, (b, a) in fields.items()}}
    assert coverage(totals) == [
        Coverage("abstract", 0, 4, 0, 1000),
        Coverage("doi", 1, 3, 250, 750),
        Coverage("url", 1, 3, 250, 750),
    ]


@pytest.mark.parametrize("address", ["http://example.org", "https://example.org/a?b=1#c", "https://[::1]/x"])
def test_a_web_address_becomes_a_link(address: str) -> None:
    assert is_web_address(address)
    assert f'href="{escape(address)}"' in linked(address)


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)", "JAVASCRIPT:alert(1)", "data:text/html,x", " https://e.org", "https://e.org/a b",
        'https://e.org/"x', "https://", "http:///x", "//e.org", "ftp://e.org", "https://[e", "10.1000/182", "",
        "https://e.org/\n", "https://e.org\\@evil",
    ],
)  # fmt: skip
def test_anything_else_stays_text(text: str) -> None:
    assert not is_web_address(text)
    assert "<a" not in linked(text)


def test_a_long_link_leads_to_the_whole_address_but_shows_its_beginning() -> None:
    address = "https://example.org/" + "x" * 500
    assert f'href="{address}"' in linked(address, 40)
    assert f">{address[:39]}…</a>" in linked(address, 40)


def test_a_doi_leads_to_its_resolver_whatever_is_in_it() -> None:
    assert 'href="https://doi.org/10.1002/(SICI)1097%3C1::AID-A1%3E3.0.CO;2-%23%3F"' in doi_link(
        "10.1002/(SICI)1097<1::AID-A1>3.0.CO;2-#?"
    )


def test_every_source_has_a_name_for_people() -> None:
    assert all(source_title(name) != name for name in SOURCES)


@pytest.mark.parametrize(
    ("names", "shown"), [(["A"], "A"), (["A", "B"], "A, B"), (["A", "B", "C"], "A, B, …"), (["x" * 99], "x" * 59 + "…")]
)
def test_many_names_are_some_names(names: list[str], shown: str) -> None:
    assert some_names(names, 2) == shown


@pytest.mark.parametrize(("text", "shown"), [("", ""), ("abc", "abc"), ("abcd", "ab…"), (None, "No…"), (1998, "19…")])
def test_long_text_is_shortened_to_so_many_characters(text: object, shown: str) -> None:
    assert shortened(text, 3) == shown


def rows(*, rejected: bool = False, **addition: str) -> str:
    """The rows of entry 12, which is brought this one thing."""
    row = {"field": "note", "value": "x", "source": "crossref", "retrieved": "2026-01-31", "is_rejected": rejected}
    return addition_rows({"number": 12, "rows": [row | addition]}, 5)


def test_a_row_says_what_is_added_and_from_whom_and_takes_it_away() -> None:
    shown = rows(value="1234567")
    assert "<td>1234…</td>" in shown
    assert "Crossref, 2026-01-31" in shown
    assert 'value="reject 12 note" id="d12-note" aria-label="Reject note">Reject</button>' in shown.replace("\n", " ")
    assert "in place of" not in shown


def test_a_rejected_row_is_struck_out_and_brings_it_back() -> None:
    shown = rows(rejected=True, value="1234567")
    assert '<tr class="rejected">' in shown
    assert "<del>1234…</del>" in shown
    assert 'value="accept 12 note"' in shown


def test_a_row_says_what_stood_there_before() -> None:
    assert "in place of “17”" in rows(was="17")


@pytest.mark.parametrize("rejected", [False, True], ids=["accepted", "rejected"])
@pytest.mark.parametrize("where", ["field", "value", "was", "source", "retrieved"])
def test_no_markup_gets_into_a_row(where: str, rejected: bool) -> None:
    shown = rows(rejected=rejected, **{where: '<b>"'})
    assert "<b>" not in shown
    assert "&lt;b&gt;&quot;" in shown
