"""``run_job`` and the worker's loop within the test's own process, with real children and a database that fails."""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError

from apps.scholar_app import jobs, worker
from apps.scholar_app.jobs.running import held
from apps.scholar_app.models import Status
from apps.scholar_app.supervision import nursery, run
from apps.scholar_app.supervision.watchdog import Terms
from apps.scholar_app.worker import Outcome, Worker, run_job
from tests.jobs.making import claimed, row, submitted, visitor
from tests.worker import bodies

pytestmark = [pytest.mark.processes, pytest.mark.usefixtures("transactional_db", "stage")]


@pytest.fixture
def body(settings: Any) -> Callable[[Callable[..., object]], None]:
    """Have children do this with their jobs."""

    def choose(chosen: Callable[..., object]) -> None:
        settings.JOB_BODY = f"{bodies.__name__}.{chosen.__name__}"

    choose(bodies.done)
    settings.SCITEX_LEASE_SECONDS = 3
    return choose


Choose = Callable[[Callable[..., object]], None]


def fails_until(real: Callable[..., Any], *, calls: float) -> Callable[..., Any]:
    """``real``, but the database is away for the first ``calls`` calls."""
    count = iter(range(10**9))

    def called(*arguments: Any, **more: Any) -> Any:
        if next(count) < calls:
            raise OperationalError("the database is away")
        return real(*arguments, **more)

    return called


def test_job_is_run_by_its_id(body: Choose) -> None:
    first, second = submitted(), submitted()
    assert run_job(str(second.pk)) is Outcome.COMPLETED
    assert [row(job.pk).status for job in (first, second)] == [Status.PENDING, Status.COMPLETED]


def test_second_delivery_of_a_finished_job_does_nothing(body: Choose, stage: Path) -> None:
    job = submitted()
    assert run_job(job.pk) is Outcome.COMPLETED
    assert run_job(job.pk) is None
    assert len(list(stage.glob("done.*"))) == 1


def test_delivery_of_a_job_at_work_does_nothing(body: Choose, stage: Path) -> None:
    job = submitted()
    claimed(job)
    assert run_job(job.pk) is None
    assert not list(stage.glob("done.*"))


GONE = UUID("70f86d9c-f595-4597-8a5c-ab23d4ac5098")


@pytest.mark.parametrize("job_id", [GONE, str(GONE)])
def test_delivery_of_a_job_that_is_gone_does_nothing(body: Choose, job_id: UUID | str) -> None:
    assert run_job(job_id) is None


def test_failed_job_is_an_outcome_and_no_exception(body: Choose) -> None:
    body(bodies.errs)
    assert run_job(submitted().pk) is Outcome.FAILED


def test_engine_is_told_to_deliver_again_what_was_handed_back(body: Choose) -> None:
    body(bodies.source_away_later)
    job = submitted()
    assert run_job(job.pk) is Outcome.HANDED_BACK
    assert row(job.pk).status == Status.PENDING


