"""A real worker for the examples of the documents, and a post office that keeps what it gets."""

import pytest
from pytest_django import Settings

from tests.worker.live import live_worker

__all__ = ["live_worker", "mail"]


@pytest.fixture
def mail(settings: Settings) -> None:
    """The site sends letters, into ``django.core.mail.outbox``."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
