"""What a raw value says, and what an entry takes over from its parents: both within bounds."""

import pytest

from apps.scholar_app.enrichment.bibtex.macros import MAX_EXPANSION
from apps.scholar_app.enrichment.document import Document

from .documents import only_entry


def value(raw: str, strings: str = "") -> str:
    return only_entry(f"{strings}\n@misc{{a, t = {raw}}}").fields["t"]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("{A}", "A"),
        ('"A"', "A"),
        ("{{A}}", "{A}"),
        ("{}", ""),
        ("", ""),
        ("2020", "2020"),
        ("jan", "January"),
        ("DEC", "December"),
        ("cacm", "Communications of the ACM"),
        ("unknown", "unknown"),
        ('jan # "~1"', "January~1"),
        ('"a" # {b} # 3 # x', "ab3x"),
        ('{a}#"b"', "ab"),
        ("{a\n   b\t c }", "a b c"),
        ('"a {"} b"', 'a {"} b'),
        ("{a # b}", "a # b"),
        ("{\\{ and \\}}", "\\{ and \\}"),
    ],
)
def test_value_is_given_without_delimiters_macros_and_line_ends(raw, expected):
    assert value(raw) == expected


@pytest.mark.parametrize(
    ("strings", "raw", "expected"),
    [
        ("@string{x = {X}}", "x", "X"),
        ("@STRING(x = \"X\")", "X # { } # x", "X X"),
        ("@string{x = {X}}@string{y = x # {Y}}", "y", "XY"),
        ("@string{x = {X}, y = {Y}}", "x # y", "XY"),
        ("@string{x = {one}}@string{x = {two}}", "x", "two"),
        ("@string{x = x}", "x", "x"),
        ("@string{y = x}@string{x = y}", "x", "x"),
        ("@string{mar = {M{\\\"a}rz}}", "mar", "M{\\\"a}rz"),
        ("@string{x = 7}", "x", "7"),
        ("@string{broken}", "x", "x"),
    ],
)  # fmt: skip
def test_macros_are_expanded_from_those_before_them(strings, raw, expected):
    assert value(raw, strings) == expected


def test_a_macro_that_is_defined_too_late_is_understood_all_the_same():
    assert Document.read(b"@misc{a, t = x}\n@string{x = {X}}").entries[0].fields["t"] == "X"


def test_the_definition_before_the_entry_counts():
    source = b"@string{x = {one}}\n@misc{a, t = x}\n@string{x = {two}}\n@misc{b, t = x}"
    assert [entry.fields["t"] for entry in Document.read(source).entries] == ["one", "two"]


def test_macros_that_double_forty_times_end_at_the_limit():
    doubling = "".join(f"@string{{a{n + 1} = a{n} # a{n}}}\n" for n in range(40))
    assert value("a40", f"@string{{a0 = {{{'x' * 10}}}}}\n{doubling}") == "x" * MAX_EXPANSION


def test_macros_add_at_most_the_limit_to_one_value_but_plain_text_is_whole():
    strings = f"@string{{big = {{{'x' * 1900}}}}}"
    assert value("big # big # big", strings) == "x" * MAX_EXPANSION
    assert value(f"{{{'y' * 5000}}} # big", strings) == "y" * 5000 + "x" * 1900


VOLUME = """@proceedings{vol, title = {Proceedings of X}, subtitle = {S}, editor = {E}, year = 2020, publisher = {P},
  doi = {10.1/volume}, url = {http://v}, abstract = {About all}, pages = {1--900}, author = {V}, isbn = {1}, note = {N}}
"""


def inherited(source: str) -> dict[str, str]:
    return dict(Document.read(source.encode()).entries[0].inherited)


def test_paper_takes_over_what_is_said_of_its_volume_and_nothing_of_the_volumes_own():
    assert inherited(f"@inproceedings{{a, title = {{T}}, crossref = {{vol}}, year = 2021}}\n{VOLUME}") == {
        "booktitle": "Proceedings of X", "booksubtitle": "S", "editor": "E", "publisher": "P", "isbn": "1",
    }  # fmt: skip