def test_jobs_of_engines_with_threads_are_run_in_threads(body: Choose) -> None:
    outcomes: list[Outcome | None] = []
    ids = [submitted().pk for _ in range(2)]

    def deliver(job_id: UUID) -> None:
        from django.db import connections

        outcomes.append(run_job(job_id))
        connections.close_all()

    threads = [threading.Thread(target=deliver, args=(job_id,)) for job_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [Outcome.COMPLETED] * 2


# A turn that lasts too long


TERMS = Terms(lease=10_000, turn=60, long_turn=480, no_progress=10_000, turn_grace=0.5)


@pytest.fixture
def late(body: Choose, monkeypatch: pytest.MonkeyPatch) -> Callable[[], float]:
    """A clock on which ten minutes pass as soon as the row holds some progress."""
    renew, passed = jobs.renew, [0]

    def renewed(claim: jobs.Claim, *, progress: Any) -> bool:
        passed[0] = passed[0] or (600 if progress and progress.entries_done else 0)
        return renew(claim, progress=progress)

    monkeypatch.setattr(jobs, "renew", renewed)
    monkeypatch.setattr(worker, "terms", lambda: TERMS)
    return lambda: time.monotonic() + passed[0]


@pytest.mark.parametrize("chosen", [bodies.learns, bodies.learns_and_goes_deaf])
def test_long_turn_that_got_somewhere_is_followed_by_another(
    body: Choose, late: Callable[[], float], chosen: Callable[..., object]
) -> None:
    body(chosen)
    job = submitted()
    assert Worker(processes=1, clock=late).run_one(job.pk) is Outcome.HANDED_BACK
    assert (row(job.pk).status, row(job.pk).entries_done) == (Status.PENDING, 1)


def test_long_turn_that_got_nowhere_is_the_last(body: Choose, late: Callable[[], float]) -> None:
    body(bodies.halfway)
    job = submitted()
    assert Worker(processes=1, clock=late).run_one(job.pk) is Outcome.FAILED
    assert row(job.pk).error_code == "hard_timeout"


def test_turns_end_well_before_a_job_is_stale(settings: Any) -> None:
    settings.SCITEX_PROCESSING_TIMEOUT_MINUTES, settings.SCITEX_TURN_SECONDS = 10, 60
    assert (worker.terms().turn, worker.terms().long_turn) == (60, 480)
    settings.SCITEX_PROCESSING_TIMEOUT_MINUTES = 1
    assert (worker.terms().turn, worker.terms().long_turn) == (48, 48)


def test_waiting_for_a_source_is_no_standstill(settings: Any) -> None:
    settings.SCITEX_SOURCE_PATIENCE_SECONDS, settings.SCITEX_NO_PROGRESS_SECONDS = 120, 60
    assert worker.terms().no_progress == 180


# The database is away for a while


def test_result_waits_for_the_database(body: Choose, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "complete", fails_until(jobs.complete, calls=3))
    job = submitted()
    assert run_job(job.pk) is Outcome.COMPLETED
    assert row(job.pk).status == Status.COMPLETED


def test_failure_waits_for_the_database(body: Choose, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "fail", fails_until(jobs.fail, calls=3))
    body(bodies.leaves)
    job = submitted()
    assert run_job(job.pk) is Outcome.FAILED
    assert row(job.pk).error_code == "internal_error"


def test_short_outage_costs_no_job(body: Choose, monkeypatch: pytest.MonkeyPatch, stage: Path) -> None:
    body(bodies.busy_until_go)
    renew = jobs.renew

    def renewed(*arguments: Any, **more: Any) -> bool:
        (stage / "go").touch()
        return renew(*arguments, **more)

    monkeypatch.setattr(jobs, "renew", fails_until(renewed, calls=2))
    job = submitted()
    assert run_job(job.pk) is Outcome.COMPLETED


@pytest.mark.parametrize("asking", ["renewing", "looking"])
def test_outage_longer_than_the_lease_ends_the_child(
    body: Choose, monkeypatch: pytest.MonkeyPatch, asking: str
) -> None:
    body(bodies.busy_until_go)
    monkeypatch.setattr(jobs, "renew", fails_until(jobs.renew, calls=10**9))
    if asking == "looking":
        monkeypatch.setattr(run, "held", fails_until(held, calls=10**9))
    job = submitted()
    assert run_job(job.pk) is Outcome.LOST
    assert row(job.pk).status == Status.PROCESSING  # until the lease is over, and another worker takes it up


def test_worker_told_to_stop_during_an_outage_leaves(body: Choose, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_LEAVE_SECONDS", 0.5)
    monkeypatch.setattr(jobs, "hand_back", fails_until(jobs.hand_back, calls=10**9))
    body(bodies.until_go)
    job = submitted()
    leaving = Worker(processes=1)
    leaving.stop()
    assert leaving.run_one(job.pk) is Outcome.LOST


def test_outage_is_logged_once_and_so_is_its_end(
    body: Choose, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(jobs, "complete", fails_until(jobs.complete, calls=3))
    with caplog.at_level(logging.INFO, "scholar.worker"):
        run_job(submitted().pk)
    messages = [record.getMessage() for record in caplog.records if "database=" in record.getMessage()]
    assert messages == ["database=away error=OperationalError: the database is away", "database=back"]


# The machine has nothing to give


def test_result_that_cannot_be_stored_fails_the_job(body: Choose, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> bool:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(jobs, "complete", full)
    job = submitted()
    assert run_job(job.pk) is Outcome.FAILED
    assert row(job.pk).error_code == "not_stored"


@pytest.fixture
def no_process(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """No child can be started; the list holds the tries."""
    tries: list[int] = []

    def refuse(**_: Any) -> None:
        tries.append(1)
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(nursery, "Child", refuse)
    return tries


def test_job_without_a_process_is_handed_back(body: Choose, no_process: list[int]) -> None:
    job = submitted()
    with pytest.raises(BlockingIOError):
        run_job(job.pk)
    assert row(job.pk).status == Status.PENDING


def test_worker_without_a_process_does_not_try_in_a_frenzy(
    body: Choose, no_process: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = iter(range(20))

    def count(round_of: Worker, _alarm: int | None) -> None:
        if next(rounds, None) is None:
            round_of.stop()

    monkeypatch.setattr(Worker, "_wait", count)
    submitted()
    Worker(processes=4).serve()
    assert len(no_process) == 1


def test_error_of_ours_gives_up_one_job_and_no_other(body: Choose, monkeypatch: pytest.MonkeyPatch) -> None:
    spoilt, healthy = submitted(visitor()), submitted(visitor())
    complete = jobs.complete

    def completed(claim: jobs.Claim, **more: Any) -> bool:
        if claim.job_id == spoilt.pk:
            raise ZeroDivisionError
        return complete(claim, **more)

    monkeypatch.setattr(jobs, "complete", completed)
    Worker(processes=2).drain()
    assert [row(job.pk).status for job in (spoilt, healthy)] == [Status.PROCESSING, Status.COMPLETED]
