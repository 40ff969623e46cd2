"""The disk is full or read-only, files are gone, the database is away: a plain word, and nothing by halves."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from apps.scholar_app import files, jobs
from apps.scholar_app.models import EnrichmentJob, Status, UploadAttempt
from apps.scholar_app.supervision import reasons
from tests.api.making import program, send
from tests.deaths.disks import TinyDisk, tiny_disk
from tests.deaths.workers import PRODUCT, work_off
from tests.jobs.making import DAY, claimed, completed, row, stored_names, submitted
from tests.web.making import content, upload, uploaded, url

pytestmark = pytest.mark.django_db(transaction=True)

KB = 1024
LARGE = b"@article{a, title = {" + b"x" * 64 * KB + b"}}\n"
#: From nothing to more than result, report, index and the database's own log need.
ROOMS = range(0, 136 * KB, 8 * KB)


@pytest.fixture(autouse=True)
def _sqlite() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("about SQLite's file; tests/deaths/test_server_away.py is about PostgreSQL")


@pytest.fixture
def visitor() -> Client:
    """As in real life, where a crash is an answer."""
    return Client(raise_request_exception=False)


@pytest.fixture
def disk(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[TinyDisk]:
    """Database and files of the site lie on it."""
    with tiny_disk(tmp_path / "disk") as disk:
        connection.close()
        shutil.copy(connection.settings_dict["NAME"], disk.folder / "scholar.sqlite3")
        monkeypatch.setitem(connection.settings_dict, "NAME", str(disk.folder / "scholar.sqlite3"))
        settings.SCITEX_DATA_DIR = disk.folder
        storage = settings.STORAGES["default"]
        options = storage["OPTIONS"] | {"location": str(disk.folder / "files")}
        settings.STORAGES = settings.STORAGES | {"default": storage | {"OPTIONS": options}}
        yield disk
        connection.close()


def assert_put_off(response: Any, *, says: str = "Back in a moment") -> None:
    assert (response.status_code, "Retry-After" in response) == (503, True), content(response).decode()
    assert says in content(response).decode()
    assert "Traceback" not in content(response).decode()


def assert_nothing_came_of_it() -> None:
    assert (EnrichmentJob.objects.count(), UploadAttempt.objects.count(), stored_names()) == (0, 0, set())


# The disk


def test_a_full_disk_refuses_uploads_and_is_well_when_there_is_room_again(disk: TinyDisk, visitor: Client) -> None:
    ada = program()
    ada.raise_request_exception = False
    with disk.full():
        assert_put_off(upload(visitor), says="Your file could not be stored")
        assert send(ada).json()["error"]["code"] in {"not_stored", "unavailable"}
        assert visitor.get("/readyz").json()["checks"]["data_dir"] is False
        assert visitor.get("/scholar/bibtex/").status_code == 200
    assert_nothing_came_of_it()
    assert upload(visitor).status_code == 302
    assert visitor.get("/readyz").status_code == 200


def test_a_disk_that_fills_up_at_any_byte_of_publishing_gives_a_whole_result_or_none(disk: TinyDisk) -> None:
    ends = set()
    for room in ROOMS:
        claim = claimed(submitted())
        with disk.full(but=room):
            end = publish(claim)
        if end == "unknown":
            assert publish(claim) == "completed"
        elif end == "not stored":
            assert jobs.fail(claim, code=reasons.NOT_STORED.code, message=reasons.NOT_STORED.message)
        job = row(claim.job_id)
        assert (job.status == Status.COMPLETED) == (end != "not stored"), room
        assert not job.result_name or files.read(job.result_name) == LARGE
        assert len([name for name in stored_names() if name.startswith("results/")]) == 3 * bool(job.result_name)
        assert jobs.delete(claim.job_id, [jobs.Owner.of(job)])
        ends.add(end)
    assert {"not stored", "completed"} <= ends
    assert stored_names() == set()


def publish(claim: jobs.Claim) -> str:
    """What a worker comes to know of it."""
    try:
        assert jobs.complete(claim, result=LARGE, report=PRODUCT.report, outcomes=PRODUCT.outcomes)
    except OperationalError:
        return "unknown"
    except OSError:
        return "not stored"
    return "completed"


def test_a_full_disk_lets_the_clean_up_fail_in_a_line_and_the_next_one_finish(disk: TinyDisk) -> None:
    old = completed(ago=31 * DAY)
    with disk.full(), pytest.raises(CommandError, match="could not do its work") as error:
        call_command("cleanup_stale_jobs", "--delete-old-jobs", "--json")
    assert error.value.returncode == 1
    assert files.read(row(old.pk).result_name), "a row never outlives its files"
    call_command("cleanup_stale_jobs", "--delete-old-jobs", "--json")
    assert stored_names() == set()


def test_a_read_only_disk_shows_what_is_there_and_takes_nothing(disk: TinyDisk, visitor: Client) -> None:
    job = uploaded(visitor)
    work_off()
    connection.close()
    disk.remount("ro")
    assert_put_off(visitor.post(url("job_delete", job)))
    response = upload(visitor)
    assert (response.status_code, "Retry-After" in response) == (503, True)
    assert visitor.get(url("job", job)).status_code in {200, 503}
    assert visitor.get("/readyz").status_code == 503
    with pytest.raises(CommandError, match="could not do its work"):
        call_command("cleanup_stale_jobs")
    connection.close()
    disk.remount("rw")
    assert content(visitor.get(url("job_download", job))) == PRODUCT.result
    assert upload(visitor).status_code == 302


# The database


@pytest.fixture
def locked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Somebody writes for longer than anybody waits."""
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.05)
    connection.close()
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.close()
    connection.close()


