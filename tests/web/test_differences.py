"""The differences: whatever the texts are, the lines together are both of them, and inserted lines are found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.scholar_app.differences import Line, changed_parts, compare

LINES = st.lists(st.sampled_from(["a", "b", "b,", "", "}", "  x = {1}", "  x = {1},"]), max_size=30).map("\n".join)


def kinds(old: str, new: str) -> str:
    marks = {"same": " ", "extended": "~", "added": "+", "removed": "-", "gap": "."}
    return "".join(marks[line.kind] for line in compare(old, new))


@given(LINES, LINES)
def test_the_lines_together_are_exactly_both_texts(old: str, new: str) -> None:
    lines = list(compare(old, new))
    assert "\n".join(line.text for line in lines if line.old) == old
    assert "\n".join(line.text + line.more for line in lines if line.new) == new
    assert [line.old for line in lines if line.old] == list(range(1, old.count("\n") + 2))
    assert [line.new for line in lines if line.new] == list(range(1, new.count("\n") + 2))


@given(LINES)
def test_equal_texts_differ_nowhere(text: str) -> None:
    assert set(kinds(text, text)) <= {" "}
    assert list(changed_parts(compare(text, text))) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("a\nc", "a\nb\nc", " + "),
        ("a\nb\nc", "a\nc", " - "),
        ("@a{k,\n t = {x}\n}", "@a{k,\n t = {x},\n doi = {1},\n}", " ~+ "),
        ("n = 1\n}", "n = 2\n}", "-+ "),
        ("", "a", "~"),
        ("a", "b", "-+"),
    ],
)
def test_inserted_extended_and_replaced_lines_are_told_apart(old: str, new: str, expected: str) -> None:
    assert kinds(old, new) == (expected if old else "-+")


def test_line_ends_of_every_system_are_line_ends_and_nothing_else_is() -> None:
    assert kinds("a\r\nb\rc\nd\x0be\u2028f", "a\nb\nc\nd\x0be\u2028f") == "    "


def test_many_insertions_in_a_long_text_are_all_found() -> None:
    entry = "@article{{k{0},\n  title = {{T {0}}}\n}}\n"
    longer = "@article{{k{0},\n  title = {{T {0}}},\n  doi = {{10.1/{0}}}\n}}\n"
    old, new = ("".join(form.format(number) for number in range(3000)) for form in (entry, longer))
    assert kinds(old, new) == " ~+ " * 3000 + " "


def test_an_insertion_longer_than_the_look_ahead_is_still_a_true_description() -> None:
    old, new = "a\nz", "a\n" + "\n".join(map(str, range(500))) + "\nz"
    lines = list(compare(old, new))
    assert "\n".join(line.text for line in lines if line.new) == new
    assert lines[0].kind == lines[-1].kind == "same" or lines[-1].new == 502


def test_changes_stand_between_their_neighbours_with_a_gap_for_the_rest() -> None:
    old = "\n".join(map(str, range(20)))
    new = old.replace("\n5\n", "\n5\nnew\n").replace("\n15\n", "\n15\nnew\n")
    shown = list(changed_parts(compare(old, new)))
    assert [line.text or "..." for line in shown] == [
        "...", "4", "5", "new", "6", "7", "...", "14", "15", "new", "16", "17",
    ]  # fmt: skip
    assert shown[3] == Line("added", 0, 7, "new")


def test_neighbours_that_touch_leave_no_gap() -> None:
    shown = changed_parts(compare("0\n1\n2\n3\n4", "0\nx\n1\n2\n3\n4\ny"))
    assert "gap" not in {line.kind for line in shown}


def test_a_gap_names_the_entry_that_goes_on_behind_it() -> None:
    fields = "".join(f"  field{number} = {{x}},\n" for number in range(9))
    old = "".join(f"@article{{{key},\n{fields}  year = 2017,\n}}\n\n" for key in "abc")
    new = old.replace("  year = 2017,\n", "  year = 2017,\n  doi = {1},\n")
    gaps = [line.text for line in changed_parts(compare(old, new)) if line.kind == "gap"]
    assert gaps == ["@article{a,", "@article{b,", "@article{c,"]


def test_a_gap_names_no_entry_whose_beginning_is_shown_or_that_has_ended() -> None:
    old = "one\ntwo\n@misc{a,\n  year = 2017,\n}\n@misc{b,\n  year = 2018,\n}\nx\ny\nz\nend"
    new = old.replace("  year = 2017,\n", "  year = 2017,\n  doi = {1},\n").replace("end", "end.")
    assert [line.text for line in changed_parts(compare(old, new)) if line.kind == "gap"] == ["", ""]
