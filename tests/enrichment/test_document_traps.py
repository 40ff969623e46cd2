"""Where bibtexparser, used as it is meant to be, would lose or change something: each trap, and that we are not in it.

Every test first shows the trap itself, so that a release of the library without it is noticed.
"""

import bibtexparser
import pytest
from bibtexparser import middlewares

from apps.scholar_app.enrichment.document import Document, EntryChange, Value

from .documents import adding, only_entry


def library(text: str) -> bibtexparser.Library:
    return bibtexparser.parse_string(text)


def rewritten(text: str) -> str:
    return bibtexparser.write_string(library(text))


def untouched(text: str) -> bool:
    data = text.encode()
    return Document.read(data).prove_and_render({}) == data


@pytest.mark.parametrize(
    "text",
    [
        "@ARTICLE{a,\n title = {A}\n}\n",
        "@article(a,\n title = {A}\n)\n",
        '@article{a,\n title = "A"\n}\n',
        "@article{a, title = {A}}\n",
        "@article{a,\n  title = {A}\n}\n\n\n\nText\n\n",
        "@STRING{x = {X}}\n@article{a,\n\ttitle = x\n}\n",
        "@Comment(x)\n@article{a,\n\ttitle = {A}\n}\n",
        "@article{a,\r\n\ttitle = {A}\r\n}\r\n",
        "@article{a,\n\ttitle = {A}\n}",
        "@article{a,\n\tmonth = jan,\n\ttitle = {A},\n}\n",
        "\ufeff@article{a,\n\ttitle = {A}\n}\n",
        "@article{a,\n\ttitle = {A},\n\ttitle = {B}\n}\n",
        "@article{a, t={x}\n@article{a, t={x}}",
        "@my-type{a, title={x}}\n@article{b, title={y}}",
        "@commentary{a, title={x}}\n@stringent{k, title={x}}\n@preambles{z, t={1}}",
    ],
)
def test_the_library_rewrites_it_and_we_do_not(text):
    assert rewritten(text) != text
    assert untouched(text)


def test_values_are_not_escaped_on_writing():
    trap = library("@article{a, t={x}}")
    trap.entries[0]["abstract"] = "x},\n url={y}}\n\n@article{evil, title={injected}"
    assert len(library(bibtexparser.write_string(trap)).entries) == 2
    change = adding(("abstract", "x},\n url={y}}\n\n@article{evil, title={injected}"))
    (entry,) = Document.read(Document.read(b"@article{a, t={x}}").prove_and_render({0: change})).entries
    assert list(entry.fields) == ["t", "abstract"]


def test_a_quotation_mark_in_braces_cuts_the_entry_short():
    text = '@article{a, title = "a {b"} c", year = 1}'
    assert [field.key for field in library(text).entries[0].fields] == ["title"]
    assert dict(only_entry(text).fields) == {"title": 'a {b"} c', "year": "1"}
    assert not only_entry(text).editable


def test_a_comment_becomes_part_of_a_name():
    text = "@article{a,\n  % note\n  title = {A}\n}"
    assert library(text).entries[0].get("title") is None
    assert only_entry(text).get("title") == "A"


def test_names_are_found_in_one_case_only():
    assert library("@article{a, DOI = {1}}").entries[0].get("doi") is None
    assert only_entry("@article{a, DOI = {1}}").get("doi") == "1"


def test_one_error_of_a_middleware_hides_the_entry():
    text = "@article{a, author = {A, B, C, D}, note = {\\href{u}{v}}, title = {50% of http://a.b/c%20d}}"
    stack = [middlewares.SeparateCoAuthors(), middlewares.SplitNameParts()]
    assert bibtexparser.parse_string(text, append_middleware=stack).entries == []
    assert dict(only_entry(text).fields) == {
        "author": "A, B, C, D", "note": "\\href{u}{v}", "title": "50% of http://a.b/c%20d"
    }  # fmt: skip


def test_a_mark_at_the_beginning_is_taken_for_a_comment():
    text = "\ufeff@article{a, title = {A}}"
    assert library(text).comments
    assert (only_entry(text).line, Document.read(text.encode()).bom) == (1, b"\xef\xbb\xbf")


def test_each_pass_leaves_a_warning_behind():
    text = "@article{a, t={x}\n@article{b, t={x}}\n"
    assert rewritten(rewritten(text)).count("WARNING") == 2
    first = Document.read(text.encode()).prove_and_render({0: adding(("doi", "1"))})
    second = Document.read(first).prove_and_render({0: adding(("url", "2"))})
    assert second == b"@article{a, t={x}\n@article{b, t={x}, doi={1}, url={2}}\n"


def test_writing_twice_changes_the_library():
    document = Document.read(b"@article{a, t = {x}, month = jan}")
    change = {0: EntryChange(add=(("day", Value.macro("2")),))}
    assert document.prove_and_render(change) == document.prove_and_render(change)


def test_without_line_feeds_one_error_takes_the_rest_of_the_file():
    text = "@article{j, t={y}\r@book{z, t={1}}\r"
    assert library(text).entries == []
    assert [entry.key for entry in Document.read(text.encode()).entries] == ["z"]


def test_odd_characters_in_keys_pass_through():
    text = "@article{a\x1b[2J\u202e<script>, title = {A}}\n"
    assert library(text).entries[0].key == only_entry(text).key == "a\x1b[2J\u202e<script>"
    assert untouched(text)


def test_a_macro_used_everywhere_grows_without_bounds():
    text = f"@string{{x = {{{'y' * 5_000}}}}}\n@misc{{a, t = x}}"
    assert len(library(text).entries[0]["t"]) == 5_000
    assert len(only_entry(text).fields["t"]) == 2_000
