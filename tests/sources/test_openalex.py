"""Asking OpenAlex."""

import pytest

from apps.scholar_app.enrichment.record import Identifier, Query
from tests.indexserver import Work

from .faking import KEY, source_of


@pytest.fixture
def openalex(server, shared):
    return source_of("openalex", server, shared)


def doi(value):
    return Identifier("doi", value)


def test_fifty_identifiers_of_a_kind_cost_one_call(server, openalex):
    server.works += [Work(f"Title {number}", doi=f"10.1000/{number}", pmid=f"{number + 1}") for number in range(50)]
    found = openalex.fetch([doi(f"10.1000/{number}") for number in range(50)])
    assert {record.title for record in found.values()} == {f"Title {number}" for number in range(50)}
    assert len(server.calls("openalex")) == 1


def test_identifiers_of_several_kinds_are_told_apart(server, openalex):
    server.works += [Work(f"Title {n}", doi=f"10.1000/{n}", pmid=f"1{n}", pmcid=f"2{n}") for n in range(4)]
    asked = [Identifier("pmid", "10"), Identifier("pmid", "11"), Identifier("pmcid", "22"), doi("10.1000/3")]
    found = openalex.fetch(asked)
    assert [found[identifier].title for identifier in asked] == ["Title 0", "Title 1", "Title 2", "Title 3"]
    assert [logged.request.path for logged in server.calls("openalex")] == [
        "/works", "/works/pmcid:PMC22", "/works/doi:10.1000/3",
    ]  # fmt: skip


@pytest.mark.parametrize("odd", ["10.1000/a|b", "10.1000/a,b", "10.1000/a#b?c"])
def test_identifier_that_would_break_a_filter_is_asked_for_alone(server, openalex, odd):
    server.works += [Work("Odd", doi=odd), Work("One", doi="10.1000/one"), Work("Two", doi="10.1000/two")]
    assert len(openalex.fetch([doi(odd), doi("10.1000/one"), doi("10.1000/two")])) == 3
    assert len(server.calls("openalex")) == 2


def test_search_holds_nothing_that_means_something_to_the_index(server, openalex):
    server.works += [Work("Cats and dogs", doi="10.1000/a")]
    assert openalex.search(Query('Cats AND "dogs" OR (NOT fish*)'))[0].doi == "10.1000/a"
    assert server.calls("openalex")[0].request.params["search"] == "cats and dogs or not fish"


def test_key_goes_along_and_an_absent_one_does_not(server, shared):
    source_of("openalex", server, shared).search(Query("One"))
    source_of("openalex", server, shared, key="").search(Query("One"))
    with_key, without = (logged.request.params for logged in server.calls("openalex"))
    assert with_key["api_key"] == KEY
    assert "api_key" not in without
