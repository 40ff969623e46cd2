"""Asking Crossref."""

import json

import pytest

from apps.scholar_app.enrichment.errors import SourceError
from apps.scholar_app.enrichment.record import Identifier, Name, Query
from tests.indexserver import Work
from tests.indexserver.crossref import shape
from tests.indexserver.faults import status

from .faking import source_of


def doi(value):
    return Identifier("doi", value)


@pytest.fixture
def crossref(server, shared):
    return source_of("crossref", server, shared)


def test_fifty_dois_cost_one_call(server, crossref):
    server.works += [Work(f"Title {number}", doi=f"10.1000/A.{number}") for number in range(50)]
    asked = [doi(f"10.1000/a.{number}") for number in range(50)]
    found = crossref.fetch(asked)
    assert [found[identifier].title for identifier in asked] == [f"Title {number}" for number in range(50)]
    assert len(server.calls("crossref")) == 1


def test_doi_that_crossref_does_not_have_is_absent_and_no_error(server, crossref):
    server.works += [Work("One", doi="10.1000/one"), Work("Two", doi="10.1000/two")]
    found = crossref.fetch([doi("10.1000/one"), doi("10.1000/none"), doi("10.1000/two")])
    assert set(found) == {doi("10.1000/one"), doi("10.1000/two")}


def test_single_unknown_doi_is_absent_and_no_error(crossref):
    assert crossref.fetch([doi("10.1000/none")]) == {}


@pytest.mark.parametrize(
    "odd", ["10.1000/a,b", "10.1000/a#b", "10.1000/a?b=c&d", "10.1000/50%", "10.1000/ä", "10.1000/a b"]
)
def test_doi_that_would_break_a_filter_is_asked_for_alone(server, crossref, odd):
    server.works += [Work("Odd", doi=odd), Work("One", doi="10.1000/one"), Work("Two", doi="10.1000/two")]
    found = crossref.fetch([doi(odd), doi("10.1000/one"), doi("10.1000/two")])
    assert found[doi(odd)].title == "Odd"
    assert len(found) == 3
    assert [logged.budget for logged in server.calls("crossref")] == ["list", "single"]


@pytest.mark.parametrize("old", ["10.1002/(sici)1097-4571(199410)45:9<656::aid-asi3>3.0.co;2-1", "10.1000/a_b[c]+d"])
def test_old_doi_goes_into_the_filter_like_any_other(server, crossref, old):
    server.works += [Work("Old", doi=old), Work("One", doi="10.1000/one")]
    assert len(crossref.fetch([doi(old), doi("10.1000/one")])) == 2
    assert [logged.budget for logged in server.calls("crossref")] == ["list"]


def test_list_that_crossref_refuses_is_asked_for_one_by_one(server, crossref):
    server.works += [Work("One", doi="10.1000/one"), Work("Two", doi="10.1000/two")]
    refusal = '{"status": "failed", "message-type": "validation-failure", "message": []}'
    server.plan("crossref", [status(400, refusal, "application/json")])
    assert len(crossref.fetch([doi("10.1000/one"), doi("10.1000/two")])) == 2
    assert [logged.budget for logged in server.calls("crossref")] == ["list", "single", "single"]


def test_alias_leads_to_the_work_it_stands_for(server, crossref):
    server.works += [Work("Prime", doi="10.1000/prime")]
    server.plan("crossref", [status(301, "", "text/plain", Location="/crossref/works/10.1000/prime")])
    assert crossref.fetch([doi("10.1000/alias")])[doi("10.1000/alias")].doi == "10.1000/prime"


def test_alias_in_a_list_leads_to_the_work_it_stands_for_and_to_no_other(server, crossref):
    server.works += [Work("One", doi="10.1000/one"), Work("Prime", doi="10.1000/prime")]
    [one, prime] = map(shape, server.works)
    body = json.dumps({"message": {"items": [one, prime]}})
    moved = status(301, "", "text/plain", Location="/crossref/works/10.1000/prime")
    server.plan("crossref", [status(200, body, "application/json"), moved])
    asked = [doi("10.1000/one"), doi("10.1000/alias"), doi("10.1000/nobody")]
    found = {identifier.value: record.doi for identifier, record in crossref.fetch(asked).items()}
    assert found == {"10.1000/one": "10.1000/one", "10.1000/alias": "10.1000/prime"}


