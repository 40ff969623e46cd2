"""What a plan says is what a run then costs: in calls as the indexes count them, in seconds as the limits keep them."""

from datetime import UTC, datetime

import pytest

from apps.scholar_app.enrichment import Document, enrich
from apps.scholar_app.enrichment.planning import Plan, plan
from apps.scholar_app.enrichment.record import Identifier
from apps.scholar_app.enrichment.sources import registry
from apps.scholar_app.enrichment.sources.base import outline_of
from apps.scholar_app.enrichment.sources.limits import Rate
from apps.scholar_app.enrichment.sources.manners import Access
from apps.scholar_app.plans import plan_of
from apps.scholar_app.wiring import build_sources, outlines
from scitex_cloud.environment import SOURCES
from tests.indexserver import Work

from .faking import TODAY, source_of

#: Words far apart, so that no title is found for another.
WORDS = ("alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliett", "kilo", "lima")


def work(number: int) -> Work:
    one, other = WORDS[number % 12], WORDS[number // 12 % 12]
    return Work(f"Growing {one} crystals in {other} {number}{one}{other}", doi=f"10.1000/{number}", abstract="x" * 300)


def entry(number: int, *, doi: bool = False) -> bytes:
    named = f"doi = {{10.1000/{number}}},\n" if doi else ""
    text = f"@article{{k{number},\ntitle = {{{work(number).title}}},\nauthor = {{Knuth, Donald E.}},\nyear = 2020,\n"
    return f"{text}{named}}}\n".encode()


def file_of(*, dois: int = 0, titles: int = 0) -> bytes:
    return b"".join(entry(number, doi=number < dois) for number in range(dois + titles))


def plan_for(data: bytes, names, **access) -> Plan:
    return plan(
        Document.read(data), [registry.outline(name, Access(contact="op@example.org", **access)) for name in names]
    )


@pytest.mark.parametrize(
    ("dois", "titles", "batches", "searches"),
    [(1, 0, 1, 0), (50, 0, 1, 0), (51, 0, 2, 0), (500, 0, 10, 0), (501, 0, 11, 0), (0, 7, 0, 7), (60, 40, 2, 40)],
)
def test_identifiers_go_in_full_batches_and_titles_one_by_one(dois, titles, batches, searches):
    [crossref] = plan_for(file_of(dois=dois, titles=titles), ["crossref"]).sources
    assert (crossref.identifiers, crossref.batches, crossref.searches) == (dois, batches, searches)


#: The limits make up for this much lateness, once per index.
CATCH_UP = 0.1


@pytest.mark.parametrize(("dois", "titles"), [(60, 0), (0, 12), (60, 12)])
@pytest.mark.parametrize("titles_found", [True, False])
def test_run_costs_no_less_than_the_least_and_no_more_than_the_full(server, shared, dois, titles, titles_found):
    names = ["crossref", "openalex", "semanticscholar"]
    server.works += [work(number) for number in range(dois + titles * titles_found)]
    sources = [source_of(name, server, shared) for name in names]
    document = Document.read(file_of(dois=dois, titles=titles))
    planned = plan(document, [outline_of(source) for source in sources])
    began = shared.clock.now()
    enrich(document, sources, today=TODAY)
    for source in planned.sources:
        assert source.least_calls <= len(server.calls(source.name)) <= source.calls
    assert shared.clock.now() - began >= planned.least_seconds - CATCH_UP


@pytest.mark.parametrize("titles", [1, 2, 12])
def test_searches_take_as_long_as_planned(server, shared, titles):
    """At an index that takes one call at a time: on the tests' clock the pauses of several would add up."""
    document, source = Document.read(file_of(titles=titles)), source_of("semanticscholar", server, shared)
    began = shared.clock.now()
    enrich(document, [source], today=TODAY)
    took = shared.clock.now() - began
    assert took == pytest.approx(plan(document, [outline_of(source)]).least_seconds, abs=CATCH_UP)


def test_five_thousand_titles_take_what_three_searches_a_second_take():
    planned = plan_for(file_of(titles=5000), ["crossref", "openalex"])
    assert planned.least_seconds == pytest.approx(5000 / 3, rel=0.06)
    assert planned.slowest.name == "crossref"
    assert (planned.titles, planned.sources[1].searches, planned.sources[1].sure_searches) == (5000, 5000, 0)


def test_rate_of_the_operator_is_the_one_that_is_planned_with():
    assert plan_for(file_of(titles=11), ["crossref"], rate=Rate(10, 1.0)).least_seconds == pytest.approx(1.05)


def test_what_the_file_names_twice_is_asked_once():
    [crossref] = plan_for(entry(1, doi=True) * 3, ["crossref"]).sources
    assert crossref.identifiers == 1


@pytest.mark.parametrize(
    "left_out", [b"@book{b, title = {}}", b"@set{s, title = {A set}}", b"@article{a, title = {?!}}"]
)
def test_what_nobody_can_be_asked_about_costs_nothing(left_out):
    planned = plan_for(left_out, ["crossref"])
    assert (planned.calls, planned.least_seconds, planned.slowest) == (0, 0, None)


def test_identifier_that_no_source_resolves_leaves_a_title_to_search_for():
    data = b"@article{a, title = {Of numbers}, pmid = {123}}"
    assert plan_for(data, ["crossref"]).sources[0].searches == 1
    assert plan_for(data, ["crossref", "pubmed"]).sources[0].searches == 0


def test_doi_of_another_registry_is_not_asked_of_crossref():
    data = b"@misc{a, title = {A preprint}, doi = {10.48550/arXiv.2001.00001}}"
    crossref, datacite = plan_for(data, ["crossref", "datacite"]).sources
    assert (crossref.identifiers, datacite.identifiers) == (0, 1)


def test_source_behind_others_is_asked_for_what_they_may_find():
    _, openalex = plan_for(file_of(titles=51), ["crossref", "openalex"]).sources
    assert (openalex.batches, openalex.learned) == (0, 2)
    assert openalex.least_seconds == 0 < openalex.full_seconds


@pytest.mark.parametrize("name", registry.INDEXES)
def test_every_source_says_the_same_before_and_after_it_is_built(server, shared, name):
    built = outline_of(source_of(name, server, shared))
    assert built == registry.outline(name, Access(contact="op@example.org", key="k"))


@pytest.mark.django_db
class TestOnThisSite:
    def test_every_source_of_the_settings_is_planned_in_order(self, settings):
        settings.SCITEX_SOURCES = SOURCES
        planned = plan_of(file_of(titles=1))
        assert tuple(source.name for source in planned.sources) == SOURCES

    def test_catalogue_costs_nothing(self, settings):
        settings.SCITEX_SOURCES = ("catalogue",)
        planned = plan_of(file_of(dois=3, titles=3))
        assert (planned.entries, planned.titles, planned.calls, planned.full_seconds) == (6, 3, 0, 0)

    def test_nothing_is_opened(self, settings, tmp_path):
        settings.SCITEX_DATA_DIR, settings.SCITEX_SOURCES = tmp_path, ("catalogue", "crossref")
        plan_of(file_of(titles=1))
        assert list(tmp_path.iterdir()) == []

    def test_outlines_are_those_of_the_sources_that_are_built(self, settings, tmp_path):
        settings.SCITEX_DATA_DIR, settings.SCITEX_SOURCES = tmp_path, SOURCES
        assert [outline_of(source).pace for source in build_sources()] == [one.pace for one in outlines()]

    def test_remembered_identifier_is_not_planned_until_it_is_forgotten(
        self, settings, server, tmp_path, django_assert_num_queries
    ):
        settings.SCITEX_DATA_DIR, settings.SCITEX_SOURCES = tmp_path, ("crossref",)
        settings.SCITEX_SOURCE_URLS = settings.SCITEX_SOURCE_URLS | {"crossref": server.url("crossref")}
        server.works += [work(0)]
        [source] = build_sources()
        source.fetch([Identifier("doi", "10.1000/0"), Identifier("doi", "10.1000/1")])
        with django_assert_num_queries(1):
            assert plan_of(file_of(dois=3)).sources[0].identifiers == 1
        [later] = plan_of(file_of(dois=3), now=datetime(2100, 1, 1, tzinfo=UTC)).sources
        assert later.identifiers == 3
