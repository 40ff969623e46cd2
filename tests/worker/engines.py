"""Which engine brings jobs to workers in a test: the table of jobs itself, or Celery where the run has a broker."""

import os
from typing import Any

import pytest
import redis
from django.db import connection

from apps.scholar_app import broker
from apps.scholar_app.enrichment.sources.shared_redis import PREFIX

#: Known before any test is collected, so that every process of the tests gives them the same names.
ENGINES = ("celery", "embedded") if os.environ.get("TEST_REDIS_SOCKET") else ("embedded",)
_EMBEDDED = {"SCITEX_TASK_ENGINE": "embedded", "SCITEX_CELERY_BROKER_URL": ""}

#: For what is said of one engine only: its options, its children, its way of leaving.
embedded_only = pytest.mark.parametrize("engine", ["embedded"], indirect=True)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, settings: Any) -> dict[str, str]:
    """The engine of this test's own process, and what another process is told to have the same."""
    if request.param == "celery":
        _forget(settings.SCITEX_REDIS_URL, broker.QUEUE)
        return {}
    for name, value in _EMBEDDED.items():
        setattr(settings, name, value)
    return _EMBEDDED


def forget_limits(url: str) -> None:
    """Have nobody else's limits, circuits and money, neither in PostgreSQL nor in Redis."""
    with connection.cursor() as cursor:  # out of reach of Django's flush
        for table in ("budget", "circuit", "calls", "spending", "turn"):
            cursor.execute(f"DROP TABLE IF EXISTS source_{table}")
    if url:
        _forget(url, f"{PREFIX}*")


def _forget(url: str, pattern: str) -> None:
    with redis.Redis.from_url(url) as client:
        for key in client.scan_iter(match=pattern):
            client.delete(key)
