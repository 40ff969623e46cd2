"""What a Crossref work becomes."""

import gzip
import json
from datetime import date

import pytest

from apps.scholar_app.enrichment.record import Name, Notice
from apps.scholar_app.enrichment.sources.crossref import record_of
from apps.scholar_app.enrichment.sources.reading import ShapeError
from tests.shared_data import needs_shared_data, shared

TODAY = date(2026, 8, 1)


def record(**work):
    return record_of({"DOI": "10.1000/XYZ"} | work, retrieved=TODAY)


def test_journal_article_is_read_whole():
    found = record(
        type="journal-article",
        title=["Dispositional Optimism"],
        subtitle=["The Zutphen Elderly Study"],
        author=[{"given": "E. J.", "family": "van der Giltay", "suffix": "Jr."}],
        editor=[{"given": "A", "family": "B"}],
        publisher="AMA",
        volume="166",
        issue="4",
        page="431-436",
        ISSN=["0003-9926", "0003-9926"],
        abstract=" <jats:p>Text</jats:p>\n",
        **{
            "container-title": ["Archives of Internal Medicine"],
            "short-container-title": ["Arch Intern Med"],
            "published-print": {"date-parts": [[2006, 2, 27]]},
            "published-online": {"date-parts": [[2005, 12, 1]]},
            "issued": {"date-parts": [[2005, 12, 1]]},
            "is-referenced-by-count": 0,
        },
    )
    assert (found.source, found.retrieved, found.doi) == ("crossref", TODAY, "10.1000/xyz")
    assert (found.title, found.subtitle) == ("Dispositional Optimism", "The Zutphen Elderly Study")
    assert found.authors == (Name("van der Giltay", "E. J.", "Jr."),)
    assert found.editors == (Name("B", "A"),)
    assert (found.year, found.month, found.years) == (2006, 2, (2006, 2005))
    assert (found.container, found.container_short) == ("Archives of Internal Medicine", "Arch Intern Med")
    assert (found.volume, found.number, found.pages) == ("166", "4", "431-436")
    assert (found.issn, found.url) == (("0003-9926",), "https://doi.org/10.1000/xyz")
    assert (found.abstract, found.citation_count) == ("<jats:p>Text</jats:p>", 0)


def test_work_that_says_nothing_but_its_doi_is_an_empty_record():
    found = record()
    assert (found.title, found.authors, found.year, found.years, found.citation_count) == ("", (), None, (), None)


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ({"name": "GTEx Consortium"}, Name("GTEx Consortium", literal=True)),
        ({"family": "the NOTES Development Group"}, Name("the NOTES Development Group", literal=True)),
        ({"family": "Elnaz Nadermahmoudi"}, Name("Nadermahmoudi", "Elnaz")),
        ({"family": "Govindjee"}, Name("Govindjee")),
        ({"family": " Le  Cun", "given": "Yann\n"}, Name("Le Cun", "Yann")),
    ],
)
def test_names_are_persons_or_bodies(author, name):
    assert record(author=[author]).authors == (name,)


@pytest.mark.parametrize("author", [{"sequence": "first"}, {"family": "&NA;"}, {"family": 7.5}])
def test_author_without_a_name_is_left_out(author):
    assert record(author=[author, {"family": "B"}]).authors == (Name("B"),)


def test_subtitle_that_the_title_already_holds_is_left_out():
    assert record(title=["Delayed Reinforcement: a study"], subtitle=["A STUDY"]).subtitle == ""
    assert record(title=["Delayed Reinforcement"], subtitle=["A study"]).subtitle == "A study"


def test_first_title_that_is_not_blank_counts():
    assert record(title=["", " Human  capital "]).title == "Human capital"
    assert record(title="A title in CSL JSON").title == "A title in CSL JSON"


def test_article_number_stands_for_missing_pages_only():
    assert record(**{"article-number": "e12059"}).pages == "e12059"
    assert record(**{"article-number": "e12059", "page": "1-9"}).pages == "1-9"


@pytest.mark.parametrize(
    ("kind", "titles", "container"),
    [
        ("book-chapter", ["Lecture Notes in Computer Science", "Computer Vision"], "Computer Vision"),
        ("book-chapter", ["Computer Vision", "Communications in Computer and Information Science"], "Computer Vision"),
        ("proceedings-article", ["SPIE Proceedings", "Medical Imaging 2015"], "Medical Imaging 2015"),
        ("book-chapter", ["European Studies of Population", "Shared Physical Custody"], ""),
        ("book-chapter", ["Lecture Notes in Computer Science"], "Lecture Notes in Computer Science"),
        ("journal-article", ["Angew. Chem.", "Angewandte Chemie"], "Angewandte Chemie"),
    ],
)
def test_book_is_told_from_its_series_or_left_open(kind, titles, container):
    assert record(type=kind, **{"container-title": titles}).container == container


