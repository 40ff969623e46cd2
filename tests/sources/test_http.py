"""The manners of the client: pauses, patience, who is asking, and what others learn from a failure."""

import itertools
import threading
from datetime import UTC, datetime

import pytest
from urllib3.connection import HTTPConnection

from apps.scholar_app.enrichment.errors import SourceError
from apps.scholar_app.enrichment.record import Identifier
from apps.scholar_app.enrichment.sources.http import Shared
from apps.scholar_app.enrichment.sources.limits import Rate, spacing
from apps.scholar_app.enrichment.sources.registry import user_agent
from tests.indexserver import FAULTS, Limit, Work
from tests.indexserver.faults import html, reset, retry_after, status

from .faking import FakeClock, shared_by, source_of

ONE = [Identifier("doi", "10.1000/one")]
AWAY = status(503)


@pytest.fixture(autouse=True)
def works(server):
    server.works.append(Work("One", doi="10.1000/one"))


def http_date(seconds):
    return datetime.fromtimestamp(seconds, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")


def test_pause_in_seconds_is_kept(server, shared, clock):
    server.plan("crossref", [retry_after("12")])
    assert source_of("crossref", server, shared).fetch(ONE)
    assert 12 <= clock.slept < 13


@pytest.mark.parametrize(("asked", "kept"), [(-5, 0), (0, 0), (30, 30)])
def test_pause_until_a_date_is_kept_by_the_clock_of_the_answer(server, shared, clock, asked, kept):
    server_time = clock.now() - 3600  # An hour behind ours: only its own date makes sense of its other one.
    fault = status(429, "", "text/plain", Retry_After=http_date(server_time + asked), X_Date="")

    def with_date(handler, reply):
        handler.date_time_string = lambda *_: http_date(server_time)
        fault(handler, reply)

    server.plan("crossref", [with_date])
    assert source_of("crossref", server, shared).fetch(ONE)
    assert kept <= clock.slept < kept + 1


def test_pause_longer_than_the_patience_ends_the_call_at_once(server, shared, clock):
    server.plan("crossref", [retry_after("121")])
    with pytest.raises(SourceError) as caught:
        source_of("crossref", server, shared).fetch(ONE)
    assert caught.value.retry_after == pytest.approx(121, abs=1)
    assert caught.value.retryable
    assert clock.slept < 1
    assert len(server.calls("crossref")) == 1


def test_pause_within_the_patience_is_sat_out(server, shared, clock):
    server.plan("crossref", [retry_after("119")])
    assert source_of("crossref", server, shared).fetch(ONE)
    assert clock.slept >= 119


def test_pause_that_one_was_asked_for_is_kept_by_all(server, tmp_path):
    clock = FakeClock()
    one, other = (source_of("crossref", server, shared_by(tmp_path, clock=clock)) for _ in range(2))
    server.plan("crossref", [retry_after("300")])
    with pytest.raises(SourceError):
        one.fetch(ONE)
    clock.time += 250
    assert other.fetch(ONE)
    assert clock.slept >= 49


@pytest.mark.parametrize("code", [403, 429, 503])
def test_endless_pause_ends_after_an_hour(server, shared, clock, code):
    server.plan("crossref", [retry_after("999999999", code=code)])
    with pytest.raises(SourceError) as caught:
        source_of("crossref", server, shared).fetch(ONE)
    assert caught.value.retry_after == pytest.approx(3600)
    clock.time += 3601
    assert source_of("crossref", server, shared).fetch(ONE)


@pytest.mark.parametrize(
    "nonsense", ["soon", "NaN", "inf", "1e999", "-1e999", "0x10", "Fri, 99 Foo 2026 25:61:00 GMT", "٣"]
)
def test_pause_that_makes_no_sense_is_one_of_our_own(server, shared, clock, nonsense):
    fault = status(429, "", "text/plain", Retry_After=nonsense.encode().decode("latin-1"))
    server.plan("crossref", [fault])
    assert source_of("crossref", server, shared).fetch(ONE)
    assert 0.5 <= clock.slept <= 4


def test_spent_budget_is_waited_for(server, shared, clock):
    server.plan("crossref", [status(429, "", "text/plain", X_RateLimit_Remaining="0", X_RateLimit_Reset="90")])
    assert source_of("crossref", server, shared).fetch(ONE)
    assert clock.slept >= 90


def test_patience_is_spent_on_growing_pauses(server, shared, clock):
    server.always("crossref", AWAY)
    with pytest.raises(SourceError, match="answered 503") as caught:
        source_of("crossref", server, shared).fetch(ONE)
    times = [1, 2, 4, 8, 16, 20, 20, 20, 20]
    assert (
        len(server.calls("crossref"))
        == len(list(itertools.takewhile(lambda t: t <= 120, itertools.accumulate(times)))) + 1
    )
    assert 90 < clock.slept <= 120
    assert caught.value.retryable
    assert (caught.value.retry_after or 0) > 0


def test_those_who_come_back_do_not_come_at_the_same_moment(server, tmp_path):
    waits = []
    for luck in (0.0, 1.0):
        clock = FakeClock()
        server.plan("crossref", [AWAY])
        source_of("crossref", server, shared_by(tmp_path / str(luck), clock=clock, luck=luck)).fetch(ONE)
        waits.append(clock.slept)
    assert waits == [0.5, 1.5]


def test_source_that_stays_away_is_not_hammered(server, shared, clock):
    server.always("crossref", AWAY)
    source = source_of("crossref", server, shared)
    with pytest.raises(SourceError):
        source.fetch(ONE)
    calls, slept = len(server.calls("crossref")), clock.slept
    clock.time += 21
    for _ in range(100):
        with pytest.raises(SourceError, match="answered 503"):
            source.fetch(ONE)
    assert len(server.calls("crossref")) == calls + 1  # The pause was over: one asked whether it is back.
    assert clock.slept == slept


def test_source_that_comes_back_is_asked_as_before(server, shared, clock):
    server.always("crossref", AWAY)
    source = source_of("crossref", server, shared)
    with pytest.raises(SourceError):
        source.fetch(ONE)
    server.always("crossref", None)
    clock.time += 30
    assert source.fetch(ONE)
    assert shared.circuits.health("crossref").down_since is None
    slept = clock.slept
    assert source.fetch(ONE)
    assert clock.slept - slept < 1


def test_state_of_a_source_can_be_seen(server, shared, clock):
    server.plan("crossref", [html])
    source_of("crossref", server, shared).fetch(ONE)
    [health] = shared.circuits.all()
    assert (health.source, health.failures, health.reason) == ("crossref", 0, "")
    assert health.answered_at == clock.now()
    server.always("crossref", html)
    with pytest.raises(SourceError):
        source_of("crossref", server, shared).fetch(ONE)
    [health] = shared.circuits.all()
    assert health.reason == "sent text/html instead of JSON"
    assert health.failures > 1


def test_failing_source_does_not_hold_up_another(server, shared, clock):
    server.always("crossref", AWAY)
    with pytest.raises(SourceError):
        source_of("crossref", server, shared).fetch(ONE)
    slept = clock.slept
    assert source_of("openalex", server, shared).fetch(ONE)
    assert clock.slept - slept < 1


def test_question_that_is_refused_says_nothing_against_the_source(server, shared):
    server.plan("crossref", [status(400)])
    with pytest.raises(SourceError, match="refused") as caught:
        source_of("crossref", server, shared).fetch(ONE)
    assert not caught.value.retryable
    assert shared.circuits.health("crossref").failures == 0


def test_source_that_is_away_is_named_with_since_when_and_until_when(server, shared, clock):
    server.plan("crossref", [AWAY, retry_after("600")])
    since = datetime.fromtimestamp(clock.now(), UTC).strftime("%H:%M UTC")
    with pytest.raises(SourceError) as caught:
        source_of("crossref", server, shared).fetch(ONE)
    until = datetime.fromtimestamp(round(clock.now() + 600), UTC).strftime("%H:%M:%S UTC")
    told = f"asks for a pause of 600 s (429); away since {since}, tried 2 times, not to be asked before {until}"
    assert str(caught.value) == f"crossref: {told}"


def test_every_pause_is_announced_while_it_lasts(server, tmp_path):
    said = []
    shared = shared_by(
        tmp_path, clock=FakeClock(), on_wait=lambda left, why, name: said.append((round(left), why, name))
    )
    server.plan("crossref", [retry_after("3")])
    source_of("crossref", server, shared).fetch(ONE)
    assert said == [(left, "Crossref asks for a pause of 3 s (429)", "crossref") for left in (3, 2, 1)]


def test_whoever_hears_of_a_pause_can_end_it(server, tmp_path):
    class StopError(Exception):
        pass

    def stop(seconds, why, source):
        raise StopError

    clock = FakeClock()
    server.plan("crossref", [retry_after("100")])
    with pytest.raises(StopError):
        source_of("crossref", server, shared_by(tmp_path, clock=clock, on_wait=stop)).fetch(ONE)
    assert clock.slept == 0
    clock.time += 100
    assert source_of("crossref", server, shared_by(tmp_path, clock=clock)).fetch(ONE)


@pytest.mark.parametrize(
    ("given", "agent"),
    [
        ({"site": "https://scholar.example.org", "contact": "op@example.org"},
         "SciTeXScholar/1.0 (https://scholar.example.org; mailto:op@example.org)"),
        ({"contact": "op@example.org"}, "SciTeXScholar/1.0 (mailto:op@example.org)"),
        ({"site": "https://scholar.example.org"}, "SciTeXScholar/1.0 (https://scholar.example.org)"),
        ({}, "SciTeXScholar/1.0"),
    ],
)  # fmt: skip
def test_nobody_is_given_an_invented_address(given, agent):
    assert user_agent(version="1.0", **given) == agent


def test_call_says_who_is_asking(server, shared):
    source_of("crossref", server, shared).fetch(ONE)
    assert server.calls("crossref")[0].request.headers["user-agent"] == "SciTeXScholar/1.0"


def test_connection_is_kept(server, shared):
    source = source_of("crossref", server, shared)
    for _ in range(3):
        source.fetch(ONE)
    assert len({logged.connection for logged in server.calls("crossref")}) == 1


def test_cookies_are_not_kept(server, shared):
    server.plan("crossref", [status(503, Set_Cookie="session=1; Path=/")])
    source_of("crossref", server, shared).fetch(ONE)
    assert "cookie" not in server.calls("crossref")[1].request.headers


def test_passwords_from_a_netrc_are_not_sent(server, shared, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("default login me password secret")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    source_of("crossref", server, shared).fetch(ONE)
    assert "authorization" not in server.calls("crossref")[0].request.headers


def test_limit_that_the_index_names_is_kept_when_it_is_the_stricter_one(server, shared, clock):
    told = {"X_Rate_Limit_Limit": "1", "X_Rate_Limit_Interval": "10s"}
    server.plan("crossref", [status(503, **told)])
    source = source_of("crossref", server, shared)
    source.fetch(ONE)
    slept = clock.slept
    source.fetch(ONE)
    assert clock.slept - slept >= 10


def test_limit_that_the_index_names_is_not_used_up_when_ours_is_the_stricter_one(server, shared, clock):
    told = {"X_Rate_Limit_Limit": "1000", "X_Rate_Limit_Interval": "1s"}
    server.plan("crossref", [status(503, **told)])
    source = source_of("crossref", server, shared, rate=None)
    source.fetch(ONE)
    slept = clock.slept
    for _ in range(10):
        source.fetch(ONE)
    assert clock.slept - slept >= 1.0


def test_call_that_takes_long_to_leave_holds_up_the_next(server, shared, clock, monkeypatch):
    send = HTTPConnection.connect

    def slow(connection):
        clock.time += 0.5
        send(connection)

    monkeypatch.setattr(HTTPConnection, "connect", slow)
    source = source_of("crossref", server, shared)
    source.fetch(ONE)
    source.fetch(ONE)
    assert clock.slept == pytest.approx(spacing(Rate(10, 1.0)) - 0.025)  # As if it had left at once.


def test_calls_at_once_stay_within_what_the_index_takes(server, tmp_path):
    """Six threads, real time: none of the calls may find three others under way."""
    server.latency = 0.05
    server.limit("crossref", "single", Limit(at_once=3))
    fast = Rate(1000, 1.0)
    sources = [source_of("crossref", server, _in_real_time(tmp_path), rate=fast) for _ in range(6)]
    threads = [threading.Thread(target=source.fetch, args=(ONE,)) for source in sources]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.violations == []
    assert len(server.calls("crossref")) == 6


def _in_real_time(folder) -> Shared:
    import time

    class RealClock:
        now = staticmethod(time.time)
        sleep = staticmethod(time.sleep)

    return shared_by(folder, clock=RealClock())


def test_damaged_limits_are_no_licence_to_ask_without_any(server, shared, tmp_path):
    source = source_of("crossref", server, shared)
    (tmp_path / "limits.sqlite3").write_bytes(b"this is no database at all" * 100)
    with pytest.raises(SourceError, match="limits cannot be kept"):
        source.fetch(ONE)
    assert server.calls("crossref") == []


def test_call_that_was_under_way_when_a_pause_was_asked_for_does_not_end_it(shared, clock):
    circuits = shared.circuits
    began = clock.now()
    circuits.failed("x", started=began, now=began + 1, asked_pause=60.0, luck=0.5, reason="asks for a pause")
    circuits.answered("x", started=began, now=began + 2)
    assert circuits.health("x").wait(now=began + 2) == pytest.approx(59)
    circuits.answered("x", started=began + 61, now=began + 62)
    assert circuits.health("x").wait(now=began + 62) == 0


def test_calls_that_fail_together_count_once(shared, clock):
    began = clock.now()
    for later in (1, 2, 3):
        shared.circuits.failed("x", started=began, now=began + later, asked_pause=None, luck=0.5, reason="away")
    assert shared.circuits.health("x").failures == 1


def test_clock_that_was_set_back_does_not_stop_everybody(server, shared, clock):
    server.plan("crossref", [FAULTS["retry_after_seconds"], reset])
    source = source_of("crossref", server, shared)
    with pytest.raises(SourceError):
        source.fetch(ONE)
    clock.time -= 86_400
    assert source.fetch(ONE)
