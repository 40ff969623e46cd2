"""A program in a loop is told to slow down, beforehand in headers and at last with 429; others are not."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections
from django.db.models import Value
from django.test import Client
from pytest_django import Settings

from apps.scholar_app import keys
from scitex_cloud.environment import Rate
from tests.api.making import ROOT, program, send
from tests.web.making import user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def two_a_minute(settings: Settings) -> None:
    settings.SCITEX_API_RATE = Rate(2, 60)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """What the database's clock says to what counts requests; a test moves it."""
    now = [datetime(2026, 1, 1, 12, tzinfo=UTC)]
    monkeypatch.setattr(keys, "clock", lambda plus=timedelta(): Value(now[0] + plus))
    return now


def headers(response: object) -> tuple[str, ...]:
    return tuple(response.headers[f"RateLimit-{name}"] for name in ("Limit", "Remaining", "Reset"))


def test_what_is_left_is_told_and_who_goes_beyond_is_told_when_to_come_back(clock: list[datetime]) -> None:
    client = program()
    assert headers(client.get(f"{ROOT}/jobs")) == ("2", "1", "60")
    clock[0] += timedelta(seconds=10)
    assert headers(client.get(f"{ROOT}/jobs")) == ("2", "0", "50")
    refused = client.get(f"{ROOT}/jobs")
    assert (refused.status_code, refused["Retry-After"], headers(refused)) == (429, "50", ("2", "0", "50"))
    assert refused.json()["error"]["code"] == "too_many_requests"
    clock[0] += timedelta(seconds=49)
    assert client.get(f"{ROOT}/jobs").status_code == 429
    clock[0] += timedelta(seconds=2)
    assert client.get(f"{ROOT}/jobs").status_code == 200


def test_one_program_does_not_use_up_what_another_has(clock: list[datetime]) -> None:
    first, second = program(name="ada"), program(name="bob")
    assert [first.get(f"{ROOT}/jobs").status_code for _ in range(3)] == [200, 200, 429]
    assert second.get(f"{ROOT}/jobs").status_code == 200


def test_a_wrong_key_counts_for_nobody(clock: list[datetime]) -> None:
    client = program(user("ada"))
    assert {Client().get(f"{ROOT}/jobs").status_code for _ in range(5)} == {401}
    assert client.get(f"{ROOT}/jobs").status_code == 200


def test_an_upload_tells_what_is_left_of_uploads(settings: Settings) -> None:
    settings.SCITEX_UPLOADS_PER_HOUR = 7
    assert headers(send(program()))[:2] == ("7", "6")


def test_pages_are_not_counted(clock: list[datetime]) -> None:
    assert {Client().get("/scholar/bibtex/").status_code for _ in range(5)} == {200}


@pytest.mark.django_db(transaction=True)
def test_requests_at_the_same_instant_are_all_counted() -> None:
    key, _ = keys.issue(user("ada").pk, name="a program")
    allowed: list[bool] = []

    def ask() -> None:
        allowed.append(keys.count_request(key.pk, calls=5, seconds=60).is_left)
        connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert (allowed.count(True), allowed.count(False)) == (5, 7)
    key.refresh_from_db()
    assert key.requests == 5, "what is refused is not counted"


@pytest.mark.parametrize(("gone", "is_left"), [(59.999, False), (60.0, True)])
def test_count_begins_anew_after_its_time_and_not_before(clock: list[datetime], gone: float, is_left: bool) -> None:
    key, _ = keys.issue(user("ada").pk, name="a program")
    assert [keys.count_request(key.pk, calls=1, seconds=60).is_left for _ in range(2)] == [True, False]
    clock[0] += timedelta(seconds=gone)
    assert keys.count_request(key.pk, calls=1, seconds=60).is_left == is_left
