"""What must hold for any bytes whatever, by the name of what reads them; a broken promise is an exception.

``python -m tests.fuzz`` looks for bytes that break one (``make fuzz``), guided by which branches they reach;
``test_targets.py`` tries some in every run of the suite. What was found has a plain test where its subject is tested.
"""

import json
import random
import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, NamedTuple
from urllib.parse import unquote, urlencode
from xml.sax.saxutils import escape

from apps.scholar_app.enrichment import Document, enrich, record_json
from apps.scholar_app.enrichment.bibtex.ascii_latex import ascii_latex
from apps.scholar_app.enrichment.errors import SourceError
from apps.scholar_app.enrichment.identifiers import (
    is_valid_issn,
    parse_arxiv,
    parse_corpus_id,
    parse_doi,
    parse_isbn,
    parse_pmcid,
    parse_pmid,
)
from apps.scholar_app.enrichment.latex import latex_to_text
from apps.scholar_app.enrichment.markup import markup_to_latex, title_to_latex
from apps.scholar_app.enrichment.names import MAX_NAMES, parse_names
from apps.scholar_app.enrichment.record import Identifier, Query, Record
from apps.scholar_app.enrichment.sources import registry
from apps.scholar_app.enrichment.sources.manners import Access, Call, Manners
from apps.scholar_app.enrichment.sources.reading import ShapeError
from apps.scholar_app.enrichment.sources.transport import Answer
from tests.enrichment.making import FakeSource, is_input_with_insertions
from tests.enrichment.test_document_properties import keeps_every_byte
from tests.enrichment.test_markup import is_safe
from tests.indexserver import server
from tests.indexserver.requests import Reply, Request
from tests.indexserver.works import Work
from tests.sources.test_mutated_answers import HOSTILE, file_with, mutate

TODAY = date(2026, 8, 1)
#: Known to every index under one of these identifiers.
WORK = Work(
    "On <i>computable</i> numbers &amp; their limits", doi="10.1000/182", abstract="<jats:p>Short.</jats:p>",
    pmid="12345", pmcid="PMC678", arxiv="2101.00001", s2="182",
)  # fmt: skip
ASKED = [
    *(Identifier("doi", "10.1000/182"), Identifier("arxiv", "2101.00001"), Identifier("pmid", "12345")),
    *(Identifier("pmcid", "678"), Identifier("isbn", "9780000000002"), Identifier("s2", "182")),
]
PARSERS = (parse_doi, parse_arxiv, parse_pmid, parse_pmcid, parse_corpus_id, parse_isbn)


class Target(NamedTuple):
    """``check`` raises for bytes that break the promise; ``seeds`` are honest ones to begin with."""

    check: Callable[[bytes], None]
    seeds: Sequence[bytes]
    #: Bytes that mean something to the reader.
    pieces: Sequence[bytes] = ()
    mutate: Callable[[bytes, random.Random], bytes] | None = None


def text_of(data: bytes) -> str:
    """Any text, lone surrogates included, as a file of any encoding may bring it."""
    return data.decode("utf-8", "surrogatepass" if b"\xed" in data else "replace") if _is_wide(data) else _latin(data)


def _is_wide(data: bytes) -> bool:
    try:
        data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


def _latin(data: bytes) -> str:
    return data.decode("latin-1")


def identifiers(data: bytes) -> None:
    """What is read is an identifier in its normal form: reading it again gives it again, but for layers of escapes."""
    text = text_of(data)
    is_valid_issn(text)
    for parse in (parse_doi, parse_arxiv, parse_isbn):
        found = parse(text)
        assert found is None or parse(found) == found or set(found) & set("%&"), (parse.__name__, found)
    for parse in (parse_pmid, parse_pmcid, parse_corpus_id):
        found = parse(text)
        assert found is None or found.isdigit(), (parse.__name__, found)
    doi = parse_doi(text)
    assert doi is None or doi == doi.lower()
    assert doi is None or not [char for char in doi if unicodedata.category(char) in {"Cc", "Zs", "Zl", "Zp"}], doi


def latex(data: bytes) -> None:
    """LaTeX is read without end; what is written cannot end its value, nor leave ASCII where it must not."""
    text = text_of(data)
    shown = latex_to_text(text)
    assert shown == " ".join(shown.split())
    for written in (markup_to_latex(text), title_to_latex(text), markup_to_latex(text, styled=False)):
        assert is_safe(written), written
    assert ascii_latex("title", markup_to_latex(text)).isascii()


def names(data: bytes) -> None:
    """People have a name, and they are not more than there may be."""
    found = parse_names(text_of(data))
    assert len(found.people) <= 3 * MAX_NAMES
    for name in found.people:
        assert name.family
        assert name.family == name.family.strip()


class _Once:
    """A client whose every call is answered with the same bytes."""

    def __init__(self, manners: Manners, answer: Answer) -> None:
        self.manners = manners
        self._answer = answer

    def ask(self, call: Call[Any]) -> Any:
        try:
            return call.read(self._answer)
        except ShapeError as error:
            raise SourceError(self.manners.source, str(error)) from None


class _Played:
    """A client that asks the tests' index in this process, and keeps what it said."""

    def __init__(self, manners: Manners) -> None:
        self.manners = manners
        self.kept: list[Reply] = []

    def ask(self, call: Call[Any]) -> Any:
        body = urlencode(call.form).encode() if call.form is not None else b""
        body = json.dumps(call.payload).encode() if call.payload is not None else body
        params = {**call.params, **self.manners.params}
        request = Request(self.manners.source, "POST" if body else "GET", unquote(call.path), params, {}, body)
        reply = server.INDEXES[self.manners.source].answer(request, [WORK])
        self.kept.append(reply)
        return call.read(Answer(reply.status, {"content-type": reply.kind}, reply.body))


