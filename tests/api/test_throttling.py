"""A program in a loop is told to slow down, beforehand in headers and at last with 429; others are not."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client
from ninja.throttling import SimpleRateThrottle
from pytest_django import Settings

from scitex_cloud.environment import Rate
from tests.api.making import ROOT, program, send
from tests.web.making import user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def two_a_minute(settings: Settings) -> Iterator[None]:
    settings.SCITEX_API_RATE = Rate(2, 60)
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(SimpleRateThrottle, "timer", lambda _self: now[0])
    return now


def headers(response: object) -> tuple[str, ...]:
    return tuple(response.headers[f"RateLimit-{name}"] for name in ("Limit", "Remaining", "Reset"))


def test_what_is_left_is_told_and_who_goes_beyond_is_told_when_to_come_back(clock: list[float]) -> None:
    client = program()
    assert headers(client.get(f"{ROOT}/jobs")) == ("2", "1", "60")
    clock[0] += 10
    assert headers(client.get(f"{ROOT}/jobs")) == ("2", "0", "50")
    refused = client.get(f"{ROOT}/jobs")
    assert (refused.status_code, refused["Retry-After"], headers(refused)) == (429, "50", ("2", "0", "50"))
    assert refused.json()["error"]["code"] == "too_many_requests"
    clock[0] += 49
    assert client.get(f"{ROOT}/jobs").status_code == 429
    clock[0] += 2
    assert client.get(f"{ROOT}/jobs").status_code == 200


def test_one_program_does_not_use_up_what_another_has(clock: list[float]) -> None:
    first, second = program(name="ada"), program(name="bob")
    assert [first.get(f"{ROOT}/jobs").status_code for _ in range(3)] == [200, 200, 429]
    assert second.get(f"{ROOT}/jobs").status_code == 200


def test_a_wrong_key_counts_for_nobody(clock: list[float]) -> None:
    client = program(user("ada"))
    assert {Client().get(f"{ROOT}/jobs").status_code for _ in range(5)} == {401}
    assert client.get(f"{ROOT}/jobs").status_code == 200


def test_an_upload_tells_what_is_left_of_uploads(clock: list[float], settings: Settings) -> None:
    settings.SCITEX_UPLOADS_PER_HOUR = 7
    assert headers(send(program()))[:2] == ("7", "6")


def test_pages_are_not_counted(clock: list[float]) -> None:
    assert {Client().get("/scholar/bibtex/").status_code for _ in range(5)} == {200}
