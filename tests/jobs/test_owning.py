"""Yours is yours: what owners can do with their jobs, and nobody else."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from apps.scholar_app import jobs
from apps.scholar_app.clock import clock
from apps.scholar_app.models import EnrichmentJob, Status
from apps.scholar_app.tallies import tallies
from tests.jobs.making import (
    claimed,
    complete,
    completed,
    in_turn,
    names_of,
    row,
    stored_names,
    submitted,
    visitor,
)

pytestmark = [pytest.mark.django_db, pytest.mark.promises]
committing = pytest.mark.django_db(transaction=True)


def user(name: str = "ada") -> jobs.Owner:
    return jobs.Owner(user_id=User.objects.create_user(name).pk)


def account(owner: jobs.Owner) -> User:
    assert owner.user_id
    return User.objects.get(pk=owner.user_id)


@contextmanager
def just_before(beginning: str, act: Callable[[], Any], *, step: int = 1) -> Iterator[None]:
    """Within this, ``act`` comes right before the statement that is the ``step``-th to begin so."""
    seen = 0

    def watch(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        nonlocal seen
        seen += sql.startswith(beginning)
        if seen == step:
            seen += 1  # what the act does itself is not waited for
            act()
        return execute(sql, *rest)

    with connection.execute_wrapper(watch):
        yield
    assert seen > step


def strangers() -> list[jobs.Owner]:
    return [jobs.NOBODY, visitor(), user("mallory")]


@pytest.mark.parametrize("make_owner", [visitor, user])
def test_an_owner_finds_their_job_and_a_stranger_finds_none(make_owner: object) -> None:
    assert callable(make_owner)
    owner = make_owner()
    job = submitted(owner)
    assert jobs.find(job.pk, [owner]) == job
    assert list(jobs.jobs_of(owner)) == [job]
    others = strangers()
    for asking in (*([other] for other in others), others, []):
        assert list(jobs.jobs_of(*asking)) == []
        with pytest.raises(EnrichmentJob.DoesNotExist):
            jobs.find(job.pk, asking)


@pytest.mark.parametrize("make_owner", [visitor, user])
def test_a_stranger_can_neither_cancel_nor_delete_nor_retry(make_owner: object) -> None:
    assert callable(make_owner)
    job = submitted(make_owner())
    others = strangers()
    assert not jobs.cancel(job.pk, others)
    assert not jobs.delete(job.pk, others)
    with pytest.raises(EnrichmentJob.DoesNotExist):
        jobs.retry(job.pk, others)
    assert row(job.pk).status == Status.PENDING


def test_nobody_owns_nothing_not_even_what_has_no_user() -> None:
    submitted(visitor())
    submitted(user())
    assert not jobs.NOBODY
    assert jobs.jobs_of(jobs.NOBODY, jobs.NOBODY).count() == 0
    assert jobs.jobs_of().count() == 0


def test_the_job_of_an_unknown_id_is_not_found() -> None:
    with pytest.raises(EnrichmentJob.DoesNotExist):
        jobs.find(uuid4(), [visitor()])


def test_who_is_both_a_user_and_a_visitor_sees_both_newest_first() -> None:
    as_visitor, as_user = visitor(), user()
    first, second = submitted(as_visitor), submitted(as_user)
    in_turn(first, second)
    assert list(jobs.jobs_of(as_visitor, as_user)) == [second, first]


@pytest.mark.parametrize("processing", [False, True])
def test_cancelling_ends_an_active_job_once(processing: bool) -> None:
    owner = visitor()
    job = submitted(owner)
    if processing:
        claimed(job)
    assert jobs.cancel(job.pk, [owner])
    assert row(job.pk).status == Status.CANCELLED
    assert row(job.pk).finished_at
    assert not jobs.cancel(job.pk, [owner])


@committing
@pytest.mark.parametrize("state", ["pending", "processing", "completed", "failed", "cancelled"])
def test_deleting_a_job_in_any_state_deletes_its_files(state: str) -> None:
    owner = visitor()
    job = submitted(owner)
    other = completed()
    if state == "cancelled":
        jobs.cancel(job.pk, [owner])
    elif state != "pending":
        claim = claimed(job)
        _ = state == "completed" and complete(claim)
        _ = state == "failed" and jobs.fail(claim, code="hard_timeout", message="")
    assert row(job.pk).status == state
    assert jobs.delete(job.pk, [owner])
    assert not EnrichmentJob.objects.filter(pk=job.pk).exists()
    assert stored_names() == names_of(other)
    assert not jobs.delete(job.pk, [owner])


@committing
def test_files_are_deleted_only_when_the_row_is_gone_for_good() -> None:
    owner = visitor()
    job = completed(owner)

    def delete_and_undo() -> None:
        with transaction.atomic():
            jobs.delete(job.pk, [owner])
            raise InterruptedError

    with pytest.raises(InterruptedError):
        delete_and_undo()
    assert stored_names() == names_of(row(job.pk))


@committing
@pytest.mark.parametrize("how", ["one", "query"])
def test_deleting_a_user_deletes_their_jobs_and_files_and_nobody_elses(how: str) -> None:
    owner, other = user(), user("grace")
    completed(owner)
    working = claimed(submitted(owner))
    kept = completed(other)
    if how == "one":
        account(owner).delete()
    else:
        User.objects.filter(username="ada").delete()
    assert list(EnrichmentJob.objects.all()) == [kept]
    assert not complete(working)
    assert stored_names() == names_of(kept)


@committing
def test_what_a_worker_publishes_while_its_user_goes_goes_as_well() -> None:
    owner = user()
    working = claimed(submitted(owner))
    with just_before('DELETE FROM "scholar_app_enrichmentjob"', lambda: complete(working)):
        account(owner).delete()
    assert stored_names() == set()
    assert tallies()["jobs_deleted"] == {"account": 1}


@committing
@pytest.mark.parametrize("whole", [False, True], ids=["a job", "its user"])
def test_a_store_that_breaks_after_the_row_is_gone_breaks_nothing_else(
    whole: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    owner = user()
    job = completed(owner)

    def broken(_: str) -> None:
        raise KeyError("no such store")

    monkeypatch.setattr("apps.scholar_app.files._remove", broken)
    if whole:
        account(owner).delete()
    else:
        assert jobs.delete(job.pk, [owner])
    assert not EnrichmentJob.objects.exists()
    assert "KeyError" in caplog.text
    assert stored_names() == names_of(job)  # until the next orphan sweep


@committing
def test_a_file_that_cannot_be_deleted_does_not_keep_the_user(storage: Path, caplog: pytest.LogCaptureFixture) -> None:
    owner = user()
    job = completed(owner)
    (storage / job.result_name).unlink()
    (storage / job.result_name).mkdir()
    account(owner).delete()
    assert not EnrichmentJob.objects.exists()
    assert stored_names() == set()
    assert f"file={job.result_name} could not be deleted" in caplog.text


def test_signing_in_takes_the_visitors_jobs_along() -> None:
    before, after = visitor(), user()
    done, active = completed(before), submitted(before)
    other = submitted(visitor())
    assert before.visitor
    assert after.user_id
    assert jobs.adopt(before.visitor, after.user_id) == 2
    assert set(jobs.jobs_of(after)) == {done, active}
    assert jobs.jobs_of(before).count() == 0
    assert row(other.pk).visitor == other.visitor
    assert jobs.adopt(before.visitor, after.user_id) == 0


@pytest.mark.parametrize("step", [1, 2])
def test_a_job_that_ends_while_its_visitor_signs_in_goes_along(step: int) -> None:
    before, after = visitor(), user()
    claim = claimed(submitted(before))
    assert before.visitor
    assert after.user_id
    with just_before("UPDATE", lambda: complete(claim), step=step):
        jobs.adopt(before.visitor, after.user_id)
    assert jobs.jobs_of(after).get().status == Status.COMPLETED


def test_an_active_job_stays_the_visitors_while_the_user_has_one_too() -> None:
    before, after = visitor(), user()
    done, active, own = completed(before), submitted(before), submitted(after)
    assert before.visitor
    assert after.user_id
    assert jobs.adopt(before.visitor, after.user_id) == 1
    assert set(jobs.jobs_of(after)) == {done, own}
    assert list(jobs.jobs_of(before)) == [active]
    jobs.cancel(own.pk, [after])
    assert jobs.adopt(before.visitor, after.user_id) == 1


def test_a_job_adopted_while_it_is_worked_on_is_completed_for_its_user() -> None:
    before, after = visitor(), user()
    claim = claimed(submitted(before))
    assert before.visitor
    assert after.user_id
    jobs.adopt(before.visitor, after.user_id)
    assert complete(claim)
    assert jobs.jobs_of(after).get().status == Status.COMPLETED


def test_the_position_in_the_queue_is_one_for_the_next_and_zero_for_those_that_do_not_wait() -> None:
    first, second, third = submitted(), submitted(), submitted()
    in_turn(third, first, second)
    assert [jobs.queue_position(row(job.pk)) for job in (first, second, third)] == [2, 3, 1]
    assert jobs.others_waiting()
    for _ in range(3):
        jobs.claim(worker="w")
    assert jobs.queue_position(row(first.pk)) == 0
    assert not jobs.others_waiting()


def test_others_wait_for_as_long_as_their_job_is_queued() -> None:
    job = submitted()
    EnrichmentJob.objects.filter(pk=job.pk).update(queued_at=clock(plus=-timedelta(minutes=3)))
    assert jobs.others_waiting(longer_than=timedelta(minutes=2))
    assert not jobs.others_waiting(longer_than=timedelta(minutes=4))
