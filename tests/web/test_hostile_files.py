"""Files and bodies made to break a reader or to be taken for something else: refused, or kept as the text they are."""

import gzip
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.scholar_app.models import EnrichmentJob
from tests.api.making import ROOT, accepted, program
from tests.jobs.conftest import storage
from tests.web.making import BIBTEX, complete, content, page, stored_files, upload, uploaded, url

__all__ = ["storage"]
pytestmark = pytest.mark.django_db

UPLOAD = reverse("scholar:bibtex_upload")
BOUNDARY = "multipart/form-data; boundary=x"
HEAD = b'--x\r\nContent-Disposition: form-data; name="bibtex_file"; filename="a.bib"\r\n\r\n'


def assert_nothing_was_kept(response: Any, *statuses: int) -> None:
    assert response.status_code in statuses
    assert not EnrichmentJob.objects.exists()
    assert stored_files() == set()


@pytest.mark.parametrize(
    "address", [UPLOAD, reverse("scholar:bibtex_look"), f"{ROOT}/jobs"], ids=["form", "look", "api"]
)
def test_a_compressed_body_is_never_unfolded(address: str) -> None:
    """A hundred kilobytes that would be a hundred megabytes."""
    bomb = gzip.compress(HEAD + BIBTEX * 800_000 + b"\r\n--x--\r\n", compresslevel=1)
    assert len(bomb) < 1_500_000
    client, refused = (program(), (400, 415)) if address.startswith("/api") else (Client(), (400,))
    response = client.post(address, bomb, content_type=BOUNDARY, headers={"Content-Encoding": "gzip"})
    assert_nothing_was_kept(response, *refused)


BOMBS: dict[str, Callable[[], bytes]] = {
    "ten megabytes of braces": lambda: b"{" * 10_000_000,
    "a million tiny entries": lambda: b"@a{b}\n" * 1_000_000,
    "a million entries without a name": lambda: b"@a{}\n" * 1_000_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_file_of_a_million_of_anything_is_refused_unread(name: str, client: Client) -> None:
    assert_nothing_was_kept(upload(client, BOMBS[name]()), 422)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"%PDF-1.7\n" + BIBTEX, "PDF"),
        (b"GIF89a=1;/*\n" + BIBTEX + b"*/", "picture"),
        (b"PK\x03\x04" + BIBTEX, "ZIP"),
        (BIBTEX + b"PK\x03\x04\x14\x00\x00\x00", "zero byte"),
        (BIBTEX + b"\x1f\x8b\x08\x00\x00", "zero byte"),
    ],
    ids=["PDF", "GIF", "ZIP", "ZIP at the end", "gzip at the end"],
)
def test_what_other_programs_would_open_as_theirs_is_refused(data: bytes, says: str, client: Client) -> None:
    response = upload(client, data)
    assert_nothing_was_kept(response, 422)
    assert says in content(response).decode()


@pytest.mark.parametrize(
    "wrapping",
    [
        b"<!doctype html><script>alert(1)</script>\n%b</html>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'>\n%b</svg>",
        b"#!/bin/sh\nrm -rf ~ # \n%b",
        b"=cmd|' /C calc'!A0\n%b",
        b"%b\n%%PDF-1.7 further down\n",
    ],
    ids=["HTML", "SVG", "script", "formula", "PDF below"],
)
def test_text_around_the_entries_is_kept_and_never_served_as_what_it_pretends_to_be(
    wrapping: bytes, client: Client
) -> None:
    data = wrapping % BIBTEX
    job = complete(uploaded(client, data=data), result=data)
    for name in ("job_original", "job_download"):
        response = client.get(url(name, job))
        assert content(response) == data
        assert response["Content-Type"] == "text/x-bibtex"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Content-Disposition"].startswith("attachment;")
    shown = page(client, "job_diff", job)
    assert "<script>alert" not in shown
    assert "<svg xmlns='" not in shown


def test_no_header_comes_out_of_a_name(client: Client) -> None:
    for name in (
        'a.bib"\r\nSet-Cookie: session=evil',
        "a\nX-Evil: 1.bib",
        "a%0d%0aX-Evil: 1.bib",
        "=?utf-8?q?=0D=0AX-Evil:?=.bib",
    ):
        body = HEAD.replace(b"a.bib", name.encode()) + BIBTEX + b"\r\n--x--\r\n"
        response = client.post(UPLOAD, body, content_type=BOUNDARY)
        job = EnrichmentJob.objects.first()
        if job:
            response = client.get(url("job_original", job))
            content(response)
            job.delete()
        assert "X-Evil" not in response.headers
        assert "evil" not in str(client.cookies.get("session", ""))
        assert not [value for value in response.headers.values() if "\n" in value or "\r" in value]


ENDLESS: dict[str, bytes] = {
    "lists": b"[" * 100_000,
    "objects": b'{"a":' * 100_000,
    "huge number": b'{"version": ' + b"9" * 5_000 + b"}",
    "infinite": b'{"version": 1e999}',
    "not UTF-8": b"\xff\xfe{",
    "ten megabytes": b"{" * 10_000_000,
    "lists of lists": b'{"version": 0, "decisions": ' + b"[{}, " * 50_000 + b"]" * 50_000 + b"}",
}


@pytest.mark.parametrize("name", ENDLESS)
def test_json_without_end_is_refused_by_the_api(name: str) -> None:
    client = program()
    job = complete(accepted(client))
    for path in ("decisions", "decisions/undo"):
        response = client.post(f"{ROOT}/jobs/{job.pk}/{path}", ENDLESS[name], content_type="application/json")
        assert response.status_code in {400, 413, 422}
        assert response.json()["error"]["code"]
    assert EnrichmentJob.objects.get().decisions_version == 0
