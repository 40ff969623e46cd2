"""Limits that hold over threads and processes, and what is left when somebody dies."""

import multiprocessing
import signal
import sqlite3
import time
import traceback
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from apps.scholar_app.enrichment.record import Identifier, Query
from apps.scholar_app.enrichment.sources.keeping_redis import keepers_in_redis
from apps.scholar_app.enrichment.sources.limits import Limits, Rate, SharedLimits, spacing
from apps.scholar_app.enrichment.sources.shared import LimitsError, SharedFile
from apps.scholar_app.enrichment.sources.shared_postgres import SharedDatabase
from apps.scholar_app.enrichment.sources.shared_redis import PREFIX, SharedRedis
from apps.scholar_app.enrichment.sources.turns import WAITS_FOR
from tests.indexserver import IndexServer, Limit, Work
from tests.redis_server import needs_redis, redis_server
from tests.waiting import wait_until

from .faking import KEY, shared_by, source_of

THREE = Rate(3, 1.0)
_spawned = multiprocessing.get_context("spawn")


@pytest.fixture
def limits(home):
    return home.keepers().limits


def departures(limits, *, rate, calls, hurry=0.0):
    """When so many calls go out if each goes as soon as it may; ``hurry`` is how early it is asked again."""
    now, gone = 1000.0, list[float]()
    while len(gone) < calls:
        wait = limits.take("x", rate=rate, now=now)
        if wait:
            now += max(wait - hurry, 0.001)
        else:
            gone.append(now)
    return gone


@pytest.mark.parametrize("rate", [Rate(1, 3.0), Rate(3, 1.0), Rate(50, 1.0), Rate(1000, 300.0)])
def test_no_window_holds_more_calls_than_the_rate(limits, rate):
    gone = departures(limits, rate=rate, calls=rate.calls * 2 + 1)
    spans = [last - first for first, last in zip(gone, gone[rate.calls :], strict=False)]
    assert min(spans) >= rate.seconds * 1.02


def test_little_of_the_rate_is_left_unused(limits):
    gone = departures(limits, rate=Rate(50, 1.0), calls=501)
    assert gone[-1] - gone[0] <= 10.0 * 1.06


def test_lateness_is_made_up_for_but_never_by_a_burst(limits):
    rate = Rate(10, 1.0)
    assert limits.take("x", rate=rate, now=1000.0) == 0
    assert limits.take("x", rate=rate, now=1060.0) == 0
    assert limits.take("x", rate=rate, now=1060.0) == pytest.approx(spacing(rate) - 0.025)


def test_call_that_goes_out_late_holds_up_all_that_come_after_it(limits):
    limits.take("x", rate=THREE, now=1000.0)
    limits.take("x", rate=THREE, now=1000.0 + spacing(THREE))
    wait = limits.take("x", rate=THREE, now=1000.5)
    limits.late("x", seconds=0.25)
    assert limits.take("x", rate=THREE, now=1000.5) == pytest.approx(wait + 0.25)


def test_budgets_do_not_touch_each_other(limits):
    assert limits.take("crossref:list", rate=THREE, now=1000.0) == 0
    assert limits.take("crossref:single", rate=THREE, now=1000.0) == 0
    assert limits.take("crossref:list", rate=THREE, now=1000.0) > 0


def test_what_the_index_said_is_forgotten_after_an_hour(limits):
    limits.told("x", rate=Rate(1, 10.0), now=1000.0)
    assert limits.take("x", rate=THREE, now=1000.0) == 0
    assert limits.take("x", rate=THREE, now=1001.0) > 9
    assert limits.take("x", rate=THREE, now=4700.0) == 0
    assert limits.take("x", rate=THREE, now=4700.0) < 1


@pytest.mark.parametrize("now", [1000.0, 4939.0])
def test_clock_that_was_set_back_stops_nobody(limits, now):
    limits.take("x", rate=THREE, now=5000.0)
    assert limits.take("x", rate=THREE, now=now) == 0


@pytest.mark.parametrize("behind", [0.5, 2.0, 59.0])
def test_who_read_its_clock_and_was_then_held_up_gets_no_call_of_the_others(limits, behind):
    assert limits.take("x", rate=THREE, now=5000.0) == 0
    assert limits.take("x", rate=THREE, now=5000.0 - behind) > behind
    assert limits.take("x", rate=THREE, now=5000.0) > 0


