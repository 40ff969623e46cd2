"""What would cost the parser too much is refused before it is parsed, with a reason."""

import logging

import pytest

from apps.scholar_app.enrichment.document import Document, Limits
from apps.scholar_app.enrichment.errors import DocumentError

DEFAULT = Limits()
ENTRY = b"@misc{a, title = {A}}\n"


def code_of(data: bytes, limits: Limits = DEFAULT) -> str:
    """The code of the refusal, or nothing."""
    try:
        Document.read(data, limits=limits)
    except DocumentError as error:
        return error.code
    return ""


def test_size_is_refused_above_the_limit_alone():
    assert code_of(ENTRY, Limits(max_bytes=len(ENTRY))) == ""
    assert code_of(ENTRY, Limits(max_bytes=len(ENTRY) - 1)) == "too_large"


def test_refusal_for_size_names_the_limit_in_megabytes():
    with pytest.raises(DocumentError, match=r"larger than 10 MB\."):
        Document.read(b" " * (10 * 1024 * 1024 + 1))


def test_entries_are_refused_above_the_limit_alone():
    entries = b"".join(b"@misc{k%d, title = {A}}\n" % number for number in range(5))
    assert code_of(entries, Limits(max_entries=5)) == ""
    assert code_of(entries, Limits(max_entries=4)) == "too_many_entries"


def test_refusal_for_entries_says_how_many_there_are():
    with pytest.raises(DocumentError, match="has 10,001 entries; at most 10,000 are taken"):
        Document.read(ENTRY * 10_001)


def test_entries_that_only_reading_finds_count_as_well():
    assert code_of(b"@misc{a, title = {A}} @misc{b, title = {B}}\n", Limits(max_entries=1)) == "too_many_entries"


def test_macros_and_comments_are_no_entries():
    assert code_of(b"@string{a = {b}}\n" * 9 + b"@comment{x}\n" + ENTRY, Limits(max_entries=1)) == ""


def test_addresses_are_no_entries():
    assert code_of(ENTRY + b"me@example.org\n" * 20_000) == ""


def test_delimiters_are_refused_above_the_limit_alone():
    delimiters = ENTRY.count(b"{") + ENTRY.count(b"}") + ENTRY.count(b",") + ENTRY.count(b"=") + ENTRY.count(b"\n")
    assert code_of(ENTRY, Limits(max_delimiters=delimiters)) == ""
    assert code_of(ENTRY, Limits(max_delimiters=delimiters - 1)) == "too_complex"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"{" * 3_000_000, "too_complex"),
        (b"}" * 3_000_000, "too_complex"),
        (b"@article{" * 100_000, "too_complex"),
        (b"@article{\n" * 100_000, "too_many_entries"),
        (b"@article{k,\n" * 100_000, "too_many_entries"),
        (b"@a(k,t={x}" * 100_000, "too_complex"),
        (b"@a{k,t={x}}" * 100_000, "too_complex"),
        (b'@a{k,t="' + b"x" * 1_000_000, "not_bibtex"),
        (b"@a{k,t=" + b"{" * 100_000 + b"}" * 100_000 + b"}", ""),
        (b"@a{k,t=" + b"{" * 100_000 + b"}", "not_bibtex"),
        (b"@a{k,t={" + b"x" * 1_000_000 + b"}}", "not_bibtex"),
        (b"@a{k" + b",f={x}" * 10_000 + b"}", "not_bibtex"),
        (b"@" + b" " * 1_000 + b"{", "too_complex"),
        (ENTRY + b"@" + b" " * 999 + b"\n", ""),
        (b"@" + b"a" * 1_000_000 + b"{", "not_bibtex"),
        (b"@comment{" + ENTRY * 1_000, ""),
        (ENTRY + b"\\" * 1_000_000, ""),
        (b"\0" * 1_000, "binary"),
        (b"@misc{a, title = {A" + b"\r" * 100_000 + b"}}", ""),
        (b"@misc{a, t = a" + b" # a" * 50_000 + b"}", ""),
    ],
)
def test_parser_bombs_are_refused_or_harmless(data, code):
    assert code_of(data) == code


@pytest.mark.parametrize(
    "data",
    [
        b"@a{" + b"x" * 2_000_000 + b" y = {z}}",
        b"@a{" + b"x " * 1_000_000 + b" y = {z}}",
        b'@a{k, t = "' + b"\n" * 1_500_000 + b"}\n" + ENTRY,
        b"@a{k, t = {" + b"\n" * 1_500_000 + ENTRY,
        b"@a{k, t = {x}" + b" " * 2_000_000 + b",}\n" + ENTRY,
        b"@a{k, t = {x}}" + b"\n" * 1_500_000 + ENTRY,
        b"@a{k, t = {x}," + b"%\n" * 500_000 + b"}\n" + ENTRY,
        b"@a{k, t = {" + b"\\" * 2_000_000 + b"}}\n" + ENTRY,
        ENTRY + b"@" + b"w" * 2_000_000,
        ENTRY + b"@" * 2_000_000,
        ENTRY + b"\xe9" * 2_000_000,
    ],
    ids=range(11),
)
def test_long_runs_of_one_thing_take_time_in_proportion(data):
    """Anything that looked at each of them from each of them would need hours."""
    assert Document.read(data).entries


def test_one_huge_macro_used_everywhere_stays_small():
    source = (
        b"@string{big = {" + b"x" * 100_000 + b"}}\n" + b"".join(b"@misc{k%d, t = big # big}\n" % n for n in range(500))
    )
    entries = Document.read(source).entries
    assert {len(entry.fields["t"]) for entry in entries} == {2_000}


@pytest.mark.parametrize(
    ("magic", "kind"),
    [(b"%PDF-1.4", "PDF"), (b"PK\x03\x04", "ZIP"), (b"\x89PNG\r\n", "picture"), (b"\xff\xd8\xff\xe0", "picture"),
     (b"GIF89a", "picture"), (b"\x1f\x8b\x08", "gzip"), (b"{\\rtf1", "rich text"), (b"\xd0\xcf\x11\xe0", "Office"),
     (b"SQLite format 3\0", "database")],
)  # fmt: skip
def test_another_kind_of_file_is_named(magic, kind):
    with pytest.raises(DocumentError, match=kind) as refused:
        Document.read(magic + ENTRY)
    assert refused.value.code == "binary"


def test_nothing_the_user_wrote_reaches_the_log(caplog):
    with caplog.at_level(logging.DEBUG):
        Document.read(b"@article{secret, title = {A\n" + ENTRY)
    assert caplog.text == ""
