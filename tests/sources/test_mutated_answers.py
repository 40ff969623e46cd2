"""Recorded works with something hostile in them: refused or read, and whatever is read can be merged and written."""

import base64
import copy
import gzip
import json
import random
from collections.abc import Callable, Iterator
from datetime import date
from itertools import islice
from typing import Any

import pytest

from apps.scholar_app.enrichment import Document, enrich, record_json
from apps.scholar_app.enrichment.record import Record
from apps.scholar_app.enrichment.sources import crossref, dblp, europepmc, openalex, semanticscholar
from apps.scholar_app.enrichment.sources.reading import ShapeError
from tests.enrichment.making import FakeSource, is_input_with_insertions
from tests.shared_data import needs_shared_data, shared

TODAY = date(2026, 8, 1)
MUTANTS = 250
#: What no index should send: other types, numbers beyond reason, text that means something to LaTeX, BibTeX,
#: a spreadsheet or a browser, and characters that no file can hold.
HOSTILE: list[Any] = [
    *(None, True, 0, -1, 10**30, 1e308, float("inf"), float("nan"), "", " ", "x" * 5000, [], {}, [None], [[]], [{}]),
    *(["x"], [1], [[2020]], [[None]], [[2020, 99]], {"a": None}, "9999", "2020-13-45", "\u0661\u0669\u0669\u0669"),
    *("{", "}", "\\", "%", "a\nb", "\\input{/etc/passwd}", "$\\frac{", "@article{x,", "<b>", "&amp;", "&#0;"),
    *("javascript:alert(1)", "http://a b", "https://x/{}", "10.1000/a b", "=cmd|' /C calc'!A0"),
    *("\x00", "\ud800", "\u202e", "\u00e9" * 50),
]
Reader = Callable[..., Record]
READERS: dict[str, tuple[Reader, str]] = {
    "crossref": (crossref.record_of, "crossref_works.jsonl.gz"),
    "openalex": (openalex.record_of, "openalex_works.jsonl.gz"),
    "semanticscholar": (semanticscholar.record_of, "s2_papers.jsonl.gz"),
    "dblp": (dblp.record_of, "dblp_hits.jsonl.gz"),
    "europepmc": (europepmc.record_of, ""),
}


def recorded(name: str) -> list[dict[str, Any]]:
    """The first hundred works."""
    if name == "europepmc":
        files = sorted(shared("api", name).glob("europepmc_200_text_*.json"))
        bodies = [base64.b64decode(json.loads(path.read_text())["response"]["body"]) for path in files]
        return [work for body in bodies for work in json.loads(body)["resultList"]["result"]]
    with gzip.open(shared("catalogue", READERS[name][1]), "rt", encoding="utf-8") as lines:
        works = [json.loads(line) for line in islice(lines, 100)]
    return [work["info"] for work in works] if name == "dblp" else works


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where anything stands in a work, but for the tails of lists."""
    if path:
        yield path
    within = value.items() if isinstance(value, dict) else enumerate(value[:4]) if isinstance(value, list) else ()
    for key, part in within:
        yield from places(part, (*path, key))


def mutate(work: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """A copy in which one place, or a few, are gone or hold something else."""
    mutant = copy.deepcopy(work)
    for _ in range(chance.choice([1, 1, 1, 2, 4])):
        *way, last = chance.choice(list(places(mutant)) or [(None,)])
        part: Any = mutant
        for key in way:
            part = part[key]
        if chance.random() < 0.2:
            part.pop(last, None) if isinstance(part, dict) else part.pop(last)
        else:
            part[last] = copy.deepcopy(chance.choice(HOSTILE))
    mutant.pop(None, None)
    return mutant


def file_with(record: Record) -> bytes:
    """An entry that this record is found for."""
    title = "".join(char for char in record.title[:200] if char.isalnum() or char == " ")
    return f"@article{{k,\n  title = {{{title}}},\n  year = {record.year or 2000}\n}}\n".encode(errors="ignore")


@needs_shared_data
@pytest.mark.parametrize("name", READERS)
def test_whatever_an_index_sends_is_refused_or_harmless(name: str) -> None:
    chance, works, written = random.Random(name), recorded(name), 0  # the same mutants each time
    for _ in range(MUTANTS):
        try:
            record = READERS[name][0](mutate(chance.choice(works), chance), retrieved=TODAY)
        except ShapeError:
            continue
        assert record_json.loads(record_json.dumps(record)) == record
        before = file_with(record)
        source = FakeSource(record)
        result = enrich(Document.read(before), [source], today=TODAY)
        json.dumps(result.report.to_json(), allow_nan=False).encode()
        assert is_input_with_insertions(before.decode(), result.data.decode())
        assert enrich(Document.read(result.data), [source], today=TODAY).data == result.data
        written += result.data != before
    assert written > MUTANTS // 20, "most mutants are to reach the file, or nothing is shown"
