"""Hard cases made by hand: a fact of another version, edition, container or volume never gets into an entry."""

import itertools
from typing import Any

import pytest

from apps.scholar_app.enrichment.facts import fact
from apps.scholar_app.enrichment.pipeline import enrich
from apps.scholar_app.enrichment.record import Name, Record
from tests.enrichment.making import TODAY, FakeSource, document_of, record

TITLE = "Spectral gaps of random widgets on hyperbolic surfaces"
AUTHORS = (Name("Doe", "Jane"), Name("Roe", "Richard"))
SAID = f"title={{{TITLE}}}, author={{Doe, Jane and Roe, Richard}}"
DOI = "doi={10.1000/jwt.1}"
PLACE = {"volume", "number", "pages", "issn", "isbn", "publisher", "month", "journal", "booktitle"}


def widgets(source: str = "crossref", **said: Any) -> Record:
    """An article with everything a record can say about its place."""
    known = {
        "title": TITLE, "authors": AUTHORS, "year": 2012, "years": (2012,), "month": 5, "volume": "12", "number": "3",
        "container": "Journal of Widget Theory", "publisher": "Springer", "pages": "100-120", "issn": ("1460-2113",),
        "doi": "10.1000/jwt.1", "citation_count": 3,
    }  # fmt: skip
    return record(source, **{**known, **said})


BOOK = {"type": "book", "container": "", "volume": "", "number": "", "pages": "", "isbn": ("9783161484100",)}


def looked_up(entry: str, *records: Record, **others: Record) -> dict[str, Any]:
    """The report on the entry: ``records`` are one source's, each of ``others`` is another's."""
    sources = [FakeSource(*records), *(FakeSource(one, name=name) for name, one in others.items())]
    (report,) = enrich(document_of(entry), sources, today=TODAY).report.to_json()["entries"]
    return dict(report)


def added(entry: str, *records: Record, **others: Record) -> dict[str, str]:
    return {field: value["value"] for field, value in looked_up(entry, *records, **others)["added"].items()}


@pytest.mark.parametrize(
    "entry",
    [
        f"@inproceedings{{k, {SAID}, {DOI}, booktitle={{Proceedings of the Symposium on Foundations}}, year=2012}}",
        f"@article{{k, {SAID}, {DOI}, journal={{Nature Medicine}}, year=2012}}",
        f"@article{{k, {SAID}, {DOI}, journal={{arXiv preprint arXiv:1101.00001}}, year=2012}}",
    ],
)
def test_a_record_in_another_container_lends_no_place(entry: str) -> None:
    fields = added(entry, widgets())
    assert PLACE.isdisjoint(fields)
    assert "url" in fields


def test_a_record_in_the_same_container_under_its_short_name_lends_its_place() -> None:
    entry = f"@article{{k, {SAID}, {DOI}, journal={{J. Widget Theory}}, year=2012}}"
    assert {"volume", "number", "pages", "issn", "publisher", "month"} <= set(added(entry, widgets()))


def test_a_chapter_gets_no_isbn_of_a_book_with_its_title() -> None:
    entry = f"@incollection{{k, {SAID}, {DOI}, booktitle={{Handbook of Everything}}}}"
    assert PLACE.isdisjoint(added(entry, widgets(**BOOK)))


def test_an_entry_never_gets_a_second_container() -> None:
    paper = widgets(type="proceedings-article", container="Proceedings of Widgetry")
    article = f"@article{{k, {SAID}, {DOI}, year=2012, booktitle={{Journal of Widget Theory}}}}"
    inproceedings = f"@inproceedings{{k, {SAID}, {DOI}, year=2012, journal={{Proc. Widgetry}}}}"
    assert "journal" not in added(article, widgets())
    assert "journal" in added(article.replace("booktitle", "note"), widgets())
    assert "booktitle" not in added(inproceedings, paper)
    assert "booktitle" in added(inproceedings.replace("journal", "note"), paper)


