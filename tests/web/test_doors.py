"""Every address of the site, in one table: what somebody gets there who has no key, no account and no cookie."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from apps.scholar_app import keys
from apps.scholar_app.models import ApiKey, EnrichmentJob, Submission
from tests.web.making import complete, content, uploaded, user

pytestmark = pytest.mark.django_db

IN = "the sign-in page"
OPEN, FORM_ONLY, NOT_THERE, KEY_ONLY = 200, 405, 404, 401

#: What a GET answers to a stranger, by the name of the address; ``IN``: asks to sign in first.
DOORS: dict[str, int | str] = {
    "home": 302,
    "healthz": OPEN,
    "readyz": OPEN,
    "metrics": OPEN,  # to this machine alone, where no token is set
    "operators_status": 302,  # the operators' sign-in
    "api_docs": OPEN,
    "api:openapi-json": OPEN,
    "api:api-root": NOT_THERE,
    "api:jobs": KEY_ONLY,
    "api:job": KEY_ONLY,
    "api:result": KEY_ONLY,
    "api:report": KEY_ONLY,
    "api:decisions": KEY_ONLY,
    "api:undo_decisions": FORM_ONLY,
    "api:cancel": FORM_ONLY,
    "api:enrich": FORM_ONLY,
    "scholar:bibtex_form": OPEN,
    "scholar:history": OPEN,
    "scholar:bibtex_upload": FORM_ONLY,
    "scholar:bibtex_look": FORM_ONLY,
    "scholar:job": NOT_THERE,
    "scholar:job_progress": NOT_THERE,
    "scholar:job_cancel": FORM_ONLY,
    "scholar:job_retry": FORM_ONLY,
    "scholar:job_letter": FORM_ONLY,
    "scholar:job_delete": FORM_ONLY,
    "scholar:job_download": NOT_THERE,
    "scholar:job_original": NOT_THERE,
    "scholar:job_report_json": NOT_THERE,
    "scholar:job_report_csv": NOT_THERE,
    "scholar:job_diff": NOT_THERE,
    "scholar:job_decide": FORM_ONLY,
    "scholar:job_entry": NOT_THERE,
    "scholar:sign_up": OPEN,
    "scholar:sign_in": OPEN,
    "scholar:sign_out": FORM_ONLY,
    "scholar:password_reset": OPEN,
    "scholar:password_reset_confirm": OPEN,
    "scholar:account": IN,
    "scholar:account_delete": IN,
    "scholar:password_change": IN,
    "scholar:key_create": FORM_ONLY,
    "scholar:key_revoke": FORM_ONLY,
}


def known() -> dict[str, Any]:
    """What an address may ask for: what is somebody else's."""
    return {
        "job_id": EnrichmentJob.objects.get().pk,
        "key_id": ApiKey.objects.get().pk,
        "number": 0,
        "uidb64": "MQ",
        "token": "x",
    }


def addresses(patterns: list[Any], space: str = "") -> Iterator[tuple[str, str]]:
    """Name and address of every pattern but the operators', which have a test of their own."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver) and pattern.namespace != "admin":
            yield from addresses(pattern.url_patterns, f"{pattern.namespace}:" if pattern.namespace else space)
        elif isinstance(pattern, URLPattern) and pattern.name:
            name = f"{space}{pattern.name}"
            yield name, reverse(name, kwargs={part: known()[part] for part in pattern.pattern.converters})


def all_addresses() -> dict[str, str]:
    return dict(addresses(get_resolver().url_patterns))


@pytest.fixture(autouse=True)
def _somebodys_things() -> None:
    """A job, a key and an account of somebody else."""
    wolfgang = user("wolfgang")  # Not a name that a token of a form can hold by chance, as "ada" is.
    person = Client()
    person.force_login(wolfgang)
    complete(uploaded(person))
    keys.issue(wolfgang.pk, name="theirs")
    Session.objects.all().delete()


def everything() -> list[list[dict[str, Any]]]:
    return [[dict(row) for row in model.objects.order_by("pk").values()] for model in MODELS]


MODELS: list[Any] = [EnrichmentJob, ApiKey, Submission, User, Session]


def test_the_table_names_every_address_of_the_site() -> None:
    assert set(all_addresses()) == set(DOORS)


@pytest.mark.parametrize("name", DOORS)
def test_a_get_of_a_stranger_gets_what_the_table_says_and_changes_nothing(name: str, client: Client) -> None:
    before = everything()
    response = client.get(all_addresses()[name])
    page = content(response).decode()
    if DOORS[name] == IN:
        assert response["Location"].startswith(reverse("scholar:sign_in"))
    else:
        assert response.status_code == DOORS[name]
    assert not [secret for secret in ("references.bib", "wolfgang", "theirs", "vaswani") if secret in page.lower()]
    assert everything() == before


@pytest.mark.parametrize("name", DOORS)
def test_nothing_that_another_site_sends_through_a_browser_changes_anything(name: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get())
    before, address = everything(), all_addresses()[name]
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        response = client.generic(method, address, b"")
        content(response)
        assert response.status_code in {301, 302, 401, 403, 404, 405}
    assert everything() == before


@pytest.mark.parametrize("name", ["scholar:key_create", "scholar:key_revoke", "scholar:account_delete"])
def test_who_is_not_signed_in_changes_no_account(name: str, client: Client) -> None:
    before = everything()
    response = client.post(all_addresses()[name], {"name": "mine", "password": "x"})
    assert response["Location"].startswith(reverse("scholar:sign_in"))
    assert everything() == before


@pytest.mark.parametrize("staff", [False, True])
def test_the_operators_pages_are_for_operators(staff: bool) -> None:
    client = Client()
    if not staff:
        client.force_login(User.objects.get())
    for name in ("index", "scholar_app_enrichmentjob_changelist", "auth_user_changelist"):
        assert client.get(reverse(f"admin:{name}")).status_code == 302
