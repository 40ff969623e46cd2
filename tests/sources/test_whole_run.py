"""A whole run over the network's own manners: a bibliography in, real sources asked, the file and the report out."""

import pytest

from apps.scholar_app.enrichment import Document, Options, SourceError, enrich
from tests.indexserver import Limit, Work
from tests.indexserver.faults import html, retry_after, status

from .faking import TODAY, FakeClock, shared_by, source_of

BY_DOI = b"""@article{one,
  title = {Deep Learning of Everything},
  author = {Knuth, Donald E.},
  doi = {10.1000/one},
}
"""
BY_TITLE = BY_DOI.replace(b"  doi = {10.1000/one},\n", b"  year = {2020},\n")
WORK = Work(
    "Deep Learning of Everything",
    doi="10.1000/one",
    abstract="We learn everything there is, and more, from very few examples. " * 3,
)


@pytest.fixture(autouse=True)
def works(server):
    server.works += [WORK, Work("Deep Learning of Something Else", doi="10.1000/two")]


def run(sources, data=BY_DOI, **options):
    return enrich(Document.read(data), sources, today=TODAY, options=Options(**options))


@pytest.mark.parametrize("data", [BY_DOI, BY_TITLE])
def test_entry_is_completed_by_what_crossref_says(server, shared, data):
    enriched = run([source_of("crossref", server, shared)], data)
    [entry] = enriched.report.to_json()["entries"]
    assert entry["outcome"] == "enriched"
    assert entry["doi"] == "10.1000/one"
    assert b"Journal of Examples" in enriched.data
    assert b"We learn everything" in enriched.data


@pytest.mark.parametrize("data", [BY_DOI, BY_TITLE])
@pytest.mark.parametrize(
    "fault", [html, status(503), status(404), retry_after("3600")], ids=lambda fault: fault.__name__
)
def test_outage_ends_the_run_and_is_never_not_found(server, shared, data, fault):
    server.always("crossref", fault)
    with pytest.raises(SourceError) as caught:
        run([source_of("crossref", server, shared)], data)
    assert caught.value.source == "crossref"
    assert caught.value.retryable


def test_optional_source_that_is_away_is_named_and_costs_no_more_than_its_patience(server, tmp_path):
    clock = FakeClock()
    shared = shared_by(tmp_path, clock=clock)
    server.always("semanticscholar", status(503))
    sources = [source_of(name, server, shared) for name in ("crossref", "semanticscholar")]
    entries = b"".join(BY_DOI.replace(b"{one", b"{key%d" % number) for number in range(600))
    enriched = run(sources, entries, optional_sources=frozenset({"semanticscholar"}))
    report = enriched.report.to_json()
    assert {entry["outcome"] for entry in report["entries"]} == {"enriched"}
    assert "503" in str(report["sources"]["semanticscholar"])
    assert clock.slept < 150


def test_thousand_entries_cost_as_few_calls_as_they_can(server, shared):
    server.works += [Work(f"Work number {number} of many", doi=f"10.1000/{number}") for number in range(1000)]
    server.limit("crossref", "list", Limit(at_once=3))
    entries = b"".join(
        b"@article{k%d, title = {Work number %d of many}, author = {Knuth, Donald E.}, doi = {10.1000/%d}}\n"
        % ((n,) * 3)
        for n in range(1000)
    )
    enriched = run([source_of("crossref", server, shared)], entries)
    assert enriched.report.outcomes["enriched"] == 1000
    assert len(server.calls("crossref")) == 20
    assert server.violations == []
