"""Real workers with real jobs: what goes well, what goes wrong, who takes turns, and what is shared."""

import signal
from contextlib import suppress
from pathlib import Path

import pytest
from django.db import connection

from apps.scholar_app import files, jobs
from apps.scholar_app.models import EnrichmentJob, Status
from tests.jobs.making import in_turn, row, submitted, visitor
from tests.waiting import wait_until
from tests.worker import bodies
from tests.worker.engines import embedded_only
from tests.worker.working import Body, StartWith, all_gone, begun, lease_lengths, reaches, results, runs, worked_off

pytestmark = [pytest.mark.processes, pytest.mark.promises, pytest.mark.usefixtures("transactional_db", "stage")]


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


def test_secrets_that_come_from_files_reach_the_process_of_a_job(worker: StartWith, tmp_path: Path) -> None:
    secret, job = tmp_path / "token", submitted()
    secret.write_text("a token of the operator's\n", encoding="utf-8")
    worker(bodies.done, SCITEX_METRICS_TOKEN_FILE=str(secret))
    reaches(job.pk, Status.COMPLETED)


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
    in_turn(first, second)
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


@embedded_only
def test_large_job_gives_way_though_the_place_beside_it_is_free_again_and_again(worker: StartWith, stage: Path) -> None:
    large = submitted()
    (stage / "large").write_text(str(large.pk))
    worker(bodies.never_ends_among_short_ones, "--processes", "2", SCITEX_TURN_SECONDS="1")
    begun(stage, bodies.never_ends_among_short_ones, large.pk)

    def gave_way() -> bool:
        """The queue is kept long, so that somebody always has waited for more than a second."""
        for _ in range(10 - EnrichmentJob.objects.waiting().count()):
            submitted()
        return row(large.pk).attempt == 2

    wait_until(gave_way, what="the second turn of the large job")


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