def test_a_paper_with_a_number_in_a_series_gets_no_volume_beside_it() -> None:
    paper = widgets(type="proceedings-article", container="Proceedings of Widgetry")
    entry = f"@inproceedings{{k, {SAID}, {DOI}, year=2012, booktitle={{Proceedings of Widgetry}}, number=7}}"
    assert "volume" not in added(entry, paper)
    assert added(entry.replace(", number=7", ""), paper)["volume"] == "12"


def test_a_record_of_another_volume_lends_no_year() -> None:
    assert "year" not in added(f"@article{{k, {SAID}, {DOI}, volume=21}}", widgets())
    assert added(f"@article{{k, {SAID}, {DOI}, volume=12}}", widgets())["year"] == "2012"


def test_what_is_in_press_gets_no_month() -> None:
    assert "month" not in added(f"@article{{k, {SAID}, {DOI}, year={{in press}}}}", widgets())


@pytest.mark.parametrize(
    "said",
    ["edition={3}", "edition={3}, year=2013", "edition={Second}, year=2011", "publisher={Dover}, year=2013"],
)
def test_another_edition_of_a_book_is_only_offered(said: str) -> None:
    entry = looked_up(f"@book{{k, {SAID}, {said}}}", widgets(**BOOK))
    assert (entry["outcome"], entry["added"]) == ("ambiguous", {})
    assert [candidate["doi"] for candidate in entry["candidates"]] == ["10.1000/jwt.1"]


@pytest.mark.parametrize(
    "said", ["edition={3}, year=2012", "edition={1st}, year=2013", "publisher={Springer-Verlag}, year=2012"]
)
def test_the_edition_of_that_year_is_taken(said: str) -> None:
    assert added(f"@book{{k, {SAID}, {said}}}", widgets(**BOOK))["isbn"] == "9783161484100"


def test_a_book_of_another_publisher_lends_no_isbn() -> None:
    assert "isbn" not in added(f"@book{{k, {SAID}, year=2012, publisher={{Dover}}}}", widgets(**BOOK))


def test_sources_that_disagree_add_nothing_and_say_so() -> None:
    other = widgets("openalex", volume="21", pages="7-9", year=2015, years=(2015,))
    entry = looked_up(f"@article{{k, {SAID}, {DOI}}}", widgets(pages=""), openalex=other)
    assert {"volume", "number", "pages", "year", "month"}.isdisjoint(entry["added"])
    assert entry["warnings"] == ["The sources disagree about volume, number, pages, year: not added."]


def test_sources_that_say_the_same_in_other_words_do_not_disagree() -> None:
    other = widgets("openalex", volume="Vol. 12", number="03", pages="100–20", year=2011, years=(2011, 2012))
    entry = looked_up(f"@article{{k, {SAID}, {DOI}}}", widgets(), openalex=other)
    assert {"volume", "number", "pages", "year", "month"} <= set(entry["added"])
    assert entry["warnings"] == []


def test_a_citation_count_is_that_of_the_version_cited() -> None:
    preprint = widgets(
        "arxiv", type="posted-content", doi="10.48550/arxiv.1001.00001", arxiv="1001.00001", container="", volume="",
        number="", pages="", citation_count=777, year=2010, years=(2010,),
    )  # fmt: skip
    eprint = "eprint={1001.00001}, archiveprefix={arXiv}"
    published = f"@article{{k, {SAID}, {DOI}, {eprint}}}"
    assert "citation_count" not in added(published, widgets(citation_count=None), arxiv=preprint)
    assert added(published, widgets(), arxiv=preprint)["citation_count"] == "3"
    cited = f"@misc{{k, {SAID}, {eprint}, year=2010}}"
    assert added(cited, widgets(arxiv="1001.00001"), arxiv=preprint)["citation_count"] == "777"


