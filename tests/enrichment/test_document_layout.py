"""The reader that keeps BibTeX's own rule, and the quick look that must say the same."""

import pytest

from apps.scholar_app.enrichment.bibtex.blocks import LayoutError
from apps.scholar_app.enrichment.bibtex.layout import plain_type, read_layout

ENTRY = 'text @Article{a:1,\n  title = {A {b} c},\n  year=2020, note = "N" ,\n} text'
START, END = ENTRY.index("@"), ENTRY.index("} text") + 1
FIELDS = [("title", "{A {b} c}"), ("year", "2020"), ("note", '"N"')]


def quick(text: str = ENTRY, start: int = START, end: int = END, key: str = "a:1", fields=FIELDS) -> str:
    return plain_type(text, start, end, key=key, fields=fields)


def test_layout_says_where_everything_stands():
    layout = read_layout(ENTRY, START, len(ENTRY))
    assert (layout.type, layout.key, layout.start, layout.end) == ("article", "a:1", START, END)
    assert [(span.name, ENTRY[span.start : span.end]) for span in layout.fields] == FIELDS
    assert [ENTRY[span.name_start :].startswith(span.name) for span in layout.fields] == [True] * 3
    assert ENTRY[: layout.fields_from].endswith("@Article{a:1")
    assert (ENTRY[layout.closing], layout.flaws, layout.commented) == ("}", (), False)


def test_quick_look_says_the_same_of_the_same_entry():
    assert quick() == "article"
    assert quick(ENTRY.replace("{a:1", "(a:1").replace("\n} t", "\n) t")) == "article"
    assert quick(ENTRY.replace(" ,\n}", " \n }")) == "article"


@pytest.mark.parametrize(
    "fields",
    [
        [("title", "{A {b} d}"), *FIELDS[1:]],
        [("Title", "{A {b} c}"), *FIELDS[1:]],
        FIELDS[:2],
        FIELDS[1:],
        [*FIELDS, ("more", "{x}")],
        [FIELDS[1], FIELDS[0], FIELDS[2]],
        [],
    ],
)
def test_quick_look_disagrees_where_another_reader_found_other_fields(fields):
    assert quick(fields=fields) == ""


@pytest.mark.parametrize("change", [{"key": "a"}, {"end": END - 1}, {"end": END + 1}, {"start": START + 1}])
def test_quick_look_disagrees_about_another_key_or_another_end(change):
    assert quick(**change) == ""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("\n} t", "\n) t"),
        ("{a:1", "(a:1"),
        (",\n  year", "\n  year"),
        (", note", ",, note"),
        (",\n}", ",% x\n}"),
        ("@", "#"),
    ],
)
def test_quick_look_leaves_what_is_unusual_to_the_reader(before, after):
    text = ENTRY.replace(before, after)
    assert quick(text, end=text.index(" text", 9)) == ""


@pytest.mark.parametrize("bound", range(START + 1, END))
def test_entry_that_does_not_end_before_the_bound_is_no_entry(bound):
    with pytest.raises(LayoutError):
        read_layout(ENTRY, START, bound)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("@a{k}", "k"), ("@a{k,}", "k"), ("@a{ k , }", "k"), ("@a(k)", "k"), ("@a{}", ""),
        ("@a{,}", ""), ("@a{a b,}", "a b"), ("@a{k\n x=1}", "k"), ("@a{k x=1}", "k"), ("@a{x=1}", ""),
        ('@a{d"e,}', 'd"e'),        ("@a{DBLP:x/y-1_2+3,}", "DBLP:x/y-1_2+3"), ("@a{Šimić#1,}", "Šimić#1"),
    ],
)  # fmt: skip
def test_key_ends_where_it_must(text, key):
    assert read_layout(text, 0, len(text)).key == key
