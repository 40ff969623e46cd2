"""One bad entry never spoils the file: it stays as it is, is named with line and cause, and the others go on."""

import pytest

from apps.scholar_app.enrichment.document import Document, Entry, Limits
from apps.scholar_app.enrichment.errors import DocumentProofError

from .documents import adding

GOOD = "@misc{good, title = {G}}\n"
TWO_WAYS = "can be read in two ways"

DAMAGED = {
    "brace never closed": (
        "@article{a,\n  title = {A,\n  year = 1\n}\n\n", (1, "a", "The field title is opened and not closed (line 2).")
    ),
    "brace never closed in a value behind which nothing swallows": (
        "@article{a,\n  title = {A\n\n", (1, "a", "A brace in the field title is opened and never closed (line 2).")
    ),
    "quotation mark never closed": (
        '@article{a,\n  title = "A,\n  year = 2020\n}\n',
        (1, "a", "A quotation mark or brace in the field title is opened and never closed (line 2)."),
    ),
    "brace in quotes never closed": (
        '@article{a,\n  title = "A {b",\n}\n',
        (1, "a", "A quotation mark or brace in the field title is opened and never closed (line 2)."),
    ),
    "closing brace in quotes": (
        '@article{a,\n  title = "A } b",\n}\n',
        (1, "a", "A brace in the field title is closed but was never opened (line 2)."),
    ),
    "escaped closing brace": (
        "@article{a,\n  title = {A \\} b},\n}\n",
        (1, "a", "BibTeX counts the brace of \\} and ends the field title too early (line 2)."),
    ),
    "entry never closed": (
        "\n@article{a,\n  title = {A}\n\n", (2, "a", "The entry is not closed before the next one begins (line 5).")
    ),
    "closed with the wrong delimiter": (
        "@article{a,\n  title = {A}\n)\n", (1, "a", "The entry is closed with ) instead of } (line 3).")
    ),
    "name without value": ("@article{a,\n  title,\n}\n", (1, "a", "There is no = behind title (line 2).")),
    "blank in a name": ("@article{a,\n  my title = {A},\n}\n", (1, "a", "There is no = behind my (line 2).")),
    "something else in place of a field": (
        "@article{a,\n  {x} = {A},\n}\n", (1, "a", "A field is expected where { stands (line 2).")
    ),
    "text behind a value": (
        "@article{a,\n  title = {A} b,\n}\n",
        (1, "a", "The value of the field title ends, but more text follows (line 2)."),
    ),
    "two values without #": (
        '@article{a,\n  title = "A" "B",\n}\n',
        (1, "a", "The value of the field title ends, but more text follows (line 2)."),
    ),
    "no comma between fields on one line": (
        "@article{a, title = {A} year = 2020}\n", (1, "a", "The value of the field title ends, but more text follows."),
    ),
    "nothing behind #": ("@article{a, title = {A} # }\n", (1, "a", "The value of the field title cannot be read.")),
    "brace in the key": ("@article{a{b}, title = {A}}\n", (1, "a", "The key is not followed by a comma.")),
    "comma in the key": ("@article{Smith, 2020, title = {A}}\n", (1, "Smith", "There is no = behind 2020.")),
    "no type": ("@{a, title = {A}}\n", (1, "", "The entry has no type, or no brace follows it.")),
    "no brace": ("@article a, title = {A}}\n", (1, "", "No brace follows the type of the entry.")),
    "comment never closed": ("@comment{x\n", (1, "", "The @comment block is never closed.")),
    "macro never closed": ("@string{x = {y}\n", (1, "", "The @string block is never closed.")),
    "second entry on the line": (
        "@misc{x, title = {X}} @article{a, title = {A}\n",
        (1, "a", "The entry is not closed before the next one begins (line 2)."),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), DAMAGED.values(), ids=DAMAGED.keys())
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_damaged_block_is_named_kept_and_the_next_entry_goes_on(source, expected, newline):
    text = (source + GOOD).replace("\n", newline)
    document = Document.read(text.encode())
    (damage,) = document.damaged
    assert (damage.line, damage.key, damage.cause) == expected
    assert "good" in [entry.key for entry in document.entries]
    good = next(entry.index for entry in document.entries if entry.key == "good")
    output = document.prove_and_render({good: adding(("doi", "10.1/x"))}).decode()
    assert output == text.replace("{G}", "{G}, doi = {10.1/x}")


