"""Real workers with real jobs: what is killed, stopped, cancelled or late, and that nothing is lost or done twice."""

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from apps.scholar_app import files, jobs
from apps.scholar_app.models import EnrichmentJob, Status
from tests.jobs.making import row, submitted, visitor
from tests.waiting import wait_until
from tests.worker import bodies, dying
from tests.worker.engines import embedded_only
from tests.worker.live import ROOT, LiveWorker, StartWorker
from tests.worker.processes import is_alive

pytestmark = [pytest.mark.processes, pytest.mark.promises, pytest.mark.usefixtures("transactional_db", "stage")]

Body = Callable[..., object]
SHORT_LEASE = {"SCITEX_LEASE_SECONDS": "3"}


@pytest.fixture
def worker(live_worker: StartWorker, engine: dict[str, str]) -> Callable[..., LiveWorker]:
    """A live worker that does something else than enriching with its jobs, whichever engine brings them."""

    def start(body: Body, *arguments: str, **environment: Any) -> LiveWorker:
        name = f"{bodies.__name__}.{body.__name__}"
        changes = SHORT_LEASE | engine | environment
        return live_worker(
            *arguments, TEST_JOB_BODY=name, DJANGO_SETTINGS_MODULE=os.environ["DJANGO_SETTINGS_MODULE"], **changes
        )

    return start


StartWith = Callable[..., LiveWorker]


def runs(stage: Path, body: Body, job_id: UUID | str = "*") -> list[int]:
    """The processes in which ``body`` was begun, the first one first."""
    found = sorted(stage.glob(f"{body.__name__}.{job_id}.*"), key=lambda path: path.stat().st_mtime_ns)
    return [int(path.name.rsplit(".", 1)[1]) for path in found]


def begun(stage: Path, body: Body, job_id: UUID | str = "*", *, times: int = 1) -> int:
    """Wait until ``body`` was begun so often, and return the process of the last time."""
    return wait_until(
        lambda: (found := runs(stage, body, job_id))[times - 1 :] and found, what=f"{body.__name__} to begin"
    )[-1]


def reaches(job_id: UUID, status: Status) -> EnrichmentJob:
    wait_until(lambda: row(job_id).status == status, what=f"the job to be {status}")
    return row(job_id)


def worked_off(running: LiveWorker) -> LiveWorker:
    """The worker, when no job is left for it and it has gone of its own accord."""
    wait_until(lambda: not EnrichmentJob.objects.active().exists(), what="the end of all jobs")
    running.send(signal.SIGTERM)
    assert running.wait() == 0
    return running


def all_gone(*pids: int) -> None:
    wait_until(lambda: not any(map(is_alive, pids)), what="the processes' end")


def results(job_id: UUID) -> list[str]:
    """The names of what was ever stored as this job's result."""
    return sorted(file.name for file in files.stored(files.RESULTS) if str(job_id) in file.name)


def published(job_id: UUID, *, token: int) -> list[str]:
    names = files.result_names(job_id, token)
    return sorted([*names, files.index_name(names.report)])


def lease_lengths(job_id: UUID) -> float:
    """How many leases long the present stretch will be by the lease it has."""
    job = row(job_id)
    assert job.started_at
    assert job.lease_until
    return (job.lease_until - job.started_at).total_seconds() / int(SHORT_LEASE["SCITEX_LEASE_SECONDS"])


# What goes well


def test_job_is_worked_off_and_its_result_published(worker: StartWith) -> None:
    job = submitted()
    worker(bodies.done)
    finished = reaches(job.pk, Status.COMPLETED)
    assert files.read(finished.result_name) == bodies.PRODUCT.result
    assert (finished.complete, finished.entries_done, finished.entries_total) == (1, 1, 1)
    assert finished.attempt == 1


def test_progress_is_seen_while_it_works(worker: StartWith, stage: Path) -> None:
    job = submitted()
    worker(bodies.halfway)
    wait_until(lambda: row(job.pk).entries_done == 5, what="progress in the row")
    halfway = row(job.pk)
    assert (halfway.status, halfway.enriched, halfway.not_found) == (Status.PROCESSING, 4, 1)
    assert halfway.progress["activity"] == "Asking Crossref"


def test_healthy_job_outlives_many_leases(worker: StartWith, stage: Path) -> None:
    job = submitted()
    worker(bodies.busy_until_go)
    begun(stage, bodies.busy_until_go)
    wait_until(lambda: lease_lengths(job.pk) > 2)
    (stage / "go").touch()
    assert reaches(job.pk, Status.COMPLETED).attempt == 1


def test_two_workers_never_run_the_same_job(worker: StartWith, stage: Path) -> None:
    waiting = [submitted() for _ in range(8)]
    for _ in range(2):
        worker(bodies.done, "--processes", "2")
    for job in waiting:
        reaches(job.pk, Status.COMPLETED)
    assert [len(runs(stage, bodies.done, job.pk)) for job in waiting] == [1] * 8


@embedded_only
def test_drain_leaves_when_nothing_waits(worker: StartWith) -> None:
    waiting = [submitted() for _ in range(3)]
    assert worker(bodies.done, "--drain", "--processes", "2").wait() == 0
    assert [row(job.pk).status for job in waiting] == [Status.COMPLETED] * 3


@embedded_only
def test_once_works_on_one_job(worker: StartWith) -> None:
    first, second = submitted(), submitted()
    assert worker(bodies.done, "--once").wait() == 0
    assert [row(job.pk).status for job in (first, second)] == [Status.COMPLETED, Status.PENDING]


@embedded_only
@pytest.mark.parametrize("arguments", [["--processes", "0"], ["--processes", "x"], ["--once", "--drain"]])
def test_bad_arguments_are_refused(worker: StartWith, arguments: list[str]) -> None:
    assert worker(bodies.done, *arguments).wait() == 2


