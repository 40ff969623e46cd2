"""The promises about files where they are in an object store, played by a server of the test's own."""

import logging
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from django.test import Client
from django.urls import reverse
from moto.server import ThreadedMotoServer

from apps.scholar_app import files, jobs
from apps.scholar_app.jobs.cleanup import ORPHAN_AGE, sweep_orphans
from apps.scholar_app.models import Status
from scitex_cloud.environment import storage_settings
from tests.jobs.making import BIBTEX, claimed, complete, completed, names_of, row, stored_names, submitted
from tests.waiting import wait_until
from tests.worker.live import StartWorker, live_worker

__all__ = ["live_worker"]

pytestmark = pytest.mark.django_db
LATER = timedelta(minutes=1)


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadedMotoServer]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def bucket(server: ThreadedMotoServer) -> Any:
    host, port = server.get_host_and_port()
    resource = boto3.resource(
        "s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1",
        aws_access_key_id="key", aws_secret_access_key="secret",
    )  # fmt: skip
    bucket = resource.Bucket("scholar")
    bucket.create()
    bucket.objects.all().delete()
    return bucket


@pytest.fixture(autouse=True)
def storage(settings: Any, bucket: Any) -> str:
    """Instead of a folder; the address as the setting takes it."""
    endpoint = bucket.meta.client.meta.endpoint_url
    url = f"s3://key:secret@scholar/site?endpoint={endpoint}&region=us-east-1"
    settings.STORAGES = {**settings.STORAGES, "default": storage_settings(url)}
    return url


def keys(bucket: Any) -> set[str]:
    return {item.key for item in bucket.objects.all()}


def test_files_live_below_the_prefix_and_go_with_their_job(
    bucket: Any, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    job = row(completed().pk)
    assert keys(bucket) >= {f"site/{name}" for name in names_of(job)}
    assert files.read(job.result_name) == BIBTEX
    with django_capture_on_commit_callbacks(execute=True):
        assert jobs.delete(job.pk, [jobs.Owner.of(job)])
    assert keys(bucket) == set()


def test_worker_that_lost_its_job_leaves_no_result(bucket: Any) -> None:
    claim = claimed(job := submitted())
    jobs.cancel(job.pk, [jobs.Owner.of(job)])
    assert complete(claim) is False
    assert stored_names() == {job.upload_name}


def test_publishing_may_be_repeated_by_the_same_claim() -> None:
    claim = claimed()
    files.write(files.result_names(claim.job_id, claim.token).result, b"half")
    assert complete(claim)
    assert files.read(row(claim.job_id).result_name) == BIBTEX


def test_missing_file_is_missing_and_nothing_else() -> None:
    with pytest.raises(FileNotFoundError):
        files.read(files.upload_name(submitted().pk).replace("uploads", "uploads/none"))


def test_orphan_sweep_takes_old_files_of_no_row_and_no_others(bucket: Any) -> None:
    known = submitted()
    orphan = files.result_names(known.pk, 7).result
    files.write(orphan, b"")
    bucket.Object("site/results/of-somebody-else.txt").put(Body=b"")
    bucket.Object("elsewhere/results/x.bib").put(Body=b"")
    assert sweep_orphans(now=datetime.now(tz=UTC) + ORPHAN_AGE - LATER) == (0, 0, 0)
    assert sweep_orphans(now=datetime.now(tz=UTC) + ORPHAN_AGE + LATER) == (1, 1, 0)
    assert stored_names() == {known.upload_name, "results/of-somebody-else.txt"}
    assert "elsewhere/results/x.bib" in keys(bucket)


@pytest.fixture
def away(settings: Any, storage: str) -> None:
    """Nobody listens any more."""
    settings.STORAGES = {
        **settings.STORAGES,
        "default": storage_settings("s3://key:secret@scholar/site?endpoint=http://127.0.0.1:9&region=us-east-1"),
    }


def test_store_that_is_away_refuses_an_upload_and_no_job_is_made(away: None) -> None:
    with pytest.raises(OSError, match="the object store is away"):
        submitted()


def test_upload_page_says_so(away: None, client: Client) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    response = client.post(
        reverse("scholar:bibtex_upload"), {"bibtex_file": SimpleUploadedFile("references.bib", BIBTEX)}
    )
    assert response.status_code == 503


def test_deletion_that_fails_is_counted_and_tried_again(settings: Any, bucket: Any) -> None:
    here, orphan = settings.STORAGES, files.result_names(submitted().pk, 7).result
    files.write(orphan, b"")
    settings.STORAGES = {**here, "default": storage_settings("s3://k:s@scholar?endpoint=http://127.0.0.1:9")}
    assert files.delete([orphan]) == (0, 1)
    settings.STORAGES = here
    assert sweep_orphans(now=datetime.now(tz=UTC) + ORPHAN_AGE + LATER) == (1, 1, 0)


@pytest.mark.processes
def test_worker_reads_and_publishes_there(live_worker: StartWorker, storage: str) -> None:
    job = submitted()
    live_worker(SCITEX_FILES_URL=storage, SCITEX_SOURCES="catalogue", **proxies_off())
    wait_until(lambda: row(job.pk).status not in {Status.PENDING, Status.PROCESSING}, what="the end of the job")
    assert row(job.pk).status == Status.COMPLETED, row(job.pk).error_message
    assert files.read(row(job.pk).result_name) == BIBTEX


def proxies_off() -> dict[str, str]:
    """Nothing between us and the server, whatever this machine's environment says."""
    return {name: "" for name in os.environ if name.lower().endswith("_proxy")}
