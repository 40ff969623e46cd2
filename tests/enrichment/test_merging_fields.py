"""What counts as present, missing and as a placeholder, by type of entry."""

import pytest

from apps.scholar_app.enrichment.fields import ADDABLE, addable_name, holdings_of, is_placeholder, possible_fields
from tests.enrichment.making import document_of, entry_of


def absent(text: str) -> set[str]:
    return set(holdings_of(entry_of(text)).absent)


@pytest.mark.parametrize(
    ("entry_type", "has", "lacks"),
    [
        ("article", "journal", "booktitle"),
        ("article", "number", "isbn"),
        ("inproceedings", "booktitle", "journal"),
        ("incollection", "isbn", "issn"),
        ("inproceedings", "volume", "number"),
        ("inbook", "publisher", "booktitle"),
        ("book", "isbn", "pages"),
        ("phdthesis", "url", "publisher"),
        ("misc", "eprint", "journal"),
        ("online", "doi", "volume"),
        ("software", "publisher", "pages"),
        ("mystery", "abstract", "journal"),
    ],
)
def test_each_type_of_entry_has_its_own_fields(entry_type: str, has: str, lacks: str) -> None:
    fields = possible_fields(entry_type)
    assert has in fields
    assert lacks not in fields


def test_fields_come_in_one_order_whatever_the_type() -> None:
    for entry_type in ("article", "book", "misc"):
        fields = possible_fields(entry_type)
        assert [field for field in ADDABLE if field in fields] == list(fields)


@pytest.mark.parametrize(
    ("written", "field"),
    [
        ("journaltitle = {Mind}", "journal"),
        ("date = {1950-10}", "year"),
        ("date = {1950}", "month"),
        ("issue = {2}", "number"),
        ("eid = {e123}", "pages"),
        ("eprinttype = {arxiv}", "archiveprefix"),
        ("eprintclass = {cs.LG}", "primaryclass"),
        ("arxivid = {1706.03762}", "eprint"),
        ("JOURNAL = {Mind}", "journal"),
        (r"howpublished = {\url{https://a.org}}", "url"),
        ("link = {https://a.org}", "url"),
        ("keyword = {logic}", "keywords"),
    ],
)
def test_another_name_for_a_field_counts_as_the_field(written: str, field: str) -> None:
    assert field not in absent(f"@article{{k, {written}}}")
    assert field in absent("@article{k, note = {x}}")


def test_another_name_for_a_field_is_told_as_the_field_and_any_other_as_it_is() -> None:
    assert [addable_name(name) for name in ("journaltitle", "date", "doi", "note")] == [
        "journal",
        "year",
        "doi",
        "note",
    ]


def test_a_volume_of_proceedings_may_get_all_but_an_author() -> None:
    assert "author" not in possible_fields("proceedings")
    assert {"author", "publisher", "isbn", "doi", "year"} - set(possible_fields("proceedings")) == {"author"}


def test_how_it_was_published_is_no_address_without_one() -> None:
    assert "url" in absent("@article{k, howpublished = {by hand}}")


def test_editors_answer_for_a_book_but_not_for_a_chapter() -> None:
    assert "author" not in absent("@book{k, editor = {A, B}}")
    assert "author" in absent("@incollection{k, editor = {A, B}}")


def test_an_organization_answers_for_a_manual_but_not_for_an_article() -> None:
    assert "author" not in absent("@manual{k, organization = {FSF}}")
    assert "author" in absent("@article{k, organization = {FSF}}")


def test_what_is_inherited_is_not_missing() -> None:
    text = "@inproceedings{c, title={T}, crossref={p}}\n@proceedings{p, title={Proc}, publisher={ACM}, year={2000}}"
    child = document_of(text).entries[0]
    assert {"booktitle", "publisher", "year"}.isdisjoint(holdings_of(child).absent)
    assert "doi" in holdings_of(child).absent


@pytest.mark.parametrize(
    "value",
    ["", " ", "{}", "{unknown}", "Unknown", "{n/a}", "N/A", "??", "????", "????--????", "{?}", "?" * 60, "TBD",
     "-", "--", "[n.a.]", "{{}}", "none", "...", "xxx", "\\ldots"],
)  # fmt: skip
def test_a_value_that_says_nothing_is_a_placeholder(value: str) -> None:
    assert is_placeholder(value)


@pytest.mark.parametrize(
    "value",
    ["0", "X", "Anonymous", "in press", "Unknown pleasures", "What?", "12", "n", "O", "?" * 61, "TBDX"],
)
def test_a_value_that_says_something_is_none(value: str) -> None:
    assert not is_placeholder(value)


def test_a_placeholder_is_missing_and_names_the_field_it_stands_in() -> None:
    holdings = holdings_of(entry_of("@article{k, journaltitle = {??}, doi = {unknown}, title = {T}}"))
    assert holdings.placeholders == {"journal": "journaltitle", "doi": "doi"}
    assert {"journal", "doi"}.isdisjoint(holdings.absent)
    assert holdings.present == {"title"}


def test_what_only_stands_in_for_a_field_is_no_place_to_write_it() -> None:
    holdings = holdings_of(entry_of("@article{k, eid = {??}, organization = {}}"))
    assert holdings.placeholders == {}
    assert {"pages", "publisher"} <= set(holdings.absent)


def test_a_dates_placeholder_is_replaced_by_the_year_alone() -> None:
    holdings = holdings_of(entry_of("@article{k, date = {????}}"))
    assert holdings.placeholders == {"year": "date"}
