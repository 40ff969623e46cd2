"""Whatever goes wrong while writing, the proof sees it, and nothing is given out."""

import pytest

from apps.scholar_app.enrichment.bibtex import proof, rendering
from apps.scholar_app.enrichment.bibtex.encoding import Encoding
from apps.scholar_app.enrichment.bibtex.splice import Edit, splice, unsplice
from apps.scholar_app.enrichment.bibtex.style import Style
from apps.scholar_app.enrichment.document import Document, EntryChange, Value
from apps.scholar_app.enrichment.errors import DocumentProofError

from .documents import adding

SOURCE = b'% x\n@misc{a,\n  title = {A},\n  note = "N",\n}\n@misc{b, title = {B}}\n'


def render() -> bytes:
    changes = {0: adding(("doi", "10.1/x")), 1: EntryChange(replace=(("title", Value.text("C")),))}
    return Document.read(SOURCE).prove_and_render(changes)


def test_nothing_is_wrong_without_a_fault():
    assert render() == (b'% x\n@misc{a,\n  title = {A},\n  note = "N",\n  doi = {10.1/x},\n}\n@misc{b, title = {C}}\n')


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("% x", "% y", "besides the additions"),
        ("{A}", "{a}", "besides the additions"),
        ("\n", "\r\n", "besides the additions"),
        ("10.1/x", "10.1/y", "besides the additions"),
        ("  doi = {10.1/x},\n", "", "besides the additions"),
    ],
)
def test_anything_changed_besides_the_edits_is_seen(monkeypatch, before, after, words):
    monkeypatch.setattr(proof, "splice", lambda text, edits: splice(text, edits).replace(before, after))
    with pytest.raises(DocumentProofError, match=words):
        render()


@pytest.mark.parametrize(
    "raw",
    [
        "{10.1/x",
        "10.1/x}",
        "{10.1/x}, evil = {1}",
        "{10.1/x}}\n@misc{evil, a = {b}",
        "{10.1/x} % note",
        '"',
        "{a\\}",
        "",
        "{a},,",
        "{10.1/y}",
        "x",
    ],
)
def test_value_that_gets_out_of_its_field_or_says_something_else_is_seen(monkeypatch, raw):
    monkeypatch.setattr(Style, "delimited", lambda _style, _value: raw)
    with pytest.raises(DocumentProofError):
        Document.read(SOURCE).prove_and_render({0: adding(("doi", "10.1/x"))})


@pytest.mark.parametrize("shift", [-12, -3, -1, 2, 3, 4, 10])
def test_insertion_in_the_wrong_place_is_seen(monkeypatch, shift):
    insertion = rendering.Planner._insertion

    def elsewhere(self, layout, style, added):
        edit = insertion(self, layout, style, added)
        return Edit(edit.start + shift, edit.end + shift, edit.new)

    monkeypatch.setattr(rendering.Planner, "_insertion", elsewhere)
    with pytest.raises(DocumentProofError):
        Document.read(SOURCE).prove_and_render({0: adding(("doi", "x"))})


def test_replacing_more_than_the_value_is_seen(monkeypatch):
    monkeypatch.setattr(
        rendering, "Edit", lambda start, end, new: Edit(start, end + 1, new) if end > start else Edit(start, end, new)
    )
    with pytest.raises(DocumentProofError):
        render()


def test_encoder_that_changes_something_is_seen(monkeypatch):
    encode = Encoding.encode
    document = Document.read(SOURCE)
    monkeypatch.setattr(Encoding, "encode", lambda self, text: encode(self, text).replace(b"% x", b"% y"))
    with pytest.raises(DocumentProofError):
        document.prove_and_render({0: adding(("doi", "10.1/x"))})


def test_edits_are_put_in_and_taken_out_again():
    edits = [Edit(0, 0, "<"), Edit(1, 3, "-"), Edit(5, 5, ">")]
    assert splice("abcde", edits) == "<a-de>"
    assert unsplice("abcde", "<a-de>", edits) == "abcde"
    assert unsplice("abcde", "<a+de>", edits) is None
    assert unsplice("abcde", "<a-dx>", edits) == "abcdx"


@pytest.mark.parametrize(
    "edits", [[Edit(2, 3, ""), Edit(1, 1, "")], [Edit(1, 3, ""), Edit(2, 4, "")], [Edit(4, 6, "")], [Edit(3, 2, "")]]
)
def test_edits_that_overlap_or_lie_outside_are_refused(edits):
    with pytest.raises(ValueError, match="overlap"):
        splice("abcde", edits)
