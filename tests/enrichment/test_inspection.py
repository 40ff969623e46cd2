"""What is said of a file before anybody is asked about it."""

from datetime import date

import pytest

from apps.scholar_app.enrichment.document import Document
from apps.scholar_app.enrichment.inspection import Gap, Inspection, inspect

TODAY = date(2026, 1, 31)
TEXT = """@string{nature = "Nature"}
@article{one, title = {A telling title of many words}, author = {Doe, Jane}, year = 2020, doi = {10.1000/1},
  journal = nature, pages = {??}}
@Article{two, title = {Another telling title of many words}, journaltitle = {Science}, date = {2021-03-01}}
@book{three, title = {A book}, isbn = {978-3-16-148410-1}, year = 20210}
@set{four, entryset = {one,two}}
@inproceedings{five, title = {In a book}, crossref = {six}}
@proceedings{six, booktitle = {The whole book}, title = {The whole book}, publisher = {Springer}}
@misc{broken, title = {
"""


def seen(text: str = TEXT, **how: int) -> Inspection:
    return inspect(Document.read(text.encode()), today=TODAY, **how)


def gap(field: str) -> Gap | None:
    return next((gap for gap in seen().gaps if gap.field == field), None)


def test_entries_are_counted_by_type_the_most_frequent_first() -> None:
    assert seen().entries == 6
    assert seen().types[0] == ("article", 2)
    assert dict(seen().types)["set"] == 1


@pytest.mark.parametrize(
    ("field", "possible", "lack"),
    [
        ("doi", 5, 4),
        ("journal", 2, 0),
        ("pages", 3, 3),
        ("year", 5, 2),
        ("publisher", 5, 3),
        ("title", 5, 0),
    ],
)
def test_a_field_is_missed_only_where_it_can_be_and_is_under_no_name(field: str, possible: int, lack: int) -> None:
    assert gap(field) == Gap(field, possible, lack)


def test_what_only_stands_beside_another_field_is_not_missed() -> None:
    assert gap("archiveprefix") is None
    assert gap("citation_count_date") is None


def test_placeholders_and_identifiers_are_counted() -> None:
    assert (seen().placeholders, seen().identified) == (1, 1)


def test_damage_is_told_with_its_line() -> None:
    [damage] = seen().damaged
    assert (damage.key, damage.line) == ("broken", 9)


def test_wrong_numbers_are_suspicious() -> None:
    said = [(remark.key, remark.line, remark.text) for remark in seen().remarks]
    assert said == [
        ("three", 5, "isbn = '978-3-16-148410-1': the check digit is wrong."),
        ("three", 5, "year = '20210': no year in which it can have been published."),
    ]


def test_duplicates_are_told_of_both_and_only_of_them() -> None:
    double = TEXT.replace(
        "@book{three", "@article{again, title = {Other}, doi = {https://doi.org/10.1000/1}}\n@book{three"
    )
    assert [remark.key for remark in seen(double).duplicates] == ["one", "again"]
    assert seen().duplicates == ()


def test_entries_beyond_the_first_so_many_are_only_counted() -> None:
    few = seen(closely=2)
    assert (few.entries, few.closely, few.remarks) == (6, 2, ())
    assert seen(closely=6).closely == 6
