"""The same promises where Celery brings the jobs: a real broker, real workers, and whatever may happen to either."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from apps.scholar_app import broker, files, jobs
from apps.scholar_app.models import EnrichmentJob, Status
from apps.scholar_app.presence import present
from tests.jobs.making import MINUTE, claimed, put_back, row, stored_names, submitted
from tests.redis_server import RedisServer, needs_redis, redis_server
from tests.waiting import wait_until
from tests.worker import bodies
from tests.worker.live import LiveWorker, StartWorker

pytestmark = [
    pytest.mark.processes,
    pytest.mark.promises,
    needs_redis,
    pytest.mark.usefixtures("transactional_db", "stage"),
]


@pytest.fixture
def redis(settings: Any) -> Iterator[RedisServer]:
    """A broker, which this test's own process uses too."""
    with redis_server() as server:
        settings.SCITEX_TASK_ENGINE, settings.SCITEX_CELERY_BROKER_URL = "celery", server.broker_url
        yield server
        broker.celery_app(server.broker_url).close()


Start = Callable[..., LiveWorker]


@pytest.fixture
def worker(redis: RedisServer, live_worker: StartWorker) -> Start:
    def start(body: Callable[..., object], *arguments: str) -> LiveWorker:
        return live_worker(
            *arguments,
            TEST_JOB_BODY=f"{bodies.__name__}.{body.__name__}",
            DJANGO_SETTINGS_MODULE=os.environ["DJANGO_SETTINGS_MODULE"],
            SCITEX_LEASE_SECONDS="3",
            SCITEX_TASK_ENGINE="celery",
            SCITEX_CELERY_BROKER_URL=redis.broker_url,
        )

    return start


def until(job: EnrichmentJob, status: Status) -> EnrichmentJob:
    wait_until(lambda: row(job.pk).status == status, what=f"the job's {status}")
    return row(job.pk)


def runs(stage: Path, job: EnrichmentJob) -> int:
    return len(list(stage.glob(f"*.{job.pk}.*")))


def test_upload_is_brought_to_a_worker_and_run_once_however_often_it_is_delivered(worker: Start, stage: Path) -> None:
    job = submitted()
    assert broker.send(job.pk)
    running = worker(bodies.done, "--processes", "2")
    until(job, Status.COMPLETED)
    assert broker.send(job.pk)
    until(submitted(), Status.COMPLETED)
    wait_until(lambda: broker.messages() == 0, what="an empty queue")
    running.send(signal.SIGTERM)
    assert running.wait() == 0
    assert (runs(stage, job), row(job.pk).attempt, list(present())) == (1, 1, [])


def test_job_of_a_killed_worker_is_finished_by_another(worker: Start, stage: Path) -> None:
    first, job = worker(bodies.until_go), submitted()
    wait_until(lambda: runs(stage, job) == 1, what="the first run")
    first.send(signal.SIGKILL)
    worker(bodies.done)
    ended = until(job, Status.COMPLETED)
    assert (ended.attempt, ended.rescues) == (2, 1)


def test_late_worker_that_was_paused_changes_nothing(worker: Start, stage: Path) -> None:
    paused, job = worker(bodies.until_go), submitted()
    wait_until(lambda: runs(stage, job) == 1, what="the first run")
    paused.send(signal.SIGSTOP)
    worker(bodies.done)
    ended = until(job, Status.COMPLETED)
    (stage / "go").touch()
    paused.send(signal.SIGCONT)
    paused.wait_until_said("run=lost")
    assert (row(job.pk).token, row(job.pk).result_name) == (ended.token, ended.result_name)


def test_worker_that_is_told_to_stop_hands_its_job_to_another(worker: Start, stage: Path) -> None:
    leaving, job = worker(bodies.until_go), submitted()
    wait_until(lambda: runs(stage, job) == 1, what="the first run")
    leaving.send(signal.SIGTERM)
    assert leaving.wait() == 0
    assert (row(job.pk).status, row(job.pk).rescues) == (Status.PENDING, 0)
    worker(bodies.done)
    until(job, Status.COMPLETED)


def test_jobs_end_once_though_the_broker_goes_and_comes_back(
    worker: Start, stage: Path, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, at_work = worker(bodies.until_go), submitted()
    wait_until(lambda: runs(stage, at_work) == 1, what="the run")
    redis.stop()
    # An upload is accepted all the same; nobody hears of it yet.
    both = [at_work, submitted()]
    (stage / "go").touch()
    redis.start()
    # A worker sends anew what was lost, some seconds later than a test wants to wait for.
    monkeypatch.setattr("apps.scholar_app.jobs.delivering._UNDER_WAY", timedelta())
    ended = lambda: jobs.deliver_again() >= 0 and {row(job.pk).status for job in both} == {Status.COMPLETED}  # noqa: E731
    wait_until(ended, every=0.5, what="the end of both jobs")
    kept = {name for name in stored_names() if name.endswith(".bib") and name.startswith("results/")}
    published = {row(job.pk).result_name for job in both}
    assert {name for name in kept if files.job_of(name) in {job.pk for job in both}} == published
    assert running.process.poll() is None


def test_what_the_broker_lost_is_sent_again_and_what_it_has_is_not(redis: RedisServer) -> None:
    for job in (submitted(), submitted()):
        put_back(job.pk, queued_at=MINUTE)
    assert (broker.messages(), jobs.deliver_again()) == (2, 0)
    redis.stop()
    assert jobs.deliver_again() == 0
    redis.start()
    assert (broker.messages(), jobs.deliver_again(), broker.messages()) == (0, 2, 2)


def test_every_step_that_makes_a_job_wait_tells_the_broker(redis: RedisServer) -> None:
    claim = claimed(job := submitted())
    assert broker.messages() == 1
    assert jobs.hand_back(claim)
    assert broker.messages() == 2
    jobs.cancel(job.pk, [owner := jobs.Owner.of(job)])
    jobs.retry(job.pk, [owner])
    assert broker.messages() == 3


def test_upload_does_not_wait_for_a_broker_that_is_away(redis: RedisServer) -> None:
    redis.stop()

    def upload() -> None:
        submitted()
        connections.close_all()

    uploading = threading.Thread(target=upload)
    uploading.start()
    uploading.join(timeout=20)
    assert not uploading.is_alive()
    assert EnrichmentJob.objects.waiting().count() == 1
