"""The trail of what concerns the safety of accounts: everything that happened, and nothing of a person."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from apps.scholar_app.models import ApiKey
from tests.web.test_account_pages import NEW, PASSWORD, change

pytestmark = pytest.mark.django_db


def lines(log: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in log.records if record.name == "scholar.access"]


def at(name: str, **kwargs: int) -> str:
    return reverse(f"scholar:{name}", kwargs=kwargs)


def test_each_step_of_an_account_leaves_a_line(caplog: pytest.LogCaptureFixture, client: Client) -> None:
    caplog.set_level("INFO", logger="scholar.access")
    ada = User.objects.create_user("ada", "ada@example.org", PASSWORD)
    client.post(at("sign_in"), {"username": "ada", "password": "guess"})
    client.post(at("sign_in"), {"username": "ada", "password": PASSWORD})
    client.post(at("key_create"), {"name": "laptop"})
    client.post(at("key_revoke", key_id=ApiKey.objects.get().pk))
    change(client, PASSWORD)
    client.post(at("sign_out"))
    client.post(at("sign_in"), {"username": "ada", "password": NEW})
    client.post(at("account_delete"), {"password": NEW})
    steps = [re.sub(r" from=[0-9a-f]{12}", "", line) for line in lines(caplog)]
    user, key = f"user={ada.pk}", re.findall(r"key=(\d+)", " ".join(steps))[0]
    assert steps == [
        "event=password_refused user=-",
        f"event=signed_in {user}",
        f"event=key_issued {user} key={key}",
        f"event=key_revoked {user} key={key}",
        f"event=password_changed {user}",
        f"event=signed_out {user}",
        f"event=signed_in {user}",
        f"event=account_deleted {user}",
        f"event=signed_out {user}",
    ]


def test_no_line_tells_a_name_an_address_or_a_password(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="scholar.access")
    name = "wolfgang"  # Not one that a hash in hexadecimal can hold by chance, as "ada" can.
    User.objects.create_user(name, f"{name}@example.org", PASSWORD)
    client = Client(REMOTE_ADDR="203.0.113.66")
    for said, password in ((name, "guess"), ("hunter2", name), (name, PASSWORD)):
        client.post(at("sign_in"), {"username": said, "password": password})
    told = " ".join(lines(caplog))
    assert [secret for secret in (name, "guess", "hunter2", "203.0.113", "horse") if secret in told] == []


def test_lines_of_one_network_can_be_told_from_those_of_another(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="scholar.access")
    for address in ("203.0.113.66", "203.0.113.66", "198.51.100.7"):
        Client(REMOTE_ADDR=address).post(at("sign_in"), {"username": "eve", "password": "guess"})
    first, again, other = (line.rpartition("from=")[2] for line in lines(caplog))
    assert first == again != other
