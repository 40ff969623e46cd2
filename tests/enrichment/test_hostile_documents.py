"""Whole runs over files that look like one thing and are another, or are the same thing thousands of times."""

import json

import pytest

from apps.scholar_app.enrichment import Document, enrich
from tests.enrichment.making import TODAY, FakeSource, is_input_with_insertions, turing

TITLE = "Computing Machinery and Intelligence"
ENTRY = f"@article{{%s,\n  title = {{{TITLE}}},\n  author = {{Turing, Alan M.}},\n  year = 1950\n}}\n"


def run(text: str):
    """The result, whose additions were proved to be nothing but additions."""
    result = enrich(Document.read(text.encode()), [FakeSource(turing())], today=TODAY)
    assert is_input_with_insertions(text, result.data.decode())
    return result


def test_a_thousand_duplicates_are_told_of_in_few_words():
    result = run("".join(ENTRY % "same" for _ in range(1_000)))
    assert result.report.outcomes["enriched"] == 1_000
    warnings = [entry.warnings for entry in result.report.entries]
    assert all(warnings), "each has another one"
    assert max(len(" ".join(said)) for said in warnings) < 1_000
    assert len(json.dumps(result.report.to_json())) < 1_000 * 4_000


@pytest.mark.parametrize(
    "other",
    ["turing1950\u200b", "\u202eturing1950", "\u0442uring1950", "tur\u0131ng1950", "turing\u00ad1950", "ｔuring1950"],
    ids=["zero width", "bidi", "Cyrillic", "dotless", "soft hyphen", "full width"],
)
def test_keys_that_look_alike_are_two_keys_and_neither_is_changed(other):
    document = Document.read((ENTRY % "turing1950" + ENTRY % other).encode())
    assert [entry.key for entry in document.entries] == ["turing1950", other]
    assert not any(entry.flaws for entry in document.entries), "the key was not used before"
    result = run(ENTRY % "turing1950" + ENTRY % other)
    assert result.data.decode().count(f"@article{{{other},") == 1
    assert result.report.outcomes["enriched"] == 2


@pytest.mark.parametrize(
    "title",
    ["\u202e" + TITLE, TITLE.replace("M", "\u041c"), "\u200b".join(TITLE), TITLE + "\u2066\u2069" * 50],
    ids=["bidi", "Cyrillic", "zero width", "isolates"],
)
def test_tricks_in_a_title_make_at_most_a_work_that_is_not_found(title):
    result = run((ENTRY % "k").replace(TITLE, title))
    (entry,) = result.report.entries
    assert entry.outcome in {"enriched", "not_found", "ambiguous"}
    assert title.encode() in result.data


def test_a_homoglyph_in_an_identifier_is_never_another_works_identifier():
    text = "@article{k, title = {Quite another thing}, doi = {10.1093/mind/li\u0445.236.433}, year = 1999}\n"
    (entry,) = run(text).report.entries
    assert entry.outcome != "enriched"
    assert entry.added == ()
