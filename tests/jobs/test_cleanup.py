"""The sweeps: what they take, what they leave, and what a crash in the middle costs."""

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.utils import timezone

from apps.scholar_app import files, jobs
from apps.scholar_app.jobs.pace import Pace
from apps.scholar_app.models import CleanupRun, EnrichmentJob, Status, UploadAttempt
from tests.jobs.making import (
    DAY,
    MINUTE,
    NOW,
    claimed,
    complete,
    completed,
    names_of,
    pending_rows,
    processing_rows,
    put_back,
    row,
    statuses,
    stored_names,
    submitted,
    visitor,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.promises]


def quick(size: int = 1000) -> Pace:
    """Batches of this size, without pauses, by a clock that stands still."""
    return Pace(size=size, smallest=1, largest=size, monotonic=lambda: 0.0, sleep=lambda _: None)


def clean(**options: Any) -> jobs.CleanupReport:
    defaults: dict[str, Any] = {"retention_days": 30, "delete_old_jobs": True, "by": "command", "pace": quick()}
    return jobs.clean_up(**defaults | options)


def age_files(storage: Path, by: timedelta) -> None:
    then = (timezone.now() - by).timestamp()
    for name in stored_names():
        os.utime(storage / name, (then, then))


def test_failing_in_batches_fails_every_stale_job_and_no_other() -> None:
    healthy = [claimed().job_id, completed().pk, submitted().pk]
    stale = processing_rows(25, started_at=NOW)
    waiting = pending_rows(25, queued_at=NOW)
    assert jobs.fail_stale(pace=quick(10)) == (25, 25)
    assert statuses([*(claim.job_id for claim in stale), *waiting]) == [Status.FAILED] * 50
    assert statuses(healthy) == [Status.PROCESSING, Status.COMPLETED, Status.PENDING]


def test_a_stale_job_tells_its_owner_what_happened() -> None:
    claim, waiting = claimed(), submitted()
    put_back(claim.job_id, started_at=11 * MINUTE)
    put_back(waiting.pk, queued_at=6 * MINUTE)
    jobs.fail_stale()
    assert (row(claim.job_id).error_code, row(waiting.pk).error_code) == ("processing_timeout", "never_started")
    assert "more than 10 minutes" in row(claim.job_id).error_message
    assert "more than 5 minutes" in row(waiting.pk).error_message


def test_old_jobs_go_with_their_files_and_younger_ones_stay() -> None:
    owner = visitor()
    old = [completed(owner, ago=31 * DAY) for _ in range(3)]
    young = completed(owner, ago=29 * DAY)
    assert jobs.delete_old(30, pace=quick(2)) == (3, 9, 0)
    assert list(EnrichmentJob.objects.all()) == [young]
    assert stored_names() == names_of(young)
    assert not any(name in stored_names() for job in old for name in names_of(job))


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_old_failed_and_cancelled_jobs_go_as_well(status: str) -> None:
    job = submitted()
    if status == "failed":
        jobs.fail(claimed(job), code="source_away", message="")
    else:
        jobs.cancel(job.pk, [jobs.Owner.of(job)])
    put_back(job.pk, finished_at=31 * DAY)
    assert jobs.delete_old(30) == (1, 1, 0)


def test_active_jobs_are_never_deleted_whatever_their_dates() -> None:
    active = [claimed().job_id, submitted().pk]
    for job_id in active:
        put_back(job_id, created_at=1000 * DAY, queued_at=1000 * DAY)
    put_back(active[0], started_at=1000 * DAY)
    assert jobs.delete_old(0, now=NOW + 10_000 * DAY).jobs == 0
    assert EnrichmentJob.objects.count() == 2


def test_negative_days_delete_nothing() -> None:
    completed()
    with pytest.raises(ValueError, match="negative"):
        jobs.delete_old(-1)
    assert EnrichmentJob.objects.count() == 1


def test_zero_days_delete_everything_that_has_finished() -> None:
    completed()
    assert jobs.delete_old(0).jobs == 1


def test_a_row_whose_files_are_missing_is_deleted_all_the_same() -> None:
    job = completed(ago=31 * DAY)
    files.delete(names_of(job))
    assert jobs.delete_old(30) == (1, 0, 0)


def test_a_row_that_names_a_file_outside_the_storage_is_deleted_and_the_file_stays(tmp_path: Path) -> None:
    precious = tmp_path / "precious.bib"
    precious.write_text("keep")
    job = completed(ago=31 * DAY)
    EnrichmentJob.objects.filter(pk=job.pk).update(upload_name="../precious.bib", report_name=str(precious))
    assert jobs.delete_old(30) == (1, 1, 2)
    assert precious.read_text() == "keep"


