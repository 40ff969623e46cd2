"""Asking the other indexes: what goes into a call, and what is not asked at all."""

from urllib.parse import parse_qsl

import pytest

from apps.scholar_app.enrichment.errors import SourceError
from apps.scholar_app.enrichment.record import Identifier, Query
from tests.indexserver import Work

from .faking import KEY, source_of

WORKS = [
    Work("Deep learning of everything", doi="10.1000/one", pmid="101", pmcid="201", arxiv="2001.00001"),
    Work("Shallow learning of nothing", doi="10.1000/two", pmid="102", pmcid="202", arxiv="2001.00002"),
]
BY_EVERY_IDENTIFIER = [
    ("pubmed", ["pmid:101", "pmcid:202", "doi:10.1000/one"], 2),
    ("arxiv", ["arxiv:2001.00001", "doi:10.48550/arxiv.2001.00002"], 1),
    ("datacite", ["doi:10.1000/one", "doi:10.1000/two"], 1),
    ("europepmc", ["pmid:101", "pmcid:202", "doi:10.1000/one"], 1),
    ("inspire", ["arxiv:2001.00001", "doi:10.1000/two"], 1),
    ("unpaywall", ["doi:10.1000/one", "doi:10.1000/two"], 2),
]


@pytest.fixture(autouse=True)
def works(server):
    server.works += WORKS


def identifiers(texts):
    return [Identifier(*text.split(":", 1)) for text in texts]


@pytest.mark.parametrize(("name", "texts", "calls"), BY_EVERY_IDENTIFIER)
def test_identifiers_of_all_kinds_are_answered(server, shared, name, texts, calls):
    asked = identifiers(texts)
    assert list(source_of(name, server, shared).fetch(asked)) == asked
    assert len(server.calls(name)) == calls


@pytest.mark.parametrize("name", ["pubmed", "arxiv", "dblp", "europepmc", "inspire"])
def test_search_finds_by_the_words_of_a_title(server, shared, name):
    source = source_of(name, server, shared)
    found = source.search(Query("Deep Learning: of (everything)?"))
    assert [record.title for record in found] == ["Deep learning of everything"]
    assert list(source.search(Query("?!"))) == []


def test_pubmed_keeps_key_and_address_out_of_the_url(server, shared):
    source_of("pubmed", server, shared).fetch(identifiers(["pmid:101"]))
    [logged] = server.calls("pubmed")
    assert logged.request.params == {}
    form = dict(parse_qsl(logged.request.body.decode()))
    assert (form["api_key"], form["email"], form["tool"]) == (KEY, "op@example.org", "SciTeXScholar")


def test_pubmed_without_key_and_address_sends_none(server, shared):
    source = source_of("pubmed", server, shared, key="", contact="")
    source.fetch(identifiers(["pmid:101"]))
    assert dict(parse_qsl(server.calls("pubmed")[0].request.body.decode())).keys() == {"db", "id", "retmode", "tool"}
    assert source._client.manners.rates["call"].calls == 3


@pytest.mark.parametrize("odd", ["doi:10.1000/one", "arxiv:not-an-id", "arxiv:2001.1", "doi:10.48550/arxiv.x"])
def test_arxiv_is_not_asked_for_what_would_spoil_its_list(server, shared, odd):
    assert source_of("arxiv", server, shared).fetch(identifiers([odd])) == {}
    assert server.calls("arxiv") == []


@pytest.mark.parametrize("name", ["pubmed", "datacite", "europepmc", "inspire"])
def test_quotation_mark_cannot_end_an_identifier(server, shared, name):
    assert source_of(name, server, shared).fetch(identifiers(['doi:10.1000/"a" OR "b"'])) == {}
    assert server.calls(name) == []


def test_unpaywall_is_not_asked_without_an_address(server, shared):
    with pytest.raises(SourceError, match="SCITEX_CONTACT_EMAIL") as caught:
        source_of("unpaywall", server, shared, contact="").fetch(identifiers(["doi:10.1000/one"]))
    assert not caught.value.retryable
    assert server.calls("unpaywall") == []


def test_arxiv_takes_its_time(server, shared, clock):
    source = source_of("arxiv", server, shared)
    for _ in range(3):
        source.fetch(identifiers(["arxiv:2001.00001"]))
    assert clock.slept >= 6
