"""Yours is yours: who gets to a job, over every URL that there is."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from django.contrib.sessions.models import Session
from django.test import Client, RequestFactory
from django.urls import reverse

from apps.scholar_app import jobs, urls
from apps.scholar_app.models import EnrichmentJob
from apps.scholar_app.owners import client_address
from tests.web.making import complete, content, upload, uploaded, url, user

pytestmark = pytest.mark.django_db

#: Every page of a job, with the method it takes and what its owner gets when the job is completed.
JOB_PAGES = {
    "job": ("get", 200),
    "job_progress": ("get", 200),
    "job_download": ("get", 200),
    "job_original": ("get", 200),
    "job_report_json": ("get", 200),
    "job_report_csv": ("get", 200),
    "job_diff": ("get", 200),
    "job_entry": ("get", 200),
    "job_decide": ("post", 302),
    "job_letter": ("post", 302),
    "job_cancel": ("post", 302),
    "job_retry": ("post", 302),
    "job_delete": ("post", 302),
}


def nobody(job: EnrichmentJob) -> Client:
    return Client()


def another_visitor(job: EnrichmentJob) -> Client:
    client = Client()
    uploaded(client)
    return client


def another_user(job: EnrichmentJob) -> Client:
    client = Client()
    client.force_login(user("eve"))
    uploaded(client)
    return client


def signed_out(job: EnrichmentJob) -> Client:
    client = another_user(job)
    client.post(reverse("scholar:sign_out"))
    return client


def visitors_job() -> tuple[Client, EnrichmentJob]:
    client = Client()
    return client, complete(uploaded(client))


def users_job() -> tuple[Client, EnrichmentJob]:
    client = Client()
    client.force_login(user())
    return client, complete(uploaded(client))


def test_the_table_names_every_url_of_a_job() -> None:
    of_jobs = {pattern.name for pattern in urls.urlpatterns if "job_id" in str(pattern.pattern)}
    assert of_jobs == set(JOB_PAGES)


@pytest.mark.parametrize("page", JOB_PAGES)
@pytest.mark.parametrize("owned", [visitors_job, users_job])
def test_the_owner_gets_to_every_page(page: str, owned: Callable[[], tuple[Client, EnrichmentJob]]) -> None:
    client, job = owned()
    method, status = JOB_PAGES[page]
    response = getattr(client, method)(url(page, job))
    content(response)
    assert response.status_code == status


@pytest.mark.parametrize("page", JOB_PAGES)
@pytest.mark.parametrize("owned", [visitors_job, users_job])
@pytest.mark.parametrize("stranger", [nobody, another_visitor, another_user, signed_out])
def test_anybody_else_gets_404_and_changes_nothing(
    page: str, owned: Callable[[], tuple[Client, EnrichmentJob]], stranger: Callable[[EnrichmentJob], Client]
) -> None:
    _, job = owned()
    client = stranger(job)
    before = list(EnrichmentJob.objects.order_by("pk").values())
    response = getattr(client, JOB_PAGES[page][0])(url(page, job))
    assert response.status_code == 404
    assert "no-store" in response["Cache-Control"]
    assert job.original_name not in content(response).decode()
    assert list(EnrichmentJob.objects.order_by("pk").values()) == before


@pytest.mark.parametrize("page", [name for name, (method, _) in JOB_PAGES.items() if method == "post"])
def test_a_get_never_changes_a_job(page: str, client: Client) -> None:
    job = uploaded(client)
    response = client.get(url(page, job))
    assert (response.status_code, response["Allow"]) == (405, "POST")
    assert EnrichmentJob.objects.get(pk=job.pk).status == "pending"


@pytest.mark.parametrize("page", JOB_PAGES)
def test_a_job_that_does_not_exist_answers_like_somebody_elses(page: str, client: Client) -> None:
    uploaded(client)
    missing = getattr(client, JOB_PAGES[page][0])(url(page, uuid4()))
    _, theirs = users_job()
    foreign = getattr(client, JOB_PAGES[page][0])(url(page, theirs))
    assert missing.status_code == foreign.status_code == 404
    assert missing.content == foreign.content


@pytest.mark.parametrize("address", ["scholar:bibtex_form", "scholar:sign_in", "scholar:sign_up"])
def test_looking_makes_no_visitor_and_no_session(address: str, client: Client) -> None:
    assert client.get(reverse(address)).status_code == 200
    assert not Session.objects.exists()


def test_a_refused_upload_makes_no_visitor(client: Client) -> None:
    assert upload(client, b"").status_code == 422
    assert not Session.objects.exists()


def test_a_visitor_is_no_part_of_the_session_key(client: Client) -> None:
    job = uploaded(client)
    assert isinstance(job.visitor, UUID)
    assert str(job.visitor) == client.session["visitor"]
    assert job.visitor.hex not in str(client.session.session_key)


def test_a_visitor_stays_the_same_from_upload_to_upload(client: Client) -> None:
    first = complete(uploaded(client))
    assert uploaded(client).visitor == first.visitor


def test_the_session_of_a_visitor_lives_as_long_as_their_job(client: Client, settings: object) -> None:
    settings.SCITEX_RETENTION_DAYS = 90  # type: ignore[attr-defined]
    uploaded(client)
    assert client.session.get_expiry_age() == 90 * 24 * 3600


def test_signing_in_takes_the_visitors_jobs_along_though_the_session_changes_its_key(client: Client) -> None:
    finished, active = complete(uploaded(client)), uploaded(client)
    account = user()
    account.set_password("correct horse")
    account.save()
    key = client.session.session_key
    client.post(reverse("scholar:sign_in"), {"username": "ada", "password": "correct horse"})
    assert client.session.session_key != key
    assert set(jobs.jobs_of(jobs.Owner(user_id=account.pk))) == {finished, active}
    elsewhere = Client()
    elsewhere.force_login(account)
    assert elsewhere.get(url("job", active)).status_code == 200


def test_signing_up_takes_the_visitors_jobs_along(client: Client) -> None:
    job = uploaded(client)
    form = {"username": "ada", "password1": "correct horse 1", "password2": "correct horse 1"}
    assert client.post(reverse("scholar:sign_up"), form).status_code == 302
    assert EnrichmentJob.objects.get(pk=job.pk).user_id == int(client.session["_auth_user_id"])


def test_an_active_job_that_cannot_come_along_stays_in_sight_and_comes_with_the_next_upload(client: Client) -> None:
    account = user()
    elsewhere = Client()
    elsewhere.force_login(account)
    in_the_way = uploaded(elsewhere)
    left = uploaded(client)
    client.force_login(account)
    assert EnrichmentJob.objects.get(pk=left.pk).user_id is None
    assert client.get(url("job", left)).status_code == 200
    complete(in_the_way)
    complete(left)
    uploaded(client)
    assert EnrichmentJob.objects.get(pk=left.pk).user_id == account.pk


def test_who_signs_out_leaves_nothing_to_see(client: Client) -> None:
    client.force_login(user())
    job = uploaded(client)
    assert client.get(reverse("scholar:sign_out")).status_code == 405
    assert client.get(url("job", job)).status_code == 200
    client.post(reverse("scholar:sign_out"))
    assert client.get(url("job", job)).status_code == 404
    assert job.original_name not in client.get(reverse("scholar:bibtex_form")).content.decode()


def test_the_form_page_lists_the_askers_jobs_and_no_others(client: Client) -> None:
    uploaded(Client(), name="theirs.bib")
    uploaded(client, name="mine.bib")
    page = client.get(reverse("scholar:bibtex_form")).content.decode()
    assert "mine.bib" in page
    assert "theirs.bib" not in page


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("::1", "192.0.2.66, 198.51.100.1", "198.51.100.1"),
        ("", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "no address", "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
    ],
)
def test_a_forwarded_address_is_believed_from_this_machine_alone(peer: str, forwarded: str, address: str) -> None:
    request = RequestFactory().get("/", REMOTE_ADDR=peer, headers={"X-Forwarded-For": forwarded})
    assert client_address(request) == address
