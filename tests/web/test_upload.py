"""The door: what is taken in, and that everything refused says why and leaves nothing behind."""

import codecs
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from apps.scholar_app import files, jobs
from apps.scholar_app.held import KEPT_FOR
from apps.scholar_app.models import EnrichmentJob, UploadAttempt
from apps.scholar_app.uploads import FORM_ROOM
from tests.web.making import BIBTEX, complete, content, job_at, stored_files, upload, uploaded, url

pytestmark = pytest.mark.django_db

UPLOAD = "/scholar/bibtex/upload/"


def raw_upload(client: Client, name: str, data: bytes = BIBTEX) -> Any:
    """A multipart body written by hand: no client library cleans the name."""
    head = f'--frame\r\nContent-Disposition: form-data; name="bibtex_file"; filename="{name}"\r\n'
    body = head.encode() + b"Content-Type: text/plain\r\n\r\n" + data + b"\r\n--frame--\r\n"
    return client.post(UPLOAD, body, content_type="multipart/form-data; boundary=frame")


def entries(number: int) -> bytes:
    return b"".join(b"@misc{k%d, title = {T}}\n" % number for number in range(number))


def assert_costs_nothing(response: Any, *, status: int, says: str) -> None:
    assert response.status_code == status
    page = content(response).decode()
    assert says in page
    assert 'role="alert"' in page
    assert not EnrichmentJob.objects.exists()
    assert not UploadAttempt.objects.exists()
    assert not Session.objects.exists()
    assert stored_files() == set()


@pytest.fixture(autouse=True)
def _no_files_of_other_tests() -> None:
    files.delete(stored_files())


def test_an_upload_becomes_a_waiting_job_with_the_very_bytes(client: Client) -> None:
    job = job_at(upload(client, name="My Refs (2024).bib"))
    assert (job.status, job.original_name, job.size, job.entries_total) == (
        "pending", "My Refs (2024).bib", len(BIBTEX), 1,
    )  # fmt: skip
    assert files.read(job.upload_name) == BIBTEX
    assert job.options == {"replace_placeholders": False}


def test_what_the_form_asks_for_reaches_the_job(client: Client) -> None:
    assert uploaded(client, replace_placeholders="on").options == {"replace_placeholders": True}


@pytest.mark.parametrize(
    "name",
    ["a.bib", "A.BIB", "refs.bibtex", "refs.2024.bib", "Müller & Söhne, 文献.bib", ".bib.bib", "x" * 251 + ".bib"],
)
def test_honest_names_are_taken(name: str, client: Client) -> None:
    assert job_at(raw_upload(client, name)).original_name == name


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("refs.exe", "does not end in .bib"),
        ("refs.txt", "does not end in .bib"),
        ("refs.bib.exe", "does not end in .bib"),
        ("refs.bib.", "does not end in .bib"),
        ("refs", "does not end in .bib"),
        (".bib", "does not end in .bib"),
        ("refs.exe.bib", "double extension"),
        ("refs.HTML.bib", "double extension"),
        ("../../etc/refs.bib", "without a path"),
        ("C:\\\\papers\\\\refs.bib", "without a path"),
        ("papers/refs.bib", "without a path"),
        ("x" * 252 + ".bib", "256 characters"),
        ("x" * 296 + ".bib", "300 characters"),
        ("refs\t.bib", "control characters"),
        ("re\x00fs.bib", "control characters"),
        ("refs\x1b[31m.bib", "control characters"),
        ("refs\u202ebib.exe.bib", "control characters"),
    ],
)
def test_a_bad_name_is_refused_and_costs_nothing(name: str, says: str, client: Client) -> None:
    assert_costs_nothing(raw_upload(client, name), status=422, says=says)