@pytest.mark.parametrize("count", [-1, 10**30])
def test_a_count_that_cannot_be_is_not_added(count: int) -> None:
    assert "citation_count" not in added(f"@article{{k, {SAID}, {DOI}}}", widgets(citation_count=count))


def test_the_order_in_which_a_source_lists_its_records_changes_nothing() -> None:
    records = [
        widgets(volume="", pages="", abstract="One text that is long enough to stand."), widgets(volume="12", pages=""),
        widgets(volume="", abstract="Another text that is long enough."), widgets(doi="10.1000/x", title="Cooking"),
    ]  # fmt: skip
    entry = f"@article{{k, {SAID}, year=2012}}"
    outputs = {
        enrich(document_of(entry), [FakeSource(*order)], today=TODAY).data for order in itertools.permutations(records)
    }
    assert len(outputs) == 1


@pytest.mark.parametrize(
    ("field", "said", "written"),
    [
        ("volume", {"volume": "0"}, ""), ("volume", {"volume": "Vol. 12"}, "12"),
        ("volume", {"volume": "Nov 2"}, "Nov 2"),
        ("number", {"number": "0"}, ""), ("number", {"number": "No. 3"}, "3"), ("number", {"number": "S1"}, "S1"),
        ("pages", {"pages": "0-0"}, ""), ("pages", {"pages": "1-1"}, ""), ("pages", {"pages": "1"}, "1"),
        ("pages", {"pages": "120-100"}, ""), ("pages", {"pages": "433-60"}, "433--60"),
        ("issn", {"issn": ("14602113",)}, "1460-2113"), ("issn", {"issn": ("0000-0000", "0028-0836")}, "0028-0836"),
        ("keywords", {"keywords": ("Widgets", "gaps", "WIDGETS", "widgets")}, "Widgets, gaps"),
        ("abstract", {"abstract": "ABSTRACT: We show a great many things."}, "We show a great many things."),
        ("abstract", {"abstract": "Abstract. We show a great many things."}, "We show a great many things."),
        ("abstract", {"abstract": "Abstract nonsense is the theory of it."}, "Abstract nonsense is the theory of it."),
    ],
)  # fmt: skip
def test_placeholders_and_headings_of_publishers_are_no_facts(field: str, said: dict[str, Any], written: str) -> None:
    assert fact(widgets(**said), field) == written


def test_a_year_that_is_still_far_off_is_not_added() -> None:
    entry = f"@article{{k, {SAID}, {DOI}}}"
    assert {"year", "month"}.isdisjoint(added(entry, widgets(year=2030, years=(2030,))))


@pytest.mark.parametrize(
    "entry",
    [
        f"@inproceedings{{k, {SAID}, year=2012}}",
        f"@inproceedings{{k, {SAID}, year=2012, booktitle={{Lecture Notes in Computer Science}}}}",
        f"@unpublished{{k, {SAID}, year=2012, note={{in preparation}}}}",
        f"@techreport{{k, {SAID}, year=2012, institution={{MIT}}, number={{TR-7}}}}",
        f"@software{{k, {SAID}, year=2012}}",
        f"@dataset{{k, {SAID}, year=2012}}",
        f"@patent{{k, {SAID}, year=2012, number={{US123}}}}",
    ],
)
def test_the_article_of_a_paper_report_or_manuscript_is_only_offered(entry: str) -> None:
    report = looked_up(entry, widgets())
    assert (report["outcome"], report["added"]) == ("ambiguous", {})
    assert "another version or edition" in report["reason"]
    named = looked_up(entry.replace("year=2012", f"year=2012, {DOI}"), widgets())
    assert named["outcome"] == "enriched"


def test_a_paper_in_the_same_proceedings_is_taken_whatever_its_record_is_called() -> None:
    entry = f"@inproceedings{{k, {SAID}, year=2012, booktitle={{J. Widget Theory}}}}"
    assert added(entry, widgets())["doi"] == "10.1000/jwt.1"


