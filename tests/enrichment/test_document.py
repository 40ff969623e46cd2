"""What the rest of the program sees of a file, and the promise that the file comes back intact."""

import pytest

from apps.scholar_app.enrichment.document import Document, EntryChange, Limits, Value, glance
from apps.scholar_app.enrichment.errors import DocumentError, DocumentProofError

from .documents import added, adding, only_entry

FILE = b"""% A comment
@string{jcp = "Journal of " # {Chemistry}}
@preamble{"\\newcommand{\\x}{y}"}

@Article{Mueller_2020,
  Title   = {{On} the \\"{u}ber
             problem},
  AUTHOR  = "M{\\"u}ller, J. and others",
  journal = jcp # " B",
  month   = mar,
  year    = 2020,
  note    = undefined,
  empty   = {},
}
@comment{@article{ignored, title = {X}}}
"""


def test_file_with_nothing_to_add_comes_back_byte_for_byte():
    assert Document.read(FILE).prove_and_render({}) is FILE
    assert Document.read(FILE).prove_and_render({0: EntryChange()}) == FILE


def test_entry_says_key_type_line_and_fields_in_plain_words():
    entry = only_entry(FILE)
    assert (entry.index, entry.key, entry.type, entry.line) == (0, "Mueller_2020", "article", 5)
    assert dict(entry.fields) == {
        "title": '{On} the \\"{u}ber problem',
        "author": 'M{\\"u}ller, J. and others',
        "journal": "Journal of Chemistry B",
        "month": "March",
        "year": "2020",
        "note": "undefined",
        "empty": "",
    }
    assert (entry.editable, entry.reason, entry.flaws) == (True, "", ())


def test_fields_are_found_by_lower_case_name_alone_and_in_the_order_of_the_file():
    entry = only_entry(FILE)
    assert list(entry.fields)[:2] == ["title", "author"]
    assert ("title" in entry.fields, "Title" in entry.fields) == (True, False)
    assert len(entry.fields) == 7


def test_get_gives_the_first_value_that_is_not_blank():
    entry = only_entry("@misc{a, doi = { }, DOI = {10.1/second}, url = {http://x}}")
    assert entry.get("doi", "url") == "http://x"
    assert entry.get("isbn") == ""


def test_entries_are_hashable_and_equal_by_what_they_say():
    one, other = only_entry(FILE), only_entry(FILE)
    assert one == other
    assert hash(one) == hash(other)
    assert "Journal of Chemistry B" in repr(one)


def test_every_reference_is_an_entry_whatever_bibtexparser_makes_of_it():
    source = b"""@article{a, title = {First}}
@article{a, title = {Same key}}
@article{b, title = {Same field}, title = {again}}
@article{c
  title = {No comma behind the key}}
@book{, title = {No key}}
@book{, title = {No key again}}
@book{ title = {No key at all}}
@article{d, title = {No comma}
  year = 2020}
@article{e, title = {Two commas},, year = 2020}
@my-type{f, title = {A hyphen}}
@article
{g, title = {A brace on the next line}}
@stringent{h, title = {Not a string}}
@commentary(i, title = {Not a comment})
@article{j k, title = {A blank in the key}}
"""
    entries = Document.read(source).entries
    assert [entry.key for entry in entries] == ["a", "a", "b", "c", "", "", "", "d", "e", "f", "g", "h", "i", "j k"]
    assert [entry.line for entry in entries] == [1, 2, 3, 4, 6, 7, 8, 9, 11, 12, 13, 15, 16, 17]
    assert all(entry.editable and entry.get("title") for entry in entries)
    assert [entry.flaws for entry in entries] == [
        (),
        ("The key was used before, on line 1",),
        ("The field title is given more than once; the first counts",),
        ("There is no comma after the key",),
        ("The entry has no key",),
        ("The entry has no key",),
        ("The entry has no key",),
        ("There is no comma after the field title",),
        ("There are two commas in a row",),
        (), (), (), (),
        ("The key contains a blank",),
    ]  # fmt: skip


def test_reference_on_the_line_of_another_is_an_entry_too():
    source = (
        b"@misc{a, title = {A}}@article{b\n  title = {B}} @article{c title = {C}}\n"
        b"@misc{d\n title = {D}}@misc{e title={E}}"
    )
    assert [entry.get("title") for entry in Document.read(source).entries] == list("ABCDE")


def test_each_of_them_can_be_written_to():
    source = b"@article{c\n  title = {A}}\n@my-type{f, title = {B}}\n@article{c,\n  title = {C}\n  year = 2020\n}\n"
    document = Document.read(source)
    output = document.prove_and_render({entry.index: adding(("doi", "10.1/x")) for entry in document.entries})
    assert output == (
        b"@article{c\n  title = {A},\n  doi = {10.1/x}}\n"
        b"@my-type{f, title = {B}, doi = {10.1/x}}\n"
        b"@article{c,\n  title = {C}\n  year = 2020,\n  doi = {10.1/x}\n}\n"
    )


def test_words_with_an_at_sign_in_running_text_are_no_entries():
    source = b"Write to me@home {or} not, cite it as \\cite{x} of @article{key}.\n@article{a, title = {A}}\n"
    assert [entry.key for entry in Document.read(source).entries] == ["a"]


