"""Which work of a catalogue an identifier names, and what is then known of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from apps.scholar_app.catalogue.finding import records_with
from apps.scholar_app.enrichment.record import Identifier, Notice
from tests.catalogue.works import DAY, paper


def named(catalogue, scheme, value):
    identifier = Identifier(scheme, value)
    return records_with(catalogue, [identifier]).get(identifier)


@pytest.mark.parametrize(
    ("scheme", "value", "said"),
    [
        ("doi", "10.1000/a", {"doi": "10.1000/a"}),
        ("pmid", "123", {"pmid": "123"}),
        ("pmcid", "456", {"pmcid": "456"}),
        ("arxiv", "2001.00001", {"arxiv": "2001.00001"}),
        ("arxiv", "2001.00001", {"doi": "10.48550/arxiv.2001.00001"}),
        ("doi", "10.48550/arxiv.2001.00001", {"doi": "", "arxiv": "2001.00001"}),
        ("isbn", "9780306406157", {"type": "book", "isbn": ("0-306-40615-2",)}),
    ],
)
def test_a_work_is_found_by_what_it_is_called(catalogue, scheme, value, said):
    work = paper(**said)
    catalogue.add([work, paper(2)])
    assert named(catalogue, scheme, value) == replace(work, source="catalogue")


@pytest.mark.parametrize(("scheme", "value"), [("pmcid", "123"), ("arxiv", "123"), ("doi", "123"), ("pmid", "12")])
def test_a_value_of_another_scheme_names_nothing(catalogue, scheme, value):
    catalogue.add([paper(pmid="123")])
    assert named(catalogue, scheme, value) is None


def test_an_isbn_names_the_book_and_not_its_chapters(catalogue):
    isbn = ("9780306406157",)
    catalogue.add([paper(1, type="book-chapter", isbn=isbn)])
    assert named(catalogue, "isbn", isbn[0]) is None
    catalogue.add([paper(2, type="monograph", isbn=isbn)])
    assert named(catalogue, "isbn", isbn[0]).doi == paper(2).doi


def test_an_identifier_that_two_works_claim_names_neither(catalogue):
    catalogue.add([paper(1, pmid="123"), paper(2, pmid="123")])
    assert named(catalogue, "pmid", "123") is None
    assert named(catalogue, "doi", paper(2).doi).pmid == "123"


def test_a_description_without_doi_completes_the_one_with_it(catalogue):
    catalogue.add(
        [paper(pmid="123", source="openalex"), paper(doi="", pmid="123", source="pubmed", abstract="We saw.")]
    )
    record = named(catalogue, "pmid", "123")
    assert (record.doi, record.abstract) == (paper().doi, "We saw.")


def test_what_one_origin_calls_a_work_leads_to_what_the_others_say_of_it(catalogue):
    """Crossref knows no PubMed ids; OpenAlex knows the DOI that goes with one."""
    catalogue.add([paper(), paper(source="openalex", pmid="123", title="PHENOMENON")])
    record = named(catalogue, "pmid", "123")
    assert (record.title, record.pmid) == (paper().title, "123")


def test_a_key_that_is_equal_by_chance_is_no_proof(catalogue, monkeypatch):
    catalogue.add([paper(1)])
    monkeypatch.setattr(
        "apps.scholar_app.catalogue.finding.identifier_key",
        lambda _: next(iter(catalogue.ids_of([*_keys_of(paper(1))]))),
    )
    assert named(catalogue, "doi", "10.1000/another") is None


def _keys_of(record):
    from apps.scholar_app.catalogue.indexing import indexed

    return indexed(record).keys


def test_gaps_are_filled_and_nothing_is_newer_than_it_says(catalogue):
    earlier = DAY - timedelta(days=30)
    catalogue.add([
        paper(notices=(Notice("retraction", "10.1000/notice"),), volume="", years=(2000,)),
        paper(source="openalex", volume="13", pmid="5", years=(1999,), subtitle="not of this title", retrieved=earlier,
              notices=(Notice("retraction"), Notice("concern"))),
    ])  # fmt: skip
    record = named(catalogue, "doi", paper().doi)
    assert (record.volume, record.pmid, record.subtitle, record.years) == ("13", "5", "", (2000, 1999))
    assert record.notices == (Notice("retraction", "10.1000/notice"), Notice("concern"))
    assert (record.source, record.retrieved) == ("catalogue", earlier)


def test_a_record_that_needed_no_other_keeps_its_date(catalogue):
    catalogue.add([paper(), paper(source="openalex", retrieved=DAY - timedelta(days=30))])
    assert named(catalogue, "doi", paper().doi).retrieved == DAY


@pytest.mark.parametrize("origins", [("crossref", "acm"), ("pubmed", "openalex"), ("dblp", "acm")])
def test_registries_are_believed_before_those_who_collect_from_them(catalogue, origins):
    first, second = origins
    catalogue.add([paper(source=second, title=f"As {second} says"), paper(source=first, title=f"As {first} says")])
    assert named(catalogue, "doi", paper().doi).title == f"As {first} says"
