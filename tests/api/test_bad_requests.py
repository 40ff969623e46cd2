"""What is wrong with a request is said in one shape, before anything is stored."""

import pytest
from django.test import Client
from pytest_django import Settings

from apps.scholar_app import jobs
from apps.scholar_app.models import EnrichmentJob
from tests.api.making import ROOT, error, send
from tests.web.making import BIBTEX, content

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("data", "name", "refusal"),
    [
        (b"", "references.bib", (422, "empty")),
        (b"no entry at all", "references.bib", (422, "not_bibtex")),
        (BIBTEX, "references.txt", (422, "wrong_extension")),
        (BIBTEX, "references.exe.bib", (422, "double_extension")),
        (BIBTEX, "x" * 300 + ".bib", (422, "name_too_long")),
        (BIBTEX + b"%" * 2000, "references.bib", (413, "too_large")),
    ],
)
def test_a_bad_file_is_refused_as_on_the_pages_and_costs_nothing(
    data: bytes, name: str, refusal: tuple[int, str], ada: Client, settings: Settings
) -> None:
    settings.SCITEX_MAX_UPLOAD_BYTES = 1000
    for to in ("jobs", "enrich"):
        assert error(send(ada, data, name=name, to=to)) == refusal
    assert not EnrichmentJob.objects.exists()


@pytest.mark.parametrize("name", ["../references.bib", "/etc/references.bib", "a\\\\b.bib"])
def test_a_file_name_with_a_path_is_refused(name: str, ada: Client) -> None:
    head = f'--frame\r\nContent-Disposition: form-data; name="bibtex_file"; filename="{name}"\r\n\r\n'
    body = head.encode() + BIBTEX + b"\r\n--frame--\r\n"
    response = ada.post(f"{ROOT}/jobs", body, content_type="multipart/form-data; boundary=frame")
    assert error(response) == (422, "name_with_path")


def test_a_body_that_no_upload_may_have_is_refused_unread(ada: Client, settings: Settings) -> None:
    settings.SCITEX_MAX_UPLOAD_BYTES = 1000
    assert error(send(ada, b"x" * 100_000)) == (413, "too_large")


def test_no_file_is_a_bad_request(ada: Client) -> None:
    assert error(ada.post(f"{ROOT}/jobs")) == (400, "required")


@pytest.mark.parametrize("address", ["", "nothing", "jobs/", "jobs/1", "jobs/None/result", "../../etc/passwd"])
def test_what_is_not_there_is_404_in_json(address: str, ada: Client) -> None:
    assert error(ada.get(f"{ROOT}/{address}")) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "jobs"), ("GET", "enrich"), ("PATCH", "jobs"), ("OPTIONS", "jobs")]
)
def test_a_wrong_method_is_405_in_json_and_names_the_right_ones(method: str, path: str, ada: Client) -> None:
    response = ada.generic(method, f"{ROOT}/{path}")
    assert error(response) == (405, "method_not_allowed")
    assert "POST" in response["Allow"]


@pytest.mark.parametrize("query", ["page=0", "page=x", "per_page=101", "page=99999999999999999999"])
def test_a_bad_parameter_is_named(query: str, ada: Client) -> None:
    response = ada.get(f"{ROOT}/jobs?{query}")
    assert error(response) == (422, "invalid_parameter")
    assert response.json()["error"]["message"].startswith(query.partition("=")[0])


def test_a_malformed_form_is_a_bad_request(ada: Client) -> None:
    response = ada.post(f"{ROOT}/jobs", b"no boundary", content_type="multipart/form-data")
    assert error(response) == (400, "bad_request")


def test_a_crash_gives_no_secret_away(ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a secret in the traceback")

    monkeypatch.setattr(jobs, "jobs_of", broken)
    ada.raise_request_exception = False
    response = ada.get(f"{ROOT}/jobs")
    assert error(response) == (500, "internal_error")
    assert "secret" not in content(response).decode()
