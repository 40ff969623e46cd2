"""Workers that are killed, paused or told to stop: nothing is lost, and nothing is done twice."""

import os
import signal
from pathlib import Path

import pytest

from apps.scholar_app import files
from apps.scholar_app.models import Status
from tests.jobs.making import in_turn, row, submitted
from tests.waiting import wait_until
from tests.worker import bodies, dying
from tests.worker.engines import embedded_only
from tests.worker.live import ROOT
from tests.worker.working import (
    Body,
    StartWith,
    all_gone,
    begun,
    published,
    reaches,
    results,
)

pytestmark = [pytest.mark.processes, pytest.mark.promises, pytest.mark.usefixtures("transactional_db", "stage")]


# What is killed


def test_killed_child_fails_its_job_and_no_other(worker: StartWith, stage: Path) -> None:
    job = submitted()
    worker(bodies.until_go, "--processes", "1")
    pid = begun(stage, bodies.until_go, job.pk)
    next_one = submitted()
    os.kill(pid, signal.SIGKILL)
    failed = reaches(job.pk, Status.FAILED)
    assert failed.error_code == "process_died"
    assert "SIGKILL" in failed.error_message
    assert not failed.result_name
    (stage / "go").touch()
    reaches(next_one.pk, Status.COMPLETED)


@pytest.mark.parametrize("whole_group", [False, True])
def test_killed_worker_loses_nothing(worker: StartWith, stage: Path, whole_group: bool) -> None:
    job = submitted()
    killed = worker(bodies.busy_until_go)
    pid = begun(stage, bodies.busy_until_go, job.pk)
    children = killed.children()
    assert pid in children
    if whole_group:
        os.killpg(killed.process.pid, signal.SIGKILL)
    else:
        killed.process.kill()
    all_gone(*children)
    assert row(job.pk).status == Status.PROCESSING
    (stage / "go").touch()
    worker(bodies.busy_until_go)
    rescued = reaches(job.pk, Status.COMPLETED)
    assert (rescued.rescues, results(job.pk)) == (1, published(job.pk, token=3))


@pytest.mark.parametrize("step", dying.STEPS)
def test_worker_that_dies_beside_its_child_loses_nothing(worker: StartWith, step: str) -> None:
    job = submitted()
    armed = worker(bodies.done, step, command=["-m", dying.__name__], PYTHONPATH=str(ROOT))
    assert armed.wait() == -signal.SIGKILL
    worker(bodies.done)
    finished = reaches(job.pk, Status.COMPLETED)
    assert files.read(finished.result_name) == bodies.PRODUCT.result
    assert finished.attempt == (1 if step == "published" else 2)


def test_late_result_of_a_paused_worker_is_discarded(worker: StartWith, stage: Path) -> None:
    job = submitted()
    paused = worker(bodies.busy_until_go)
    begun(stage, bodies.busy_until_go)
    paused.send(signal.SIGSTOP)
    (stage / "go").touch()  # its child finishes at once, and the result lies ready
    worker(bodies.busy_until_go)
    finished = reaches(job.pk, Status.COMPLETED)
    paused.send(signal.SIGCONT)
    paused.wait_until_said(f"job={job.pk} token=1 run=lost")
    assert row(job.pk).result_name == finished.result_name
    assert results(job.pk) == published(job.pk, token=3)


def test_child_of_a_paused_worker_does_not_work_on(worker: StartWith, stage: Path) -> None:
    job = submitted()
    paused = worker(bodies.busy_until_go)
    pid = begun(stage, bodies.busy_until_go, job.pk)
    paused.send(signal.SIGSTOP)
    all_gone(pid)
    paused.send(signal.SIGCONT)
    wait_until(lambda: row(job.pk).token > 1 or row(job.pk).status == Status.FAILED)


# What is told to stop


@pytest.mark.parametrize(
    ("number", "body"),
    [
        (signal.SIGTERM, bodies.until_go),
        (signal.SIGINT, bodies.until_go),
        (signal.SIGTERM, bodies.busy_until_go),
        (signal.SIGTERM, bodies.deaf_busy_loop),
    ],
)
def test_worker_that_is_told_to_stop_hands_its_jobs_back(
    worker: StartWith, stage: Path, body: Body, number: signal.Signals
) -> None:
    job, other = submitted(), submitted()
    in_turn(job, other)
    stopped = worker(body, "--processes", "1")
    begun(stage, body, job.pk)
    children = stopped.children()
    stopped.send(number)
    assert stopped.wait() == 0
    assert [row(waiting.pk).status for waiting in (job, other)] == [Status.PENDING, Status.PENDING]
    assert (row(job.pk).attempt, row(other.pk).attempt) == (1, 0)
    all_gone(*children)


def test_service_manager_that_signals_every_process_fails_no_job(worker: StartWith, stage: Path) -> None:
    job = submitted()
    stopped = worker(bodies.until_go)
    begun(stage, bodies.until_go, job.pk)
    for pid in [*stopped.children(), stopped.process.pid]:
        os.kill(pid, signal.SIGTERM)
    assert stopped.wait() == 0
    assert row(job.pk).status == Status.PENDING


@embedded_only
def test_second_signal_ends_the_worker_at_once(worker: StartWith, stage: Path) -> None:
    job = submitted()
    stopped = worker(bodies.deaf_busy_loop)
    pid = begun(stage, bodies.deaf_busy_loop, job.pk)
    stopped.send(signal.SIGTERM)
    stopped.wait_until_said("stop=asked")
    stopped.send(signal.SIGTERM)
    assert stopped.wait() == -signal.SIGTERM
    assert row(job.pk).status == Status.PROCESSING
    all_gone(pid)