def test_what_the_entry_says_itself_is_not_inherited_unless_it_is_blank():
    own = "booktitle = {Mine}, editor = { }, publisher = {Q}, isbn = {2}, year = 1, booksubtitle = {x}"
    assert inherited(f"@inproceedings{{a, crossref = {{vol}}, {own}}}\n{VOLUME}") == {"editor": "E"}


@pytest.mark.parametrize(
    ("type_", "name"), [("inproceedings", "booktitle"), ("article", "journaltitle"), ("book", "maintitle")]
)
def test_title_of_the_parent_is_that_of_the_container(type_, name):
    found = inherited(f"@{type_}{{a, crossref = {{vol}}}}\n{VOLUME}")
    assert found[name] == "Proceedings of X"
    assert "title" not in found


@pytest.mark.parametrize(("type_", "author"), [("inbook", "V"), ("incollection", None)])
def test_only_a_chapter_of_somebodys_book_is_by_the_author_of_the_book(type_, author):
    assert inherited(f"@{type_}{{a, crossref = {{vol}}}}\n{VOLUME}").get("author") == author


def test_parent_is_found_in_any_case_and_the_first_of_two_counts():
    assert inherited("@misc{a, crossref = {VOL}}@book{vol, year = 1}@book{vol, year = 2}") == {"year": "1"}


def test_xdata_are_the_entrys_own_data():
    data = "@xdata{x, title = {T}, doi = {1}, url = {v}}@xdata{y, title = {Z}, note = {N}}"
    assert inherited(f"@misc{{a, xdata = {{x, y}}, url = {{u}}}}{data}") == {"title": "T", "doi": "1", "note": "N"}


def test_inheritance_goes_on_over_parents():
    source = "@inproceedings{a, crossref = {b}}@proceedings{b, title = {B}, crossref = {c}}@book{c, publisher = {P}}"
    assert inherited(source) == {"booktitle": "B", "publisher": "P"}


@pytest.mark.parametrize(
    "source",
    [
        "@misc{a, crossref = {a}, year = 1}",
        "@misc{a, crossref = {nowhere}}",
        "@misc{a, crossref = {}}",
        "@misc{a, crossref = {b}}@misc{b, crossref = {a}}",
        "@misc{a, xdata = {b, b, ,}}@xdata{b, xdata = {b, a}}",
    ],
)
def test_loops_and_missing_parents_end_quietly(source):
    assert inherited(source) == {}


def test_entry_without_parents_inherits_nothing():
    entry = only_entry("@misc{a, title = {T}}")
    assert (dict(entry.inherited), len(entry.inherited), repr(entry.inherited)) == ({}, 0, "{}")


def test_long_chains_and_huge_parents_are_followed_only_so_far():
    chain = (
        "".join(f"@misc{{k{n}, crossref = {{k{n + 1}}}, year = {{}}}}\n" for n in range(40)) + "@misc{k40, year = 1}"
    )
    assert inherited(chain) == {}
    fields = ", ".join(f"f{n} = {{x}}" for n in range(299))
    assert (
        len(inherited(f"@misc{{a, xdata = {{b, c}}}}@xdata{{b, {fields}}}@xdata{{c, title = {{T}}, note = {{N}}}}"))
        == 300
    )


def test_parents_values_are_not_kept_without_bounds(monkeypatch):
    monkeypatch.setattr("apps.scholar_app.enrichment.bibtex.entries._KEPT", 10)
    source = "".join(f"@misc{{a{n}, crossref = {{b{n}}}}}@misc{{b{n}, year = {{12345{n}}}}}" for n in range(5))
    document = Document.read(source.encode())
    for _ in range(2):
        found = [entry.inherited.get("year") for entry in document.entries[::2]]
        assert found == [f"12345{n}" for n in range(5)]
        assert len(document._family._parents) == 1
