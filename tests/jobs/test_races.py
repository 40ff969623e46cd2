"""Real processes at full speed and many rows: nobody both wins, and nothing gets lost.

Which order of statements comes about here is chance; ``tests/races`` plays the orders one by one.
"""

import multiprocessing
import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock
from uuid import UUID

import pytest
from django.db import connections
from django.utils import timezone

from apps.scholar_app import files, jobs
from apps.scholar_app.jobs.pace import Pace
from apps.scholar_app.models import EnrichmentJob, Status
from tests.jobs.making import (
    DAY,
    MINUTE,
    complete,
    completed,
    pending_rows,
    processing_rows,
    stored_names,
    submitted,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.promises, pytest.mark.processes]

_fork = multiprocessing.get_context("fork")


def in_processes(*acts: Callable[[], Any]) -> list[Any]:
    """What each act came to, each in a process and with a connection of its own, all let go at once."""
    connections.close_all()  # a connection must not be shared over a fork
    barrier, answers = _fork.Barrier(len(acts)), _fork.Queue()

    def run(number: int, act: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            answers.put((number, act(), ""))
        except BaseException as error:  # noqa: BLE001 (told to the parent, whatever it is)
            answers.put((number, None, f"{type(error).__name__}: {error}"))
        connections.close_all()

    processes = [_fork.Process(target=run, args=item) for item in enumerate(acts)]
    for process in processes:
        process.start()
    try:
        collected = [answers.get(timeout=120) for _ in acts]
    except queue.Empty:
        raise AssertionError("a process died or hung") from None
    finally:
        for process in processes:
            process.join(5)
            process.kill()
    assert [error for _, _, error in collected if error] == []
    return [answer for _, answer, _ in sorted(collected, key=lambda item: int(item[0]))]


@contextmanager
def without_files() -> Iterator[None]:
    """Publishing without the disk, so that the race is as tight as it gets."""
    with mock.patch.object(files, "write"):
        yield


def by_status(status: Status) -> set[UUID]:
    return set(EnrichmentJob.objects.filter(status=status).values_list("pk", flat=True))


def test_of_a_worker_and_a_cleaner_racing_for_a_thousand_jobs_just_one_wins_each() -> None:
    claims = processing_rows(1000, started_at=timezone.now() - 30 * MINUTE)

    def worker() -> set[UUID]:
        with without_files():
            return {claim.job_id for claim in claims if complete(claim)}

    def cleaner() -> int:
        failed = 0
        while EnrichmentJob.objects.processing().exists():
            failed += jobs.fail_stale(limit=1).processing
        return failed

    won, failed = in_processes(worker, cleaner)
    assert by_status(Status.COMPLETED) == won
    assert by_status(Status.FAILED) == {claim.job_id for claim in claims} - won
    assert len(won) + failed == 1000


def test_two_workers_never_claim_the_same_job() -> None:
    waiting = pending_rows(1000, queued_at=timezone.now())

    def worker() -> list[UUID]:
        return [claim.job_id for claim in iter(lambda: jobs.claim(worker="w"), None)]

    first, second = in_processes(worker, worker)
    assert sorted(first + second) == sorted(waiting)
    assert set(EnrichmentJob.objects.values_list("token", "attempt")) == {(1, 1)}


def test_four_cleaners_at_once_share_the_work_and_their_counts_add_up() -> None:
    old = [completed(ago=31 * DAY) for _ in range(20)]
    processing_rows(300, started_at=timezone.now() - DAY)
    pending_rows(300, queued_at=timezone.now() - DAY)

    def cleaner() -> tuple[int, int, int, int]:
        pace = Pace(size=20, largest=20, smallest=20)
        report = jobs.clean_up(retention_days=30, delete_old_jobs=True, by="timer", pace=pace)
        return report.failed_processing, report.failed_pending, report.deleted_jobs, report.deleted_files

    reports = in_processes(cleaner, cleaner, cleaner, cleaner)
    assert [sum(counts) for counts in zip(*reports, strict=True)] == [300, 300, len(old), 3 * len(old)]
    assert EnrichmentJob.objects.count() == 600
    assert stored_names() == set()


def test_cleaners_beside_uploads_and_workers_at_full_speed_lose_no_job_and_lock_nobody_out() -> None:
    uploads = 60

    def uploader() -> int:
        done = 0
        while done < uploads:
            try:
                submitted()
            except jobs.QueueFull:
                continue
            done += 1
        return done

    def worker() -> int:
        done = 0
        while EnrichmentJob.objects.finished().count() < uploads:
            claim = jobs.claim(worker="w")
            done += claim is not None and jobs.renew(claim) and complete(claim)
        return done

    def cleaner() -> int:
        runs = 0
        while EnrichmentJob.objects.finished().count() < uploads:
            report = jobs.clean_up(retention_days=30, delete_old_jobs=True, by="timer")
            assert (report.failed_processing, report.failed_pending, report.deleted_jobs) == (0, 0, 0)
            runs += 1
        return runs

    _, first, second, runs = in_processes(uploader, worker, worker, cleaner)
    assert first + second == uploads
    assert runs > 0
    assert len(by_status(Status.COMPLETED)) == uploads
    assert len(stored_names()) == 4 * uploads


def test_a_row_that_changes_hands_between_the_choice_and_the_deletion_survives() -> None:
    """Deleting and adopting at once: what is deleted was old, what is not old is still there."""
    old = {completed(ago=31 * DAY).pk for _ in range(20)}
    young = {completed().pk for _ in range(20)}

    def cleaner() -> int:
        return jobs.delete_old(30, pace=Pace(size=3, largest=3, smallest=3)).jobs

    def restorer() -> int:
        """As if somebody's clock had been wrong: the finish is moved back into the present."""
        fresh = timezone.now()
        return sum(EnrichmentJob.objects.filter(pk=pk).update(finished_at=fresh) for pk in sorted(old, reverse=True))

    deleted, restored = in_processes(cleaner, restorer)
    assert young <= by_status(Status.COMPLETED)
    assert deleted + len(by_status(Status.COMPLETED) & old) == len(old)
    assert restored >= len(by_status(Status.COMPLETED) & old)
