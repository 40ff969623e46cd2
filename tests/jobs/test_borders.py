"""Borders at which a planted fault once went unnoticed (docs/mutation.md)."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import timezone

from apps.scholar_app import files, jobs
from apps.scholar_app.enrichment.record import Progress
from apps.scholar_app.jobs import submitting
from apps.scholar_app.jobs.pace import Pace
from apps.scholar_app.jobs.transitions import move, sweeping
from apps.scholar_app.models import EnrichmentJob, Status
from apps.scholar_app.tallies import tallies
from tests.jobs.making import (
    DAY,
    MINUTE,
    claimed,
    complete,
    completed,
    pending_rows,
    processing_rows,
    put_back,
    row,
    stored_names,
    submitted,
    visitor,
)

pytestmark = [pytest.mark.django_db, pytest.mark.promises]
committing = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("step", ["renew", "progress", "hand_back", "complete", "fail"])
def test_a_claim_moves_its_own_job_only_though_others_have_the_same_token(step: str) -> None:
    mine, other = claimed(), claimed()
    before = row(other.job_id)
    assert mine.token == other.token
    steps: dict[str, Any] = {
        "renew": lambda: jobs.renew(mine),
        "progress": lambda: jobs.renew(mine, progress=Progress(9, 5)),
        "hand_back": lambda: jobs.hand_back(mine),
        "complete": lambda: complete(mine),
        "fail": lambda: jobs.fail(mine, code="hard_timeout", message=""),
    }
    assert steps[step]()
    after = row(other.job_id)
    assert (after.status, after.token) == (before.status, before.token)
    assert (after.lease_until, after.entries_done) == (before.lease_until, before.entries_done)


@pytest.mark.parametrize("to", [Status.PENDING, Status.PROCESSING, Status.FAILED, Status.CANCELLED, Status.COMPLETED])
def test_no_step_leads_out_of_a_finished_state_whoever_asks(to: Status) -> None:
    job = completed()
    assert move(EnrichmentJob.objects.filter(pk=job.pk), to=to, reason="test") == []
    assert row(job.pk).finished_at == job.finished_at


def test_a_sweep_that_no_job_may_take_is_refused() -> None:
    with pytest.raises(ValueError, match="does not go from"):
        sweeping(EnrichmentJob.objects.all(), source=Status.COMPLETED, to=Status.FAILED, reason="test")


def test_a_sweeps_line_in_the_log_names_a_hundred_jobs(
    caplog: pytest.LogCaptureFixture, django_capture_on_commit_callbacks: Any
) -> None:
    pending_rows(101, queued_at=timezone.now() - 6 * MINUTE)
    with caplog.at_level(logging.INFO, logger="scholar.jobs"), django_capture_on_commit_callbacks(execute=True):
        assert jobs.fail_stale() == (0, 101)
    assert [record.getMessage().count(",") + 1 for record in caplog.records] == [100, 1]


def test_what_workers_and_runs_say_is_cut_to_its_column() -> None:
    claim = jobs.claim(worker="w" * 101, job_id=submitted().pk)
    assert claim
    assert row(claim.job_id).worker == "w" * 100
    assert jobs.renew(claim, progress=Progress(9, 5, activity="a" * 301, left=12.34))
    shown = row(claim.job_id).progress
    assert (shown["activity"], shown["left"]) == ("a" * 300, 12.3)
    assert jobs.fail(claim, code="hard_timeout", message="m" * 501)
    assert row(claim.job_id).error_message == "m" * 500


@committing
def test_a_disk_that_is_full_at_the_report_keeps_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    claim, write = claimed(), files.write
    before = stored_names()

    def until_full(name: str, data: bytes) -> None:
        if stored_names() != before:
            raise OSError(28, "full")
        write(name, data)

    monkeypatch.setattr(files, "write", until_full)
    with pytest.raises(OSError, match="full"):
        complete(claim)
    assert stored_names() == before


@committing
def test_failing_stale_jobs_stops_at_the_limit_over_both_rules_and_counts_what_it_did() -> None:
    processing_rows(2, started_at=timezone.now() - 11 * MINUTE)
    pending_rows(2, queued_at=timezone.now() - 6 * MINUTE)
    assert jobs.fail_stale(limit=3) == (2, 1)
    assert jobs.fail_stale(limit=3) == (0, 1)
    assert sorted(tallies()["jobs_ended"].values()) == [2, 2]


def test_failing_one_owners_stale_job_leaves_those_of_others() -> None:
    job, other = submitted(owner := visitor()), submitted()
    for one in (job, other):
        put_back(one.pk, queued_at=6 * MINUTE)
    assert jobs.fail_stale(owner=owner) == (0, 1)
    assert (row(job.pk).status, row(other.pk).status) == (Status.FAILED, Status.PENDING)


def test_the_reason_names_the_whole_minutes_of_the_limit() -> None:
    working, waiting = claimed(), submitted()
    put_back(working.job_id, started_at=11 * MINUTE)
    put_back(waiting.pk, queued_at=6 * MINUTE)
    assert jobs.fail_stale() == (1, 1)
    assert "for more than 10 minutes and" in row(working.job_id).error_message
    assert "for more than 5 minutes and" in row(waiting.pk).error_message


def test_workers_rescue_a_hundred_jobs_at_once_and_count_all_that_they_took() -> None:
    now = timezone.now()
    processing_rows(102, started_at=now)
    EnrichmentJob.objects.update(lease_until=now - MINUTE)
    last = EnrichmentJob.objects.order_by("-started_at")[0]
    EnrichmentJob.objects.filter(pk=last.pk).update(rescues=3)
    assert jobs.rescue_expired() == 101
    assert row(last.pk).error_code == "lease_expired"
    assert EnrichmentJob.objects.waiting().filter(rescues=1).count() == 100
    assert jobs.rescue_expired() == 1


@committing
def test_a_sweep_whose_time_is_up_stops() -> None:
    pending_rows(2, queued_at=timezone.now() - 6 * MINUTE)
    old = completed(ago=31 * DAY)
    over = Pace(budget=0.0)
    assert jobs.fail_stale(pace=over) == (0, 0)
    assert jobs.delete_old(30, pace=over).jobs == 0
    assert row(old.pk).status == Status.COMPLETED
    assert jobs.delete_old(30).jobs == 1
    assert tallies()["jobs_deleted"] == {"old": 1}


def test_a_file_without_a_row_is_an_orphan_after_an_hour_and_not_at_an_hour() -> None:
    name = files.upload_name(submitted().pk)
    EnrichmentJob.objects.all().delete()
    (stored,) = [file for file in files.stored(files.FOLDERS[0]) if file.name == name]
    hour = timedelta(hours=1)
    assert jobs.sweep_orphans(now=stored.modified + hour, dry_run=True).found == 0
    assert jobs.sweep_orphans(now=stored.modified + hour + timedelta(microseconds=1), dry_run=True).found == 1


def test_who_has_an_active_job_is_told_of_it_before_anything_else(settings: Any) -> None:
    settings.SCITEX_UPLOADS_PER_HOUR = 1
    job = submitted(owner := visitor())
    with pytest.raises(jobs.ActiveJobExists) as refusal:
        submitted(owner)
    assert refusal.value.job.pk == job.pk


def test_an_upload_notes_what_is_expected_of_it_to_a_tenth_of_a_second() -> None:
    assert submitted().progress == {}
    assert submitted(expected_seconds=12.34).progress == {"left": 12.3}


def test_an_upload_clears_away_a_hundred_stale_jobs_of_others() -> None:
    pending_rows(101, queued_at=timezone.now() - 6 * MINUTE)
    submitted()
    assert EnrichmentJob.objects.filter(status=Status.FAILED).count() == 100


def test_who_cannot_be_stored_may_come_back_in_a_minute() -> None:
    assert jobs.NotStored.retry_after == 60


def test_a_retry_is_of_the_job_that_is_named_and_counts_for_the_address(settings: Any) -> None:
    owner = visitor()
    first = submitted(owner, original_name="first.bib", expected_seconds=50.0)
    jobs.cancel(first.pk, [owner])
    second = submitted(owner, original_name="second.bib")
    with pytest.raises(jobs.ActiveJobExists):
        jobs.retry(first.pk, [owner])
    again = jobs.retry(first.pk, [owner], replace=True, address="192.0.2.7")
    assert (again.original_name, again.progress) == ("first.bib", {"left": 50.0})
    assert row(second.pk).status == Status.CANCELLED
    assert jobs.allowance(visitor(), "192.0.2.7").remaining == settings.SCITEX_UPLOADS_PER_HOUR - 1


def test_who_is_overtaken_by_another_upload_of_theirs_is_told_of_it_and_leaves_no_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    owner = visitor()
    rival = EnrichmentJob(visitor=owner.visitor)
    monkeypatch.setattr(submitting, "refuse_if_full", rival.save)
    with pytest.raises(jobs.ActiveJobExists) as refusal:
        submitted(owner)
    assert refusal.value.job.pk == rival.pk
    assert stored_names() == set()


@pytest.mark.parametrize(("failures", "has_active"), [(2, True), (3, True), (2, False), (3, False)])
def test_an_upload_in_the_way_of_another_is_tried_three_times(
    failures: int, has_active: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = visitor()
    active = submitted(owner) if has_active else None
    save, answers = EnrichmentJob.save, iter([True] * failures)

    def sometimes(job: EnrichmentJob, **arguments: Any) -> None:
        if next(answers, False):
            raise IntegrityError
        save(job, **arguments)

    monkeypatch.setattr(EnrichmentJob, "save", sometimes)
    if failures < 3:
        assert submitted(owner, replace=has_active).status == Status.PENDING
        return
    with pytest.raises(jobs.ActiveJobExists if has_active else IntegrityError):
        submitted(owner, replace=has_active)
    assert [job.pk for job in EnrichmentJob.objects.active()] == ([active.pk] if active else [])