def _ask(name: str, client: Any) -> list[Record]:
    """Everything that a source finds when each kind of call is answered."""
    source = registry.INDEXES[name].source(client, today=TODAY)
    found: list[Record] = []
    asked = [identifier for identifier in ASKED if identifier.scheme in source.resolves]
    for question in (lambda: list(source.fetch(asked).values()), lambda: source.search(Query(title=WORK.title))):
        try:
            found += question()
        except SourceError:
            continue
    return found


def _manners(name: str) -> Manners:
    return registry.INDEXES[name].manners(Access(contact="op@example.org", key="k"))


def _reader(name: str) -> Target:
    """Whatever an index answers is refused or read, and whatever was read is harmless in a file and in a report."""
    played = _Played(_manners(name))
    assert _ask(name, played), f"the tests' {name} does not know the work"
    kinds = {reply.kind for reply in played.kept}

    def check(data: bytes) -> None:
        body = recorded_body(data)
        for kind in kinds:
            for record in _ask(name, _Once(_manners(name), Answer(200, {"content-type": kind}, body))):
                harmless(record)

    seeds = list(dict.fromkeys(reply.body for reply in played.kept if reply.status == 200))
    is_json = all("json" in kind for kind in kinds)
    return Target(check, seeds, mutate=_mutate_json if is_json else _mutate_xml)


def recorded_body(data: bytes) -> bytes:
    """The answer's body, out of the file of a recorded conversation; anything else as it is."""
    if not data.startswith(b'{"source"'):
        return data
    try:
        body = json.loads(data)["response"]["body"]
    except (ValueError, RecursionError, LookupError, TypeError):
        return data
    return body.encode("utf-8", "surrogatepass") if isinstance(body, str) else json.dumps(body).encode()


def harmless(record: Record) -> None:
    """It can be kept, told and written: nothing but additions, and none the second time."""
    assert record_json.loads(record_json.dumps(record)) == record
    before = file_with(record)
    try:
        document = Document.read(before)
    except ValueError:
        return
    result = enrich(document, [FakeSource(record)], today=TODAY)
    json.dumps(result.report.to_json(), allow_nan=False).encode()
    assert is_input_with_insertions(before.decode(), result.data.decode())
    assert enrich(Document.read(result.data), [FakeSource(record)], today=TODAY).data == result.data


def _mutate_json(data: bytes, chance: random.Random) -> bytes:
    """The same JSON with something hostile in it; what is none stays as it is."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return data
    wrapped = {"body": value}
    return json.dumps(mutate(wrapped, chance).get("body")).encode("utf-8", "surrogatepass")


def _mutate_xml(data: bytes, chance: random.Random) -> bytes:
    """The same XML with a tag or a text gone, doubled, moved, or hostile."""
    parts = [part for part in re.split(rb"(<[^>]+>)", data) if part]
    for _ in range(chance.choice([1, 1, 2, 4])):
        at = chance.randrange(len(parts) or 1)
        text = escape(str(chance.choice(HOSTILE))).encode("utf-8", "replace")
        other = chance.choice(parts or [text])
        parts[at : at + 1] = chance.choice([[], [text], [other], parts[at : at + 1] * 2, [*parts[at : at + 1], other]])
    return b"".join(parts)


BIBTEX = (
    b'@string{m = {Mind}}\n% a note\n@article{turing1950,\n  title = {Computing {M}achinery \\& {\\"U}},\n'
    b'  author = "Turing, A. M. and others",\n  journal = m # { 59},\n  year = 1950\n}\n',
    b'@comment{x}\r\n@book(knuth, title={A}, crossref = {turing1950},)\r\n@preamble{"x" # m}',
    "@misc{ü, title = {日本 – é}, note = {a } b}}".encode("utf-16"),
)
TEXTS = (
    b"https://doi.org/10.1000/182?x=1", b"arXiv:2101.00001v2 [cs.LG]", b"PMID: 12345", b"ISBN 978-0-201-03801-9",
    b"doi:10.1002/(SICI)1097-0258(19980815/30)17:15/16%3C1661::AID-SIM968%3E3.0.CO;2-2", b"CorpusID:182", b"0378-5955",
)  # fmt: skip
TEX = (
    b"{\\\"U}ber $\\alpha_{1}$ -- \\emph{E. coli} \\'{\\i} \\textsuperscript{2} <i>x</i> &amp; \\v{s}",
    b"<mml:math><mml:msub><mml:mi>x</mml:mi><mml:mn>2</mml:mn></mml:msub></mml:math> 5% of A_B ~ ^ \\ $3",
)
NAMES = (b"Knuth, Donald E. and {World Health Organization} and others", b"A. B. van der Berg, Jr. \\& C. D. E et al.")
SIGNS = [b"{", b"}", b'"', b"@", b",", b"#", b"=", b"%", b"\\", b"$", b" and ", b"10.1000/", b"\\v", b"\xed\xa0\x80"]
SIGNS += [b"&#x", b"&amp;", b"<i>", b"</", b"<mml:mi>", b"\xe2\x80\xae", b"\x00", b"\xff\xfe", b"@string{", b"crossref"]
TARGETS: dict[str, Target] = {
    "document": Target(keeps_every_byte, BIBTEX, SIGNS),
    "identifiers": Target(identifiers, TEXTS, SIGNS),
    "latex": Target(latex, TEX, SIGNS),
    "names": Target(names, NAMES, SIGNS),
    **{name: _reader(name) for name in registry.INDEXES},
}
