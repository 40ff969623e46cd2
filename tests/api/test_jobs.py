"""The API's answers: the life of a job as a program sees it, and every refusal in its one shape."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from apps.scholar_app import jobs
from apps.scholar_app.api.answers import eta_seconds
from apps.scholar_app.enrichment.record import Progress
from apps.scholar_app.models import EnrichmentJob, Status
from tests.api.making import ROOT, accepted, error, program, send
from tests.jobs.making import in_turn
from tests.web.making import ENRICHED, complete, content, fail, stored_files

pytestmark = pytest.mark.django_db


def test_a_file_becomes_a_job(ada: Client) -> None:
    response = send(ada)
    answer = response.json()
    assert (response.status_code, answer["status"], answer["entries_total"]) == (202, "pending", 1)
    assert response["Location"] == answer["links"]["self"] == f"http://testserver{ROOT}/jobs/{answer['id']}"
    assert answer["links"]["result"] is answer["links"]["report"] is answer["links"]["decisions"] is None
    assert (answer["queue_position"], answer["error"]) == (1, None)
    assert 0 < answer["eta_seconds"] < 60


def test_a_completed_job_offers_result_and_report(ada: Client) -> None:
    job = complete(accepted(ada))
    answer = ada.get(f"{ROOT}/jobs/{job.pk}").json()
    assert (answer["status"], answer["counts"]["enriched"], answer["queue_position"]) == ("completed", 1, 0)
    result = ada.get(answer["links"]["result"])
    assert content(result) == ENRICHED
    assert result["Content-Disposition"] == 'attachment; filename="references.enriched.bib"'
    assert result["Content-Type"] == "text/x-bibtex"
    assert ada.get(answer["links"]["decisions"]).status_code == 200
    report = ada.get(answer["links"]["report"])
    assert b'"totals"' in content(report)
    table = ada.get(f"{answer['links']['report']}?format=csv")
    assert table["Content-Type"] == "text/csv; charset=utf-8"
    assert content(table).decode().lstrip("\ufeff").startswith("key,")


def test_a_failed_job_says_why(ada: Client) -> None:
    job = fail(accepted(ada))
    answer = ada.get(f"{ROOT}/jobs/{job.pk}").json()
    assert answer["error"] == {"code": "source_away", "message": "Crossref did not answer."}
    assert error(ada.get(f"{ROOT}/jobs/{job.pk}/result")) == (409, "source_away")


@pytest.mark.parametrize("what", ["result", "report"])
def test_a_job_that_is_not_completed_offers_nothing(what: str, ada: Client) -> None:
    job = accepted(ada)
    assert error(ada.get(f"{ROOT}/jobs/{job.pk}/{what}")) == (409, "not_completed")
    jobs.cancel(job.pk, [jobs.Owner.of(job)])
    assert error(ada.get(f"{ROOT}/jobs/{job.pk}/{what}")) == (409, "cancelled")


def test_a_job_is_cancelled_once(ada: Client) -> None:
    job = accepted(ada)
    assert ada.post(f"{ROOT}/jobs/{job.pk}/cancel").json()["status"] == "cancelled"
    again = ada.post(f"{ROOT}/jobs/{job.pk}/cancel")
    assert error(again) == (409, "already_ended")
    assert again.json()["job"]["status"] == "cancelled"


def test_deleting_leaves_nothing(ada: Client, django_capture_on_commit_callbacks: Any) -> None:
    job = complete(accepted(ada))
    with django_capture_on_commit_callbacks(execute=True):
        response = ada.delete(f"{ROOT}/jobs/{job.pk}")
    assert (response.status_code, content(response)) == (204, b"")
    assert not EnrichmentJob.objects.exists()
    assert not {name for name in stored_files() if str(job.pk) in name}
    assert error(ada.delete(f"{ROOT}/jobs/{job.pk}")) == (404, "not_found")


def test_jobs_are_listed_page_by_page_newest_first(ada: Client) -> None:
    made = [complete(accepted(ada)) for _ in range(5)]
    in_turn(*made)
    seen, url = [], f"{ROOT}/jobs?per_page=2"
    while url:
        answer = ada.get(url).json()
        seen += [job["id"] for job in answer["jobs"]]
        url = answer["next"]
    assert seen == [str(job.pk) for job in reversed(made)]


@pytest.mark.parametrize(
    ("done", "ago", "eta"), [(0, 60, None), (25, 60, 180), (100, 60, 0), (120, 60, 0), (50, -1, 0)]
)
def test_the_time_left_is_estimated_by_the_entries_done(done: int, ago: int, eta: int | None) -> None:
    now = timezone.now()
    began = now - timedelta(seconds=ago)
    job = EnrichmentJob(status=Status.PROCESSING, started_at=began, entries_total=100, entries_done=done)
    assert eta_seconds(job, now=now) == eta


def test_the_time_left_is_what_the_run_itself_says(ada: Client) -> None:
    job = accepted(ada)
    claim = jobs.claim(worker="test", job_id=job.pk)
    assert claim is not None
    jobs.renew(claim, progress=Progress(100, 10, left=77.4))
    assert ada.get(f"{ROOT}/jobs/{job.pk}").json()["eta_seconds"] == 77


def test_a_second_job_is_refused_with_the_first_ones_link(ada: Client) -> None:
    job = accepted(ada)
    response = send(ada)
    assert error(response) == (409, "active_job")
    assert response.json()["job"]["id"] == str(job.pk)
    assert response["Location"].endswith(f"/jobs/{job.pk}")


def test_a_second_job_replaces_the_first_on_request(ada: Client) -> None:
    first = accepted(ada)
    second = accepted(ada, replace="1")
    assert [EnrichmentJob.objects.get(pk=job.pk).status for job in (first, second)] == ["cancelled", "pending"]


def test_uploads_are_counted_and_the_limit_is_told(ada: Client, settings: Settings) -> None:
    settings.SCITEX_UPLOADS_PER_HOUR = 2
    for left in ("1", "0"):
        response = send(ada)
        assert (response["RateLimit-Limit"], response["RateLimit-Remaining"]) == ("2", left)
        complete(EnrichmentJob.objects.get(pk=response.json()["id"]))
    refused = send(ada)
    assert error(refused) == (429, "too_many_uploads")
    assert 0 < int(refused["Retry-After"]) <= 3600
    assert refused["RateLimit-Remaining"] == "0"
    assert refused["RateLimit-Reset"] == refused["Retry-After"]


def test_a_full_queue_is_said_so(ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> None:
        raise jobs.QueueFull(90)

    monkeypatch.setattr("apps.scholar_app.jobs.submitting.refuse_if_full", full)
    response = send(ada)
    assert error(response) == (503, "queue_full")
    assert response["Retry-After"] == "90"


def test_placeholders_are_replaced_on_request_alone(ada: Client) -> None:
    assert complete(accepted(ada)).options == {"replace_placeholders": False}
    assert accepted(ada, replace_placeholders="true").options == {"replace_placeholders": True}


@pytest.fixture
def mary(mail: None) -> Client:
    """A program of somebody with an address, on a site that sends letters."""
    return program(User.objects.create_user("mary", "mary@example.org"), name="mary")


@pytest.mark.parametrize("to", ["jobs", "enrich?wait=0"])
def test_a_letter_is_sent_at_the_end_to_who_asks_for_it(mary: Client, to: str) -> None:
    job = complete(accepted(mary, to=to, letter="true"))
    [(taken, link)] = jobs.take_letters()
    assert (taken.pk, link) == (job.pk, f"http://testserver{reverse('scholar:job', args=[job.pk])}")


def test_no_letter_is_sent_to_who_asks_for_none(mary: Client) -> None:
    complete(accepted(mary, letter="false"))
    assert jobs.take_letters() == []


@pytest.mark.parametrize("missing", ["address", "post office"])
def test_who_can_have_no_letter_is_told_so_and_nothing_is_stored(
    ada: Client, mary: Client, missing: str, settings: Settings
) -> None:
    if missing == "post office":
        settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    asking, before = (ada if missing == "address" else mary), stored_files()
    assert error(send(asking, letter="true")) == (422, "no_letter")
    assert (EnrichmentJob.objects.count(), stored_files()) == (0, before)