def test_list_without_strangers_is_not_asked_for_again(server, crossref):
    server.works.append(Work("One", doi="10.1000/one"))
    assert len(crossref.fetch([doi("10.1000/one"), doi("10.1000/nobody")])) == 1
    assert [logged.budget for logged in server.calls("crossref")] == ["list"]


@pytest.mark.parametrize("elsewhere", ["10.48550/arxiv.1706.03762", "10.5281/zenodo.5651310", "10.6084/m9.figshare.1"])
def test_doi_of_another_registry_is_not_asked_for(server, crossref, elsewhere):
    assert crossref.fetch([doi(elsewhere)]) == {}
    assert server.calls("crossref") == []


def test_identifier_of_another_scheme_is_not_asked_for(server, crossref):
    assert crossref.fetch([Identifier("pmid", "123")]) == {}
    assert server.calls("crossref") == []


def test_record_that_nobody_asked_for_is_not_taken(server, crossref):
    body = '{"message": {"items": [{"DOI": "10.1000/stranger", "title": ["Stranger"]}]}}'
    server.plan("crossref", [status(200, body, "application/json")])
    assert crossref.fetch([doi("10.1000/one"), doi("10.1000/two")]) == {}


def test_search_brings_candidates_in_the_order_of_the_index(server, crossref):
    server.works += [Work("Deep learning", doi="10.1000/a"), Work("Deep learning for deep water", doi="10.1000/b")]
    query = Query("Deep learning for water", (Name("Knuth", "Donald E."),), 2020, "Journal of Examples", "12", "45")
    assert [record.doi for record in crossref.search(query)] == ["10.1000/b", "10.1000/a"]
    [logged] = server.calls("crossref")
    assert (
        logged.request.params["query.bibliographic"] == "Deep learning for water Knuth Journal of Examples 12 45 2020"
    )
    assert logged.budget == "list"


def test_search_for_what_nobody_wrote_finds_nothing(crossref):
    assert list(crossref.search(Query("Zyx"))) == []


def test_search_without_a_title_asks_nobody(server, crossref):
    assert list(crossref.search(Query("  "))) == []
    assert server.calls("crossref") == []


def test_endless_title_makes_no_endless_address(server, crossref):
    crossref.search(Query("word " * 5000))
    assert len(server.calls("crossref")[0].request.params["query.bibliographic"]) <= 500


def test_everything_selected_is_something_crossref_knows(server, crossref):
    server.works += [Work("One", doi="10.1000/one"), Work("Two", doi="10.1000/two", retracted=True, abstract="Words")]
    found = crossref.fetch([doi("10.1000/one"), doi("10.1000/two")])[doi("10.1000/two")]
    assert (found.abstract, found.notices[0].kind) == ("<jats:p>Words</jats:p>", "retraction")


@pytest.mark.parametrize("title", ["7", '{"en": "x"}'])
def test_record_that_makes_no_sense_is_an_error_and_not_an_absence(server, crossref, title):
    server.plan(
        "crossref", [status(200, f'{{"message": {{"DOI": "10.1000/one", "title": {title}}}}}', "application/json")]
    )
    with pytest.raises(SourceError, match="makes no sense") as caught:
        crossref.fetch([doi("10.1000/one")])
    assert not caught.value.retryable


def test_tally_counts_questions_answers_and_finds(server, crossref):
    server.works += [Work("One", doi="10.1000/one"), Work("Two", doi="10.1000/two")]
    crossref.fetch([doi("10.1000/one"), doi("10.1000/two"), doi("10.1000/three")])
    crossref.search(Query("One"))
    crossref.search(Query("Zyx"))
    server.plan("crossref", [status(405)])
    with pytest.raises(SourceError):
        crossref.search(Query("Two"))
    tally = crossref.tally()
    assert (tally.asked, tally.answered, tally.found, tally.cached) == (6, 5, 3, 0)
    assert tally.seconds > 0


def test_contact_address_earns_the_polite_pool(server, shared):
    polite = source_of("crossref", server, shared, contact="op@example.org")._client.manners
    public = source_of("crossref", server, shared, contact="")._client.manners
    assert (polite.rates["list"].calls, polite.at_once) == (3, 3)
    assert (public.rates["list"].calls, public.at_once) == (1, 1)
