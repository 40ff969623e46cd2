"""What holds for every file, shown on files nobody thought of."""

import itertools

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from apps.scholar_app.enrichment.document import Document, EntryChange, Value
from apps.scholar_app.enrichment.errors import DocumentError

from .documents import HOSTILE, adding, changed

NEWLINES = st.sampled_from(["\n", "\r\n", "\r"])
#: Pieces of BibTeX, well formed and not, that together make nearly any trouble.
PIECES = st.sampled_from(
    [
        "@article{k,", "@book(", "@misc{", "@a-b{x,", "@string{m = {M}}", "@comment{", "@preamble{", "@", "@article\n{",
        "title = {A}", "Title = \"A\"", "year = 2020", "month = jan # m", "x = {a {b} c}", "x = {{{{{deep}}}}}", "y =",
        "note = \"a {\"} b\"", "z = {\\}}", "z = {a \\{ b \\}}", "% note", "\\", "\\\\", "{", "}", "(", ")", "\"", ",",
        "=", "#", "\n", "\n\n", " ", "\t", "é", "中", "\u00a0", "word", "12", "}\n", "}\n@article{k2, title = {B}}\n",
    ]
)  # fmt: skip
BROKEN = st.lists(PIECES, max_size=30).map("".join)
NAMES = st.sampled_from(["title", "Title", "AUTHOR", "doi", "x-y", "citation_count", "a"])
VALUES = st.sampled_from(
    ["{A}", '"A"', "12", "jan", "{a {b} c}", "{}", "{{A}}", '{a "b" c}', "a # {b}", "{ä\n  b}", "{@x{y}}"]
)
BLANKS = st.sampled_from(["", " ", "  ", "\t", "\n  ", "\n\n\t"])


@st.composite
def entries(draw: st.DrawFn) -> str:
    """A whole entry in any layout."""
    opening, closing = draw(st.sampled_from(["{}", "()"]))
    blank = draw(BLANKS), draw(BLANKS), draw(BLANKS), draw(BLANKS)
    fields = draw(st.lists(st.tuples(NAMES, VALUES), min_size=1, max_size=6, unique_by=lambda field: field[0].lower()))
    body = "".join(f"{blank[0]},{blank[1]}{name}{blank[2]}={blank[3]}{value}" for name, value in fields)
    key = draw(st.sampled_from(["k", "a:b/c", "Müller2020", "x_1"]))
    type_, ending = (
        draw(st.sampled_from(["article", "BOOK", "my-type"])),
        draw(st.sampled_from(["", ",", " ,\n", "\n"])),
    )
    return f"@{type_}{opening}{key}{body}{ending}{closing}"


WHOLE = st.lists(
    entries() | st.sampled_from(["% comment\n", "@string{m = {M}}", "text", "\n\n"]), min_size=1, max_size=5
).map("\n".join)


def read(data: bytes) -> Document | None:
    """The document, or nothing where the file is refused, which may always be."""
    try:
        return Document.read(data)
    except DocumentError:
        return None


def keeps_every_byte(data: bytes) -> None:
    document = read(data)
    if document is None:
        return
    assert document.prove_and_render({}) == data
    for index, change in changed(document).items():
        assert is_one_insertion(data, document.prove_and_render({index: change}))
    output = document.prove_and_render(changed(document))
    again = Document.read(output)
    assert again.prove_and_render({}) == output
    assert [(entry.key, entry.type) for entry in again.entries] == [
        (entry.key, entry.type) for entry in document.entries
    ]
    for before, after in zip(document.entries, again.entries, strict=True):
        assert {name: after.fields[name] for name in before.fields} == dict(before.fields)


def is_one_insertion(before: bytes, after: bytes) -> bool:
    """Whether the input is the output without one stretch of it; independent of how it was put in."""
    head = sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False)))
    tail = len(before) - head
    return len(after) >= len(before) and before[head:] == after[len(after) - tail :]


def test_the_measure_itself_tells_an_insertion_from_a_change():
    assert is_one_insertion(b"abc", b"abxxc")
    assert is_one_insertion(b"abc", b"abc")
    assert not is_one_insertion(b"abc", b"axxc")
    assert not is_one_insertion(b"abc", b"ab")


@given(WHOLE, NEWLINES, st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]))
@settings(deadline=None, max_examples=150)
def test_whole_files_keep_every_byte_whatever_is_added(text, newline, codec):
    data = text.replace("\n", newline).encode(codec)
    document = read(data)
    assert document is None or not document.damaged
    keeps_every_byte(data)


@given(WHOLE)
@settings(deadline=None, max_examples=100)
def test_every_entry_of_a_whole_file_is_found_and_can_be_written_to(text):
    document = read(text.encode())
    count = text.count("@article") + text.count("@BOOK") + text.count("@my-type")
    assert (len(document.entries) if document else 0) == count
    assert document is None or all(entry.editable for entry in document.entries)


@given(BROKEN, NEWLINES)
@settings(deadline=None, max_examples=400)
@example("@a{k,t={x}\n@a{k,t={x}}", "\n")
@example("@article{k,title = {A}}@article{k,title = {A}", "\n")
@example("@misc{@misc{@misc{k, title = {A}}", "\r")
@example("@article{k,y =}\n@article{k2, title = {B}}\n", "\n")
@example("@article{k,title = {A}\\,}\n@article{k2, title = {B}}\n", "\n")
def test_broken_files_keep_every_byte_whatever_is_added(text, newline):
    keeps_every_byte(text.replace("\n", newline).encode())


@given(st.binary(max_size=300))
@settings(deadline=None, max_examples=200)
def test_arbitrary_bytes_are_refused_or_kept(data):
    keeps_every_byte(data)
    keeps_every_byte(b"@misc{a, title = {" + data + b"}}")
    keeps_every_byte(b"@misc{a, title = {A}}\n" + data)


@given(WHOLE, st.data())
@settings(deadline=None, max_examples=200)
def test_one_byte_changed_anywhere_is_refused_or_kept(text, data):
    raw = bytearray(text.encode())
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] = data.draw(st.sampled_from(list(b'{}",=@\\#%() \n\r\x00\xff')) | st.integers(0, 255))
    keeps_every_byte(bytes(raw))


@given(WHOLE)
@settings(deadline=None, max_examples=100)
def test_what_was_added_can_be_replaced_and_nothing_else_changes(text):
    document = read(text.encode())
    if document is None or "x1" in document.entries[0].fields:
        return
    first = document.prove_and_render({0: adding(("x1", "one"))})
    other = Document.read(first).prove_and_render({0: EntryChange(replace=(("X1", Value.text("two")),))})
    assert other == first.replace(b"one", b"two")
    same = Document.read(other).prove_and_render({0: EntryChange(replace=(("x1", Value.text("two")),))})
    assert same == other


@pytest.mark.parametrize(("name", "value"), HOSTILE)
def test_each_hostile_value_alone_is_one_insertion(name, value):
    data = b'@misc{a,\r\n  title = "A"\r\n}\r\n'
    assert is_one_insertion(data, Document.read(data).prove_and_render({0: adding((name, value))}))
