"""Which works a catalogue offers for an identifier, and for a description with the faults that descriptions have."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from apps.scholar_app.catalogue.finding import records_with
from apps.scholar_app.catalogue.searching import MAX_CANDIDATES, candidates
from apps.scholar_app.enrichment.record import Identifier, Name, Notice, Query
from tests.catalogue.works import DAY, paper

COFFEE = paper(
    7,
    doi="10.1000/coffee",
    title="Coffee consumption and mortality among Scandinavian lighthouse keepers",
    subtitle="A prospective cohort study",
    authors=(Name("van der Müller", "Åsa"), Name("Smith", "John")),
    year=2011,
    years=(2011, 2010),
    volume="Vol. 34",
    pages="S101-S117",
)
TITLE = COFFEE.title


def named(catalogue, scheme, value):
    identifier = Identifier(scheme, value)
    return records_with(catalogue, [identifier]).get(identifier)


def found(catalogue, title, **known):
    query = Query(**({"title": title, "authors": COFFEE.authors, "year": 2011} | known))
    return [record.doi for record in candidates(catalogue, query)]


@pytest.fixture
def shelf(catalogue):
    """The coffee paper among others, which share its words with it or with each other."""
    titles = [
        "Tea use and mortality among Danish keepers",
        "Salt intake and mortality among goal keepers",
        "Fish loss and mortality among lighthouse keepers",
        "Rum risk and mortality among Scandinavian keepers",
        "Bread gain and mortality among bee keepers",
    ]
    others = [paper(n, title=title, subtitle=COFFEE.subtitle) for n, title in enumerate(titles, 100)]
    catalogue.add([COFFEE, *others, *(paper(n) for n in range(20, 40))])
    return catalogue


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


@pytest.mark.parametrize(
    ("title", "known"),
    [
        (TITLE, {}),
        (f"{TITLE}: {COFFEE.subtitle}", {}),
        (f"{TITLE} -- {COFFEE.subtitle}", {"authors": (), "year": None}),
        (TITLE.upper(), {"authors": (), "year": None}),
        ("Coffee consumption and mortality among Scandinavian light-house keepers", {}),
        ("Coffee Consumption &amp; Mortality Among <i>Scandinavian</i> Lighthouse Keepers", {}),
        # typos, in one word and in three
        ("Cofee consumption and mortality among Scandinavian lighthouse keepers", {}),
        ("Cofee consumption and mortallity among Scandinavian lihgthouse keepers", {}),
        # words lost, added, moved
        ("Coffee and mortality in lighthouse keepers", {}),
        ("Coffee consumption, tobacco and total mortality among Scandinavian lighthouse keepers", {}),
        ("Mortality and coffee consumption among lighthouse keepers of Scandinavia", {}),
        # cut off in the middle
        ("Coffee consumption and mortality among", {}),
        # another title altogether, at the right place
        ("Kaffee und Sterblichkeit", {"year": 2011, "first_page": "s101"}),
        ("Kaffee und Sterblichkeit", {"year": 2010, "first_page": "S101"}),
        ("Kaffee und Sterblichkeit", {"year": None, "volume": "34", "first_page": "S101"}),
        ("Kaffee und Sterblichkeit", {"authors": (Name("Mueller", "A."),), "volume": "34", "first_page": "S101"}),
    ],
)
def test_a_work_is_among_the_candidates_of_a_faulty_description(shelf, title, known):
    assert COFFEE.doi in found(shelf, title, **known)


@pytest.mark.parametrize(
    ("title", "known"),
    [
        ("Kaffee und Sterblichkeit", {}),
        ("Kaffee und Sterblichkeit", {"first_page": "S102"}),
        ("Kaffee und Sterblichkeit", {"year": 1911, "first_page": "S101"}),
        ("Kaffee und Sterblichkeit", {"authors": (), "volume": "34", "first_page": "S101"}),
        ("Entirely other things", {}),
        ("", {}),
        ("?!", {}),
        ('" OR titles MATCH "tea', {"authors": (), "year": None}),
    ],
)
def test_what_has_nothing_in_common_is_no_candidate(shelf, title, known):
    assert COFFEE.doi not in found(shelf, title, **known)


def test_the_most_similar_title_comes_first(shelf):
    shelf.add([replace(COFFEE, doi="10.1000/comment", title=f"Comment on {TITLE}", subtitle="", pages="5")])
    assert found(shelf, TITLE)[0] == COFFEE.doi
    assert found(shelf, f"Comment on {TITLE}")[0] == "10.1000/comment"


def test_a_convincing_work_ends_the_search_and_its_siblings_of_the_same_title_are_shown(shelf):
    shelf.add([replace(COFFEE, doi="10.1000/preprint", type="posted-content", pages="", volume="")])
    assert set(found(shelf, TITLE)) == {COFFEE.doi, "10.1000/preprint"}


def test_the_same_title_by_others_does_not_end_the_search(shelf):
    """A typo made the title that of another work: the one that is meant must still be looked for."""
    facts = {"subtitle": "", "pages": "", "volume": ""}
    shelf.add([
        replace(COFFEE, doi="10.1000/other", title="Coffee drinkers of northern Piru", authors=(Name("Zo"),), **facts),
        replace(COFFEE, doi="10.1000/meant", title="Coffee drinkers of northern Peru", **facts),
    ])  # fmt: skip
    assert set(found(shelf, "Coffee drinkers of northern Piru")) == {"10.1000/other", "10.1000/meant"}
    assert found(shelf, "Coffee drinkers of northern Piru", authors=(Name("Zo"),)) == ["10.1000/other"]


def test_the_same_title_of_another_decade_does_not_end_the_search(shelf):
    facts = {"subtitle": "", "pages": "", "volume": ""}
    shelf.add([
        replace(COFFEE, doi="10.1000/other", title="Coffee drinkers of northern Piru", years=(1990,), **facts),
        replace(COFFEE, doi="10.1000/meant", title="Coffee drinkers of northern Peru", **facts),
    ])  # fmt: skip
    assert set(found(shelf, "Coffee drinkers of northern Piru")) == {"10.1000/other", "10.1000/meant"}


@pytest.mark.parametrize("origins", [("crossref", "acm"), ("pubmed", "openalex"), ("dblp", "acm")])
def test_registries_are_believed_before_those_who_collect_from_them(catalogue, origins):
    first, second = origins
    catalogue.add([paper(source=second, title=f"As {second} says"), paper(source=first, title=f"As {first} says")])
    assert named(catalogue, "doi", paper().doi).title == f"As {first} says"


def test_works_of_a_title_that_hundreds_share_are_few_and_the_right_one_is_found_by_its_page(catalogue):
    catalogue.add([paper(n, title="Editorial") for n in range(1, 300)])
    records = candidates(catalogue, Query("Editorial", (Name("Author250"),), 2000, first_page="250"))
    assert len(records) == MAX_CANDIDATES
    assert paper(250).doi in [record.doi for record in records]


def test_candidates_do_not_depend_on_the_order_of_loading(home):
    works = [replace(COFFEE, doi=f"10.1000/c{n}", pages=str(n), citation_count=n) for n in range(14)]
    works += [replace(work, source="openalex", pmid=work.pages) for work in works]
    answers = []
    for seed in range(3):
        random.Random(seed).shuffle(works)
        catalogue = home.open()
        catalogue.add(works[:5])
        catalogue.add(works[5:])
        answers.append(candidates(catalogue, Query(TITLE, COFFEE.authors, 2011)))
        catalogue.close()
        _empty(home)
    assert answers[0] == answers[1] == answers[2]
    assert len(answers[0]) == MAX_CANDIDATES


def _empty(home):
    if hasattr(home, "path"):
        home.path.unlink()
    else:
        import psycopg

        with psycopg.connect(home.url) as connection:
            connection.execute(f"DROP SCHEMA {home.schema} CASCADE; CREATE SCHEMA {home.schema}")
