"""The operators' numbers: each event counts once, for good, and never stands in its own way."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction

from apps.scholar_app import jobs, tallies
from apps.scholar_app.jobs import housekeeping
from tests.jobs.making import MINUTE, claimed, complete, completed, put_back, row, submitted

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.promises]


def told(name: str) -> dict[str, float]:
    return tallies.tallies().get(name, {})


def test_an_event_is_counted_under_its_name_and_label() -> None:
    tallies.count("seen", "here", "there")
    tallies.count("seen", "here", "there", by=2)
    tallies.count("seen", "elsewhere")
    assert told("seen") == {"here|there": 3, "elsewhere": 1}


def test_what_did_not_happen_is_not_counted() -> None:
    tallies.count("seen", by=0)
    with transaction.atomic():
        tallies.count("seen")
        transaction.set_rollback(True)
    assert tallies.tallies() == {}


def test_durations_go_into_the_class_whose_bound_they_do_not_exceed() -> None:
    tallies.count_all(tallies.timed("took", [1.0, 1.001, 3600.0, 3600.1]))
    assert told("took") == {"1": 1, "2": 1, "3600": 1, "+Inf": 1, "sum": pytest.approx(7202.101)}


def test_processes_that_count_at_once_lose_nothing() -> None:
    def count(number: int) -> None:
        try:
            tallies.count_all({("seen", "a"): 1, ("seen", "b"): 1} if number % 2 else {("seen", "b"): 1})
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(64)))
    assert told("seen") == {"a": 32, "b": 64}


def test_a_job_is_finished_though_it_cannot_be_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(rows: Any) -> None:
        raise DatabaseError

    claim = claimed()
    monkeypatch.setattr(tallies, "_add", away)
    assert complete(claim)
    assert row(claim.job_id).status == "completed"


def test_each_end_of_a_job_is_counted_with_its_reason() -> None:
    owner = jobs.Owner(user_id=User.objects.create_user("ada").pk)
    assert complete(claimed(submitted()))
    assert jobs.fail(claimed(submitted()), code="source_away", message="away")
    assert jobs.cancel(submitted(owner).pk, [owner])
    put_back(submitted().pk, queued_at=6 * MINUTE)
    jobs.fail_stale()
    assert told("jobs_submitted") == {"": 4}
    assert told("jobs_ended") == {
        "completed|completed": 1,
        "failed|source_away": 1,
        "cancelled|cancelled": 1,
        "failed|never_started": 1,
    }


def test_a_loser_of_a_race_is_not_counted() -> None:
    claim = claimed()
    assert complete(claim)
    assert not jobs.fail(claim, code="late", message="")
    assert told("jobs_ended") == {"completed|completed": 1}


def test_the_wait_and_the_whole_time_of_a_job_are_counted() -> None:
    job = submitted()
    put_back(job.pk, queued_at=MINUTE, created_at=2 * MINUTE)
    assert complete(claimed(row(job.pk)))
    assert {label: number for label, number in told("job_wait").items() if label != "sum"} == {"120": 1}
    assert {label: number for label, number in told("job_duration").items() if label != "sum"} == {"300": 1}
    assert 120 <= told("job_duration")["sum"] < 180


def test_numbers_stay_when_jobs_are_deleted_and_the_deletion_is_counted() -> None:
    completed(ago=31 * 24 * 60 * MINUTE)
    housekeeping.clean_up(retention_days=30, delete_old_jobs=True, by="test")
    assert told("jobs_ended") == {"completed|completed": 1}
    assert told("jobs_deleted") == {"old": 1}


def test_a_job_that_is_handed_back_is_counted_as_requeued() -> None:
    assert jobs.hand_back(claimed(), reason="turn_over")
    assert (told("jobs_requeued"), told("jobs_ended")) == ({"turn_over": 1}, {})
