"""Guessing a password: slower with each failure, for all processes together, and never a lock-out of the owner."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.scholar_app import jobs, sign_in
from apps.scholar_app.models import SignInPause
from apps.scholar_app.sign_in import FREE_PER_ACCOUNT, FREE_PER_ADDRESS, LONGEST_PAUSE, pause_after
from tests.web.making import content

pytestmark = pytest.mark.django_db

SIGN_IN = reverse("scholar:sign_in")
PASSWORD = "correct horse 1"


@pytest.fixture(autouse=True)
def ada() -> User:
    return User.objects.create_user("ada", "ada@example.org", PASSWORD)


def try_in(password: str, name: str = "ada", *, address: str = "192.0.2.1", at: str = SIGN_IN) -> Any:
    """A browser of its own tries."""
    return Client(REMOTE_ADDR=address).post(at, {"username": name, "password": password})


def fail(times: int, name: str = "ada", **where: str) -> None:
    for _ in range(times):
        assert try_in("guess", name, **where).status_code == 200
        let_pauses_pass(timedelta(hours=1))


def let_pauses_pass(by: timedelta) -> None:
    """The same as waiting: what was written is longer ago."""
    for row in SignInPause.objects.all():
        SignInPause.objects.filter(pk=row.pk).update(paused_until=row.paused_until - by)


def is_in(response: Any) -> bool:
    return bool(response.status_code == 302)


@pytest.mark.parametrize(
    ("tries", "seconds"), [(0, 0), (4, 0), (5, 1), (6, 2), (7, 4), (14, 512), (15, 900), (2**30, 900)]
)
def test_the_pause_doubles_up_to_a_quarter_of_an_hour(tries: int, seconds: int) -> None:
    assert pause_after(tries, free=5) == timedelta(seconds=seconds)
    assert pause_after(tries, free=5) <= LONGEST_PAUSE


@pytest.mark.parametrize("name", ["ada", "ADA", "nobody"])
def test_after_some_failures_even_the_right_password_is_not_looked_at(name: str) -> None:
    fail(FREE_PER_ACCOUNT - 1, name)
    assert try_in("guess", name).status_code == 200
    refused = try_in(PASSWORD, name)
    assert refused.status_code == 429
    assert 1 <= int(refused["Retry-After"]) <= 2
    assert "Too many wrong passwords" in content(refused).decode()
    assert "no-store" in refused["Cache-Control"]


def test_a_few_failures_cost_nothing() -> None:
    fail(FREE_PER_ACCOUNT - 1)
    assert is_in(try_in(PASSWORD))


def test_after_the_pause_the_owner_gets_in_and_the_failures_are_forgotten() -> None:
    fail(FREE_PER_ACCOUNT + 3)
    assert is_in(try_in(PASSWORD))
    fail(FREE_PER_ACCOUNT - 1)
    assert is_in(try_in(PASSWORD))


def test_a_stranger_elsewhere_makes_the_owner_wait_for_the_longest_pause_at_most() -> None:
    fail(FREE_PER_ACCOUNT + 30, address="203.0.113.66")
    let_pauses_pass(timedelta(hours=1))
    assert try_in("guess", address="203.0.113.66").status_code == 200
    assert int(try_in(PASSWORD)["Retry-After"]) <= LONGEST_PAUSE.total_seconds()
    let_pauses_pass(LONGEST_PAUSE)
    assert is_in(try_in(PASSWORD))


def test_tries_during_a_pause_do_not_make_it_longer() -> None:
    fail(FREE_PER_ACCOUNT)
    assert try_in("guess").status_code == 200
    first, later = (int(try_in("guess")["Retry-After"]) for _ in range(2))
    assert later <= first


def test_one_address_cannot_try_many_accounts() -> None:
    for number in range(FREE_PER_ADDRESS):
        assert try_in("guess", f"user{number}").status_code == 200
    assert try_in("guess", "yet another").status_code == 429
    assert is_in(try_in(PASSWORD, address="198.51.100.7")), "from elsewhere nothing is slower"


def test_an_own_account_is_no_way_around_the_pause_of_an_address() -> None:
    for number in range(FREE_PER_ADDRESS):
        try_in("guess", f"user{number}")
        try_in(PASSWORD) if not number % 3 else None
    assert try_in(PASSWORD).status_code == 429


def test_addresses_of_one_ipv6_network_count_as_one() -> None:
    for number in range(FREE_PER_ADDRESS):
        try_in("guess", f"user{number}", address=f"2001:db8::{number:x}")
    assert try_in("guess", address="2001:db8::ffff").status_code == 429
    assert try_in("guess", address="2001:db8:0:1::1").status_code == 200


def test_failures_count_for_a_day() -> None:
    fail(FREE_PER_ACCOUNT + 2)
    SignInPause.objects.update(last_at=timezone.now() - timedelta(days=1, seconds=1))
    assert try_in("guess").status_code == 200
    assert try_in("guess").status_code == 200, "counted from one again"
    assert jobs.EXPIRED[SignInPause](10) == 0
    SignInPause.objects.update(last_at=timezone.now() - timedelta(days=1, seconds=1))
    assert jobs.EXPIRED[SignInPause](10) == 2


def test_a_try_at_a_full_second_harms_nothing() -> None:
    fail(1)
    # As the database's own clock writes it.
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {SignInPause._meta.db_table} SET last_at = %s", ["2026-01-31 12:00:00.000000"])
    assert is_in(try_in(PASSWORD))


def test_no_name_and_no_address_is_stored() -> None:
    name = "wolfgang"  # Not one that a hash in hexadecimal can hold by chance, as "ada" can.
    try_in("guess", name)
    rows = str(list(SignInPause.objects.values()))
    assert name not in rows
    assert "192.0.2.1" not in rows


def test_the_operators_sign_in_is_as_slow() -> None:
    User.objects.create_superuser("root", "", PASSWORD)
    admin = reverse("admin:login")
    fail(FREE_PER_ACCOUNT, "root", at=admin)
    assert try_in("guess", "root", at=admin).status_code == 200
    assert not is_in(try_in(PASSWORD, "root", at=admin)), "not looked at"
    let_pauses_pass(LONGEST_PAUSE)
    assert is_in(try_in(PASSWORD, "root", at=admin))


def test_of_many_tries_that_saw_the_same_count_one_gets_through(monkeypatch: pytest.MonkeyPatch) -> None:
    fail(FREE_PER_ACCOUNT + 1)
    key = SignInPause.objects.order_by("pk").values_list("key_hash", flat=True)[0]
    real = sign_in.pause_after

    def another_came_first(tries: int, *, free: int) -> timedelta:
        monkeypatch.setattr(sign_in, "pause_after", real)
        assert sign_in._count_try(key, free=free) == 0
        return real(tries, free=free)

    monkeypatch.setattr(sign_in, "pause_after", another_came_first)
    assert sign_in._count_try(key, free=FREE_PER_ACCOUNT) > 0