@pytest.mark.parametrize("field", ["doi", "DOI", "Doi"])
def test_field_that_is_there_in_any_case_is_never_added_again(field):
    with pytest.raises(DocumentProofError, match="twice"):
        added(f"@article{{a, {field} = {{10.1/x}}}}", ("doi", "10.1/y"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (adding(("doi", "x"), ("DOI", "y")), "twice"),
        (adding(("two words", "x")), "field name"),
        (adding(("", "x")), "field name"),
        (adding(("x}", "x")), "field name"),
        (EntryChange(replace=(("isbn", Value.text("x")),)), "lacks"),
        (EntryChange(replace=(("year", Value.text("x")), ("YEAR", Value.text("x")))), "twice"),
    ],
)
def test_changes_that_make_no_sense_are_refused(change, words):
    with pytest.raises(DocumentProofError, match=words):
        Document.read(b"@article{a, year = 2020}").prove_and_render({0: change})


@pytest.mark.parametrize("index", [-1, 1])
def test_entry_that_is_not_there_is_refused(index):
    with pytest.raises(DocumentProofError, match="no entry"):
        Document.read(b"@article{a, year = 2020}").prove_and_render({index: adding(("doi", "x"))})


def test_replaced_value_keeps_the_delimiters_of_the_old_one():
    source = b'@misc{a, n = 1, Q = "1", b = {1}, m = jan, t = {x}}'
    values = [("n", "22"), ("q", "22"), ("b", "22"), ("m", "22"), ("t", 'a "word"')]
    change = EntryChange(replace=tuple((name, Value.text(content)) for name, content in values))
    output = Document.read(source).prove_and_render({0: change})
    assert output == b'@misc{a, n = 22, Q = "22", b = {22}, m = {22}, t = {a "word"}}'


def test_text_in_place_of_a_number_and_quoted_words_in_place_of_quotes_get_braces():
    change = EntryChange(replace=(("n", Value.text("a word")), ("q", Value.text('a "word"'))))
    output = Document.read(b'@misc{a, b = {}, c = {}, n = 1, q = "1"}').prove_and_render({0: change})
    assert output == b'@misc{a, b = {}, c = {}, n = {a word}, q = {a "word"}}'


def test_value_replaced_by_itself_changes_nothing():
    source = b"@misc{a, citation_count = {12}}"
    change = EntryChange(replace=(("citation_count", Value.text("12")),))
    assert Document.read(source).prove_and_render({0: change}) is source


def test_of_a_field_given_twice_the_first_is_replaced():
    change = EntryChange(replace=(("n", Value.text("3")),))
    assert Document.read(b"@misc{a, n = {1}, n = {2}}").prove_and_render({0: change}) == b"@misc{a, n = {3}, n = {2}}"


def test_replacing_and_adding_go_together():
    change = EntryChange(add=(("doi", Value.text("10.1/x")),), replace=(("doi_date", Value.text("2026")),))
    output = Document.read(b"@misc{a,\n  doi_date = {2025},\n}").prove_and_render({0: change})
    assert output == b"@misc{a,\n  doi_date = {2026},\n  doi = {10.1/x},\n}"


def test_result_can_be_enriched_again():
    first = added("@misc{a,\n  title = {A}\n}\n", ("doi", "10.1/x"))
    assert added(first, ("url", "http://x")) == ("@misc{a,\n  title = {A},\n  doi = {10.1/x},\n  url = {http://x}\n}\n")


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (b"", "empty", "empty"),
        (b" \r\n\t", "empty", "empty"),
        (b"\xef\xbb\xbf", "empty", "empty"),
        (b"Dear Sir or Madam,", "not_bibtex", "No BibTeX entry"),
        (b"% only a comment\n@string{a = {b}}\n@comment{x}", "not_bibtex", "No BibTeX entry"),
        (
            b"\n@article{a,\n  title = {A\n",
            "not_bibtex",
            "Line 2: A brace in the field title is opened and never closed",
        ),
        (b"@Article,\n  title = {A},\n}", "not_bibtex", "Line 1: No brace follows the type"),
        (b"%PDF-1.7", "binary", "PDF"),
        (b"PK\x03\x04word/document.xml", "binary", "ZIP"),
        (b"@article{a,\n title={A\x00}}", "binary", "Line 2 holds a zero byte"),
        (b"\xff\xfe@", "undecodable", "UTF-16"),
    ],
)
def test_what_is_no_bibtex_is_refused_with_its_reason(data, code, words):
    with pytest.raises(DocumentError, match=words) as refused:
        Document.read(data)
    assert refused.value.code == code


def test_refusal_names_the_line_for_programs_too():
    with pytest.raises(DocumentError) as refused:
        Document.read(b"\n\n@article{a,\n  title = {A\n")
    assert refused.value.line == 3


def test_glance_counts_and_refuses_as_reading_does():
    assert glance(FILE) == 1
    assert glance(b"@article{a,\r  title = {A}\r}\r@book(b, title = {B})\r") == 2
    assert glance(b"Text @misc{a, title = {A}} @misc{b, title = {B}}") == 2
    for data, code in ((b"", "empty"), (b"no entry", "not_bibtex"), (b"%PDF", "binary")):
        with pytest.raises(DocumentError) as refused:
            glance(data)
        assert refused.value.code == code
    with pytest.raises(DocumentError) as refused:
        glance(b"@a{a,b={c}}\n@a{a,b={c}}\n", limits=Limits(max_entries=1))
    assert refused.value.code == "too_many_entries"
