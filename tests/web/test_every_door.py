"""Every address of the site, the operators' included, against everybody who has no business there, in one table."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from apps.scholar_app import keys
from apps.scholar_app.models import ApiKey, EnrichmentJob, Submission
from tests.api.making import accepted, bearing, program
from tests.web.making import complete, content, stored_files, uploaded, user

pytestmark = pytest.mark.django_db

OUTSIDE = "203.0.113.9"


def nobody() -> Client:
    return Client()


def another_visitor() -> Client:
    client = Client()
    uploaded(client)
    return client


def another_user() -> Client:
    client = Client()
    client.force_login(user("eve"))
    return client


def signed_out() -> Client:
    client = Client()
    client.force_login(User.objects.get(username="ada"))
    client.post(reverse("scholar:sign_out"))
    return client


def wrong_key() -> Client:
    return bearing(f"scitex_{'0' * 8}_{'a' * 43}")


def revoked_key() -> Client:
    owner = User.objects.get(username="ada")
    key, secret = keys.issue(owner.pk, name="old")
    assert keys.revoke(key.pk, owner.pk)
    return bearing(secret)


def anothers_key() -> Client:
    return program(name="eve")


ASKERS: list[Callable[[], Client]] = [
    nobody, another_visitor, another_user, signed_out, wrong_key, revoked_key, anothers_key,
]  # fmt: skip
#: Last, or nobody would be signed in any more.
THE_WAY_OUT = {"scholar:sign_out", "admin:logout"}
SIGNED_IN, WITH_KEY = {"another_user"}, {"anothers_key"}

#: What GET and POST answer: to who is signed in, to who has a key, and to everybody else.
Row = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]


def all_alike(get: int, post: int) -> Row:
    return ((get, post),) * 3


PAGE_OF_A_JOB, FORM_OF_A_JOB = all_alike(404, 405), all_alike(405, 404)
#: Forms of their own that lack what they ask for; nothing comes of them.
LACKING = all_alike(405, 400)
ACCOUNT: Row = ((200, 405), (302, 405), (302, 405))
ACCOUNT_FORM: Row = ((200, 200), (302, 302), (302, 302))
ANYBODYS_FORM = all_alike(200, 200)
OF_KEYS: Row = ((401, 405), (404, 405), (401, 405))
OPERATORS = all_alike(302, 302)
TABLE: dict[str, Row] = {
    "home": all_alike(302, 302),
    "healthz": all_alike(200, 405),
    "readyz": all_alike(200, 405),
    "metrics": all_alike(403, 405),
    "api_docs": all_alike(200, 405),
    "operators_status": OPERATORS,
    "api:openapi-json": all_alike(200, 200),
    "api:api-root": all_alike(404, 404),
    "api:jobs": ((401, 401), (200, 400), (401, 401)),
    "api:enrich": ((405, 401), (405, 400), (405, 401)),
    "api:job": OF_KEYS,
    "api:result": OF_KEYS,
    "api:report": OF_KEYS,
    "api:decisions": ((401, 401), (404, 422), (401, 401)),
    "api:undo_decisions": ((405, 401), (405, 422), (405, 401)),
    "api:cancel": ((405, 401), (405, 404), (405, 401)),
    "scholar:bibtex_form": all_alike(200, 405),
    "scholar:history": all_alike(200, 405),
    "scholar:bibtex_upload": LACKING,
    "scholar:bibtex_look": LACKING,
    **dict.fromkeys(
        ("scholar:job", "scholar:job_progress", "scholar:job_download", "scholar:job_original", "scholar:job_diff",
         "scholar:job_report_json", "scholar:job_report_csv", "scholar:job_entry"), PAGE_OF_A_JOB,
    ),
    **dict.fromkeys(
        ("scholar:job_cancel", "scholar:job_retry", "scholar:job_letter", "scholar:job_delete", "scholar:job_decide"),
        FORM_OF_A_JOB,
    ),
    "scholar:sign_up": ANYBODYS_FORM,
    "scholar:sign_in": ANYBODYS_FORM,
    "scholar:sign_out": all_alike(405, 302),
    "scholar:password_reset": ANYBODYS_FORM,
    "scholar:password_reset_confirm": ANYBODYS_FORM,
    "scholar:account": ACCOUNT,
    "scholar:account_delete": ACCOUNT_FORM,
    "scholar:password_change": ACCOUNT_FORM,
    "scholar:key_create": ((405, 422), (405, 302), (405, 302)),
    "scholar:key_revoke": all_alike(405, 302),
    "admin:login": all_alike(200, 200),
}  # fmt: skip


def addresses(patterns: list[Any], space: str = "") -> Iterator[tuple[str, str]]:
    """Name and address of every pattern there is."""
    known = {
        "job_id": EnrichmentJob.objects.get(user__username="ada").pk,
        "key_id": ApiKey.objects.filter(user__username="ada").latest("pk").pk,
        "number": 0, "uidb64": "MQ", "token": "x", "object_id": "1", "content_type_id": 1, "app_label": "scholar_app",
        "url": "nowhere", "id": 1,
    }  # fmt: skip
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, f"{pattern.namespace}:" if pattern.namespace else space)
        elif isinstance(pattern, URLPattern) and pattern.name:
            names = list(pattern.pattern.converters) or list(pattern.pattern.regex.groupindex)
            yield (
                f"{space}{pattern.name}",
                reverse(f"{space}{pattern.name}", kwargs={part: known[part] for part in names}),
            )


def all_addresses() -> dict[str, str]:
    return dict(addresses(get_resolver().url_patterns))


@pytest.fixture(autouse=True)
def _adas_things() -> None:
    """A job, a key and an account, in which strangers may be interested."""
    owner = user("ada")
    complete(accepted(program(owner), name="secret-thesis.bib"))


def adas_things() -> list[Any]:
    """All of it, as the database and the disk have it."""
    rows = [
        list(model.objects.filter(**{owned: "ada"}).order_by("pk").values())
        for model, owned in MODELS.items()
    ]  # fmt: skip
    return [*rows, {name for name in stored_files() if str(EnrichmentJob.objects.get(user__username="ada").pk) in name}]


MODELS: dict[Any, str] = {
    EnrichmentJob: "user__username", ApiKey: "user__username", Submission: "user__username", User: "username",
}  # fmt: skip


def row_of(name: str) -> Row:
    return OPERATORS if name.startswith("admin:") and name != "admin:login" else TABLE[name]


def expected(name: str, asker: str) -> tuple[int, int]:
    signed_in, with_key, others = row_of(name)
    return signed_in if asker in SIGNED_IN else with_key if asker in WITH_KEY else others


def told(response: HttpResponseBase) -> str:
    return (content(response).decode("utf-8", "replace") + str(response.headers)).lower()


def test_the_table_names_every_address_of_the_site() -> None:
    named = {name for name in all_addresses() if not name.startswith("admin:")} | {"admin:login"}
    assert named == set(TABLE)


@pytest.mark.parametrize("asker", ASKERS, ids=lambda asker: asker.__name__)
def test_who_has_no_business_there_gets_what_the_table_says_and_changes_nothing(asker: Callable[[], Client]) -> None:
    wrong: list[str] = []
    places, client = all_addresses(), asker()
    client.handler.enforce_csrf_checks = False  # what is tested is who one is, not where a form comes from
    before, session = adas_things(), dict(client.cookies)
    for name, place in sorted(places.items(), key=lambda door: door[0] in THE_WAY_OUT):
        for number, method in enumerate(("GET", "POST")):
            response = client.generic(method, place, b"", REMOTE_ADDR=OUTSIDE)
            page = told(response)
            client.cookies.clear()
            client.cookies.update(session)
            if response.status_code != (right := expected(name, asker.__name__)[number]):
                wrong.append(f"{method} {name}: {response.status_code} for {right}")
            wrong += [f"{method} {name} tells {word}" for word in ("secret-thesis", "vaswani") if word in page]
    assert not wrong, "\n".join(wrong)
    assert adas_things() == before


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"])
def test_no_other_method_opens_anything(method: str) -> None:
    before, client = adas_things(), another_user()
    for name, place in all_addresses().items():
        response = client.generic(method, place, b"", REMOTE_ADDR=OUTSIDE)
        assert "secret-thesis" not in told(response), name
        assert response.status_code < 500, name
    assert adas_things() == before
