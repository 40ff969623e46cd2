"""What an OpenAlex work becomes."""

import gzip
import json
from datetime import date

import pytest

from apps.scholar_app.enrichment.record import Name, Notice
from apps.scholar_app.enrichment.sources.openalex import record_of
from apps.scholar_app.enrichment.sources.reading import ShapeError
from tests.shared_data import needs_shared_data, shared

TODAY = date(2026, 8, 1)


def record(**work):
    return record_of({"id": "https://openalex.org/W1"} | work, retrieved=TODAY)


def test_journal_article_is_read_whole():
    found = record(
        doi="https://doi.org/10.7717/PEERJ.4375",
        title="The state of <i>OA</i>",
        publication_year=2018,
        type="article",
        ids={"pmid": "https://pubmed.ncbi.nlm.nih.gov/29456894", "pmcid": "https://x/pmc/articles/PMC5815332"},
        primary_location={"source": {"type": "journal", "display_name": "PeerJ", "issn": ["2167-8359"]}},
        best_oa_location={"pdf_url": "https://peerj.com/articles/4375.pdf"},
        authorships=[{"author": {"display_name": "Heather A. Piwowar"}}, {"raw_author_name": "Jason Priem"}],
        biblio={"volume": "6", "issue": None, "first_page": "e4375", "last_page": "e4375"},
        abstract_inverted_index={"to": [1, 3], "Open": [0], "all": [4], "be": [2]},
        keywords=[{"display_name": "Open science"}, {"display_name": "Citation analysis"}],
        cited_by_count=962,
        is_retracted=False,
    )
    assert (found.source, found.doi, found.title) == ("openalex", "10.7717/peerj.4375", "The state of <i>OA</i>")
    assert found.authors == (Name("Piwowar", "Heather A."), Name("Priem", "Jason"))
    assert (found.year, found.month, found.type) == (2018, None, "journal-article")
    assert (found.container, found.issn, found.pages) == ("PeerJ", ("2167-8359",), "e4375")
    assert (found.pmid, found.pmcid) == ("29456894", "5815332")
    assert found.pdf == "https://peerj.com/articles/4375.pdf"
    assert (found.abstract, found.citation_count, found.notices) == ("Open to be to all", 962, ())
    assert found.keywords == ("Open science", "Citation analysis")


def test_retraction_flag_is_a_notice():
    assert record(is_retracted=True).notices == (Notice("retraction"),)


def test_topics_stand_for_missing_keywords():
    assert record(keywords=[], topics=[{"display_name": "scientometrics"}]).keywords == ("scientometrics",)


@pytest.mark.parametrize(
    ("work", "kind"),
    [
        ({"type": "article", "type_crossref": "proceedings-article"}, "proceedings-article"),
        ({"type": "preprint", "primary_location": {"raw_type": "proceedings-article"}}, "proceedings-article"),
        ({"type": "preprint", "primary_location": {"raw_type": "text"}}, "posted-content"),
        ({"type": "review"}, "journal-article"),
        ({"type": "libguides"}, "other"),
        ({}, ""),
    ],
)
def test_types_become_crossref_types(work, kind):
    assert record(**work).type == kind


@pytest.mark.parametrize("kind", ["repository", "book series", "ebook platform", None])
def test_place_that_is_no_journal_is_no_container(kind):
    place = {"source": {"type": kind, "display_name": "arXiv (Cornell University)", "issn": ["1234-5678"]}}
    assert (record(primary_location=place).container, record(primary_location=place).issn) == ("", ())


@pytest.mark.parametrize(
    ("work", "arxiv"),
    [
        ({"doi": "https://doi.org/10.48550/arxiv.1706.03762"}, "1706.03762"),
        ({"primary_location": {"landing_page_url": "http://arxiv.org/abs/1706.03762v5"}}, "1706.03762"),
        ({"primary_location": {"landing_page_url": "http://arxiv.org/abs/hep-th/9901001"}}, "hep-th/9901001"),
        ({"locations": [{"landing_page_url": "http://arxiv.org/abs/1706.03762"}]}, ""),
    ],
)
def test_arxiv_id_comes_from_the_primary_location_only(work, arxiv):
    assert record(**work).arxiv == arxiv


@pytest.mark.parametrize(
    ("display", "name"),
    [
        ("Ludwig van Beethoven", Name("van Beethoven", "Ludwig")),
        ("Luc Van Gool", Name("Gool", "Luc Van")),
        ("Niggemann, Oliver", Name("Niggemann", "Oliver")),
        ("Martin Luther King Jr.", Name("King", "Martin Luther", "Jr.")),
        ("ATLAS Collaboration", Name("ATLAS Collaboration", literal=True)),
        ("Plato", Name("Plato")),
    ],
)
def test_display_names_are_taken_apart(display, name):
    assert record(authorships=[{"author": {"display_name": display}}]).authors == (name,)


@pytest.mark.parametrize("wrong", [{"id": None}, {"title": 7}, {"authorships": {"a": 1}}])
def test_work_that_cannot_be_understood_is_refused(wrong):
    with pytest.raises(ShapeError):
        record(**wrong)


@pytest.mark.parametrize("field", ["biblio", "ids", "primary_location", "keywords", "abstract_inverted_index", "doi"])
@pytest.mark.parametrize("odd", [7, "x", [[]], {"a": "b"}, None])
def test_lesser_field_of_a_wrong_type_counts_as_not_given(field, odd):
    assert record(**{field: odd}) == record()


@needs_shared_data
def test_every_recorded_work_can_be_read():
    with gzip.open(shared("catalogue", "openalex_works.jsonl.gz"), "rt", encoding="utf-8") as lines:
        works = [json.loads(line) for line in lines]
    records = [record_of(work, retrieved=TODAY) for work in works]
    assert all(found.title for found, work in zip(records, works, strict=True) if work["title"])
    assert all(found.year == work["publication_year"] for found, work in zip(records, works, strict=True))
