"""A stranger reads in the report why an entry got what it got."""

import pytest

from tests.enrichment.making import FakeSource, turing
from tests.enrichment.running import BY_DOI, BY_TITLE, MIND, only
from tests.enrichment.test_adversary import SAID, TITLE, looked_up, widgets

OTHERS = SAID.replace("Doe, Jane and Roe, Richard", "Poe, Edgar and Hoe, Ann")


def reason(entry: str, *records: object) -> str:
    return str(looked_up(entry, *records)["reason"])  # type: ignore[arg-type]


def test_what_agreed_is_told() -> None:
    entry = f"@article{{k, {SAID}, year=2011, journal={{J. Widget Theory}}, volume=12}}"
    assert reason(entry, widgets()) == (
        "Found in crossref: same title; same authors; year: 2011 against 2012; same journal; same volume."
    )


@pytest.mark.parametrize(
    ("entry", "sought"),
    [
        (f"@article{{k, {SAID}, year=2012}}", "this title, these authors and this year"),
        (f"@article{{k, title={{{TITLE}}}, year=2012}}", "this title and this year"),
        (f"@article{{k, title={{{TITLE}}}}}", "this title"),
        ("@article{k, author={Doe, J.}, journal={J. Widgets}, pages=7}", "these authors"),
    ],
)
def test_what_was_sought_is_what_the_entry_says(entry: str, sought: str) -> None:
    assert reason(entry, turing()) == f"No source that was searched (crossref) has a work with {sought}."


def test_who_cannot_be_asked_so_is_not_named_among_those_who_were() -> None:
    titles, dois = FakeSource(resolves=frozenset()), FakeSource(name="unpaywall", searches=False)
    searched = "No source that was searched (crossref) has a work with this title, these authors and this year."
    assert only(BY_TITLE, titles, dois)["reason"] == searched
    assert (
        only(BY_DOI, titles, dois)["reason"] == f"No source that was asked (unpaywall) knows the DOI {MIND}. {searched}"
    )
    assert only(BY_TITLE, dois)["reason"] == "None of the sources that could be asked can be searched by title."


def test_the_nearest_is_named_with_what_rules_it_out() -> None:
    entry = f"@article{{k, {OTHERS}, year=2012}}"
    assert reason(entry, turing(), widgets()) == (
        "No source that was searched (crossref) has a work with this title, these authors and this year. "
        f"The nearest, '{TITLE}' (10.1000/jwt.1), is another: no author in common."
    )


def test_a_choice_among_equals_says_so() -> None:
    entry = f"@article{{k, {SAID}, year=2012}}"
    assert "one of the works found, but not surely enough (several fit equally well)" in reason(
        entry, widgets(), widgets(doi="10.1000/twin")
    )


def test_what_differs_is_told_where_no_rule_stands_in_the_way() -> None:
    entry = f"@article{{k, {SAID}, year=2017}}"
    assert "(year: 2017 against 2012)" in reason(entry, widgets())


def test_a_rule_that_stands_in_the_way_is_told() -> None:
    entry = f"@article{{k, {SAID}, year=2012, journal={{Marmalade Letters}}}}"
    assert "(the record was published in another journal or book)" in reason(entry, widgets())
