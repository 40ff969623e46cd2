"""Every upload that is refused is counted once, by the code that its sender was told; one that is taken in is not."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from apps.scholar_app import tallies
from tests.api.making import program, send
from tests.web.making import BIBTEX, content, upload, uploaded
from tests.web.test_look import look

pytestmark = pytest.mark.django_db(transaction=True)


def refused() -> dict[str, float]:
    return tallies.tallies().get("uploads_refused", {})


def page(data: bytes = BIBTEX, **arguments: Any) -> int:
    return int(upload(Client(), data, **arguments).status_code)


def api(data: bytes = BIBTEX, **arguments: Any) -> int:
    return int(send(program(), data, **arguments).status_code)


@pytest.mark.parametrize("door", [page, api], ids=["page", "api"])
@pytest.mark.parametrize(
    ("data", "name", "code"),
    [(b"", "a.bib", "empty"), (b"no entry", "a.bib", "not_bibtex"), (BIBTEX, "a.exe", "wrong_extension")],
    ids=["empty", "text", "name"],
)
def test_a_file_that_is_refused_is_counted_by_its_code(door: Any, data: bytes, name: str, code: str) -> None:
    assert door(data, name=name) >= 400
    assert refused() == {code: 1}


def test_a_look_at_a_file_that_would_be_refused_is_no_refusal(settings: Settings) -> None:
    settings.SCITEX_SOURCES, settings.SCITEX_LONGEST_JOB_HOURS = ("crossref",), 1
    settings.SCITEX_SOURCE_RATES = settings.SCITEX_SOURCE_RATES | {"crossref": (1, 60.0)}
    many = b"".join(b"@article{k%d, title = {Number %d of many}}\n" % (n, n) for n in range(70))
    shown = content(look(Client(), many)).decode()
    assert "would be refused" in shown
    assert refused() == {}
    assert page(many) == 422
    assert refused() == {"takes_too_long": 1}


@pytest.mark.parametrize("door", [page, api], ids=["page", "api"])
def test_what_is_taken_in_is_not(door: Any) -> None:
    assert door() in {202, 302}
    assert refused() == {}


def test_a_second_job_and_too_many_are_counted(settings: Settings) -> None:
    client = Client()
    uploaded(client)
    assert upload(client).status_code == 409
    settings.SCITEX_UPLOADS_PER_HOUR = 1
    assert page() == 429
    assert refused() == {"active_job": 1, "too_many_uploads": 1}


def test_a_body_that_is_too_large_is_counted(settings: Settings) -> None:
    settings.SCITEX_MAX_UPLOAD_BYTES = 10
    assert page(b"x" * 2_000_000) == 413
    assert refused() == {"too_large": 1}
