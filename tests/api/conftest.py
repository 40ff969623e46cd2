"""A program with a key, a worker real or pretended, and a post office that keeps what it gets."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from apps.scholar_app import jobs
from apps.scholar_app.models import EnrichmentJob
from tests.api.making import program
from tests.worker.live import live_worker

__all__ = ["ada", "live_worker", "mail", "worker_in_between"]


@pytest.fixture
def mail(settings: Settings) -> None:
    """The site sends letters, into ``django.core.mail.outbox``."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def ada() -> Client:
    return program()


@pytest.fixture
def worker_in_between(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Lets something happen to the job while the request waits."""

    def happen(what: Any) -> None:
        def waited(job_id: Any, owner: Any, *, seconds: float) -> EnrichmentJob:
            what(jobs.find(job_id, [owner]))
            return jobs.find(job_id, [owner])

        monkeypatch.setattr("apps.scholar_app.api.routes.wait_for_end", waited)

    return happen
