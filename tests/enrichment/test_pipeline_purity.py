"""The core runs where there is no Django, and its output is the input with lines added."""

import subprocess
import sys
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.scholar_app.enrichment.document import Document
from apps.scholar_app.enrichment.pipeline import enrich
from apps.scholar_app.enrichment.record import Name, Record
from tests.enrichment.making import TODAY, FakeSource, is_input_with_insertions, record

ROOT = Path(__file__).resolve().parent.parent.parent
WITHOUT_DJANGO = """
import sys
sys.modules["django"] = None  # importing it now fails
from datetime import date
from apps.scholar_app.enrichment import Document, enrich
data = b"@article{k, title={Something unheard of}}"
result = enrich(Document.read(data), [], today=date(2026, 3, 1))
print(result.report.outcomes["not_found"], result.data == data)
"""


def test_the_core_works_without_django() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", WITHOUT_DJANGO], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("1 True\n", "")


def work(number: int, *, hostile: str = "") -> Record:
    """A work of its own, whose texts try to get out of their values."""
    return record(
        title=f"Widget number {number} in theory and practice", authors=(Name("Doe", "Jane"),),
        year=2000, years=(2000,), month=5, container="Journal of Widgets", publisher=hostile, volume="7", number="2",
        pages="1-9", issn=("0028-0836",), doi=f"10.1000/w{number}", url=f"https://w.org/{number}", pmid=f"1{number}",
        pdf=f"https://w.org/{number}.pdf", abstract=f"A long abstract {hostile} about widgets.",
        keywords=(hostile, "b"), citation_count=number,
    )  # fmt: skip


FIELDS = {
    "doi": "10.1000/w{n}", "year": "2000", "volume": "7", "journal": "Journal of Widgets", "abstract": "",
    "pages": "??", "note": "kept", "month": "may", "keywords": "a, b",
}  # fmt: skip
hostile_text = st.text(st.sampled_from(list("ab{}\\%$&#_~^\"'@,=\n\x00\u202eé中<>/")), max_size=12)


@st.composite
def bibliographies(draw: st.DrawFn) -> str:
    entries = []
    for number in range(draw(st.integers(1, 3))):
        names = draw(st.lists(st.sampled_from(sorted(FIELDS)), unique=True))
        form = draw(st.sampled_from(["  {name} = {{{value}}}", '  {name} = "{value}"']))
        lines = [form.format(name=name, value=FIELDS[name].format(n=number)) for name in names]
        title = f"  title = {{Widget number {number} in theory and practice}},\n  author = {{Jane Doe}}"
        newline = draw(st.sampled_from(["\n", "\r\n"]))
        text = f"@article{{k{number},\n" + ",\n".join([title, *lines]) + draw(st.sampled_from([",\n}", "\n}", "}"]))
        entries.append(text.replace("\n", newline))
    before = draw(st.sampled_from(["", "% a comment\n", "\ufeff"]))
    return before + "\n\n".join(entries) + draw(st.sampled_from(["", "\n"]))


@settings(deadline=None, max_examples=150)
@given(text=bibliographies(), hostile=hostile_text)
def test_a_second_run_adds_nothing_and_the_first_only_added(text: str, hostile: str) -> None:
    source = FakeSource(
        *(work(number, hostile=hostile) for number in range(3)),
        found_by=lambda query, found: query.title.split()[2] == found.title.split()[2],
    )
    first = enrich(Document.read(text.encode()), [source], today=TODAY)
    again = enrich(Document.read(first.data), [source], today=TODAY)
    assert first.report.outcomes["enriched"] == len(first.report.entries)
    assert again.report.outcomes["complete"] == len(again.report.entries)
    assert again.data == first.data
    assert is_input_with_insertions(text, first.data.decode())
    old, new = Document.read(text.encode()).entries, Document.read(first.data).entries
    for before, after in zip(old, new, strict=True):
        assert (before.key, before.type) == (after.key, after.type)
        assert all(after.fields[name] == value for name, value in before.fields.items())
