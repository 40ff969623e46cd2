"""Where a value may still be added and where not any more: years, counts, months, preprints, and what is disputed."""

from datetime import timedelta
from typing import Any

import pytest

from apps.scholar_app.enrichment.record import Record
from tests.enrichment.making import TODAY, record, turing
from tests.enrichment.test_merging import DOE, PUBLISHED, TITLED, added, merged

YEARLESS = TITLED.replace(", year={1950}", "")
PLACE = {"journal", "publisher", "volume", "number", "pages", "issn", "month"}


def undated(year: int | None, source: str = "crossref", **said: Any) -> Record:
    """Turing's article, of this year or of none."""
    return turing(source, year=year, years=(year,) if year else (), **said)


@pytest.mark.parametrize(("days", "count"), [(30, "1"), (31, "2")])
def test_a_count_is_fresh_for_thirty_days(days: int, count: str) -> None:
    known = turing("catalogue", retrieved=TODAY - timedelta(days=days), citation_count=1)
    assert added(TITLED, known, turing(citation_count=2))["citation_count"] == count


@pytest.mark.parametrize(("count", "fields"), [(5_000_000, {"citation_count"}), (5_000_001, set())])
def test_a_count_no_work_has_is_not_added(count: int, fields: set[str]) -> None:
    assert {"citation_count"} & set(added(TITLED, turing(citation_count=count))) == fields


@pytest.mark.parametrize(
    ("ahead", "fields"), [(0, {"year", "month"}), (1, {"year", "month"}), (2, {"year", "month"}), (3, set())]
)
def test_a_year_is_added_up_to_the_one_after_next(ahead: int, fields: set[str]) -> None:
    assert {"year", "month"} & set(added(YEARLESS, undated(TODAY.year + ahead))) == fields


@pytest.mark.parametrize("month", [None, 0, 10, 13])
def test_without_any_year_no_month_is_added(month: int | None) -> None:
    assert {"year", "month"}.isdisjoint(added(YEARLESS, undated(None, month=month)))


@pytest.mark.parametrize(("month", "written"), [(1, "jan"), (12, "dec")])
def test_the_first_and_the_last_month_are_months(month: int, written: str) -> None:
    assert added(TITLED, turing(month=month))["month"] == written
    assert added(TITLED, turing(month=month), numeric_months=True)["month"] == str(month)


@pytest.mark.parametrize("month", [None, 0, 13])
@pytest.mark.parametrize("numeric", [False, True])
def test_no_month_is_written_in_no_way(month: int | None, numeric: bool) -> None:
    assert "month" not in added(TITLED, turing(month=month), numeric_months=numeric)


def test_a_month_of_one_of_two_disputed_years_is_not_added() -> None:
    assert {"year", "month"}.isdisjoint(added(YEARLESS, turing(), undated(1955, "openalex")))


def test_one_of_three_that_gives_another_year_leaves_it_disputed() -> None:
    records = [undated(1950), undated(1950, "openalex"), undated(1955, "dblp")]
    assert merged(YEARLESS, *records).disputed == ("year",)


def test_who_names_no_year_disputes_none() -> None:
    assert added(YEARLESS, undated(None, "openalex"), turing())["year"] == "1950"


def test_a_record_of_another_volume_disputes_no_year() -> None:
    elsewhere = undated(1960, "openalex", volume="60")
    fields = added(YEARLESS[:-1] + ", volume={59}}", turing(volume="59"), elsewhere)
    assert (fields["year"], fields["month"]) == ("1950", "oct")


def test_the_places_of_two_volumes_are_not_mixed_though_the_entry_writes_its_own_in_another_way() -> None:
    other = turing("openalex", volume="60", number="", pages="1-9")
    assert {"number", "pages"}.isdisjoint(added(TITLED[:-1] + ", volume={LIX}}", turing(volume="59"), other))
    assert added(TITLED[:-1] + ", volume={59}}", turing(volume="59"), other)["pages"] == "433--460"


OTHER_PAGES = (turing(), turing("openalex", pages="1-9"))


def test_a_dispute_is_told_only_of_what_is_missing() -> None:
    assert merged(TITLED, *OTHER_PAGES).disputed == ("pages",)
    assert merged(TITLED[:-1] + ", pages={433--460}}", *OTHER_PAGES).disputed == ()


def test_a_dispute_is_told_of_a_placeholder_whether_it_may_be_replaced_or_not() -> None:
    held = TITLED[:-1] + ", pages={??}}"
    for replaces in (False, True):
        result = merged(held, *OTHER_PAGES, replace_placeholders=replaces)
        assert (result.disputed, result.replaced, result.kept) == (("pages",), (), ())


def test_a_dispute_is_told_only_of_what_was_wished_for() -> None:
    assert merged(TITLED, *OTHER_PAGES, fields=frozenset({"doi"})).disputed == ()
    assert merged(TITLED, *OTHER_PAGES, fields=frozenset({"pages"})).disputed == ("pages",)


EPRINT = "eprint={2001.01234}, archiveprefix={arXiv}"


def test_an_article_that_names_its_preprint_beside_its_own_doi_gets_its_place() -> None:
    text = f"@article{{p, title={{On Widgets}}, author={{Doe, Jane}}, year={{2021}}, doi={{10.1000/w}}, {EPRINT}}}"
    assert {"journal", "volume", "pages"} <= set(added(text, PUBLISHED))


def test_the_server_of_a_preprint_is_no_publisher() -> None:
    own = record(
        type="posted-content", title="On Widgets", authors=DOE, year=2020, month=1, doi="10.1101/2020.01.01.1",
        publisher="Cold Spring Harbor Laboratory", issn=("0028-0836",),
    )  # fmt: skip
    text = "@article{p, title={On Widgets}, author={Doe, Jane}, year={2020}, doi={10.1101/2020.01.01.1}}"
    fields = added(text, own)
    assert PLACE.isdisjoint(fields)
    assert "url" in fields


def test_a_record_without_doi_lends_its_address_to_an_entry_without() -> None:
    text, there = TITLED[:-1] + ", pmid={7}}", "https://doi.org/10.1093/mind/lix.236.433"
    assert added(text, turing("pubmed", doi="", pmid="7"))["url"] == there
    assert "url" not in added(text[:-1] + ", doi={10.1000/typo}}", turing("pubmed", doi="", pmid="7"))


HELD = "@article{k, title={On Widgets}, author={Doe, Jane}, journal={Widgets}, year={2021}, eprint={??}}"


def test_the_archive_of_a_preprint_is_named_only_beside_its_number() -> None:
    assert {"eprint", "archiveprefix"}.isdisjoint(added(HELD, PUBLISHED))
    wished = merged(HELD, PUBLISHED, replace_placeholders=True)
    assert [(change.field, change.value) for change in wished.replaced] == [("eprint", "2001.01234")]
    assert added(HELD, PUBLISHED, replace_placeholders=True)["archiveprefix"] == "arXiv"


def test_the_first_record_that_has_an_arxiv_number_gives_it() -> None:
    text = HELD.replace(", eprint={??}", "")
    silent = record("openalex", title="On Widgets", authors=DOE, year=2021, doi="10.1000/w")
    assert added(text, silent, PUBLISHED)["eprint"] == "2001.01234"
