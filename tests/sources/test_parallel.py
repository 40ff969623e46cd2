"""Several questions at once: order, errors in their place, and no waiting for what nobody wants any more."""

import threading

import pytest

from apps.scholar_app.enrichment.record import Identifier, Query
from apps.scholar_app.enrichment.sources.limits import Rate
from apps.scholar_app.enrichment.sources.parallel import abandoned, in_order
from tests.indexserver import Limit, Work
from tests.waiting import wait_until

from .faking import FakeClock, shared_by, source_of


@pytest.mark.parametrize("at_once", [1, 3])
def test_answers_come_in_the_order_of_the_questions(at_once):
    first_may_end = threading.Event()

    def ask(number):
        if number == 0 and at_once > 1:
            first_may_end.wait()
        if number == 2:
            first_may_end.set()
        return number * 10

    assert list(in_order(ask, range(10), at_once=at_once)) == [number * 10 for number in range(10)]


@pytest.mark.parametrize("at_once", [1, 3])
def test_error_comes_in_its_place(at_once):
    answers = in_order(lambda number: 10 // (3 - number), range(10), at_once=at_once)
    assert [next(answers), next(answers), next(answers)] == [3, 5, 10]
    with pytest.raises(ZeroDivisionError):
        next(answers)


def test_no_more_are_under_way_than_allowed():
    lock, now, most = threading.Lock(), 0, 0

    def ask(number):
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        with lock:
            now -= 1
        return number

    assert len(list(in_order(ask, range(200), at_once=3))) == 200
    assert 1 <= most <= 3


def test_whoever_stops_listening_does_not_wait():
    ended = threading.Event()

    def ask(number):
        if number:
            given_up = abandoned.get()
            assert isinstance(given_up, threading.Event)
            given_up.wait()
            ended.set()
        return number

    answers = in_order(ask, range(10), at_once=2)
    assert next(answers) == 0
    answers.close()  # type: ignore[attr-defined]
    wait_until(ended.is_set)


def test_searches_are_under_way_together_and_within_the_limit(server, tmp_path):
    """Real time: the server holds the first two searches until it has seen three."""
    server.works += [Work(f"Title{number}", doi=f"10.1000/{number}") for number in range(6)]
    server.limit("crossref", "list", Limit(at_once=3))
    together = threading.Event()

    def held(handler, reply):
        if len(server.calls("crossref")) >= 3:
            together.set()
        together.wait(10)
        handler.say(reply)

    server.plan("crossref", [held, held, held])
    shared = shared_by(tmp_path, clock=FakeClock())
    source = source_of("crossref", server, shared, rate=Rate(1000, 1.0))
    answers = list(source.search_many([Query(f"Title{number}") for number in range(6)]))
    assert [records[0].doi for records in answers] == [f"10.1000/{number}" for number in range(6)]
    assert together.is_set()
    assert server.violations == []
    assert (source.tally().asked, source.tally().found) == (6, 6)


def test_large_fetch_fills_the_calls_that_are_taken_at_once(server, tmp_path):
    server.works += [Work(f"Title {number}", doi=f"10.1000/{number}") for number in range(150)]
    source = source_of("crossref", server, shared_by(tmp_path, clock=FakeClock()), rate=Rate(1000, 1.0))
    asked = [Identifier("doi", f"10.1000/{number}") for number in range(150)]
    assert source.batch_size == 150
    assert set(source.fetch(asked)) == set(asked)
    assert len(server.calls("crossref")) == 3


def test_connections_are_kept_from_one_batch_to_the_next(server, tmp_path):
    server.works += [Work(f"Title {number}", doi=f"10.1000/{number}") for number in range(150)]
    source = source_of("crossref", server, shared_by(tmp_path, clock=FakeClock()), rate=Rate(1000, 1.0))
    for _ in range(4):
        source.fetch([Identifier("doi", f"10.1000/{number}") for number in range(150)])
    assert len(server.calls("crossref")) == 12
    assert len({logged.connection for logged in server.calls("crossref")}) <= 3


def test_what_is_out_when_nobody_listens_any_more_is_handed_over_and_nothing_new_begins():
    out, begun, late = threading.Event(), [], []

    def ask(number):
        begun.append(number)
        if number:
            if number == 2:
                out.set()
            given_up = abandoned.get()
            assert isinstance(given_up, threading.Event)
            given_up.wait()
            if number == 1:
                raise ValueError
        return number * 10

    answers = in_order(ask, range(10), at_once=2, late=lambda number, answer: late.append((number, answer)))
    assert next(answers) == 0
    out.wait()
    answers.close()
    assert late == [(2, 20)]
    assert begun == [0, 1, 2]