def held(limits, source, *, at_once):
    return closing(limits.slot(source, at_once=at_once, now=1000.0))


def is_free(limits, source, *, at_once):
    slot = limits.slot(source, at_once=at_once, now=1000.0)
    if slot is not None:
        slot.close()
    return slot is not None


def test_slots_are_counted_over_all_holders(home):
    one, other = (home.keepers().limits for _ in range(2))
    with held(one, "x", at_once=2), held(other, "x", at_once=2):
        assert not is_free(one, "x", at_once=2)
        assert is_free(one, "x", at_once=3)
        assert is_free(one, "y", at_once=1)
    assert is_free(one, "x", at_once=2)


def test_limits_in_a_folder_that_cannot_be_written_are_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LimitsError):
        SharedFile(tmp_path / "file" / "limits.sqlite3")


def hold_a_slot(home, sign: Path) -> None:
    with held(home.keepers().limits, "x", at_once=1):
        sign.touch()
        signal.pause()


@pytest.mark.processes
def test_slot_of_a_killed_process_is_free_again(home, limits, tmp_path):
    process = _spawned.Process(target=hold_a_slot, args=(home, tmp_path / "held"))
    process.start()
    wait_until((tmp_path / "held").exists)
    assert not is_free(limits, "x", at_once=1)
    process.kill()
    process.join()
    wait_until(lambda: is_free(limits, "x", at_once=1))


class RealClock:
    now = staticmethod(time.time)
    sleep = staticmethod(time.sleep)


class Address:
    """The server's address, in another process."""

    def __init__(self, port: int) -> None:
        self.port = port

    def url(self, index: str) -> str:
        return f"http://127.0.0.1:{self.port}/{index}"


def ask_often(home, port: int, calls: int) -> None:
    source = source_of("crossref", Address(port), shared_by(home.keepers(), clock=RealClock()), rate=Rate(20, 1.0))
    for _ in range(calls):
        assert source.fetch([Identifier("doi", "10.1000/one")])