BOMBS: dict[str, Callable[[], bytes]] = {
    "unclosed entries": lambda: b"@article{" * 200_000,
    "unclosed entries in lines": lambda: b"@article{\n" * 200_000,
    "braces": lambda: b"@article{k, t = " + b"{" * 3_000_000,
    "blanks after the type": lambda: b"@article{k, t={x}}\n@article" + b" " * 2_000_000,
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_parser_bomb_is_refused_and_costs_nothing(bomb: str, client: Client) -> None:
    assert_costs_nothing(upload(client, BOMBS[bomb]()), status=422, says="errorlist")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "The file is empty"),
        (b" \n\t", "The file is empty"),
        (codecs.BOM_UTF8, "The file is empty"),
        (b"Dear all,\nplease find attached.\n", "No BibTeX entry"),
        (b"@comment{only a comment}", "No BibTeX entry"),
        (b"%PDF-1.7 ...", "a PDF document"),
        (b"PK\x03\x04 docx", "a ZIP archive or an Office document"),
        (b"@article{k, title={\x00}}", "zero byte"),
    ],
)
def test_what_is_no_bibtex_is_refused_and_costs_nothing(data: bytes, says: str, client: Client) -> None:
    assert_costs_nothing(upload(client, data), status=422, says=says)


def test_no_file_is_refused_and_costs_nothing(client: Client) -> None:
    assert_costs_nothing(client.post(UPLOAD, {}), status=400, says="No file was chosen")


def test_a_form_without_a_file_part_is_refused(client: Client) -> None:
    response = client.post(UPLOAD, {"bibtex_file": "not a file"})
    assert_costs_nothing(response, status=400, says="No file was chosen")


def test_two_files_are_refused_and_cost_nothing(client: Client) -> None:
    two = [SimpleUploadedFile(f"{name}.bib", BIBTEX) for name in "ab"]
    assert_costs_nothing(client.post(UPLOAD, {"bibtex_file": two}), status=400, says="one at a time")


@pytest.mark.parametrize(("over", "status"), [(0, 302), (1, 413)])
def test_the_size_limit_is_exact(over: int, status: int, client: Client, settings: Settings) -> None:
    settings.SCITEX_MAX_UPLOAD_BYTES = 1000
    response = upload(client, BIBTEX.ljust(1000 + over))
    assert response.status_code == status
    if over:
        assert_costs_nothing(response, status=413, says="The file has 1001\xa0bytes")


@pytest.mark.parametrize(("over", "status"), [(0, 302), (1, 422)])
def test_the_entry_limit_is_exact(over: int, status: int, client: Client, settings: Settings) -> None:
    settings.SCITEX_MAX_ENTRIES = 50
    response = upload(client, entries(50 + over))
    assert response.status_code == status
    if over:
        assert_costs_nothing(response, status=422, says="51 entries; at most 50")


def test_a_large_file_is_counted_without_being_read(client: Client, settings: Settings) -> None:
    settings.SCITEX_MAX_ENTRIES = 20_000
    assert uploaded(client, data=entries(15_000)).entries_total == 15_000
    settings.SCITEX_MAX_ENTRIES = 14_999
    assert upload(Client(), entries(15_000)).status_code == 422


def test_a_body_far_over_the_limit_is_refused_before_anything_is_stored(settings: Settings) -> None:
    settings.SCITEX_MAX_UPLOAD_BYTES = 1000
    # The CSRF check would read the body: it is not even reached.
    client = Client(enforce_csrf_checks=True)
    response = upload(client, b"x" * (1000 + FORM_ROOM))
    assert response.status_code == 413
    assert "too large" in content(response).decode()
    assert stored_files() == set()


def test_a_form_from_elsewhere_is_refused_with_a_page_that_helps() -> None:
    client = Client(enforce_csrf_checks=True)
    response = upload(client)
    assert response.status_code == 403
    assert "send the form once more" in content(response).decode()
    assert not EnrichmentJob.objects.exists()


def test_the_form_can_be_sent_with_its_own_token() -> None:
    client = Client(enforce_csrf_checks=True)
    client.get(reverse("scholar:bibtex_form"))
    assert uploaded(client, csrfmiddlewaretoken=client.cookies["csrftoken"].value).status == "pending"


def test_a_get_of_the_upload_address_starts_nothing(client: Client) -> None:
    response = client.get(UPLOAD)
    assert (response.status_code, response["Allow"]) == (405, "POST")


# One job at a time


def held_id(response: Any) -> str:
    page = content(response).decode()
    return page.partition('name="held" value="')[2].partition('"')[0]


@pytest.mark.parametrize(
    ("is_claimed", "says"), [(False, "still waits for its turn"), (True, "is still being worked on")]
)
def test_a_second_upload_is_answered_with_a_choice(is_claimed: bool, says: str, client: Client) -> None:
    active = uploaded(client, name="first.bib")
    if is_claimed:
        assert jobs.claim(worker="test", job_id=active.pk)
    response = upload(client, name="second.bib")
    page = content(response).decode()
    assert response.status_code == 409
    assert url("job", active) in page
    assert says in page
    assert "first.bib" in page
    assert "second.bib" in page
    assert EnrichmentJob.objects.count() == 1