def test_a_file_that_could_not_be_deleted_is_tried_again_by_the_next_sweep(storage: Path) -> None:
    job = completed(ago=31 * DAY)
    with mock.patch("os.remove", side_effect=PermissionError):
        assert jobs.delete_old(30) == (1, 0, 3)
    assert stored_names() == names_of(job)
    age_files(storage, 2 * DAY)
    assert jobs.sweep_orphans() == (3, 3, 0)
    assert stored_names() == set()


def test_the_orphan_sweep_takes_what_no_row_knows_and_leaves_the_young_and_the_known(storage: Path) -> None:
    known = names_of(completed()) | names_of(submitted())
    lost = {files.upload_name(uuid4()), *files.result_names(uuid4(), 3)}
    for name in lost:
        files.write(name, b"x")
    (storage / "uploads" / f".{uuid4().hex}.tmp").write_bytes(b"half")
    assert jobs.sweep_orphans() == (0, 0, 0)
    age_files(storage, timedelta(minutes=59))
    assert jobs.sweep_orphans() == (0, 0, 0)
    age_files(storage, timedelta(minutes=61))
    assert jobs.sweep_orphans(dry_run=True) == (4, 0, 0)
    assert jobs.sweep_orphans() == (4, 4, 0)
    assert stored_names() == known


def test_the_orphan_sweep_takes_what_an_earlier_claim_left_beside_the_published_result(storage: Path) -> None:
    job = completed()
    late = files.result_names(job.pk, job.token + 1)
    for name in late:
        files.write(name, b"x")
    age_files(storage, 2 * DAY)
    assert jobs.sweep_orphans() == (2, 2, 0)
    assert stored_names() == names_of(job)


def test_the_orphan_sweep_leaves_files_that_are_not_ours(storage: Path) -> None:
    (storage / "uploads").mkdir(parents=True)
    (storage / "uploads" / "notes.txt").write_text("keep")
    age_files(storage, 2 * DAY)
    assert jobs.sweep_orphans() == (0, 0, 0)


STEPS: dict[str, Callable[[], Any]] = {
    "after_failing": lambda: mock.patch("apps.scholar_app.jobs.housekeeping.delete_old", side_effect=KeyboardInterrupt),
    "rows_gone_files_there": lambda: mock.patch.object(files, "delete", side_effect=KeyboardInterrupt),
    "before_orphans": lambda: mock.patch(
        "apps.scholar_app.jobs.housekeeping.sweep_orphans", side_effect=KeyboardInterrupt
    ),
    "before_the_record": lambda: mock.patch.object(CleanupRun, "save", side_effect=KeyboardInterrupt),
}


@pytest.mark.parametrize("step", STEPS)
def test_stopped_at_any_step_the_next_run_finishes(step: str, storage: Path) -> None:
    stale, old, kept = claimed(), completed(ago=31 * DAY), completed()
    put_back(stale.job_id, started_at=11 * MINUTE)
    age_files(storage, 2 * DAY)
    with STEPS[step](), suppress(KeyboardInterrupt):
        clean()
    assert not CleanupRun.objects.exists()
    clean()
    assert row(stale.job_id).status == Status.FAILED
    assert not EnrichmentJob.objects.filter(pk=old.pk).exists()
    assert stored_names() == names_of(kept) | names_of(row(stale.job_id))
    assert CleanupRun.objects.count() == 1


def test_what_a_crashed_upload_left_is_swept(storage: Path) -> None:
    with mock.patch.object(EnrichmentJob, "save", side_effect=KeyboardInterrupt), suppress(KeyboardInterrupt):
        submitted()
    assert len(stored_names()) == 1
    age_files(storage, 2 * DAY)
    assert jobs.sweep_orphans() == (1, 1, 0)


def test_a_run_is_recorded_with_what_it_did() -> None:
    completed(ago=31 * DAY)
    put_back(claimed().job_id, started_at=11 * MINUTE)
    clean(by="timer")
    run = CleanupRun.objects.latest()
    assert (run.by, run.failed_processing, run.failed_pending, run.deleted_jobs) == ("timer", 1, 0, 1)
    assert (run.deleted_files, run.orphan_files, run.undeleted_files) == (3, 0, 0)


def test_without_being_asked_to_old_jobs_stay() -> None:
    completed(ago=31 * DAY)
    report = clean(delete_old_jobs=False)
    assert (report.old_jobs, report.deleted_jobs) == (1, 0)
    assert EnrichmentJob.objects.count() == 1


