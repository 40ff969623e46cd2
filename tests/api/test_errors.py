"""Every refusal below /api/ has the one shape, whoever in the house refused."""

from typing import Any

import pytest
from django.test import Client

from apps.scholar_app import jobs
from tests.api.making import ROOT, program, send

pytestmark = pytest.mark.django_db


def crash(*_: Any, **__: Any) -> None:
    raise RuntimeError("a secret")


def error(response: Any, status: int) -> str:
    assert response.status_code == status
    assert response["Content-Type"] == "application/json"
    assert set(response.json()["error"]) == {"code", "message"}
    assert "secret" not in response.content.decode()
    return str(response.json()["error"]["code"])


@pytest.mark.parametrize("path", ["nothing", "jobs/", "jobs/not-an-id", "", "openapi.yaml", "jobs/../../admin"])
def test_an_address_that_does_not_exist_is_404(path: str) -> None:
    assert error(program().get(f"{ROOT}/{path}"), 404) == "not_found"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_a_method_that_an_address_does_not_take_is_405_and_says_which_it_does(method: str) -> None:
    response = program().generic(method, f"{ROOT}/jobs")
    assert error(response, 405) == "method_not_allowed"
    assert set(response["Allow"].split(", ")) >= {"GET", "POST"}


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/x-bibtex", "nonsense"])
@pytest.mark.parametrize("to", ["jobs", "enrich"])
def test_a_body_that_is_no_form_is_415(to: str, kind: str) -> None:
    response = program().generic("POST", f"{ROOT}/{to}", b"@article{a, title={b}}", content_type=kind)
    assert error(response, 415) == "unsupported_media_type"


def test_a_body_that_is_too_large_is_413(settings: Any) -> None:
    settings.SCITEX_MAX_UPLOAD_BYTES = 10
    assert error(send(program(), b"x" * 2_000_000), 413) == "too_large"


def test_a_damaged_form_is_400() -> None:
    response = program().generic("POST", f"{ROOT}/jobs", b"--x", content_type="multipart/form-data")
    assert error(response, 400) == "bad_request"


def test_a_fault_of_ours_is_500_without_a_word_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    client = program()
    client.raise_request_exception = False
    monkeypatch.setattr(jobs, "jobs_of", crash)
    assert error(client.get(f"{ROOT}/jobs"), 500) == "internal_error"


def test_a_host_that_is_not_ours_is_400() -> None:
    response = Client(headers={"Host": "evil.example"}).get(f"{ROOT}/jobs")
    assert error(response, 400) == "bad_request"


def test_elsewhere_an_error_is_a_page() -> None:
    response = Client().get("/scholar/nothing")
    assert (response.status_code, response["Content-Type"]) == (404, "text/html; charset=utf-8")
