"""Working off the queue: claims jobs, gives each a child process of its own, and watches over them.

One thread watches all children, so there is one database connection and nothing to lock. The row in the table is the
truth: whatever dies here at any moment, the lease runs out and a worker takes the job up again.
"""

import logging
import math
import os
import select
import socket
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from uuid import UUID

from django.conf import settings

from . import jobs, letters, presence
from .supervision.endings import HandBack, Outcome
from .supervision.nursery import Nursery
from .supervision.outages import Database
from .supervision.run import Run
from .supervision.watchdog import Terms, Verdict

__all__ = ["Outcome", "Worker", "run_job", "terms"]

logger = logging.getLogger("scholar.worker")

#: Part of the processing limit that a turn may take: the rule for stale jobs never meets a healthy one.
_LONG_TURN = 0.8
_LOOK_SECONDS = 0.25
_IDLE_SECONDS = 0.5
#: Somebody has to have waited this long before another's turn ends: a free worker may be about to take the job.
_PATIENCE_OF_WAITING = timedelta(seconds=1)
#: At shutdown, when the database is away as well: after this long the leases decide.
_LEAVE_SECONDS = 8.0
#: What a job's owner may have wished to be told.
_ENDS = frozenset({Outcome.COMPLETED, Outcome.FAILED})
#: Before the next try when the machine has no process or memory to give.
_NO_PROCESS_SECONDS = 5.0


def terms() -> Terms:
    """How long things may take, from the settings."""
    long_turn = settings.SCITEX_PROCESSING_TIMEOUT_MINUTES * 60 * _LONG_TURN
    return Terms(
        lease=settings.SCITEX_LEASE_SECONDS,
        turn=min(settings.SCITEX_TURN_SECONDS, long_turn),
        long_turn=long_turn,
        no_progress=settings.SCITEX_SOURCE_PATIENCE_SECONDS + settings.SCITEX_NO_PROGRESS_SECONDS,
    )


def run_job(job_id: UUID | str) -> Outcome | None:
    """Claim this job, see it through one turn, and say how that ended; what any task engine calls.

    ``None`` when there was nothing to claim: delivered twice, cancelled, or done. After ``HANDED_BACK`` the job waits
    again, and the engine is to deliver it again.
    """
    return Worker(processes=1).run_one(UUID(str(job_id)))