@pytest.fixture
def moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The database's file, and the folder it was in, are somewhere else."""
    connection.close()
    with monkeypatch.context() as patch:
        patch.setitem(connection.settings_dict, "NAME", str(tmp_path / "away" / "scholar.sqlite3"))
        yield
        connection.close()


@pytest.fixture
def emptied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty file is where the database was."""
    connection.close()
    with monkeypatch.context() as patch:
        patch.setitem(connection.settings_dict, "NAME", str(tmp_path / "empty.sqlite3"))
        yield
        connection.close()


@pytest.mark.parametrize("outage", ["locked", "moved", "emptied"])
def test_an_outage_of_the_database_is_told_as_one_and_leaves_nothing(
    outage: str, request: pytest.FixtureRequest, visitor: Client
) -> None:
    visitor.get(reverse("scholar:bibtex_form"))
    ada = program()
    ada.raise_request_exception = False
    request.getfixturevalue(outage)
    assert_put_off(upload(visitor))
    refused = send(ada)
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "unavailable")
    assert refused["Retry-After"] == "30"
    assert visitor.get("/healthz").status_code == 200
    assert visitor.get("/readyz").status_code == (200 if outage == "locked" else 503)
    with pytest.raises(CommandError, match="could not do its work"):
        call_command("cleanup_stale_jobs")


def test_a_crash_of_our_own_is_no_outage(visitor: Client) -> None:
    with mock.patch.object(jobs, "jobs_of", side_effect=RuntimeError("a secret")):
        response = visitor.get(reverse("scholar:bibtex_form"))
    assert (response.status_code, "Retry-After" in response) == (500, False)
    assert "secret" not in content(response).decode()


# Files that are gone


PAGES = [
    "job",
    "job_progress",
    "job_download",
    "job_original",
    "job_report_json",
    "job_report_csv",
    "job_diff",
    "job_entry",
]


def status(response: Any) -> int:
    """Of an answer that was read to its end."""
    content(response)
    return int(response.status_code)


@pytest.mark.parametrize("lost", ["upload", "result", "report", "index", "everything"])
def test_pages_of_a_job_whose_file_is_gone_say_so_and_the_rest_goes_on(lost: str) -> None:
    client = Client()
    job = uploaded(client)
    work_off()
    job = row(job.pk)
    names = {"upload": job.upload_name, "result": job.result_name, "report": job.report_name}
    names["index"] = files.index_name(job.report_name)
    files.delete(list(names.values()) if lost == "everything" else [names[lost]])
    answers = {name: status(client.get(url(name, job))) for name in PAGES}
    assert set(answers.values()) <= {200, 404}, answers
    assert answers["job_progress"] == 200
    assert answers["job_download"] == (404 if lost in {"result", "everything"} else 200)
    assert client.post(url("job_retry", job)).status_code == (404 if lost in {"upload", "everything"} else 302)
    assert client.post(url("job_decide", job), {"do": "reject 0 doi", "version": 0}).status_code in {302, 404}
    assert client.post(url("job_delete", job)).status_code == 302


def test_a_child_that_cannot_store_its_product_blames_the_disk_and_not_the_file() -> None:
    from apps.scholar_app.supervision import child
    from apps.scholar_app.supervision.product import Product

    full = os.open("/dev/full", os.O_WRONLY)
    product = Product(PRODUCT.result, PRODUCT.report, PRODUCT.outcomes)
    assert child._attempt(lambda: product, output=full) == reasons.NOT_STORED
