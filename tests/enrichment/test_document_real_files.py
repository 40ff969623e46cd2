"""Real bibliographies and the files that parsers are tested with: nothing is lost, and nothing changes."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import bibtexparser
import pytest
from bibtexparser.model import Entry as ParsedEntry
from bibtexparser.model import ParsingFailedBlock

from apps.scholar_app.enrichment.bibtex.encoding import decode
from apps.scholar_app.enrichment.document import Document, safe_value
from apps.scholar_app.enrichment.errors import DocumentError
from tests.shared_data import SHARED_DATA, needs_shared_data, shared

from .documents import HOSTILE, changed

FILES = sorted(path for path in (SHARED_DATA / "bib").rglob("*") if path.is_file()) if SHARED_DATA else []
pytestmark = needs_shared_data


def read(path: Path) -> Document | None:
    """The document, or nothing for a file that holds no entry at all."""
    try:
        return Document.read(path.read_bytes())
    except DocumentError:
        return None


def keys_by_bibtexparser(text: str) -> Iterator[str]:
    """The keys of all entries with fields that the parser knows of, also of those it sets aside."""
    for block in bibtexparser.parse_string(text.replace("\r\n", "\n").replace("\r", "\n"), parse_stack=[]).blocks:
        inner = block
        while isinstance(inner, ParsingFailedBlock) and inner.ignore_error_block is not None:
            inner = inner.ignore_error_block
        if isinstance(inner, ParsedEntry) and inner.fields:
            yield inner.key


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_file_comes_back_and_survives_hostile_values_in_every_entry(path: Path):
    document = read(path)
    if document is None:
        return
    assert document.prove_and_render({}) == path.read_bytes()
    again = Document.read(document.prove_and_render(changed(document)))
    for before, after in zip(document.entries, again.entries, strict=True):
        expected = dict(before.fields)
        if before.editable:
            expected |= {name: _held(after.fields[name], value) for name, value in HOSTILE} | {"x10": "no_such_macro"}
        assert dict(after.fields) == expected


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_entry_that_bibtexparser_knows_of_is_missing(path: Path):
    known = Counter(keys_by_bibtexparser(decode(path.read_bytes())[0]))
    document = read(path)
    found = Counter(block.key for block in (*document.entries, *document.damaged)) if document else Counter()
    assert known - found == Counter()


def test_entries_without_comma_behind_the_key_are_references_too():
    document = Document.read(shared("bib", "real", "dipy__dipy__references.bib").read_bytes())
    flawed = {entry.key: entry for entry in document.entries if entry.flaws}
    assert set(flawed) == {"Constantinides1997", "Nath2018"}
    assert all(entry.editable and entry.get("title") for entry in flawed.values())


def _held(found: str, value: str) -> str:
    """The value itself, or the ASCII form of it in a file that cannot hold it."""
    safe = safe_value(value)
    return found if found.isascii() and not safe.isascii() else safe
