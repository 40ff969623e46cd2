"""Real bibliographies, and those that parsers are tested with, through the whole run: nothing is lost or spoilt."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from apps.scholar_app.catalogue.loading import Loader
from apps.scholar_app.catalogue.source import CatalogueSource
from apps.scholar_app.catalogue.sqlite import SqliteCatalogue
from apps.scholar_app.enrichment import Document, DocumentError, Enrichment, Options, Source, enrich
from apps.scholar_app.enrichment.matching import query_of, reference_of
from apps.scholar_app.enrichment.record import Identifier, Name, Query, Record, Scheme, SourceTally
from tests.enrichment.making import TODAY, is_input_with_insertions, record
from tests.shared_data import SHARED_DATA, needs_shared_data, shared

REAL = (
    "nilearn__nilearn__references.bib", "d2l-ai__d2l-en__d2l.bib", "dipy__dipy__references.bib",
    "glottolog__glottolog__elpub.bib", "autobib__serde_bibtex__www.prob.org.uk_pamg_KingmanBib.bib",
)  # fmt: skip
TYPES = {
    "article": "journal-article", "paper": "proceedings-article", "chapter": "book-chapter", "book": "book",
    "thesis": "dissertation", "report": "report", "preprint": "posted-content", "dataset": "dataset",
    "": "journal-article",
}  # fmt: skip


def files() -> list[Path]:
    if SHARED_DATA is None:
        return []
    return [*sorted(shared("bib", "nasty").iterdir()), *(shared("bib", "real", name) for name in REAL)]


class Oracle:
    """Knows every entry of a document as the work it says it is, and much more about it, in hostile words."""

    name = "crossref"
    resolves: frozenset[Scheme] = frozenset({"doi", "arxiv", "pmid", "pmcid"})
    batch_size = 50
    searches = True

    def __init__(self, document: Document) -> None:
        self.by_identifier: dict[Identifier, Record] = {}
        self.by_query: dict[Query, list[Record]] = defaultdict(list)
        for number, entry in enumerate(document.entries):
            reference = reference_of(entry)
            said = dict(reversed(reference.identifiers))
            known = record(
                type=TYPES[reference.kind], title=reference.title or "A title the entry lacks", month=4,
                authors=reference.authors or (Name("Doe", "Jané"),), year=reference.year or 2001,
                container=reference.container or "Journal of % & Widgets_{x}", publisher="Łódź #1 Press",
                volume=reference.volume or "7", number=reference.number or "2", pages=reference.first_page or "11-22",
                issn=("0028-0836",), isbn=("9780262035613",), doi=said.get("doi", f"10.5555/x{number}"),
                pmid=said.get("pmid", f"9000{number}"), pmcid=said.get("pmcid", ""), arxiv=said.get("arxiv", ""),
                arxiv_class="cs.LG", url=f"https://w.org/a_b%20c?x={number}&y=#z", pdf="https://w.org/x.pdf",
                abstract="<p>An {unbalanced & 50% abstract} with $x_1$ \\input{x}, “quotes” and 中文.</p>",
                keywords=("a_b", "c,d"), citation_count=number,
            )  # fmt: skip
            for identifier in (*reference.identifiers, *known.identifiers()):
                self.by_identifier.setdefault(identifier, known)
            self.by_query[query_of(reference)].append(known)

    def fetch(self, identifiers: Sequence[Identifier]) -> Mapping[Identifier, Record]:
        return {one: self.by_identifier[one] for one in identifiers if one in self.by_identifier}

    def search(self, query: Query) -> Sequence[Record]:
        return self.by_query[query]

    def tally(self) -> SourceTally:
        return SourceTally()


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CatalogueSource]:
    store = SqliteCatalogue(tmp_path_factory.mktemp("catalogue") / "catalogue.sqlite3")
    Loader(store).load([shared("catalogue", "crossref_works.jsonl.gz")])
    yield CatalogueSource(store)
    store.close()


def check(document: Document, enrichment: Enrichment) -> None:
    """The output is the input with fields added, and the report says all of it."""
    report = enrichment.report.to_json()
    assert len(report["entries"]) == len(document.entries) + len(document.damaged)
    assert json.loads(json.dumps(report, allow_nan=False)) == report
    assert enrichment.report.to_csv().count("\r\n") == len(report["entries"]) + 1
    assert is_input_with_insertions(document.data.decode("latin-1"), enrichment.data.decode("latin-1"))
    after = Document.read(enrichment.data)
    assert (after.encoding, after.bom, len(after.damaged)) == (document.encoding, document.bom, len(document.damaged))
    for old, new in zip(document.entries, after.entries, strict=True):
        assert (old.key, old.type) == (new.key, new.type)
        assert all(new.fields[name] == value for name, value in old.fields.items())


@needs_shared_data
@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_a_file_keeps_all_it_had_and_a_second_run_adds_nothing(path: Path, catalogue: CatalogueSource) -> None:
    try:
        document = Document.read(path.read_bytes())
    except DocumentError as refusal:
        assert refusal.code in {"empty", "not_bibtex"}  # noqa: PT017
        return
    sources: list[Source] = [catalogue, Oracle(document)]
    first = enrich(document, sources, today=TODAY)
    check(document, first)
    again = enrich(Document.read(first.data), sources, today=TODAY)
    assert again.data == first.data
    known = {index for index, entry in enumerate(first.report.entries) if entry.outcome in {"enriched", "complete"}}
    assert all(again.report.entries[index].outcome == "complete" for index in known)


@needs_shared_data
@pytest.mark.parametrize("name", REAL)
def test_placeholders_are_replaced_and_all_else_stays(name: str, catalogue: CatalogueSource) -> None:
    document = Document.read(shared("bib", "real", name).read_bytes())
    enrichment = enrich(
        document, [catalogue, Oracle(document)], today=TODAY, options=Options(replace_placeholders=True)
    )
    replaced = {(entry.line, change.field) for entry in enrichment.report.entries for change in entry.replaced}
    for old, new in zip(document.entries, Document.read(enrichment.data).entries, strict=True):
        kept = {field: value for field, value in old.fields.items() if (old.line, field) not in replaced}
        assert all(new.fields[field] == value for field, value in kept.items())