@pytest.mark.parametrize("kind", [["book-chapter"], {"a": 1}, None, 3])
def test_type_of_another_type_is_none(kind):
    found = record(type=kind, **{"container-title": ["Lecture Notes in Computer Science", "Proceedings of X"]})
    assert (found.type, found.container) == ("3" if kind == 3 else "", "Lecture Notes in Computer Science")


def test_preprint_takes_the_year_it_was_posted():
    found = record(type="posted-content", posted={"date-parts": [[2020, 10, 27]]}, issued={"date-parts": [[2021]]})
    assert (found.year, found.month, found.years) == (2020, 10, (2020, 2021))


@pytest.mark.parametrize(
    "issued", [{"date-parts": [[None]]}, {"date-parts": [[]]}, {}, None, "2006", {"date-parts": 3}]
)
def test_date_without_a_year_is_no_date(issued):
    assert record(issued=issued).year is None


def test_retraction_is_seen_whoever_says_so():
    by = {"DOI": "10.1000/NOTICE", "type": "retraction"}
    own = {"DOI": "10.1000/xyz", "type": "retraction"}
    assert record(**{"updated-by": [by]}).notices == (Notice("retraction", "10.1000/notice"),)
    assert record(**{"update-to": [own]}).notices == (Notice("retraction", "10.1000/xyz"),)
    marked = record(title=["RETRACTED ARTICLE: Extraction from mushrooms"])
    assert (marked.title, marked.notices) == ("Extraction from mushrooms", (Notice("retraction"),))


def test_notice_about_another_work_is_not_retracted_itself():
    other = {"DOI": "10.1000/another", "type": "retraction"}
    found = record(title=["Retraction: Extraction from mushrooms"], **{"update-to": [other]})
    assert (found.title, found.notices) == ("Retraction: Extraction from mushrooms", ())


@pytest.mark.parametrize(
    ("kind", "notice"),
    [("erratum", "correction"), ("expression_of_concern", "concern"), ("expression-of-concern", "concern")],
)
def test_kinds_of_notices(kind, notice):
    assert record(**{"updated-by": [{"DOI": "10.1/x", "type": kind}]}).notices == (Notice(notice, ""),)


def test_new_version_is_no_notice():
    assert record(**{"updated-by": [{"DOI": "10.1000/xyz", "type": "new_version"}]}).notices == ()


def test_preprint_and_published_version_know_each_other():
    relation = {
        "is-preprint-of": [{"id-type": "doi", "id": "10.1029/2020JG005891"}, {"id-type": "uri", "id": "10.1000/no"}],
        "has-preprint": [{"id-type": "doi", "id": "10.1101/014852"}],
    }
    found = record(relation=relation)
    assert (found.published_as, found.preprints) == (("10.1029/2020jg005891",), ("10.1101/014852",))


def test_link_to_an_old_doi_is_a_valid_link():
    found = record_of({"DOI": "10.1002/(SICI)1097-4571(199410)45:9<656::AID-ASI3>3.0.CO;2-1"}, retrieved=TODAY)
    assert found.doi == "10.1002/(sici)1097-4571(199410)45:9<656::aid-asi3>3.0.co;2-1"
    assert found.url == "https://doi.org/10.1002/(sici)1097-4571(199410)45:9%3C656::aid-asi3%3E3.0.co;2-1"


@pytest.mark.parametrize("wrong", [{"DOI": 7}, {"DOI": ""}, {"title": 7}, {"title": [7.5]}, {"author": "Knuth"}])
def test_work_that_cannot_be_understood_is_refused(wrong):
    with pytest.raises(ShapeError):
        record(**wrong)


@pytest.mark.parametrize(
    "field",
    ["volume", "issue", "page", "ISSN", "abstract", "relation", "updated-by", "container-title", "journal-issue"],
)
@pytest.mark.parametrize("odd", [7.5, True, {"a": 1}, [[]], None])
def test_lesser_field_of_a_wrong_type_counts_as_not_given(field, odd):
    assert record(**{field: odd}) == record()


@needs_shared_data
@pytest.mark.parametrize("name", ["crossref_works.jsonl.gz", "crossref_works_more.jsonl.gz"])
def test_every_recorded_work_can_be_read(name):
    with gzip.open(shared("catalogue", name), "rt", encoding="utf-8") as lines:
        works = [json.loads(line) for line in lines]
    records = [record_of(work, retrieved=TODAY) for work in works]
    assert [found.doi for found in records] == [work["DOI"].lower() for work in works]
    assert all(found.title for found, work in zip(records, works, strict=True) if any(work.get("title") or ()))
    undated = [work["issued"] for found, work in zip(records, works, strict=True) if found.year is None]
    assert all(issued["date-parts"] in ([[None]], [[]]) for issued in undated)
