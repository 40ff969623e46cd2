"""Which works a catalogue offers for a description with the faults that descriptions have."""

import random
from dataclasses import replace

import pytest

from apps.scholar_app.catalogue.searching import MAX_CANDIDATES, candidates
from apps.scholar_app.enrichment.record import Name, Query
from tests.catalogue.works import paper

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


def test_works_of_a_title_that_hundreds_share_are_few_and_the_right_one_is_found_by_its_page(catalogue):
    catalogue.add([paper(n, title="Editorial") for n in range(1, 300)])
    records = candidates(catalogue, Query("Editorial", (Name("Author250"),), 2000, first_page="250"))
    assert len(records) == MAX_CANDIDATES
    assert paper(250).doi in [record.doi for record in records]


@pytest.mark.parametrize("title", ["XGBoost: A Scalable Tree Boosting System", "XGBoost", "XGBoost -- A System"])
@pytest.mark.parametrize(
    "known",
    [
        {"title": "XGBoost"},
        {"title": "XGBoost", "subtitle": "A Scalable Tree Boosting System"},
        {"title": "XGBoost: A Scalable Tree Boosting System"},
    ],
    ids=["bare", "with subtitle", "in one"],
)
def test_a_title_of_one_word_is_found_with_and_without_its_subtitle(shelf, title, known):
    shelf.add([paper(200, pages="", **known)])
    assert found(shelf, title, authors=(), year=None) == [paper(200).doi]


@pytest.mark.parametrize(("works", "offered"), [(3, 3), (20, MAX_CANDIDATES), (21, 0)])
def test_a_beginning_that_too_many_titles_share_leads_to_none_of_them(catalogue, works, offered):
    catalogue.add([paper(), *(paper(n, title="Preface", pages="") for n in range(2, works + 2))])
    assert len(found(catalogue, "Preface: Observations", authors=(), year=None)) == offered


@pytest.mark.parametrize(
    ("title", "pages", "is_offered"),
    [
        ("Wine and mortality among Scandinavian lighthouse keepers", "S102", True),
        ("Mortality among Scandinavian lighthouse keepers", "S102", False),
        ("Mortality among Scandinavian lighthouse keepers", "S101", True),
    ],
    ids=["not far behind", "far behind", "far behind at the place"],
)
def test_a_title_far_less_alike_than_the_best_is_offered_only_at_the_place(shelf, title, pages, is_offered):
    coffee = replace(COFFEE, subtitle="")
    shelf.add([coffee, replace(coffee, doi="10.1000/other", title=title, pages=pages)])
    # The wrong year, or the search would end with the first.
    offered = found(shelf, TITLE, year=1911, volume="34", first_page="S101")
    assert offered == [COFFEE.doi, *(["10.1000/other"] if is_offered else [])]


def test_of_works_by_strangers_only_the_most_alike_is_offered(shelf):
    """It may be the work after all, by authors whom the index has otherwise."""
    facts = {"pages": "", "volume": ""}
    strangers = [(Name("Quetzal", "Xul"),), (Name("Bjork", "Wim"),), (Name("Dvorak", "Pip"),)]
    shelf.add([replace(COFFEE, doi=f"10.1000/x{n}", authors=who, **facts) for n, who in enumerate(strangers)])
    asked = (Name("Zyx", "Q."),)
    assert found(shelf, TITLE, authors=asked) == ["10.1000/coffee"]
    shelf.add([replace(COFFEE, doi="10.1000/x9", authors=asked, **facts)])
    assert found(shelf, TITLE, authors=asked) == ["10.1000/coffee", "10.1000/x9"]


@pytest.mark.parametrize(
    "author", [Name("Dvorka", "P."), Name("Pip", "Dvorak"), Name("Dvorak-Berg", "P."), Name("von Dvořák")]
)
def test_who_may_be_an_author_is_no_stranger(shelf, author):
    facts = {"pages": "", "volume": ""}
    strangers = [(Name("Quetzal", "Xul"),), (Name("Bjork", "Wim"),), (Name("Dvorak", "Pip"),)]
    shelf.add([replace(COFFEE, doi=f"10.1000/x{n}", authors=who, **facts) for n, who in enumerate(strangers)])
    assert "10.1000/x2" in found(shelf, TITLE, authors=(author,))


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
