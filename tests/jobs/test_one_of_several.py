"""Who has several jobs asks for one of them, and the others stay as they are."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import User

from apps.scholar_app import jobs
from apps.scholar_app.models import EnrichmentJob, LetterWish, Status
from apps.scholar_app.tallies import tallies
from tests.jobs.making import completed, row, stored_names, submitted, visitor

pytestmark = [pytest.mark.django_db, pytest.mark.promises]
committing = pytest.mark.django_db(transaction=True)


def test_the_job_that_was_asked_for_is_found() -> None:
    ended, active = completed(owner := visitor()), submitted(owner)
    assert [jobs.find(job.pk, [owner]) for job in (ended, active)] == [ended, active]
    with pytest.raises(EnrichmentJob.DoesNotExist):
        jobs.find(uuid4(), [owner])


def test_cancelling_what_has_ended_leaves_what_goes_on() -> None:
    ended, active = completed(owner := visitor()), submitted(owner)
    assert not jobs.cancel(ended.pk, [owner])
    assert (row(ended.pk).status, row(active.pk).status) == (Status.COMPLETED, Status.PENDING)


@committing
def test_deleting_one_leaves_the_others_their_rows_and_wishes() -> None:
    ended, active = completed(owner := visitor()), submitted(owner)
    assert jobs.wish_letter(active.pk, [owner], link="/job")
    assert not jobs.delete(uuid4(), [owner])
    assert jobs.delete(ended.pk, [owner])
    assert list(jobs.jobs_of(owner)) == [active]
    assert jobs.letter_wished(active.pk)
    assert tallies()["jobs_deleted"] == {"owner": 1}
    assert jobs.delete(active.pk, [owner])
    assert not LetterWish.objects.exists()


def test_the_file_that_was_asked_for_is_tried_again() -> None:
    owner = visitor()
    first, _second = completed(owner), completed(owner)
    EnrichmentJob.objects.filter(pk=first.pk).update(original_name="first.bib")
    assert jobs.retry(first.pk, [owner]).original_name == "first.bib"


@committing
def test_deleting_an_account_leaves_the_wishes_and_jobs_of_others() -> None:
    leaving, staying = (User.objects.create_user(name) for name in ("ada", "grace"))
    gone, kept = submitted(jobs.Owner(user_id=leaving.pk)), submitted(jobs.Owner(user_id=staying.pk))
    for job in (gone, kept):
        assert jobs.wish_letter(job.pk, [jobs.Owner.of(job)], link="/job")
    leaving.delete()
    assert list(EnrichmentJob.objects.all()) == [kept]
    assert stored_names() == {kept.upload_name}
    assert jobs.letter_wished(kept.pk)
    assert LetterWish.objects.count() == 1


def test_the_owner_of_a_users_job_is_the_user() -> None:
    user = User.objects.create_user("ada")
    assert jobs.Owner.of(submitted(jobs.Owner(user_id=user.pk))) == jobs.Owner(user_id=user.pk)
