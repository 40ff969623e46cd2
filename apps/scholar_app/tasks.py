"""Celery's side of a worker: its task, and what a worker of ours does besides taking messages.

A job is worked on by a child process of its own here too, under the same supervision: ``subprocess`` starts it, which
any pool allows. The pool is of threads, so that one process hears the signal to stop and hands its jobs back.
"""

import logging
import os
import socket
import sys
import threading
from contextlib import suppress
from typing import Any, Final
from uuid import UUID

from celery import shared_task, signals
from celery.exceptions import Reject
from celery.worker import state
from django.conf import settings
from django.db import connections

from . import broker, jobs, letters, presence
from .supervision.outages import Database
from .supervision.signals import stop_on_signals
from .worker import Outcome, Worker

logger = logging.getLogger("scholar.worker")

#: Long enough to hand jobs back, short enough for a service manager that waits for us.
_LEAVE_SECONDS: Final = 10.0


class Leaving:
    """Whether this process was told to stop, and whom to tell of it."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._workers: set[Worker] = set()
        self._lock = threading.Lock()
        self._idle = threading.Condition(self._lock)

    @property
    def is_asked(self) -> bool:
        """Whether nothing new is to be begun."""
        return self._asked.is_set()

    def ask(self) -> None:
        """Begin nothing new, and hand back what is being worked on."""
        with self._lock:
            self._asked.set()
            for worker in self._workers:
                worker.stop()

    def wait(self, seconds: float) -> bool:
        """Whether it was asked for within this time."""
        return self._asked.wait(seconds)

    def wait_until_idle(self, seconds: float) -> None:
        """Return when no job is worked on any more, or after this time, when the leases decide."""
        with self._idle:
            self._idle.wait_for(lambda: not self._workers, timeout=seconds)

    def run(self, job_id: UUID) -> Outcome | None:
        """See the job through one turn, unless we leave."""
        worker = Worker(processes=1)
        with self._lock:
            if self.is_asked:
                raise Reject("this worker leaves", requeue=True)
            self._workers.add(worker)
        try:
            return worker.run_one(job_id)
        finally:
            with self._lock:
                self._workers.discard(worker)
                self._idle.notify_all()


LEAVING: Final = Leaving()


def _run_job(job_id: str) -> str:
    """One turn of a job; a job that is handed back is delivered anew by the step that hands it back."""
    try:
        outcome = LEAVING.run(UUID(job_id))
    finally:
        connections.close_all()
    return outcome.value if outcome else "nothing to claim"


run_job_task = shared_task(name=broker.TASK)(_run_job)


def serve(*, processes: int) -> None:
    """Take messages until told to stop by SIGTERM or Ctrl-C; up to ``processes`` jobs at a time.

    A worker that loses its broker while it holds messages ends with an error of Celery's; ours hands its jobs back and
    begins anew then, as often as it takes.
    """
    signals.worker_shutting_down.connect(_on_shutting_down, weak=False)
    # Our own settings of logging hold, and nobody draws a banner into the journal.
    signals.setup_logging.connect(_leave_logging_alone, weak=False)
    looking = threading.Thread(target=_look_after_others, args=(processes,), name="looking", daemon=True)
    # Until Celery hears signals itself, which takes it a second or more.
    with stop_on_signals(_stop_before_begun):
        looking.start()
        _take_messages(processes)
    told = LEAVING.is_asked
    LEAVING.ask()
    LEAVING.wait_until_idle(_LEAVE_SECONDS)
    looking.join(_LEAVE_SECONDS)
    if not told:
        logger.warning("broker=lost; beginning anew")
        os.execv(sys.executable, sys.orig_argv)  # noqa: S606  (this very command, without what is left of it in memory)


def _take_messages(processes: int) -> None:
    quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat")
    pool = ("--pool=threads", f"--concurrency={processes}", f"--queues={broker.QUEUE}")
    with suppress(SystemExit):
        broker.celery_app(settings.SCITEX_CELERY_BROKER_URL).worker_main(["--quiet", "worker", *pool, *quiet])


def _stop_before_begun() -> None:
    LEAVING.ask()
    state.should_stop = os.EX_OK


def _on_shutting_down(**_: Any) -> None:
    LEAVING.ask()


def _leave_logging_alone(**_: Any) -> None:
    """Celery sets logging up only where nobody answers this signal."""


def _look_after_others(processes: int) -> None:
    """Say that we are here, take up what others left behind, send anew what the broker lost, and post letters."""
    name = f"{socket.gethostname()}:{os.getpid()}"
    database, pause = Database(), settings.SCITEX_LEASE_SECONDS / 3

    def look() -> None:
        presence.beat(name, processes=processes)
        jobs.rescue_expired()
        jobs.deliver_again()
        letters.post_due()

    now = 0.0
    while True:
        database.attempt(look, now=now)
        if LEAVING.wait(pause):
            break
        now += pause
    database.attempt(lambda: presence.leave(name), now=now)
    connections.close_all()