@pytest.mark.processes
def test_many_processes_together_keep_one_limit(home):
    """No second sees more than 20 calls leave; those that a busy machine holds up arrive with later ones: 3 at most."""
    with IndexServer([Work("One", doi="10.1000/one")]) as server:
        server.limit("crossref", "single", Limit(calls=20 + 3, seconds=1.0, at_once=3))
        processes = [_spawned.Process(target=ask_often, args=(home, server.port, 12)) for _ in range(5)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        assert [process.exitcode for process in processes] == [0] * 5
        assert server.violations == []
        assert len(server.calls("crossref")) == 60


def test_file_survives_a_writer_that_was_killed(tmp_path):
    limits = SharedLimits(SharedFile(tmp_path / "limits.sqlite3"))
    database = sqlite3.connect(tmp_path / "limits.sqlite3", isolation_level=None)
    database.execute("BEGIN IMMEDIATE")
    database.execute("INSERT INTO source_budget (name, next_at, asked_at) VALUES ('x', 1e18, 0)")
    database.close()
    assert limits.take("x", rate=THREE, now=1000.0) == 0


def test_what_went_wrong_is_known_to_all(home):
    one, other = (home.keepers().circuits for _ in range(2))
    one.failed("x", started=1000.0, now=1001.0, asked_pause=60.0, luck=0.5, reason="asks for a pause")
    assert other.health("x").wait(now=1011.0) == 50
    assert not other.try_at("x", now=1060.0, until=1090.0)
    assert other.try_at("x", now=1061.0, until=1090.0)
    assert not one.try_at("x", now=1062.0, until=1090.0)
    other.answered("x", started=1061.0, now=1063.0)
    assert one.health("x").down_since is None
    assert [health.source for health in one.all()] == ["x"]


def test_database_that_is_away_is_an_error(tmp_path):
    with pytest.raises(LimitsError) as caught:
        SharedDatabase({"host": str(tmp_path), "dbname": "nowhere"})
    assert str(caught.value) == "PostgreSQL: OperationalError"  # It is shown to users: no names of our machines.


@pytest.mark.parametrize("home", ["postgres"], indirect=True)
def test_session_that_was_ended_costs_one_error(home):
    state = home.open()
    limits = SharedLimits(state)
    with state.transaction() as database:
        pid = database.execute("SELECT pg_backend_pid()").fetchone()[0]
    with psycopg.connect(home.place) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
    with pytest.raises(LimitsError):
        limits.take("x", rate=THREE, now=1000.0)
    assert limits.take("x", rate=THREE, now=1000.0) == 0


@pytest.mark.parametrize("home", ["postgres"], indirect=True)
def test_slot_goes_with_the_session_and_closing_it_twice_does_no_harm(home):
    state, limits = home.open(), SharedLimits(home.open())
    slot = state.slot("x.0")
    slot._connection.close()
    slot.close()
    slot.close()
    wait_until(lambda: is_free(limits, "x", at_once=1))


def test_redis_that_is_away_is_an_error_that_keeps_the_password():
    url = f"redis://:{KEY}@127.0.0.1:1/0"
    with pytest.raises(LimitsError, match="Redis: ConnectionError") as caught:
        keepers_in_redis(SharedRedis(url)).limits.take("x", rate=THREE, now=1000.0)
    assert KEY not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("home", ["redis"], indirect=True)
@pytest.mark.parametrize("nonsense", [b"{", b'{"next_at": "soon"}', b'{"unknown": 1}', b"\xff"])
def test_nonsense_in_redis_is_an_error_and_no_licence_to_ask(home, nonsense):
    with redis.Redis.from_url(home.place) as connection:
        connection.set(f"{PREFIX}budget:x", nonsense)
    with pytest.raises(LimitsError, match="cannot be understood"):
        home.keepers().limits.take("x", rate=THREE, now=1000.0)


@needs_redis
def test_redis_that_comes_back_is_used_again_and_asked_by_nobody_meanwhile():
    with redis_server() as running:
        limits = keepers_in_redis(SharedRedis(running.url)).limits
        limits.slot("x", at_once=1, now=1000.0)
        running.stop()
        for refused in (
            lambda: limits.take("x", rate=THREE, now=1000.0),
            lambda: limits.slot("x", at_once=1, now=1000.0),
        ):
            with pytest.raises(LimitsError, match="Redis: ConnectionError"):
                refused()
        running.start()
        assert limits.take("x", rate=THREE, now=1000.0) == 0
        assert is_free(limits, "x", at_once=1)


@pytest.mark.parametrize("home", ["redis"], indirect=True)
def test_slot_of_a_connection_whose_number_is_another_ones_now_is_free(home, limits):
    """As after a restart of a Redis that kept its documents: it counts its connections from the beginning."""
    living = home.open()
    living.change("slots:x", lambda _: (None, {"held": {"token": living.life()}}))
    assert not is_free(limits, "x", at_once=1)
    number = living.life().partition(":")[0]
    living.change("slots:x", lambda _: (None, {"held": {"token": f"{number}:of another life"}}))
    assert is_free(limits, "x", at_once=1)


@pytest.mark.parametrize("home", ["redis"], indirect=True)
def test_what_redis_keeps_is_forgotten_some_day(home):
    keepers = home.keepers("a")
    keepers.limits.take("x", rate=THREE, now=1000.0)
    keepers.limits.slot("x", at_once=1, now=1000.0).close()
    keepers.circuits.answered("x", started=1000.0, now=1000.0)
    keepers.spending.pay("x", price=1, budget=1, now=1000.0)
    with redis.Redis.from_url(home.place) as connection:
        assert all(0 < connection.ttl(key) <= 2 * 86_400 for key in connection.keys(f"{PREFIX}*"))
        assert len(connection.keys(f"{PREFIX}*")) == len(connection.keys("*")) == 5


def test_clock_of_the_database_is_the_clock_of_now(home):
    state = home.open()
    if not isinstance(state, SharedFile):
        assert abs(state.now() - time.time()) < 3600


class Jobs:
    """Jobs that ask for the one slot of an index, at times that the test says."""

    def __init__(self, home) -> None:
        self.home = home
        self.limits = dict[str, Limits]()

    def serves(self, job: str, *, now: float) -> bool:
        """Whether the job gets the slot, which it gives back at once."""
        limits = self.limits.get(job) or self.home.keepers(job).limits
        self.limits[job] = limits
        slot = limits.slot("x", at_once=1, now=now)
        if slot is not None:
            slot.close()
        return slot is not None

    def finds_it_taken(self, job: str, *, now: float) -> None:
        """The job asks while somebody else has the slot."""
        with self.home.taken("x"):
            assert not self.serves(job, now=now)


def test_jobs_that_wait_take_turns(home):
    jobs = Jobs(home)
    assert jobs.serves("a", now=1000.0)
    jobs.finds_it_taken("b", now=1000.1)
    assert not jobs.serves("a", now=1000.2)
    assert jobs.serves("b", now=1000.3)
    assert jobs.serves("a", now=1000.4)


def test_job_that_waits_and_says_nothing_more_is_not_waited_for(home):
    jobs = Jobs(home)
    assert jobs.serves("a", now=1000.0)
    jobs.finds_it_taken("b", now=1000.1)
    assert not jobs.serves("a", now=1000.1 + WAITS_FOR * 0.99)
    assert jobs.serves("a", now=1000.1 + WAITS_FOR)


def test_job_that_nobody_waits_beside_is_served_again_and_again(home):
    jobs = Jobs(home)
    assert jobs.serves("b", now=999.9)
    assert all(jobs.serves("a", now=1000.0 + number / 100) for number in range(5))


def test_one_that_comes_later_is_served_before_one_that_was_served(home):
    jobs = Jobs(home)
    assert jobs.serves("a", now=1000.0)
    assert jobs.serves("b", now=1000.1)
    for job in "abc":
        jobs.finds_it_taken(job, now=1000.2)
    order = [job for number in range(3) for job in "abc" if jobs.serves(job, now=1000.3 + number / 10)]
    assert order[:3] == ["c", "a", "b"]


def test_calls_of_one_job_do_not_wait_for_each_other(home):
    jobs = Jobs(home)
    jobs.finds_it_taken("a", now=1000.0)
    assert jobs.serves("a", now=1000.1)
    assert jobs.serves("a", now=1000.1)


@contextmanager
def closing_all() -> Iterator[list[Any]]:
    """Processes that are ended with the test."""
    processes: list[Any] = []
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.join()


def search_often(home, port: int, *, calls: int, name: str, sign: Path, start: Path) -> None:
    """Say that it is ready; on the start, ask for so many titles, as many at once as Crossref takes."""
    shared = shared_by(home.keepers(name), clock=RealClock())
    source = source_of("crossref", Address(port), shared, rate=Rate(40, 1.0))
    sign.touch()
    wait_until(start.exists)
    for _ in source.search_many([Query(f"{name} {number}") for number in range(calls)]):
        pass


def asked_by(server) -> list[str]:
    """Who asked each of the calls so far, in their order."""
    return [call.request.params["query.bibliographic"].split()[0] for call in server.calls("crossref")]


@pytest.mark.processes
def test_small_file_waits_for_large_ones_no_longer_than_for_others_like_it(home, tmp_path):
    """Between two calls of a job each of the others gets about one, however many they have still to make."""
    large, small = ["large0", "large1", "large2"], "small"
    sizes = dict.fromkeys(large, 22) | {small: 12}
    with IndexServer(latency=0.02) as server, closing_all() as processes:
        server.limit("crossref", "list", Limit(calls=40, seconds=1.0, at_once=3))
        for name, calls in sizes.items():
            given = {"calls": calls, "name": name, "sign": tmp_path / name, "start": tmp_path / f"go {name[:5]}"}
            processes.append(_spawned.Process(target=search_often, args=(home, server.port), kwargs=given))
            processes[-1].start()
        wait_until(lambda: all((tmp_path / name).exists() for name in sizes))
        (tmp_path / "go large").touch()
        wait_until(lambda: set(large) <= set(asked_by(server)))
        (tmp_path / "go small").touch()
        before = len(server.calls("crossref"))
        processes[-1].join()
        since = asked_by(server)[before:]
        assert since.count(small) == 12
        # At the beginning the others hold all slots, and the small one has yet to see its start.
        assert since.index(small) <= 8
        turns = since[since.index(small) : len(since) - since[::-1].index(small)]
        assert len(turns) <= 12 * 4 + 3
        assert server.violations == []
