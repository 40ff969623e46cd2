"""The letter at the end of a job: for who wished for it, once, and never in the way of the work."""

from concurrent.futures import Future
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from apps.scholar_app import jobs, letters, tasks
from apps.scholar_app.models import EnrichmentJob, LetterWish
from tests.jobs.making import put_back
from tests.web.making import complete, content, fail, upload, uploaded, url

pytestmark = [pytest.mark.django_db, pytest.mark.promises]


class SameThread:
    """A post office that sends while one looks."""

    def submit(self, work: Any, *arguments: Any, **named: Any) -> "Future[None]":
        done: Future[None] = Future()
        try:
            done.set_result(work(*arguments, **named))
        except Exception as error:  # noqa: BLE001 (as a pool does it)
            done.set_exception(error)
        return done


@pytest.fixture(autouse=True)
def _post_office(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setattr(letters, "_post_office", SameThread())
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def ada(client: Client) -> Client:
    client.force_login(User.objects.create_user("ada", "ada@example.org"))
    return client


def subjects() -> list[str]:
    letters.post_due()
    return [str(letter.subject) for letter in mail.outbox]


def test_who_ticks_the_box_gets_one_letter_with_the_outcome_and_the_way_to_it(ada: Client) -> None:
    job = uploaded(ada, letter="on", name="thesis.bib")
    assert subjects() == [], "nothing is told before the end"
    complete(job)
    assert subjects() == ["Completed: thesis.bib"]
    [letter] = mail.outbox
    assert letter.to == ["ada@example.org"]
    assert "1 of 1 entries gained something" in letter.body
    assert f"http://testserver{url('job', job)}" in letter.body
    assert subjects() == ["Completed: thesis.bib"], "and no second one"


def test_a_failure_is_told_with_its_reason_and_what_to_do(ada: Client) -> None:
    fail(uploaded(ada, letter="on"), message="Crossref did not answer.")
    assert subjects() == ["Failed: references.bib"]
    assert "Crossref did not answer." in mail.outbox[0].body
    assert "Try again from its page" in mail.outbox[0].body


def test_the_clean_up_tells_whose_jobs_it_failed(ada: Client) -> None:
    job = uploaded(ada, letter="on")
    put_back(job.pk, queued_at=timedelta(minutes=6))
    call_command("cleanup_stale_jobs", "--dry-run")
    assert mail.outbox == []
    call_command("cleanup_stale_jobs")
    assert [str(letter.subject) for letter in mail.outbox] == ["Failed: references.bib"]


@pytest.mark.django_db(transaction=True)
def test_a_worker_of_celery_tells_of_jobs_that_others_failed(ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    job = uploaded(ada, letter="on")
    put_back(job.pk, queued_at=timedelta(minutes=6))
    assert sum(jobs.fail_stale()) == 1
    monkeypatch.setattr(tasks.LEAVING, "wait", lambda _seconds: True)
    tasks._look_after_others(processes=1)  # once, since it is asked to leave
    assert [str(letter.subject) for letter in mail.outbox] == ["Failed: references.bib"]


def test_who_wished_for_nothing_gets_no_letter(ada: Client) -> None:
    complete(uploaded(ada))
    assert subjects() == []


def test_who_cancels_needs_no_letter_and_the_wish_is_gone(ada: Client) -> None:
    job = uploaded(ada, letter="on")
    ada.post(url("job_cancel", job))
    assert subjects() == []
    assert not LetterWish.objects.exists()


def test_of_several_who_notice_the_end_one_sends(ada: Client) -> None:
    complete(uploaded(ada, letter="on"))
    assert [len(jobs.take_letters()) for _ in range(2)] == [1, 0]


@pytest.mark.parametrize("goes", ["job", "account"])
def test_a_wish_goes_with_its_job(goes: str, ada: Client) -> None:
    job = uploaded(ada, letter="on")
    if goes == "job":
        ada.post(url("job_delete", job))
    else:
        User.objects.get().delete()
    assert not LetterWish.objects.exists()
    assert subjects() == []


def test_what_is_left_of_wishes_is_pruned_after_a_week(ada: Client) -> None:
    uploaded(ada, letter="on")
    assert jobs.EXPIRED[LetterWish](10) == 0
    LetterWish.objects.update(at="2020-01-01T00:00:00Z")
    assert jobs.EXPIRED[LetterWish](10) == 1


def test_a_letter_that_cannot_be_sent_is_logged_without_the_address_and_breaks_nothing(
    ada: Client, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    complete(uploaded(ada, letter="on"))
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    letters.post_due()
    assert "letter could not be sent: ConnectionRefusedError" in caplog.text
    assert "ada@example.org" not in caplog.text


def no_address(client: Client, settings: Settings) -> None:
    client.force_login(User.objects.create_user("eve"))


def no_account(client: Client, settings: Settings) -> None:
    """A visitor."""


def no_mail(client: Client, settings: Settings) -> None:
    client.force_login(User.objects.create_user("ada", "ada@example.org"))
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"


@pytest.mark.parametrize("without", [no_address, no_account, no_mail])
def test_the_box_is_shown_and_counts_only_where_a_letter_can_be_sent(
    without: Any, client: Client, settings: Settings
) -> None:
    without(client, settings)
    assert 'name="letter"' not in content(client.get(reverse("scholar:bibtex_form"))).decode()
    job = uploaded(client, letter="on")
    page = content(client.get(url("job", job))).decode()
    assert "job_letter" not in page
    assert url("job_letter", job) not in page
    client.post(url("job_letter", job), {"letter": "on"})
    assert not LetterWish.objects.exists()


def test_the_box_is_shown_to_who_can_have_a_letter(ada: Client) -> None:
    assert 'name="letter"' in content(ada.get(reverse("scholar:bibtex_form"))).decode()


def test_one_may_wish_and_unwish_while_the_work_goes_on(ada: Client) -> None:
    job = uploaded(ada)
    assert "E-mail me when it is done" in content(ada.get(url("job", job))).decode()
    assert ada.post(url("job_letter", job), {"letter": "on"})["Location"] == url("job", job)
    assert "You will get an e-mail" in content(ada.get(url("job", job))).decode()
    ada.post(url("job_letter", job), {})
    complete(job)
    assert subjects() == []


def test_a_wish_after_the_end_is_none(ada: Client) -> None:
    job = complete(uploaded(ada))
    ada.post(url("job_letter", job), {"letter": "on"})
    assert not LetterWish.objects.exists()


def test_nobody_wishes_letters_about_anothers_job(ada: Client) -> None:
    job = uploaded(Client())
    assert ada.post(url("job_letter", job), {"letter": "on"}).status_code == 404
    assert not LetterWish.objects.exists()


def test_the_wish_survives_the_choice_between_two_files_and_a_retry(ada: Client) -> None:
    uploaded(ada)
    held = content(upload(ada, letter="on")).decode().partition('name="held" value="')[2].partition('"')[0]
    ada.post(reverse("scholar:bibtex_upload"), {"held": held, "replace": "1"})
    job = EnrichmentJob.objects.get(status="pending")
    assert jobs.letter_wished(job.pk)
    fail(job)
    letters.post_due()
    ada.post(url("job_retry", job))
    assert jobs.letter_wished(EnrichmentJob.objects.get(status="pending").pk)