def test_the_refused_file_can_be_started_without_being_sent_again(client: Client) -> None:
    first = uploaded(client)
    other = BIBTEX.replace(b"vaswani", b"attention")
    held = held_id(upload(client, other, name="second.bib", replace_placeholders="on"))
    second = job_at(client.post(UPLOAD, {"held": held, "replace": "1"}))
    assert EnrichmentJob.objects.get(pk=first.pk).status == "cancelled"
    assert (second.original_name, second.options) == ("second.bib", {"replace_placeholders": True})
    assert files.read(second.upload_name) == other
    assert stored_files() == {first.upload_name, second.upload_name}, "the held copy is gone"


def test_a_held_file_starts_by_itself_once_the_other_job_has_ended(client: Client) -> None:
    first = uploaded(client)
    held = held_id(upload(client, name="second.bib"))
    complete(first)
    assert job_at(client.post(UPLOAD, {"held": held})).original_name == "second.bib"
    assert EnrichmentJob.objects.get(pk=first.pk).status == "completed"


def test_a_held_file_is_nobody_elses(client: Client) -> None:
    uploaded(client)
    held = held_id(upload(client))
    stranger = Client()
    uploaded(stranger)
    response = stranger.post(UPLOAD, {"held": held, "replace": "1"})
    assert response.status_code == 422
    assert "Choose it again" in content(response).decode()
    assert EnrichmentJob.objects.filter(status="pending").count() == 2


@pytest.mark.parametrize(("late", "status"), [(timedelta(), 302), (timedelta(seconds=60), 422)])
def test_a_file_is_held_for_ten_minutes(
    late: timedelta, status: int, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploaded(client)
    held = held_id(upload(client))
    then = timezone.now() + KEPT_FOR - timedelta(seconds=30) + late
    monkeypatch.setattr("apps.scholar_app.held.timezone.now", lambda: then)
    assert client.post(UPLOAD, {"held": held, "replace": "1"}).status_code == status


@pytest.mark.parametrize("held", ["x", "../../secret_key", "00000000-0000-0000-0000-000000000000"])
def test_an_invented_id_holds_nothing(held: str, client: Client) -> None:
    uploaded(client)
    upload(client)
    assert client.post(UPLOAD, {"held": held, "replace": "1"}).status_code == 422


def test_a_session_holds_one_file_at_most(client: Client) -> None:
    active = uploaded(client)
    for _ in range(3):
        upload(client)
    assert len(stored_files() - {active.upload_name}) == 1


def test_what_nobody_took_is_an_orphan_that_the_sweep_removes(client: Client) -> None:
    uploaded(client)
    upload(client)
    assert jobs.sweep_orphans(now=timezone.now() + timedelta(hours=2)).deleted == 1


def test_replace_at_once_needs_no_choice(client: Client) -> None:
    first = uploaded(client)
    second = uploaded(client, replace="1")
    assert EnrichmentJob.objects.get(pk=first.pk).status == "cancelled"
    assert second.status == "pending"


# Not now


def refusing(monkeypatch: pytest.MonkeyPatch, refusal: Exception) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise refusal

    monkeypatch.setattr(jobs, "submit", refuse)


def test_a_full_queue_is_answered_with_503_and_when_to_come_back(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing(monkeypatch, jobs.QueueFull(retry_after=90))
    response = upload(client)
    assert (response.status_code, response["Retry-After"]) == (503, "90")
    assert "in 2 min" in content(response).decode()
    assert not Session.objects.exists()


def test_a_visitor_who_was_never_let_in_is_not_kept(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    refusing(monkeypatch, jobs.TooManyUploads(retry_after=90))
    assert upload(client).status_code == 429
    assert not Session.objects.exists()


def test_too_many_uploads_are_answered_with_429_and_when_to_come_back(client: Client, settings: Settings) -> None:
    settings.SCITEX_UPLOADS_PER_HOUR = 1
    complete(uploaded(client))
    response = upload(client)
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 3600
    assert EnrichmentJob.objects.count() == 1
