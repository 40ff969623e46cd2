"""Any bytes come in, and the same bytes go out; what is added is written in the file's own encoding."""

import codecs

import pytest

from apps.scholar_app.enrichment.bibtex.ascii_latex import ascii_latex
from apps.scholar_app.enrichment.bibtex.encoding import Encoding, decode
from apps.scholar_app.enrichment.document import Document
from apps.scholar_app.enrichment.errors import DocumentError, DocumentProofError

from .documents import adding, only_entry

MUELLER = "@article{a,\n  author = {Müller},\n}\n"


def enriched(data: bytes, value: str, name: str = "note") -> bytes:
    document = Document.read(data)
    assert document.prove_and_render({}) == data
    return document.prove_and_render({0: adding((name, value))})


@pytest.mark.parametrize(
    ("codec", "bom", "name"),
    [
        ("utf-8", b"", "utf-8"),
        ("utf-8", codecs.BOM_UTF8, "utf-8"),
        ("utf-16-le", codecs.BOM_UTF16_LE, "utf-16-le"),
        ("utf-16-be", codecs.BOM_UTF16_BE, "utf-16-be"),
        ("utf-32-le", codecs.BOM_UTF32_LE, "utf-32-le"),
        ("utf-32-be", codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_unicode_file_is_read_and_written_in_its_own_form(codec, bom, name):
    data = bom + MUELLER.encode(codec)
    document = Document.read(data)
    assert (document.encoding, document.bom, document.data) == (name, bom, data)
    assert document.entries[0].get("author") == "Müller"
    expected = MUELLER.replace("},\n", "},\n  note = {Erdős 中},\n")
    assert enriched(data, "Erdős 中") == bom + expected.encode(codec)


@pytest.mark.parametrize(("codec", "name"), [("utf-16-le", "utf-16-le"), ("utf-16-be", "utf-16-be")])
def test_utf16_without_mark_is_read_and_gets_ascii(codec, name):
    data = MUELLER.encode(codec)
    assert Document.read(data).encoding == name
    assert enriched(data, "Erdős") == MUELLER.replace("},\n", "},\n  note = {Erd{\\H{o}}s},\n").encode(codec)


def test_western_file_gets_what_its_encoding_holds_and_the_rest_as_latex():
    data = MUELLER.encode("cp1252")
    assert Document.read(data).encoding == "cp1252"
    assert only_entry(data).get("author") == "Müller"
    assert enriched(data, "Café").decode("cp1252").endswith("note = {Café},\n}\n")
    assert enriched(data, "Café, Erdős").decode("cp1252").endswith("note = {Caf{\\'{e}}, Erd{\\H{o}}s},\n}\n")


def test_only_a_file_that_shows_to_be_cp1252_gets_what_latin1_lacks():
    shown = MUELLER.replace("Müller", "Müller – “x”").encode("cp1252")
    assert enriched(shown, "Škoda €").decode("cp1252").endswith("note = {Škoda €},\n}\n")
    added = enriched(MUELLER.encode("cp1252"), "Škoda €")
    assert added.decode("latin-1") == added.decode("cp1252")
    assert added.endswith(b"note = {{\\v{S}}koda {\\texteuro}},\n}\n")


def test_latin1_byte_that_cp1252_lacks_makes_the_file_latin1_and_additions_ascii():
    data = b"@article{a,\n  author = {M\xfcller \x81},\n}\n"
    assert Document.read(data).encoding == "latin-1"
    assert enriched(data, "é") == data.replace(b"},\n", b"},\n  note = {{\\'{e}}},\n")


@pytest.mark.parametrize("codec", ["gbk", "shift-jis", "big5", "euc-kr"])
def test_file_in_an_encoding_nobody_told_us_gets_ascii_alone(codec):
    words = {"gbk": "北京大学学报", "shift-jis": "情報科学会", "big5": "國立臺灣大學", "euc-kr": "한국어논문지"}[codec]
    source = f"@article{{a,\n  journal = {{{words}}},\n}}\n"
    result = enriched(source.encode(codec), "é")
    assert result.decode(codec) == source.replace("},\n", "},\n  note = {{\\'{e}}},\n")


def test_one_stray_byte_does_not_spoil_the_other_names():
    data = "@article{a, author = {Müller and Šimić}}\n@book{b, author = {".encode() + b"Jos\xe9}}\n"
    document = Document.read(data)
    assert document.encoding == "utf-8"
    assert [entry.get("author") for entry in document.entries] == ["Müller and Šimić", "José"]
    assert document.prove_and_render({}) == data
    output = document.prove_and_render({1: adding(("note", "Erdős"))})
    assert output == data.replace(b"Jos\xe9}", b"Jos\xe9}, note = {Erd\xc5\x91s}")


def test_as_many_stray_bytes_as_letters_make_additions_ascii():
    data = "@article{a, author = {Müller Jos".encode() + b"\xe9}}\n"
    assert Document.read(data).encoding == "utf-8"
    assert enriched(data, "é") == data.replace(b"\xe9}", b"\xe9}, note = {{\\'{e}}}")


def test_ascii_file_is_utf8():
    assert enriched(b"@misc{a, title = {A}}", "é") == "@misc{a, title = {A}, note = {é}}".encode()


@pytest.mark.parametrize(
    "data",
    [
        codecs.BOM_UTF16_LE + b"@\x00a",
        codecs.BOM_UTF32_LE + b"@\x00\x00\x00a",
        codecs.BOM_UTF32_BE + b"\x00\x11\x00\x00",
    ],
)
def test_broken_promise_of_a_mark_is_refused(data):
    with pytest.raises(DocumentError) as refused:
        Document.read(data)
    assert refused.value.code == "undecodable"


def test_lone_surrogates_in_utf16_come_back():
    data = codecs.BOM_UTF16_LE + "@misc{a, title = {x\ud800y}}".encode("utf-16-le", "surrogatepass")
    assert enriched(data, "é").startswith(data[:-2])


def test_utf8_with_mark_and_stray_bytes_comes_back():
    data = codecs.BOM_UTF8 + b"@misc{a, title = {\xe9}}\n"
    assert enriched(data, "é") == data.replace(b"\xe9}", b"\xe9}, note = {\xc3\xa9}")


@pytest.mark.parametrize(
    "data", [bytes(range(256)), b"\xff", b"\x81\x8d", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80"]
)
def test_every_byte_is_decoded_so_that_it_can_be_written_back(data):
    text, encoding = decode(data)
    assert encoding.encode(text) == data


def test_decoding_is_only_trusted_when_it_leads_back(monkeypatch):
    monkeypatch.setattr(Encoding, "encode", lambda _self, text: text.encode() + b" ")
    with pytest.raises(DocumentError) as refused:
        Document.read(MUELLER.encode())
    assert refused.value.code == "undecodable"


@pytest.mark.parametrize(
    ("text", "newline"),
    [("a\nb\r\nc\r\n", "\r\n"), ("a\nb\nc\r\n", "\n"), ("a\rb\rc\n", "\r"), ("a\r\n\r\n\n", "\r\n"), ("a", "\n")],
)
def test_newline_of_the_document_is_that_of_most_lines(text, newline):
    assert Document.read(f"@misc{{a, b = {{c}}}}{text}".encode()).newline == newline


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        ("é è ü ñ ç ş å ø ß", "{\\'{e}} {\\`{e}} {\\\"{u}} {\\~{n}} {\\c{c}} {\\c{s}} {\\aa} {\\o} {\\ss}"),
        ("e\u0301", "{\\'{e}}"),
        ("ï ĵ", '{\\"{\\i}} {\\^{\\j}}'),
        ("ệ", "{\\^{\\d{e}}}"),
        ("“a” – b…", "``a'' -- b{\\ldots}"),
        ("α-helix, Ω, Α", "\\ensuremath{\\alpha}-helix, \\ensuremath{\\Omega}, {\\symbol{913}}"),
        ("x ≤ 2", "x \\ensuremath{\\leq} 2"),
        ("中", "{\\symbol{20013}}"),
        ("\u200dx", "{\\symbol{8205}}x"),
    ],
)
def test_ascii_form_is_latex_that_prints_the_same(value, expected):
    assert ascii_latex("title", value) == expected


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("url", "http://x/é?a=%20&b=ü", "http://x/%C3%A9?a=%20&b=%C3%BC"),
        ("DOI", "10.1/ü", "10.1/%C3%BC"),
        ("url", "http://x/a_b%20#c", "http://x/a_b%20#c"),
    ],
)
def test_links_are_escaped_as_links_are(name, value, expected):
    assert ascii_latex(name, value) == expected


def test_the_ascii_form_is_the_callers_choice():
    document = Document.read(MUELLER.encode("cp1252"))
    output = document.prove_and_render(
        {0: adding(("note", "Erdős"))}, to_ascii=lambda name, value: f"{name}?{len(value)}"
    )
    assert output.endswith(b"note = {note?5},\n}\n")


def test_ascii_form_that_is_none_is_not_written():
    document = Document.read(MUELLER.encode("cp1252"))
    with pytest.raises(DocumentProofError, match="encoding"):
        document.prove_and_render({0: adding(("note", "Erdős"))}, to_ascii=lambda _name, value: value)