def test_what_expires_in_other_tables_goes_and_the_rest_stays() -> None:
    now = timezone.now()
    for days, name in ((-1, "over"), (1, "alive")):
        Session.objects.create(session_key=name, session_data="", expire_date=now + days * DAY)
    for minutes in (61, 59):
        UploadAttempt.objects.create(key_hash="x", at=now - minutes * MINUTE)
    for days in (91, 89):
        CleanupRun.objects.create(seconds=1, by="timer", started_at=now - days * DAY)
    clean()
    assert list(Session.objects.values_list("session_key", flat=True)) == ["alive"]
    assert UploadAttempt.objects.count() == 1
    assert CleanupRun.objects.count() == 2  # 89 days ago, and this one


class Clock:
    """Tells the time that each step is said to take."""

    def __init__(self, *steps: float) -> None:
        self.now, self.steps = 0.0, list(steps)
        self.asked: list[int] = []

    def __call__(self) -> float:
        return self.now

    def step(self, size: int) -> int:
        self.asked.append(size)
        if not self.steps:
            return 0
        self.now += self.steps.pop(0)
        return size


def paced(clock: Clock, **limits: Any) -> list[int]:
    Pace(monotonic=clock, sleep=lambda _: None, **limits).repeat(clock.step)
    return clock.asked


def test_a_batch_that_took_too_long_is_followed_by_smaller_ones_until_it_is_quick_again() -> None:
    slow, quickly = 0.2, 0.001
    asked = paced(Clock(slow, slow, quickly, quickly, quickly), size=1000, largest=1000)
    assert asked == [1000, 500, 250, 500, 1000, 1000]


def test_batches_have_a_smallest_size() -> None:
    assert paced(Clock(*[0.2] * 6), size=200, smallest=50) == [200, 100, 50, 50, 50, 50, 50]


def test_when_the_time_is_up_no_further_batch_is_begun() -> None:
    assert len(paced(Clock(*[10.0] * 100), budget=35)) == 4


def test_the_first_batch_that_does_less_than_it_could_is_the_last() -> None:
    did = iter([10, 10, 9])
    assert quick(10).repeat(lambda _: next(did)) == 29


def test_batches_grow_as_long_as_they_are_quick_up_to_the_largest() -> None:
    assert paced(Clock(*[0.001] * 4), size=1000, largest=4000) == [1000, 2000, 4000, 4000, 4000]


@pytest.mark.parametrize(("each", "pauses"), [(0.06, 6), (0.025, 3), (0.012, 1), (0.001, 0)])
def test_others_get_their_turn_whenever_a_window_of_work_is_over(each: float, pauses: int) -> None:
    taken: list[float] = []
    clock = Clock(*[each] * 6)
    Pace(monotonic=clock, sleep=taken.append, window=0.05, pause=0.02).repeat(clock.step)
    assert taken == [0.02] * pauses


@pytest.mark.parametrize(("lasts", "pauses"), [(0.0, [0.02, 0.02]), (0.015, [0.005, 0.005]), (1.0, [0.0, 0.0])])
def test_what_follows_a_batch_without_the_lock_counts_as_a_pause(lasts: float, pauses: list[float]) -> None:
    followed: list[int] = []
    clock = Clock(0.06, 0.06)

    def follow() -> None:
        followed.append(len(clock.asked))
        clock.now += lasts

    taken: list[float] = []
    Pace(monotonic=clock, sleep=taken.append, window=0.05, pause=0.02).repeat(clock.step, after=follow)
    assert followed == [1, 2, 3]
    assert taken == pytest.approx(pauses)


def test_a_locked_database_makes_batches_smaller_and_is_tried_again() -> None:
    asked: list[int] = []

    def step(size: int) -> int:
        asked.append(size)
        if size > 250:
            raise OperationalError("database is locked")
        return 0

    assert quick().repeat(step) == 0
    assert asked == [1000, 500, 250]


def test_a_database_that_stays_locked_is_an_error() -> None:
    def step(_: int) -> int:
        raise OperationalError("database is locked")

    with pytest.raises(OperationalError):
        quick().repeat(step)


def test_a_worker_that_completes_between_the_count_and_the_update_wins() -> None:
    claim = claimed()
    put_back(claim.job_id, started_at=11 * MINUTE)
    real = jobs.fail_stale

    def complete_first(**arguments: Any) -> jobs.StaleCounts:
        assert complete(claim)
        return real(**arguments)

    with mock.patch("apps.scholar_app.jobs.housekeeping.fail_stale", side_effect=complete_first):
        report = clean()
    assert (report.stale_processing, report.failed_processing) == (1, 0)
    assert row(claim.job_id).status == Status.COMPLETED
