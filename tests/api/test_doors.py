"""Yours is yours, for programs too: every endpoint against every kind of key."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from apps.scholar_app import keys
from apps.scholar_app.api.routes import api
from apps.scholar_app.models import ApiKey, EnrichmentJob
from tests.api.making import ROOT, accepted, bearing, program, send
from tests.web.making import complete, content, uploaded, user

pytestmark = pytest.mark.django_db

#: Every endpoint about one job, with what its owner gets when the job is completed.
OF_A_JOB = {
    "GET jobs/{job_id}": 200,
    "GET jobs/{job_id}/result": 200,
    "GET jobs/{job_id}/report": 200,
    "GET jobs/{job_id}/decisions": 200,
    "POST jobs/{job_id}/decisions": 200,
    "POST jobs/{job_id}/decisions/undo": 200,
    "POST jobs/{job_id}/cancel": 409,
    "DELETE jobs/{job_id}": 204,
}
BODIES: dict[str, dict[str, Any]] = {
    "POST jobs/{job_id}/decisions": {"version": 0, "decisions": [{"action": "reject", "entry": 0, "fields": ["doi"]}]},
    "POST jobs/{job_id}/decisions/undo": {"version": 0},
}
#: Every other one, with what anybody with a key and no file gets.
OTHERS = {"GET jobs": 200, "POST jobs": 400, "POST enrich": 400}


def ask(client: Client, endpoint: str, job_id: object = "") -> Any:
    method, path = endpoint.split()
    body = json.dumps(BODIES[endpoint]) if endpoint in BODIES else ""
    return client.generic(method, f"{ROOT}/{path.format(job_id=job_id)}", body)


def no_key(job: EnrichmentJob) -> Client:
    return Client()


def wrong_key(job: EnrichmentJob) -> Client:
    return bearing(f"scitex_{'0' * 8}_{'a' * 43}")


def empty_key(job: EnrichmentJob) -> Client:
    return bearing("")


def shown_prefix(job: EnrichmentJob) -> Client:
    return bearing(ApiKey.objects.get(user=job.user).prefix)


def stored_hash(job: EnrichmentJob) -> Client:
    return bearing(ApiKey.objects.get(user=job.user).key_hash)


def basic_scheme(job: EnrichmentJob) -> Client:
    return Client(headers={"Authorization": "Basic YWRhOmFkYQ=="})


def revoked_key(job: EnrichmentJob) -> Client:
    key, secret = keys.issue(job.user_id or 0, name="old")
    keys.revoke(key.pk, job.user_id or 0)
    return bearing(secret)


def inactive_users_key(job: EnrichmentJob) -> Client:
    _, secret = keys.issue(job.user_id or 0, name="theirs")
    account = job.user
    assert account
    account.is_active = False
    account.save()
    return bearing(secret)


def owners_cookie(job: EnrichmentJob) -> Client:
    client = Client()
    assert job.user
    client.force_login(job.user)
    return client


KEYLESS = [
    no_key, wrong_key, empty_key, shown_prefix, stored_hash, basic_scheme, revoked_key, inactive_users_key,
    owners_cookie,
]  # fmt: skip


def everything() -> list[dict[str, Any]]:
    return [dict(row) for row in EnrichmentJob.objects.order_by("pk").values()]


def test_the_tables_name_every_endpoint() -> None:
    paths = api.get_openapi_schema()["paths"]
    endpoints = {f"{m.upper()} {path.removeprefix(f'{ROOT}/')}" for path, ways in paths.items() for m in ways}
    assert endpoints == {*OF_A_JOB, *OTHERS}


@pytest.mark.parametrize("endpoint", [*OF_A_JOB, *OTHERS])
@pytest.mark.parametrize("stranger", KEYLESS)
def test_nothing_opens_without_a_valid_key(endpoint: str, stranger: Callable[[EnrichmentJob], Client]) -> None:
    job = complete(accepted(program()))
    client, before = stranger(job), everything()
    response = ask(client, endpoint, job.pk)
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Bearer")
    assert response.json()["error"]["code"] == "unauthorized"
    assert everything() == before


@pytest.mark.parametrize("endpoint", OF_A_JOB)
def test_the_owner_gets_to_every_endpoint(endpoint: str) -> None:
    client = program()
    response = ask(client, endpoint, complete(accepted(client)).pk)
    content(response)
    assert response.status_code == OF_A_JOB[endpoint]
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("endpoint", OTHERS)
def test_who_has_a_key_gets_to_the_other_endpoints(endpoint: str) -> None:
    assert ask(program(), endpoint).status_code == OTHERS[endpoint]


@pytest.mark.parametrize("endpoint", OF_A_JOB)
def test_anothers_job_a_visitors_and_none_at_all_answer_alike(endpoint: str) -> None:
    theirs, visitors = complete(accepted(program(name="eve"))), complete(uploaded(Client()))
    client, before = program(), everything()
    answers = [ask(client, endpoint, job_id) for job_id in (theirs.pk, visitors.pk, uuid4())]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert len({answer.content for answer in answers}) == 1
    assert everything() == before


def test_the_list_has_own_jobs_alone() -> None:
    accepted(program(name="eve"))
    uploaded(Client())
    client = program()
    job = accepted(client)
    assert [listed["id"] for listed in client.get(f"{ROOT}/jobs").json()["jobs"]] == [str(job.pk)]


def test_the_jobs_of_the_pages_and_of_the_programs_are_the_same() -> None:
    account = user()
    person = Client()
    person.force_login(account)
    job = complete(uploaded(person))
    assert ask(program(account), "GET jobs/{job_id}", job.pk).json()["id"] == str(job.pk)


def test_a_revoked_key_stops_at_the_next_request() -> None:
    account = user()
    key, secret = keys.issue(account.pk, name="laptop")
    client = bearing(secret)
    assert ask(client, "GET jobs").status_code == 200
    assert keys.revoke(key.pk, account.pk)
    assert ask(client, "GET jobs").status_code == 401
    assert not keys.revoke(key.pk, account.pk)


def test_nobody_revokes_anothers_key() -> None:
    key, secret = keys.issue(user().pk, name="laptop")
    assert not keys.revoke(key.pk, user("eve").pk)
    assert ask(bearing(secret), "GET jobs").status_code == 200


def test_the_database_does_not_know_the_key() -> None:
    key, secret = keys.issue(user().pk, name="laptop")
    row = ApiKey.objects.filter(pk=key.pk).values().get()
    random_part = secret.removeprefix(f"{key.prefix}_")
    assert len(random_part) == 43, "256 bits in base64"
    assert not [value for value in row.values() if random_part in str(value)]


def test_no_two_keys_are_alike_and_an_account_has_so_many_at_most() -> None:
    account = user()
    made = {keys.issue(account.pk, name="again")[1] for _ in range(keys.MOST_KEYS)}
    assert len(made) == keys.MOST_KEYS
    with pytest.raises(keys.TooManyKeys):
        keys.issue(account.pk, name="one more")
    keys.issue(user("eve").pk, name="another account")


def test_use_is_noted_once_an_hour() -> None:
    client = program()
    ask(client, "GET jobs")
    first = ApiKey.objects.get().last_used_at
    assert first
    ask(client, "GET jobs")
    assert ApiKey.objects.get().last_used_at == first


def test_no_cookie_is_set_and_no_forged_form_gets_in() -> None:
    client = program()
    response = send(client)
    assert response.status_code == 202, "no CSRF token is needed: nothing is sent by itself"
    assert not response.cookies


def test_docs_and_schema_are_open_to_all(client: Client) -> None:
    page = content(client.get(reverse("api_docs"))).decode()
    for endpoint in (*OF_A_JOB, *OTHERS):
        method, path = endpoint.split()
        assert f"{method} {ROOT}/{path}" in page
    assert "<script src" in page
    assert "http://cdn" not in page
    assert "https://" not in page.replace("https://www.w3.org", "")
    schema = client.get(f"{ROOT}/openapi.json").json()
    assert schema["components"]["securitySchemes"]["BearerKey"]["scheme"] == "bearer"


def test_the_docs_speak_to_people_without_markup(client: Client) -> None:
    assert "``" not in content(client.get(reverse("api_docs"))).decode()
