"""The disk is full: an upload is refused politely, and nothing of it is left."""

import errno
import os
from typing import Any

import pytest
from django.test import Client

from apps.scholar_app.models import EnrichmentJob, UploadAttempt
from tests.api.conftest import ada
from tests.api.making import error, send
from tests.web.making import content, stored_files, upload

__all__ = ["ada"]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def full_disk(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Nothing can be written; returns what others had stored before."""

    def refuse(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("apps.scholar_app.files.os.fsync", refuse)
    return stored_files()


def assert_nothing_is_left(before: set[str]) -> None:
    assert (EnrichmentJob.objects.count(), UploadAttempt.objects.count(), stored_files()) == (0, 0, before)


def test_page_says_that_the_fault_is_ours(client: Client, full_disk: set[str]) -> None:
    response = upload(client)
    assert (response.status_code, response["Retry-After"]) == (503, "60")
    assert "Your file could not be stored" in content(response).decode()
    assert os.strerror(errno.ENOSPC) not in content(response).decode()
    assert_nothing_is_left(full_disk)


def test_api_says_so_too(ada: Any, full_disk: set[str]) -> None:
    response = send(ada)
    assert (error(response), response["Retry-After"]) == ((503, "not_stored"), "60")
    assert_nothing_is_left(full_disk)
