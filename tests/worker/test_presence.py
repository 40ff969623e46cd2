"""A worker is known while it is there, so that one that is gone is missed."""

import signal
from typing import Any

import pytest

from apps.scholar_app.presence import present
from tests.waiting import wait_until
from tests.worker.live import StartWorker

pytestmark = [pytest.mark.processes, pytest.mark.promises, pytest.mark.usefixtures("transactional_db")]


def pids_present() -> list[str]:
    return [name.rpartition(":")[2] for name in present().values_list("name", flat=True)]


def test_worker_is_known_while_it_is_there_and_not_after_an_orderly_end(live_worker: StartWorker) -> None:
    running = live_worker()
    wait_until(lambda: pids_present() == [str(running.process.pid)], what="the worker's presence")
    running.send(signal.SIGTERM)
    assert (running.wait(), pids_present()) == (0, [])


def test_worker_that_was_killed_is_missed_when_its_lease_would_be_over(live_worker: StartWorker, settings: Any) -> None:
    settings.SCITEX_LEASE_SECONDS = 3
    running = live_worker(SCITEX_LEASE_SECONDS="3")
    wait_until(pids_present, what="the worker's presence")
    running.send(signal.SIGKILL)
    wait_until(lambda: not pids_present(), what="the worker's absence")
