"""How often a run speaks with the database: often enough to stop in time, and no more than that."""

from dataclasses import dataclass, field, replace
from typing import Any, cast
from uuid import uuid4

import pytest
from django.db import OperationalError

from apps.scholar_app import jobs
from apps.scholar_app.enrichment.record import Progress
from apps.scholar_app.supervision import run
from apps.scholar_app.supervision.endings import Outcome
from apps.scholar_app.supervision.process import Child, Died
from apps.scholar_app.supervision.protocol import Moved, Order
from apps.scholar_app.supervision.run import Run
from apps.scholar_app.supervision.watchdog import Terms

START = 1000.0
TERMS = Terms(lease=60, turn=60, long_turn=480, no_progress=180)


@dataclass
class FakeChild:
    """Says what the test has it say."""

    pid: int = 1
    is_running: bool = True
    killed: bool = False
    heard: list[str] = field(default_factory=list)
    says: list[Moved] = field(default_factory=list)

    def give(self, _order: Order) -> None:
        self.heard.append("order")

    def stop(self) -> None:
        self.heard.append("stop")

    def beat(self) -> None:
        self.heard.append("beat")

    def kill(self) -> None:
        self.killed = True

    def close(self) -> None:
        self.killed = True

    def conclude(self) -> Died:
        return Died(-9)

    def read(self) -> list[Moved]:
        said, self.says = self.says, []
        return said


@dataclass
class FakeJobs:
    """What is asked of the database, and what it answers."""

    calls: list[str] = field(default_factory=list)
    written: list[int] = field(default_factory=list)
    ours: bool = True
    away: bool = False

    def renew(self, _claim: jobs.Claim, *, progress: Progress | None) -> bool:
        if self.away:
            raise OperationalError
        self.calls.append("renew")
        self.written += [] if progress is None else [progress.entries_done]
        return self.ours

    def held(self, _claim: jobs.Claim) -> "FakeJobs":
        return self

    def exists(self) -> bool:
        self.calls.append("look")
        return self.ours


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> FakeJobs:
    fake = FakeJobs()
    monkeypatch.setattr(jobs, "renew", fake.renew)
    monkeypatch.setattr(run, "held", fake.held)
    return fake


@pytest.fixture
def child() -> FakeChild:
    return FakeChild()


@pytest.fixture
def terms() -> Terms:
    return TERMS


@pytest.fixture
def running(child: FakeChild, database: FakeJobs, terms: Terms) -> Run:
    return Run(jobs.Claim(uuid4(), 1, 1), cast("Child", child), terms=terms, now=START)


def pass_time(running: Run, *, until: float, every: float = 0.25, child: Any = None) -> None:
    """Look at and report for a run as its worker does; a ``child`` given moves on each time."""
    for step in range(1, int(until / every) + 1):
        if child is not None:
            child.says = [Moved(Progress(1000, step))]
        running.look(now=START + step * every)
        running.report(now=START + step * every)


def test_quiet_run_looks_twice_a_second_and_renews_at_each_third_of_the_lease(
    running: Run, database: FakeJobs, child: FakeChild
) -> None:
    pass_time(running, until=60)
    assert len(database.calls) == 120
    assert [number for number, call in enumerate(database.calls, 1) if call == "renew"] == [40, 80, 120]
    assert child.heard == ["order"] + ["beat"] * 3


def test_progress_is_written_once_a_second(running: Run, database: FakeJobs, child: FakeChild) -> None:
    pass_time(running, until=10, child=child)
    assert database.written == [4, 8, 12, 16, 20, 24, 28, 32, 36, 40]


def test_last_progress_is_written_although_no_other_follows(running: Run, database: FakeJobs, child: FakeChild) -> None:
    child.says = [Moved(Progress(10, 1)), Moved(Progress(10, 2))]
    pass_time(running, until=3)
    assert database.written == [2]


def test_progress_is_kept_until_the_database_is_back(running: Run, database: FakeJobs, child: FakeChild) -> None:
    child.says = [Moved(Progress(10, 2))]
    database.away = True
    running.look(now=START + 1)
    with pytest.raises(OperationalError):
        running.report(now=START + 1)
    database.away = False
    running.report(now=START + 1.1)
    assert database.written == [2]


def test_lost_job_kills_the_child_and_asks_no_more(running: Run, database: FakeJobs, child: FakeChild) -> None:
    database.ours = False
    pass_time(running, until=5)
    assert child.killed
    assert database.calls == ["look"]


def test_renewal_that_comes_too_late_does_not_prolong_the_lease(
    running: Run, database: FakeJobs, child: FakeChild
) -> None:
    running.look(now=START + 60.001)
    running.report(now=START + 60.001)
    assert child.killed
    assert database.calls == []
    assert child.heard == ["order"]


@pytest.mark.parametrize(("seconds", "killed"), [(80, False), (80.001, True)])
def test_outage_ends_the_child_one_lease_after_the_last_renewal(
    running: Run, database: FakeJobs, child: FakeChild, seconds: float, killed: bool
) -> None:
    pass_time(running, until=20)
    assert database.calls[-1] == "renew"
    running.look(now=START + seconds)
    assert child.killed is killed


@pytest.fixture
def failures(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The codes with which jobs are failed."""
    codes: list[str] = []

    def fail(_claim: jobs.Claim, **reason: str) -> bool:
        codes.append(reason["code"])
        return True

    monkeypatch.setattr(jobs, "fail", fail)
    return codes


def die(running: Run, child: FakeChild) -> None:
    child.is_running = False
    running.look(now=START)
    running.settle()


@pytest.mark.parametrize("terms", [replace(TERMS, lease=10_000)])
def test_first_reason_to_kill_counts(running: Run, child: FakeChild, failures: list[str], terms: Terms) -> None:
    running.look(now=START + 200)
    running.shut_down(now=START + 200)
    running.look(now=START + 600)
    die(running, child)
    assert failures == ["no_progress"]


@pytest.mark.parametrize("terms", [replace(TERMS, lease=500)])
def test_lost_job_is_not_failed_whatever_it_was_killed_for(
    running: Run, child: FakeChild, failures: list[str], terms: Terms
) -> None:
    running.look(now=START + 200)
    running.look(now=START + 600)
    die(running, child)
    assert failures == []
    assert running.outcome is Outcome.LOST
