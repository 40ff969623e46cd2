"""A session is nobody's to choose, and what came with the request is no place to send people to."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client
from django.urls import reverse

from tests.waiting import wait_until
from tests.web.making import job_at, upload, uploaded, url

pytestmark = pytest.mark.django_db

SIGN_IN, PASSWORD = reverse("scholar:sign_in"), "correct horse 1"
RESET = reverse("scholar:password_reset")


@pytest.fixture
def ada() -> User:
    return User.objects.create_user("ada", "ada@example.org", PASSWORD)


def holding(key: str) -> Client:
    """A browser into which somebody put this session."""
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    return client


def signed_in(client: Client) -> Any:
    return client.post(SIGN_IN, {"username": "ada", "password": PASSWORD})


def key_of(client: Client) -> str:
    return client.cookies[settings.SESSION_COOKIE_NAME].value


@pytest.mark.parametrize("invented", ["a" * 32, "0" * 8, "../../etc", "x" * 4_000, "' OR 1=1 --"])
def test_an_invented_session_is_never_taken_over(ada: User, invented: str) -> None:
    client = holding(invented)
    job = job_at(upload(client))
    assert key_of(client) != invented
    assert client.get(url("job", job)).status_code == 200
    assert signed_in(holding(invented)).status_code == 302
    assert not Session.objects.filter(session_key=invented).exists()


def test_who_plants_a_session_of_theirs_gets_nothing_of_who_signs_in_with_it(ada: User) -> None:
    attacker = Client()
    planted = uploaded(attacker)
    victim = holding(key_of(attacker))
    assert signed_in(victim).status_code == 302
    assert key_of(victim) != key_of(attacker)
    victim.post(url("job_cancel", planted))
    job = uploaded(victim)
    for theirs in (job, planted):
        assert attacker.get(url("job", theirs)).status_code == 404
    assert attacker.get(reverse("scholar:account")).status_code == 302, "the sign-in page"
    assert not Session.objects.filter(session_key=key_of(attacker)).exists()


def test_who_signed_out_left_no_session_for_who_kept_its_key(ada: User) -> None:
    client = Client()
    signed_in(client)
    kept = holding(key_of(client))
    assert kept.get(reverse("scholar:account")).status_code == 200
    client.post(reverse("scholar:sign_out"))
    assert kept.get(reverse("scholar:account")).status_code == 302


@pytest.mark.parametrize("header", ["X-Forwarded-Host", "X-Host", "Forwarded", "X-Original-URL", "X-Rewrite-URL"])
def test_no_header_but_host_says_where_links_lead(ada: User, header: str, client: Client) -> None:
    said = {header: "host=evil.example" if header == "Forwarded" else "evil.example"}
    assert client.post(RESET, {"email": "ada@example.org"}, headers=said).status_code == 302
    [letter] = wait_until(lambda: mail.outbox, what="the letter")
    assert re.search(r"http://testserver/\S+/reset/", letter.body)
    pages = [client.get(reverse(name), headers=said) for name in ("home", "scholar:bibtex_form", "scholar:account")]
    assert not [page for page in pages if "evil" in page.content.decode() + str(page.headers)]


@pytest.mark.parametrize(
    "host", ["evil.example", "testserver.evil.example", "testserver@evil.example", "testserver:80:80", "", "[::1"]
)
def test_a_letter_is_never_sent_for_a_host_that_is_not_ours(ada: User, host: str, client: Client) -> None:
    assert client.post(RESET, {"email": "ada@example.org"}, headers={"Host": host}).status_code == 400
    assert mail.outbox == []
