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
from tests.indexserver import FAULTS, Work
from tests.indexserver.faults import wrong_types

from .faking import KEY, FakeClock, shared_by, source_of

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
    """What can be asked of a source: one identifier, several, and a search."""
    source = INDEXES[name].source
    for scheme in sorted(source.resolves & IDENTIFIERS.keys()):
        identifiers = [Identifier(scheme, value) for value in IDENTIFIERS[scheme]]
        yield Question(name, f"one {scheme}", lambda asked, one=identifiers[:1]: asked.fetch(one))
        if source.per_call > 1:
            yield Question(name, f"several {scheme}", lambda asked, several=identifiers: asked.fetch(several))
    if source.searches:
        yield Question(name, "search", lambda asked: asked.search(Query("Deep learning of everything")))


ON_EVERY_QUESTION = pytest.mark.parametrize("question", [one for name in INDEXES for one in questions(name)], ids=str)


@pytest.fixture
def hasty(tmp_path):
    """Patience for one attempt, on a clock on which pauses take no time."""
    return shared_by(tmp_path, clock=FakeClock(), patience=0.0)


@pytest.fixture
def log(caplog):
    """Everything that is logged, by whomever."""
    caplog.set_level(logging.DEBUG)
    return caplog


@ON_EVERY_QUESTION
@pytest.mark.parametrize("fault", [*FAULTS.values(), wrong_types], ids=lambda fault: fault.__name__)
def test_fault_is_an_error_and_not_an_absence(server, hasty, log, question, fault):
    server.works += WORKS
    server.always(question.name, fault)
    with pytest.raises(SourceError) as caught:
        question.ask(source_of(question.name, server, hasty))
    assert caught.value.source == question.name
    assert server.strays == []
    told = log.text + "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert KEY not in told
    assert "op@example.org" not in told
    assert "127.0.0.1" not in str(caught.value)


@ON_EVERY_QUESTION
def test_refused_connection_is_an_error_and_not_an_absence(server, hasty, question):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # Bound and not listening: whoever connects is refused.
        with pytest.raises(SourceError, match="could not be reached"):
            question.ask(source_of(question.name, server, hasty, base_url=f"http://127.0.0.1:{taken.getsockname()[1]}"))


@ON_EVERY_QUESTION
@pytest.mark.parametrize(
    "fault", [fault for name, fault in FAULTS.items() if name not in FINAL],
    ids=lambda fault: fault.__name__,
)  # fmt: skip
def test_fault_that_passes_is_as_if_it_had_not_been(server, tmp_path, question, fault):
    server.works += WORKS
    server.plan(question.name, [fault])
    shared = shared_by(tmp_path, clock=FakeClock(), patience=4000.0)
    assert question.ask(source_of(question.name, server, shared))


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
