"""The stale rules, in Python and in SQL: the same at every border."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from apps.scholar_app import jobs
from apps.scholar_app.models import EnrichmentJob, Status
from tests.jobs.making import DAY, MILLISECOND, MINUTE, NOW, claimed, completed, put_back, row, submitted

pytestmark = [pytest.mark.django_db, pytest.mark.promises]

MICROSECOND = timedelta(microseconds=1)
BORDERS = [(-MILLISECOND, False), (-MICROSECOND, False), (timedelta(), False), (MICROSECOND, True), (MILLISECOND, True)]
#: Whole seconds are written without a fraction, others with one; SQLite compares what is written.
PRESENTS = [
    NOW,
    NOW.replace(microsecond=123_000),
    NOW.replace(microsecond=999_999),
    datetime(2028, 2, 29, 0, 4, 59, 1, tzinfo=UTC),
    datetime(2027, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC),
]


def stale_as_both_say(job: EnrichmentJob, now: datetime) -> bool:
    rows = EnrichmentJob.objects.stale_processing(now) | EnrichmentJob.objects.stale_pending(now)
    in_sql = rows.filter(pk=job.pk).exists()
    in_python = job.is_stale(now)
    assert in_sql == in_python
    return in_sql


@pytest.mark.parametrize("now", PRESENTS, ids=str)
@pytest.mark.parametrize(("beyond", "stale"), BORDERS, ids=str)
def test_processing_is_stale_after_ten_minutes_and_not_at_ten_minutes(
    now: datetime, beyond: timedelta, stale: bool
) -> None:
    started = now - 10 * MINUTE - beyond
    times = {"started_at": started, "lease_until": now, "token": 1}
    job = EnrichmentJob.objects.create(visitor=uuid4(), status=Status.PROCESSING, **times)
    assert stale_as_both_say(job, now) == stale
    assert jobs.fail_stale(now=now).processing == stale


@pytest.mark.parametrize("now", PRESENTS, ids=str)
@pytest.mark.parametrize(("beyond", "stale"), BORDERS, ids=str)
def test_pending_is_stale_after_five_minutes_and_not_at_five_minutes(
    now: datetime, beyond: timedelta, stale: bool
) -> None:
    job = EnrichmentJob.objects.create(visitor=uuid4(), queued_at=now - 5 * MINUTE - beyond)
    assert stale_as_both_say(job, now) == stale
    assert jobs.fail_stale(now=now).pending == stale


@pytest.mark.parametrize(("beyond", "stale"), BORDERS, ids=str)
def test_times_written_by_the_databases_clock_have_the_same_border(beyond: timedelta, stale: bool) -> None:
    working, waiting = row(claimed().job_id), submitted()
    assert working.started_at
    assert stale_as_both_say(working, working.started_at + 10 * MINUTE + beyond) == stale
    assert stale_as_both_say(waiting, waiting.queued_at + 5 * MINUTE + beyond) == stale


@pytest.mark.parametrize("minutes", [9.9, 10.1])
def test_by_the_databases_own_clock(minutes: float) -> None:
    claim = claimed()
    put_back(claim.job_id, started_at=minutes * MINUTE)
    stale = minutes > 10
    assert EnrichmentJob.objects.stale_processing().exists() == stale
    assert row(claim.job_id).is_stale() == stale


@pytest.mark.parametrize("minutes", [4.9, 5.1])
def test_waiting_by_the_databases_own_clock(minutes: float) -> None:
    job = submitted()
    put_back(job.pk, queued_at=minutes * MINUTE)
    stale = minutes > 5
    assert EnrichmentJob.objects.stale_pending().exists() == stale
    assert row(job.pk).is_stale() == stale


def test_the_limits_come_from_the_settings(settings: Any) -> None:
    settings.SCITEX_PROCESSING_TIMEOUT_MINUTES, settings.SCITEX_PENDING_TIMEOUT_MINUTES = 3, 1
    claim, waiting = claimed(), submitted()
    put_back(claim.job_id, started_at=4 * MINUTE)
    put_back(waiting.pk, queued_at=2 * MINUTE)
    assert jobs.fail_stale() == (1, 1)
    assert "3 minutes" in row(claim.job_id).error_message


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_was_set_an_hour_wrong_fails_nothing_that_is_fresh_by_it(hours: int) -> None:
    """What counts is the difference to the same clock; a job from the future is not stale."""
    now = NOW + timedelta(hours=hours)
    job = EnrichmentJob.objects.create(visitor=uuid4(), queued_at=max(now, NOW))
    assert not stale_as_both_say(job, now)


def test_finished_jobs_are_never_stale_whatever_their_times() -> None:
    job = completed()
    put_back(job.pk, created_at=99 * DAY, queued_at=99 * DAY, started_at=99 * DAY)
    assert not stale_as_both_say(row(job.pk), NOW + 1000 * DAY)
    assert jobs.fail_stale() == (0, 0)


@pytest.mark.parametrize(("beyond", "old"), BORDERS, ids=str)
@pytest.mark.parametrize("days", [0, 1, 30])
def test_a_job_is_old_after_the_retention_and_not_at_its_end(beyond: timedelta, old: bool, days: int) -> None:
    job = completed()
    assert job.finished_at
    now = job.finished_at + days * DAY + beyond
    assert EnrichmentJob.objects.old(days, now).exists() == old
    assert jobs.delete_old(days, now=now).jobs == old
