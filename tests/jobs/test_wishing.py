"""Letters at the end of a job: whose wish counts, and which ones are taken."""

from datetime import timedelta

import pytest

from apps.scholar_app import jobs
from apps.scholar_app.models import LetterWish
from tests.jobs.making import claimed, complete, completed, put_back, submitted, visitor

pytestmark = [pytest.mark.django_db, pytest.mark.promises]


def ended_with_a_wish(*, ago: timedelta, link: str) -> None:
    claim = claimed(job := submitted())
    assert jobs.wish_letter(job.pk, [jobs.Owner.of(job)], link=link)
    assert complete(claim)
    put_back(job.pk, finished_at=ago)


def test_owner_of_an_active_job_may_wish_for_a_letter_about_it_and_take_that_back() -> None:
    job = submitted(owner := visitor())
    assert not jobs.letter_wished(job.pk)
    assert jobs.wish_letter(job.pk, [owner], link="/job") is True
    assert jobs.letter_wished(job.pk)
    jobs.drop_wish(job.pk, [owner])
    assert not jobs.letter_wished(job.pk)


def test_nobody_wishes_for_a_letter_about_a_job_that_has_ended_also_while_another_goes_on() -> None:
    ended, _ = completed(owner := visitor()), submitted(owner)
    assert jobs.wish_letter(ended.pk, [owner], link="/job") is False
    assert not LetterWish.objects.exists()


def test_who_has_a_job_can_neither_make_nor_take_back_a_wish_about_somebody_elses() -> None:
    theirs, _ = submitted(owner := visitor()), submitted(other := visitor())
    assert not jobs.wish_letter(theirs.pk, [other], link="/job")
    assert jobs.wish_letter(theirs.pk, [owner], link="/job")
    jobs.drop_wish(theirs.pk, [other])
    assert jobs.letter_wished(theirs.pk)


def test_a_wish_about_one_job_is_none_about_another_and_goes_alone() -> None:
    one, other = submitted(first := visitor()), submitted(second := visitor())
    jobs.wish_letter(one.pk, [first], link="/one")
    assert not jobs.letter_wished(other.pk)
    jobs.wish_letter(other.pk, [second], link="/other")
    jobs.drop_wish(one.pk, [first])
    assert jobs.letter_wished(other.pk)


def test_the_link_is_kept_as_long_as_its_column() -> None:
    job = submitted(owner := visitor())
    jobs.wish_letter(job.pk, [owner], link="/" + "x" * 300)
    assert LetterWish.objects.get().link == "/" + "x" * 299


def test_letters_are_taken_of_wished_for_and_ended_jobs_only_and_the_other_wishes_stay() -> None:
    completed()
    waiting = submitted(owner := visitor())
    jobs.wish_letter(waiting.pk, [owner], link="/waiting")
    ended_with_a_wish(ago=timedelta(), link="/ended")
    assert [link for _, link in jobs.take_letters()] == ["/ended"]
    assert jobs.letter_wished(waiting.pk)


def test_five_letters_are_taken_at_once_of_the_jobs_that_ended_first() -> None:
    for hours in (2, 6, 4, 1, 5, 3):
        ended_with_a_wish(ago=timedelta(hours=hours), link=f"/{hours}")
    assert [link for _, link in jobs.take_letters()] == ["/6", "/5", "/4", "/3", "/2"]
    assert [link for _, link in jobs.take_letters()] == ["/1"]
