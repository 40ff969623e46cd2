"""From an upload to a waiting job: one active job per owner, and nothing left behind by a refused one."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest import mock
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, OperationalError, connections

from apps.scholar_app import files, jobs
from apps.scholar_app.jobs.submitting import INLINE_BUDGET, clean_name
from apps.scholar_app.models import EnrichmentJob, Status
from tests.jobs.making import (
    BIBTEX,
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

pytestmark = [pytest.mark.django_db, pytest.mark.promises]
committing = pytest.mark.django_db(transaction=True)


def test_an_upload_becomes_a_waiting_job_over_its_own_bytes() -> None:
    owner = visitor()
    job = submitted(owner, original_name="thesis.bib", entries_total=7, options={"replace_placeholders": True})
    assert row(job.pk) == job
    assert (job.status, job.visitor, job.user_id) == (Status.PENDING, owner.visitor, None)
    assert (job.original_name, job.size, job.entries_total) == ("thesis.bib", len(BIBTEX), 7)
    assert row(job.pk).options == {"replace_placeholders": True}
    assert files.read(job.upload_name) == BIBTEX
    assert job.created_at <= job.queued_at


def test_nobody_cannot_upload() -> None:
    with pytest.raises(ValueError, match="nobody"):
        submitted(jobs.NOBODY)
    assert stored_names() == set()


def test_a_second_upload_is_refused_while_the_first_is_active_and_leaves_no_file() -> None:
    owner = visitor()
    first = submitted(owner)
    for _ in range(2):
        with pytest.raises(jobs.ActiveJobExists) as refusal:
            submitted(owner)
        assert refusal.value.job == first
        jobs.claim(worker="w")  # waiting or being worked on: both are active
    assert stored_names() == {first.upload_name}


def test_others_are_not_in_the_way() -> None:
    user = User.objects.create_user("ada")
    submitted(jobs.Owner(user_id=user.pk))
    submitted(visitor())
    assert EnrichmentJob.objects.active().count() == 2


def test_after_the_first_has_ended_the_next_is_welcome() -> None:
    owner = visitor()
    complete(claimed(submitted(owner)))
    assert submitted(owner).status == Status.PENDING


@pytest.mark.parametrize(("age", "blocks"), [(4.9, True), (5.1, False)])
def test_a_stale_waiting_job_never_blocks_its_owner_and_an_honest_one_does(age: float, blocks: bool) -> None:
    owner = visitor()
    first = submitted(owner)
    put_back(first.pk, queued_at=age * MINUTE)
    if blocks:
        with pytest.raises(jobs.ActiveJobExists):
            submitted(owner)
    else:
        submitted(owner)
    assert (row(first.pk).error_code == "never_started") != blocks


@pytest.mark.parametrize(("age", "blocks"), [(9.9, True), (10.1, False)])
def test_a_stale_processing_job_never_blocks_its_owner_and_an_honest_one_does(age: float, blocks: bool) -> None:
    owner = visitor()
    claim = claimed(submitted(owner))
    put_back(claim.job_id, started_at=age * MINUTE)
    if blocks:
        with pytest.raises(jobs.ActiveJobExists):
            submitted(owner)
    else:
        submitted(owner)
    assert (row(claim.job_id).error_code == "processing_timeout") != blocks


def test_an_upload_clears_away_stale_jobs_of_others_within_its_budget_and_its_own_in_any_case() -> None:
    long_ago = NOW - DAY
    others = processing_rows(80, started_at=long_ago)
    waiting = pending_rows(80, queued_at=long_ago)
    owner = visitor()
    own = submitted_long_ago(owner)
    submitted(owner)
    failed = EnrichmentJob.objects.filter(status=Status.FAILED)
    assert failed.count() == INLINE_BUDGET + 1
    assert row(own).status == Status.FAILED
    assert statuses(claim.job_id for claim in others) == [Status.FAILED] * 80
    assert statuses(waiting[:20]) == [Status.FAILED] * 20  # the oldest


def submitted_long_ago(owner: jobs.Owner) -> UUID:
    job = EnrichmentJob.objects.create(**owner.columns())
    put_back(job.pk, queued_at=6 * MINUTE)
    return job.pk


def test_replacing_cancels_the_active_job_and_starts_the_new_one_in_one_step() -> None:
    owner = visitor()
    claim = claimed(submitted(owner))
    new = submitted(owner, replace=True)
    assert (row(claim.job_id).status, new.status) == (Status.CANCELLED, Status.PENDING)
    assert not complete(claim)


def test_replacing_nothing_is_an_upload() -> None:
    assert submitted(visitor(), replace=True).status == Status.PENDING


def test_a_replacement_that_cannot_be_stored_leaves_the_active_job_alone() -> None:
    owner = visitor()
    first = submitted(owner)
    with (
        mock.patch("os.fsync", side_effect=OSError(28, "No space left on device")),
        pytest.raises(OSError, match="space"),
    ):
        submitted(owner, replace=True)
    assert row(first.pk).status == Status.PENDING
    assert stored_names() == {first.upload_name}


def test_a_replacement_whose_row_cannot_be_written_leaves_the_active_job_alone() -> None:
    owner = visitor()
    first = submitted(owner)
    with mock.patch.object(EnrichmentJob, "save", side_effect=OperationalError), pytest.raises(OperationalError):
        submitted(owner, replace=True)
    assert row(first.pk).status == Status.PENDING


@committing
def test_an_upload_of_a_user_deleted_meanwhile_is_an_error_and_leaves_nothing() -> None:
    with pytest.raises(IntegrityError):
        submitted(jobs.Owner(user_id=999_999))
    assert stored_names() == set()


def together(count: int, act: Callable[[int], Any]) -> list[Any]:
    """What each of as many threads came to, all let go at once, each with a connection of its own."""
    barrier = threading.Barrier(count)

    def run(number: int) -> Any:
        try:
            barrier.wait()
            return act(number)
        except jobs.ActiveJobExists as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


@committing
def test_of_fifty_parallel_uploads_of_one_owner_one_is_accepted_and_49_are_told_so() -> None:
    owner = visitor()
    answers = together(50, lambda _: submitted(owner))
    (job,) = [answer for answer in answers if isinstance(answer, EnrichmentJob)]
    refusals = [answer for answer in answers if isinstance(answer, jobs.ActiveJobExists)]
    assert len(refusals) == 49
    assert {refusal.job.pk for refusal in refusals} == {job.pk}
    assert EnrichmentJob.objects.get() == job
    assert stored_names() == {job.upload_name}


@committing
def test_of_many_parallel_replacements_one_ends_active_and_the_others_are_cancelled_or_refused() -> None:
    owner = visitor()
    submitted(owner)
    answers = together(10, lambda _: submitted(owner, replace=True))
    assert EnrichmentJob.objects.active().count() == 1
    accepted = {answer.pk for answer in answers if isinstance(answer, EnrichmentJob)}
    assert EnrichmentJob.objects.active().get().pk in accepted
    assert EnrichmentJob.objects.filter(status=Status.CANCELLED).count() == len(accepted)


def test_retrying_makes_a_new_job_over_a_copy_of_the_same_upload() -> None:
    owner = visitor()
    job = submitted(owner, original_name="a.bib", options={"fields": ["doi"]})
    jobs.fail(claimed(job), code="source_away", message="")
    again = jobs.retry(job.pk, [owner])
    assert again.pk != job.pk
    assert (again.original_name, again.options, again.size) == ("a.bib", {"fields": ["doi"]}, job.size)
    assert files.read(again.upload_name) == BIBTEX
    assert row(job.pk).status == Status.FAILED
    assert jobs.delete(job.pk, [owner])
    assert again.upload_name in stored_names()


def test_an_active_job_cannot_be_retried() -> None:
    job = submitted()
    with pytest.raises(jobs.ActiveJobExists):
        jobs.retry(job.pk, [jobs.Owner.of(job)])


def test_somebody_elses_job_cannot_be_retried() -> None:
    job = completed()
    with pytest.raises(EnrichmentJob.DoesNotExist):
        jobs.retry(job.pk, [visitor()])


def test_a_job_whose_upload_is_gone_cannot_be_retried() -> None:
    owner = visitor()
    job = completed(owner)
    files.delete(names_of(job))
    with pytest.raises(FileNotFoundError):
        jobs.retry(job.pk, [owner])


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("references.bib", "references.bib"),
        ("Übersicht (2).bib", "Übersicht (2).bib"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\thesis.bib", "thesis.bib"),
        ("a\x00b\n\x1b[31mc.bib", "ab[31mc.bib"),
        ("evil\u202ebib.exe", "evilbib.exe"),
        ("\ud800.bib", ".bib"),
        ("x" * 300, "x" * 255),
        ("", "bibliography.bib"),
        ("dir/", "bibliography.bib"),
    ],
)
def test_a_name_is_kept_as_it_can_be_shown(given: str, kept: str) -> None:
    assert clean_name(given) == kept
    assert row(submitted(original_name=given).pk).original_name == kept


def test_no_path_is_made_of_what_the_user_called_the_file() -> None:
    job = submitted(original_name="thesis.bib")
    assert job.upload_name == f"uploads/{job.pk}.bib"


def test_two_with_the_same_name_do_not_meet() -> None:
    first, second = submitted(data=BIBTEX + b"1"), submitted(data=BIBTEX + b"2")
    assert files.read(first.upload_name) != files.read(second.upload_name)


def test_an_owner_is_a_user_or_a_visitor() -> None:
    with pytest.raises(ValueError, match="not both"):
        jobs.Owner(user_id=1, visitor=uuid4())
