"""The index of a report: every entry at its place, found by what it is and what it says, without reading the others."""

import json
from io import BytesIO
from typing import Any

import pytest

from apps.scholar_app.review.comparing import Cell, side_by_side
from apps.scholar_app.review.decisions import NO_DECISIONS, DecisionError
from apps.scholar_app.review.entry_index import bits_of, encode, names_of, searchable
from apps.scholar_app.review.shelf import Shelf
from tests.review.making import MIND, TEXT, enriched, keys, shelf
from tests.review.test_decisions import BROKEN, KNOWN, TWICE, choose, reject

REPORT = enriched()[1]


def test_the_stored_report_is_the_report() -> None:
    assert json.loads(encode(REPORT).report) == REPORT
    empty: dict[str, Any] = {"entries": []}
    assert json.loads(encode(empty).report) == empty


@pytest.mark.parametrize("indexed", [True, False])
def test_each_entry_is_where_the_index_says(indexed: bool) -> None:
    opened = shelf(REPORT, indexed=indexed)
    assert [opened.raw(number) for number in range(6)] == REPORT["entries"]


@pytest.mark.parametrize("number", [-1, 6, 10**6])
def test_there_is_no_entry_before_the_first_and_behind_the_last(number: int) -> None:
    with pytest.raises(DecisionError):
        shelf(REPORT).raw(number)


class Counting(BytesIO):
    """Knows how much was read of it."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.taken += len(data)
        return data


def test_of_a_long_report_only_the_entries_shown_are_read() -> None:
    long = {**REPORT, "entries": [REPORT["entries"][0]] * 500}
    encoded = encode(long)
    report = Counting(encoded.report)
    opened = Shelf(report, BytesIO(encoded.index))
    assert len(opened.numbers(opened.wants_a_look)) == 500
    opened.raw(400)
    assert report.taken < len(encoded.report) / 400


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "known broken twice counted group nobody"), ("twice", "twice"), ("TURING", "known twice"),
        ("türing 1950", "known twice"), ("gadgets imaginary", "nobody"), ("turing gadgets", ""),
        (MIND.upper(), "known counted"), ("2001", "nobody"), ("lix.236", "known counted"),
    ],
)  # fmt: skip
def test_entries_are_found_by_key_title_author_year_and_doi(query: str, found: str) -> None:
    opened = shelf(REPORT)
    assert keys(opened, opened.numbers(lambda _: True, query=query)) == found.split()


@pytest.mark.parametrize(("text", "plain"), [("Gödel", "godel"), ("ŁÓDŹ", "łodz"), ("ﬁ", "fi"), ("Straße", "strasse")])
def test_accents_and_capitals_do_not_matter(text: str, plain: str) -> None:
    assert searchable(text) == plain


def test_fields_are_bits_and_back_and_what_is_not_addable_is_none() -> None:
    assert set(names_of(bits_of(["doi", "journaltitle", "field7"]))) == {"doi", "journal"}
    assert bits_of([]) == 0


def test_what_is_settled_by_a_choice_wants_no_look_any_more() -> None:
    plain = {**REPORT, "entries": [{**entry, "warnings": []} for entry in REPORT["entries"]]}
    look = shelf(plain).raw
    assert [shelf(plain).wants_a_look(number) for number in range(6)] == [False, True, True, False, False, True]
    for candidate in (0, None):
        chosen = shelf(plain, NO_DECISIONS.decide([choose(TWICE, candidate)], look=look))
        assert not chosen.wants_a_look(TWICE)
        assert chosen.wants_a_look(BROKEN)


def test_an_entry_with_a_warning_wants_a_look_whatever_is_decided() -> None:
    decided = NO_DECISIONS.decide([reject(KNOWN)], look=shelf(REPORT).raw)
    assert shelf(REPORT, decided).wants_a_look(KNOWN)


def test_sources_that_missed_thousands_name_the_first() -> None:
    missed = {"asked": 1, "not_asked": [f"k{number}" for number in range(5000)]}
    opened = shelf({**REPORT, "sources": {"dblp": missed}})
    assert len(opened.whole["sources"]["dblp"]["not_asked"]) == 20
    assert opened.whole["sources"]["dblp"]["not_asked_count"] == 5000


def test_works_stand_beside_the_entry_with_what_differs_and_what_they_add() -> None:
    entry = {**REPORT["entries"][TWICE], "can_be_chosen": True}
    lines = {line.field: line for line in side_by_side(entry, {"title": "{C}omputing Machinery", "year": "1950"})}
    assert lines["year"].cells == [Cell("1950", "same")] * 2
    assert {cell.kind for cell in lines["title"].cells} == {"differs"}
    assert {cell.kind for cell in lines["doi"].cells} == {"adds"}
    assert lines["doi"].own == ""
    assert side_by_side({**entry, "can_be_chosen": False}, {}) == []
    assert TEXT