LEFT_ALONE = {
    "quotation mark in braces in quotes": ('@article{a, title = "a {b"} c", year = 1}\n', TWO_WAYS),
    "escaped quotation marks": ('@article{a, title = "A\\", note = "B\\"}\n', TWO_WAYS),
    "brace behind two backslashes": ("@article{a, title = {A \\\\}, year = 1}\n", TWO_WAYS),
    "comment before a field": ("@article{a,\n  % note\n  title = {A},\n}\n", "A % comment stands inside"),
    "comment behind a field": ("@article{a,\n  title = {A}, % note\n}\n", "A % comment stands inside"),
    "comment behind the last field": ("@article{a,\n  title = {A} % note\n}\n", "A % comment stands inside"),
    "field commented out": ("@article{a,\n  title = {A},\n  %year = 1\n}\n", "A % comment stands inside"),
    "commented out": ("% @article{a, title = {A}}\n", "commented out with %"),
    "a brace too many": ("@article{a,\n  title = {A}},\n  year = 1\n}\n", "A closing brace too many"),
    "a brace too many before a field without comma": ("@article{a, title = {A}}\n  year = {1}\n}\n", "A closing brace"),
}


@pytest.mark.parametrize(("source", "reason"), LEFT_ALONE.values(), ids=LEFT_ALONE.keys())
def test_entry_that_can_be_read_in_two_ways_is_told_and_left_alone(source, reason):
    document = Document.read((source + GOOD).encode())
    entry, good = document.entries
    assert (entry.key, entry.type, entry.editable) == ("a", "article", False)
    assert entry.get("title")
    assert reason in entry.reason
    assert (good.editable, good.reason, document.damaged) == (True, "", ())
    with pytest.raises(DocumentProofError, match="must not be written to"):
        document.prove_and_render({0: adding(("doi", "10.1/x"))})
    output = document.prove_and_render({1: adding(("doi", "10.1/x"))}).decode()
    assert output == source + "@misc{good, title = {G}, doi = {10.1/x}}\n"


@pytest.mark.parametrize(
    "source",
    [
        "@article{a, note = {50\\% of it}} @article{b, title = {A}}\n",
        "% a comment of 100 %\n@article{b, title = {A}}\n",
        "@article{b, title = {A}}\nAnd so on.\n",
        "@article{b, title = {A}}}\n",
        "@article{b, title = {{\\{A\\}}}, note = {\\{ and \\}}}\n",
        '@article{b, title = {"A"}, note = "{``B\'\'}"}\n',
        '@article{b, title = "a {"} b"}\n',
        "@article{b, title = {100%}, url = {http://x/%20y}}\n",
    ],
)
def test_what_only_looks_like_it_is_written_to(source):
    entry = next(entry for entry in Document.read(source.encode()).entries if entry.key == "b")
    assert (entry.editable, entry.reason) == (True, "")


def test_damaged_entry_does_not_take_others_for_its_own():
    source = b"@article{a, title = {A\n@article{b, title = {B\n@article{c, title = {C}}\n@article{d title {D}}\n"
    document = Document.read(source)
    assert [entry.key for entry in document.entries] == ["c"]
    assert [(damage.line, damage.key) for damage in document.damaged] == [(1, "a"), (2, "b"), (4, "d title")]


def test_entry_that_breaks_off_after_its_key_does_not_hide_the_next():
    document = Document.read(b"@article{a\n@book{b, title = {B}}\n@misc{c, title = {C}}\n")
    assert [entry.key for entry in document.entries] == ["b", "c"]
    assert [(damage.line, damage.key) for damage in document.damaged] == [(1, "a")]


def test_debris_of_a_damaged_entry_is_not_reported_again():
    source = b"@article{a{b}, note = {me @home{x, y z} and @{q}}}\n" + GOOD.encode()
    document = Document.read(source)
    assert [damage.key for damage in document.damaged] == ["a"]
    assert [entry.key for entry in document.entries] == ["good"]


def test_excerpt_is_one_short_line_without_anything_that_acts():
    source = "@article{a, title = {\x1b[2J\u202e\n" + "x" * 500 + "\n" + GOOD
    (damage,) = Document.read(source.encode()).damaged
    assert damage.excerpt == "@article{a, title = { [2J " + "x" * 93
    assert damage.excerpt.isprintable()


def test_entry_beyond_the_limits_is_left_alone_and_the_others_go_on():
    limits = Limits(max_fields=3, max_value=50)
    fields = ", ".join(f"f{number} = {{x}}" for number in range(3))
    source = f"@misc{{ok, {fields}}}\n@misc{{many, {fields}, g = {{x}}}}\n@misc{{long, t = {{{'x' * 49}}}}}\n" + (
        f"@misc{{fit, t = {{{'x' * 48}}}}}\n"
    )
    document = Document.read(source.encode(), limits=limits)
    assert [entry.key for entry in document.entries] == ["ok", "fit"]
    assert [(damage.line, damage.key, damage.cause) for damage in document.damaged] == [
        (2, "many", "The entry has more than 3 fields."),
        (3, "long", "The entry has a value of more than 50 characters."),
    ]
    output = document.prove_and_render({1: adding(("doi", "x"))}).decode()
    assert output == source.removesuffix("}\n") + ", doi = {x}}\n"


def test_entries_can_be_made_by_hand_for_tests_of_other_rooms():
    entry = Entry(index=0, key="k", type="article", line=1, fields={"title": "T"})
    assert (entry.editable, entry.reason, dict(entry.inherited), entry.flaws) == (True, "", {}, ())