def test_log_names_jobs_by_their_ids_alone(worker: StartWith) -> None:
    job = submitted(original_name="secret.bib")
    running = worked_off(worker(bodies.done))
    assert running.said(f"job={job.pk} token=1 run=started pid=")
    assert running.said(f"job={job.pk} token=1 run=completed")
    assert not running.said("secret")


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


# What goes wrong in a job


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (bodies.leaves, "internal_error"),
        (bodies.interrupted, "internal_error"),
        (bodies.out_of_memory, "out_of_memory"),
        (bodies.crashes, "process_died"),
        (bodies.leaves_at_once, "process_died"),
        (bodies.refuses, "too_complex"),
        (bodies.source_away, "source_away"),
    ],
)
def test_job_that_goes_wrong_fails_with_its_reason_and_nothing_to_download(
    worker: StartWith, body: Body, code: str
) -> None:
    job = submitted()
    worked_off(worker(body))
    failed = row(job.pk)
    assert (failed.status, failed.error_code) == (Status.FAILED, code)
    assert failed.error_message.endswith(".") or code == "too_complex"
    assert not failed.result_name
    assert results(job.pk) == []


@pytest.mark.parametrize("body", [bodies.deaf_busy_loop, bodies.blocked_socket])
def test_job_that_hangs_is_killed_and_failed(worker: StartWith, stage: Path, body: Body) -> None:
    job = submitted()
    worker(body, SCITEX_SOURCE_PATIENCE_SECONDS="1", SCITEX_NO_PROGRESS_SECONDS="7")
    pid = begun(stage, body, job.pk)
    assert reaches(job.pk, Status.FAILED).error_code == "no_progress"
    all_gone(pid)


def test_absent_source_is_named(worker: StartWith) -> None:
    job = submitted()
    worked_off(worker(bodies.source_forbids))
    assert row(job.pk).error_message.startswith("OpenAlex could not be asked (it refused our key).")


def test_job_goes_on_as_long_as_the_source_comes_back_now_and_then(worker: StartWith, stage: Path) -> None:
    job = submitted()
    worked_off(worker(bodies.source_away_later))
    assert (row(job.pk).attempt, row(job.pk).error_code) == (2, "source_away")


@pytest.mark.parametrize("deleted", [False, True])
def test_cancelled_job_stops_and_the_worker_goes_on(worker: StartWith, stage: Path, deleted: bool) -> None:
    owner = visitor()
    job = submitted(owner)
    running = worker(bodies.busy_until_go, "--processes", "1", SCITEX_LEASE_SECONDS="500")
    pid = begun(stage, bodies.busy_until_go, job.pk)
    assert jobs.delete(job.pk, [owner]) if deleted else jobs.cancel(job.pk, [owner])
    all_gone(pid)
    (stage / "go").touch()
    running.wait_until_said(f"job={job.pk} token=1 run=lost")
    next_one = submitted(owner)
    reaches(next_one.pk, Status.COMPLETED)
    assert results(job.pk) == []


# Turns


def test_large_job_takes_turns_with_its_neighbours(worker: StartWith, stage: Path) -> None:
    large = submitted()
    (stage / "large").write_text(str(large.pk))
    worker(bodies.in_turns, "--processes", "1", SCITEX_TURN_SECONDS="1")
    for turn in (1, 2):
        begun(stage, bodies.in_turns, large.pk, times=turn)
        neighbour = submitted()
        reaches(neighbour.pk, Status.COMPLETED)
        assert row(large.pk).status in {Status.PENDING, Status.PROCESSING}
    finished = reaches(large.pk, Status.COMPLETED)
    assert (finished.attempt, finished.rescues) == (3, 0)


def test_job_that_nobody_waits_for_keeps_its_turn(worker: StartWith, stage: Path) -> None:
    large = submitted()
    (stage / "large").write_text(str(large.pk))
    worker(bodies.in_turns, "--processes", "1", SCITEX_TURN_SECONDS="1")
    pid = begun(stage, bodies.in_turns, large.pk)
    wait_until(lambda: lease_lengths(large.pk) > 2)
    assert runs(stage, bodies.in_turns) == [pid]


# What is shared, and what not


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="this system does not list open files in /proc")
@embedded_only
def test_child_shares_nothing_with_its_worker(worker: StartWith, stage: Path) -> None:
    submitted()
    running = worker(bodies.busy_until_go)
    begun(stage, bodies.busy_until_go)

    def inodes(pid: int) -> set[str]:
        names = set()
        for path in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # closed while we look
                names |= {str(path.readlink())} if path.name not in {"0", "1", "2"} else set()
        return {name for name in names if not name.startswith("/dev/")}

    shared = [inodes(running.process.pid) & inodes(child) for child in running.children()]
    assert all("scholar" not in name and "sqlite" not in name for names in shared for name in names)
    assert [len(names) for names in shared] == [1, 1]  # the unnamed file of the product


def test_cut_connections_are_opened_anew(worker: StartWith, stage: Path) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no connections to cut")
    job = submitted()
    running = worker(bodies.busy_until_go)
    begun(stage, bodies.busy_until_go)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    running.wait_until_said("database=back")
    (stage / "go").touch()
    assert reaches(job.pk, Status.COMPLETED).attempt == 1


def test_worker_waits_for_a_database_that_is_not_ready(worker: StartWith, tmp_path: Path) -> None:
    running = worker(bodies.done, SCITEX_DATABASE_URL=f"sqlite:///{tmp_path / 'later.sqlite3'}")
    running.wait_until_said("database=away")
    assert running.process.poll() is None
    running.send(signal.SIGTERM)
    assert running.wait() == 0
