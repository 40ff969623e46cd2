"""Every fault of an index, at every source: it is never "not found", it never hangs, it never gives a secret away."""

import logging
import socket
import traceback
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from apps.scholar_app.enrichment.errors import SourceError
from apps.scholar_app.enrichment.record import Identifier, Query
from apps.scholar_app.enrichment.sources.registry import INDEXES
from apps.scholar_app.enrichment.sources.remote import RemoteSource
from tests.indexserver import FAULTS, IndexServer, Work
from tests.indexserver.faults import hollow, wrong_types

from .faking import KEY, PATIENT, SHORT, FakeClock, shared_by, source_of

WORKS = [
    Work("Deep learning of everything", doi="10.1000/one", pmid="101", pmcid="201", arxiv="2001.00001", s2="301"),
    Work("Shallow learning of nothing", doi="10.1000/two", pmid="102", pmcid="202", arxiv="2001.00002", s2="302"),
]
IDENTIFIERS = {
    "doi": ["10.1000/one", "10.1000/two"],
    "arxiv": ["2001.00001", "2001.00002"],
    "pmid": ["101", "102"],
    "pmcid": ["201", "202"],
    "s2": ["301", "302"],
}
OF_SHAPE = {
    "html", "html_that_claims_to_be_json", "cut_off", "broken_off", "wrong_kind", "empty", "nothing_expected",
    "wrong_types", "status_204", "status_400", "status_404", "status_404_bare",
}  # fmt: skip
#: Faults after which asking again has no point.
FINAL = {"status_400", "status_401", "status_405", "oversized", "oversized_and_says_so"}


class Question(NamedTuple):
    """Something that can be asked of a source."""

    name: str
    what: str
    ask: Callable[[RemoteSource], Any]

    def __str__(self) -> str:
        return f"{self.name}-{self.what}".replace(" ", "-")


def questions(name):
    """What can be asked of a source: one identifier, several of all kinds, and a search."""
    source = INDEXES[name].source
    schemes = sorted(source.resolves & IDENTIFIERS.keys())
    one = [Identifier(scheme, IDENTIFIERS[scheme][0]) for scheme in schemes[:1]]
    if one:
        yield Question(name, "one", lambda asked: asked.fetch(one))
    if source.per_call > 1:
        several = [Identifier(scheme, value) for scheme in schemes for value in IDENTIFIERS[scheme]]
        yield Question(name, "several", lambda asked: asked.fetch(several))
    if source.searches:
        yield Question(name, "search", lambda asked: asked.search(Query("Deep learning of everything")))


QUESTIONS = [question for name in INDEXES for question in questions(name)]
ON_EVERY_QUESTION = pytest.mark.parametrize("question", QUESTIONS, ids=str)
#: Faults that a source itself must see through are tried on its every question, the client's on one of each source.
CASES = [
    pytest.param(question, fault, id=f"{question}-{name}")
    for name, fault in (FAULTS | {"wrong_types": wrong_types}).items()
    for number, question in enumerate(QUESTIONS)
    if name in OF_SHAPE or number == 0 or QUESTIONS[number - 1].name != question.name
]


@pytest.fixture(scope="module")
def one_server():
    with IndexServer() as running:
        yield running


@pytest.fixture
def server(one_server):
    """One server for all of the many tests here."""
    one_server.forget()
    return one_server


@pytest.fixture
def hasty(tmp_path):
    """Patience for one attempt, on a clock on which pauses take no time."""
    return shared_by(tmp_path, clock=FakeClock(), patience=0.0)


def bounds_for(fault):
    return SHORT if fault.__name__ in ("silent", "slow_headers", "slow_body") else PATIENT


@pytest.fixture
def log(caplog):
    """Everything that is logged, by whomever."""
    caplog.set_level(logging.DEBUG)
    return caplog


@pytest.mark.parametrize(("question", "fault"), CASES)
def test_fault_is_an_error_and_not_an_absence(server, hasty, log, question, fault):
    server.works += WORKS
    server.always(question.name, fault)
    with pytest.raises(SourceError) as caught:
        question.ask(source_of(question.name, server, hasty, bounds=bounds_for(fault)))
    assert caught.value.source == question.name
    assert server.strays == []
    told = log.text + "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert KEY not in told
    assert "op@example.org" not in told
    assert "127.0.0.1" not in str(caught.value)


@pytest.mark.parametrize(
    ("question", "fault"), [case for case in CASES if str(case.id).rpartition("-")[2] not in FINAL]
)
def test_fault_that_passes_is_as_if_it_had_not_been(server, tmp_path, question, fault):
    server.works += WORKS
    server.plan(question.name, [fault])
    shared = shared_by(tmp_path, clock=FakeClock(), patience=4000.0)
    assert question.ask(source_of(question.name, server, shared, bounds=bounds_for(fault)))


@pytest.mark.parametrize(
    "question", [one for one in QUESTIONS if one.what != "one" and one.name not in ("arxiv", "pubmed")], ids=str
)
def test_list_that_is_not_there_is_not_an_empty_one(server, hasty, question):
    server.works += WORKS
    server.always(question.name, hollow)
    with pytest.raises(SourceError):
        question.ask(source_of(question.name, server, hasty))


@ON_EVERY_QUESTION
def test_refused_connection_is_an_error_and_not_an_absence(server, hasty, question):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # Bound and not listening: whoever connects is refused.
        with pytest.raises(SourceError, match="could not be reached"):
            question.ask(source_of(question.name, server, hasty, base_url=f"http://127.0.0.1:{taken.getsockname()[1]}"))


@ON_EVERY_QUESTION
def test_honest_answers_are_found(server, hasty, question):
    server.works += WORKS
    source = source_of(question.name, server, hasty)
    assert question.ask(source)
    assert source.tally().found >= 1


@ON_EVERY_QUESTION
def test_what_an_index_does_not_have_is_absent_and_no_error(server, hasty, question):
    server.works += [Work("Something else entirely", doi="10.1000/else", pmid="9", arxiv="2001.00009", s2="9")]
    assert not question.ask(source_of(question.name, server, hasty))