def test_an_article_gets_no_place_of_a_data_set_of_its_name() -> None:
    entry = f"@article{{k, {SAID}, {DOI}, journal={{Journal of Widget Theory}}}}"
    assert PLACE.isdisjoint(added(entry, widgets(type="dataset", container="")))


@pytest.mark.parametrize("journal", ["jwt", "{unknown}", "IEEE_J_WIDGETS", "{J. Widget Theory}"])
def test_a_journal_that_says_nothing_contradicts_nothing(journal: str) -> None:
    assert added(f"@article{{k, {SAID}, {DOI}, year=2012, journal={journal}}}", widgets())["volume"] == "12"


def test_the_order_of_entries_records_and_the_size_of_batches_change_nothing() -> None:
    other = "On the cohomology of gadget groups in rank two"
    records = [widgets(), widgets(doi="10.1000/jwt.2", title=other, volume="13", pages="5-9")]
    more = [widgets("openalex", abstract="A text that is long enough to stand."), widgets("openalex", doi="10.1000/x")]
    blocks = [f"@article{{a, {SAID}, {DOI}}}\n", f"@article{{b, {SAID.replace(TITLE, other)}, year=2012}}\n"]
    outputs = set()
    for size, crossref, openalex, texts in itertools.product(
        (1, 2, 50), itertools.permutations(records), itertools.permutations(more), itertools.permutations(blocks)
    ):
        sources = [FakeSource(*crossref, batch_size=size), FakeSource(*openalex, name="openalex", batch_size=size)]
        data = enrich(document_of("".join(texts)), sources, today=TODAY).data
        outputs.add(tuple(sorted(data.splitlines())))
    assert len(outputs) == 1


def test_of_two_dois_the_doi_field_says_which_version_lends() -> None:
    entry = f"@article{{k, {SAID}, {DOI}, url={{https://doi.org/10.1000/zzz}}}}"
    other = widgets(doi="10.1000/zzz", volume="99", year=2013, years=(2013,))
    assert added(entry, other, openalex=widgets("openalex"))["volume"] == "12"


def test_a_volume_of_proceedings_gets_no_author() -> None:
    book = widgets(**{**BOOK, "type": "proceedings"})
    assert "author" not in added(f"@proceedings{{k, title={{{TITLE}}}, year=2012, {DOI}}}", book)
    assert "author" in added(f"@book{{k, title={{{TITLE}}}, year=2012, {DOI}}}", book)


def test_an_address_never_resolves_another_works_doi() -> None:
    entry = f"@article{{k, {SAID}, doi={{10.1000/typo}}, pmid={{123}}}}"
    there = "https://doi.org/10.1000/other"
    assert "url" not in added(entry, widgets(doi="", pmid="123", url=there))
    assert added(entry, widgets(doi="", pmid="123", url="https://doi.org/10.1000/TYPO"))["url"].endswith("TYPO")
    assert added(f"@article{{k, {SAID}, {DOI}}}", widgets(url=there))["url"] == "https://doi.org/10.1000/jwt.1"


def test_a_thesis_of_another_school_is_only_offered() -> None:
    thesis = {**BOOK, "type": "dissertation", "isbn": (), "publisher": "University of Oxford"}
    entry = f"@phdthesis{{k, {SAID}, year=2012, school={{University of Cambridge}}}}"
    assert looked_up(entry, widgets(**thesis))["outcome"] == "ambiguous"
    assert added(entry.replace("University of Cambridge", "Oxford University"), widgets(**thesis))["doi"]


def test_a_record_of_another_issue_lends_no_place() -> None:
    entry = f"@article{{k, {SAID}, {DOI}, journal={{J. Widget Theory}}, year=2012, volume=12, number=9}}"
    assert PLACE.isdisjoint(added(entry, widgets()))
    assert "pages" in added(entry.replace("number=9", "number={03}"), widgets())
