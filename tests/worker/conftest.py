"""Children and workers as real processes, in a stage folder of the test's own."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from apps.scholar_app.supervision.process import Child
from tests.worker import bodies
from tests.worker.engines import engine
from tests.worker.live import LiveWorker, StartWorker, live_worker
from tests.worker.working import SHORT_LEASE, Body, StartWith

__all__ = ["engine", "live_worker"]

StartChild = Callable[[Callable[..., object]], Child]


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder through which a test and the bodies in its child processes speak."""
    monkeypatch.setenv("TEST_STAGE", str(tmp_path))
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "tests.worker.stage_settings")
    return tmp_path


@pytest.fixture
def start_child(stage: Path) -> Iterator[StartChild]:
    """Start children that run a body of ``tests.worker.bodies``; they are gone when the test is over."""
    children: list[Child] = []

    def start(body: Callable[..., object]) -> Child:
        child = Child(body=f"{bodies.__name__}.{body.__name__}")
        children.append(child)
        return child

    yield start
    for child in children:
        child.close()


@pytest.fixture
def worker(live_worker: StartWorker, engine: dict[str, str]) -> StartWith:
    """A live worker that does something else than enriching with its jobs, whichever engine brings them."""

    def start(body: Body, *arguments: str, **environment: Any) -> LiveWorker:
        name = f"{bodies.__name__}.{body.__name__}"
        changes = SHORT_LEASE | engine | environment
        return live_worker(
            *arguments, TEST_JOB_BODY=name, DJANGO_SETTINGS_MODULE=os.environ["DJANGO_SETTINGS_MODULE"], **changes
        )

    return start
