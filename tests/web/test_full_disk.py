"""The disk is full: an upload is refused politely, and nothing of it is left."""

import errno
import os
from typing import Any

import pytest
from django.test import Client

from apps.scholar_app.models import EnrichmentJob, UploadAttempt
from tests.api.test_jobs import ada, error, send
from tests.web.making import content, stored_files, upload

__all__ = ["ada"]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("apps.scholar_app.files.os.fsync", refuse)


def assert_nothing_is_left() -> None:
    assert (EnrichmentJob.objects.count(), UploadAttempt.objects.count(), stored_files()) == (0, 0, set())


def test_page_says_that_the_fault_is_ours(client: Client) -> None:
    response = upload(client)
    assert (response.status_code, response["Retry-After"]) == (503, "60")
    assert "Your file could not be stored" in content(response).decode()
    assert os.strerror(errno.ENOSPC) not in content(response).decode()
    assert_nothing_is_left()


def test_api_says_so_too(ada: Any) -> None:
    response = send(ada)
    assert (error(response), response["Retry-After"]) == ((503, "not_stored"), "60")
    assert_nothing_is_left()