class Worker:
    """Up to ``processes`` jobs at a time, with ``spares`` children kept ready beforehand."""

    def __init__(self, *, processes: int, spares: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self._processes, self._clock = processes, clock
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        self._terms = terms()
        self._nursery = Nursery(body=settings.JOB_BODY, spares=spares)
        self._database = Database()
        self._runs: list[Run] = []
        self._queue_is_empty = False
        self._stop_asked = False
        self._leave_by = math.inf
        self._no_claims_before = self._next_sweep = -math.inf

    def stop(self) -> None:
        """Claim nothing more, and hand back what is being worked on. Does so little that a signal handler may."""
        self._stop_asked = True

    def serve(self, *, alarm: int | None = None) -> None:
        """Work until :meth:`stop`. ``alarm`` is a descriptor that becomes readable when that was called."""
        self._loop(claiming=True, is_enough=lambda: False, alarm=alarm)

    def drain(self, *, alarm: int | None = None) -> None:
        """Work until nothing waits any more."""
        self._loop(claiming=True, is_enough=lambda: self._queue_is_empty, alarm=alarm)

    def run_one(self, job_id: UUID | None = None, *, alarm: int | None = None) -> Outcome | None:
        """One turn of this job, or of the next that waits; ``None`` when there is none to claim."""
        run = self._start(job_id)
        if run is None:
            return None
        self._loop(claiming=False, is_enough=lambda: True, alarm=alarm)
        return run.outcome

    def _loop(self, *, claiming: bool, is_enough: Callable[[], bool], alarm: int | None) -> None:
        """Until no run is left and it is enough. Whatever happens here, no child stays behind."""
        try:
            while True:
                self._watch_runs()
                if claiming and not self._stop_asked:
                    self._take_work()
                if not self._runs and (self._stop_asked or is_enough()):
                    break
                self._wait(alarm)
        finally:
            for run in self._runs:
                run.child.close()
            self._nursery.close()
            if claiming:
                self._database.attempt(partial(presence.leave, self._name), now=self._clock())

    def _take_work(self) -> None:
        now = self._clock()
        if now >= self._next_sweep and self._database.attempt(self._look_after_others, now=now):
            self._next_sweep = now + self._terms.lease / 3
        try:
            while len(self._runs) < self._processes and now >= self._no_claims_before:
                if not self._database.attempt(self._start_next, now=now) or self._queue_is_empty:
                    break
            self._nursery.refill()
        except OSError:
            logger.exception("no process can be started")
            self._no_claims_before = now + _NO_PROCESS_SECONDS

    def _look_after_others(self) -> None:
        """Say that we are here, and hand on what others left behind: that is done as long as one worker lives."""
        presence.beat(self._name, processes=self._processes)
        jobs.rescue_expired()
        letters.post_due()

    def _start_next(self) -> None:
        # A look first: a claim takes SQLite's one write lock even where there is nothing to claim.
        self._queue_is_empty = not (jobs.others_waiting() and self._start(None))

    def _start(self, job_id: UUID | None) -> Run | None:
        """Claim and begin. Raises ``OSError`` when no process can be had, with the job handed back."""
        claim = jobs.claim(worker=self._name, job_id=job_id)
        if claim is None:
            return None
        now = self._clock()
        try:
            child = self._nursery.take()
        except OSError:
            jobs.hand_back(claim, reason=HandBack.NOT_STARTED.value)
            raise
        run = Run(claim, child, terms=self._terms, now=now)
        self._runs.append(run)
        return run

    def _leave(self) -> None:
        if self._stop_asked and self._leave_by == math.inf:
            logger.info("stop=asked runs=%d", len(self._runs))
            now = self._clock()
            self._leave_by = now + _LEAVE_SECONDS
            for run in self._runs:
                run.shut_down(now=now)

    def _watch_runs(self) -> None:
        self._leave()
        now = self._clock()
        verdicts = [(run, self._watch(run, now)) for run in self._runs]
        self._runs = [run for run in self._runs if run.outcome is None]
        if any(run.outcome in _ENDS for run, _ in verdicts):
            self._database.attempt(letters.post_due, now=now)
        for run, verdict in verdicts:
            if verdict is Verdict.STOP:
                run.end_turn(now=now)
        self._give_way([run for run, verdict in verdicts if verdict is Verdict.YIELD], now)

    def _watch(self, run: Run, now: float) -> Verdict:
        """The one place that owns a job: whatever goes wrong with it here goes wrong with it alone."""
        try:
            verdict = run.look(now=now)
            self._database.attempt(run.settle if run.has_ended else partial(run.report, now=now), now=now)
            if now > self._leave_by:
                run.abandon()
        except Exception:
            logger.exception("job=%s token=%d given up", run.claim.job_id, run.claim.token)
            run.abandon()
            return Verdict.CARRY_ON
        return verdict

    def _give_way(self, due: list[Run], now: float) -> None:
        """End one turn, the longest, when all processes are taken and somebody waits; then see again."""
        if due and len(self._runs) >= self._processes and not any(run.is_stopping for run in self._runs):
            self._database.attempt(partial(self._end_turn_if_somebody_waits, due[0], now), now=now)

    @staticmethod
    def _end_turn_if_somebody_waits(run: Run, now: float) -> None:
        if jobs.others_waiting(longer_than=_PATIENCE_OF_WAITING):
            run.end_turn(now=now)

    def _wait(self, alarm: int | None) -> None:
        """Until a child says something, a signal comes, or it is time to look again."""
        poll = select.poll()
        for run in self._runs:
            if not run.has_ended:
                poll.register(run.child.fileno(), select.POLLIN)
        if alarm is not None and not self._stop_asked:
            poll.register(alarm, select.POLLIN)
        poll.poll((_LOOK_SECONDS if self._runs else _IDLE_SECONDS) * 1000)
