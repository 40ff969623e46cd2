"""Asking Semantic Scholar, and what its papers become."""

import gzip
import json
from datetime import date

import pytest

from apps.scholar_app.enrichment.record import Identifier, Name, Query
from apps.scholar_app.enrichment.sources.reading import ShapeError
from apps.scholar_app.enrichment.sources.semanticscholar import record_of
from tests.indexserver import Work
from tests.shared_data import needs_shared_data, shared

from .faking import KEY, source_of

TODAY = date(2026, 8, 1)
WORK = Work("One", doi="10.1000/one", arxiv="2001.00001", pmid="101", pmcid="201", s2="301")


@pytest.fixture
def scholar(server, tmp_path):
    from .faking import FakeClock, shared_by

    server.works.append(WORK)
    return source_of("semanticscholar", server, shared_by(tmp_path, clock=FakeClock()))


def test_identifiers_of_all_kinds_go_into_one_call(server, scholar):
    asked = [
        Identifier("doi", "10.1000/one"), Identifier("arxiv", "2001.00001"), Identifier("pmid", "101"),
        Identifier("pmcid", "201"), Identifier("s2", "301"),
    ]  # fmt: skip
    found = scholar.fetch([*asked, Identifier("doi", "10.1000/none")])
    assert [found[identifier].title for identifier in asked] == ["One"] * 5
    assert len(found) == 5
    assert len(server.calls("semanticscholar")) == 1


def test_batch_of_which_nothing_is_known_is_no_error(scholar):
    assert scholar.fetch([Identifier("doi", "10.1000/none"), Identifier("arxiv", "9999.99999")]) == {}


def test_search_brings_the_best_title_or_nothing(scholar):
    assert [record.doi for record in scholar.search(Query("One"))] == ["10.1000/one"]
    assert list(scholar.search(Query("Zyx"))) == []


def test_key_goes_into_a_header_and_never_into_an_address(server, scholar):
    scholar.search(Query("One"))
    request = server.calls("semanticscholar")[0].request
    assert request.headers["x-api-key"] == KEY
    assert KEY not in str(request.params)


def record(**paper):
    return record_of({"paperId": "1"} | paper, retrieved=TODAY)


def test_paper_is_read_whole():
    found = record(
        externalIds={"DOI": "10.1002/PRO.4205", "PubMed": "34655133", "PubMedCentral": "8740823", "ArXiv": "1.2V"},
        title="Observed Antibody Space",
        authors=[{"name": "T. H. Olsen"}, {"name": None}],
        year=2021,
        journal={"name": "Protein Science", "pages": "141 - 146", "volume": "31"},
        openAccessPdf={"url": "https://example.org/x.pdf"},
        abstract="Words",
        citationCount=0,
        publicationTypes=["JournalArticle", "Review"],
    )
    assert (found.doi, found.pmid, found.pmcid, found.arxiv) == ("10.1002/pro.4205", "34655133", "8740823", "1.2v")
    assert (found.title, found.authors, found.year) == ("Observed Antibody Space", (Name("Olsen", "T. H."),), 2021)
    assert (found.container, found.volume, found.pages) == ("Protein Science", "31", "141-146")
    assert (found.pdf, found.abstract, found.citation_count) == ("https://example.org/x.pdf", "Words", 0)
    assert found.type == "journal-article"


def test_preprint_has_no_journal():
    found = record(journal={"name": "ArXiv", "volume": "abs/1412.6980"}, publicationTypes=["JournalArticle"])
    assert (found.type, found.container, found.volume) == ("posted-content", "", "")


@pytest.mark.parametrize("wrong", [{"paperId": None}, {"title": 7}, {"authors": "Knuth"}])
def test_paper_that_cannot_be_understood_is_refused(wrong):
    with pytest.raises(ShapeError):
        record(**wrong)


@needs_shared_data
def test_every_recorded_paper_can_be_read():
    with gzip.open(shared("catalogue", "s2_papers.jsonl.gz"), "rt", encoding="utf-8") as lines:
        papers = [json.loads(line) for line in lines]
    records = [record_of(paper, retrieved=TODAY) for paper in papers]
    assert all(found.title for found in records)
    assert sum(not found.authors for found in records) <= 5
    assert sum(bool(found.doi) for found in records) == sum("DOI" in paper["externalIds"] for paper in papers)
