"""One run of a job: a claim, the child that works on it, and how it comes to an end."""

import logging

from .. import jobs
from ..enrichment.record import Progress
from ..jobs.running import held
from ..tallies import count_all
from . import reasons
from .endings import Ending, HandBack, Lost, Outcome, ending_of
from .process import Child, Delivery
from .protocol import Failed, Order
from .watchdog import Terms, Verdict, Watch

logger = logging.getLogger("scholar.worker")

#: A cancelled job stops within a second: so often a run asks whether the job is still its own.
_HEARTBEAT_SECONDS = 0.5
#: Progress is written no more often; a page does not look more often either.
_PROGRESS_SECONDS = 1.0


class Run:
    """A claimed job in its child process. ``now`` is always a reading of the monotonic clock, taken by the caller.

    :meth:`look` never touches the database, so that a child is watched although the database is away;
    :meth:`report` and :meth:`settle` do, and raise what the database raises: call them again later.
    """

    def __init__(self, claim: jobs.Claim, child: Child, *, terms: Terms, now: float) -> None:
        self.claim, self.child = claim, child
        self.outcome: Outcome | None = None
        self._terms = terms
        self._watch = Watch(started=now, renewed=now)
        self._asked = now
        self._wrote = now
        self._unwritten: Progress | None = None
        self._progress: Progress | None = None
        self._killed_for: Ending | None = None
        self._ending: Ending | None = None
        self._leaving = False
        child.give(Order(str(claim.job_id), lease_seconds=terms.lease))
        logger.info("job=%s token=%d run=started pid=%d", claim.job_id, claim.token, child.pid)

    @property
    def has_ended(self) -> bool:
        """Whether the child is gone, and only the row remains to be told."""
        return self._ending is not None

    @property
    def is_stopping(self) -> bool:
        """Whether the child was told to stop, one way or another."""
        return self._watch.told_to_stop is not None or self._killed_for is not None

    def look(self, *, now: float) -> Verdict:
        """Hear the child and judge it; kill it where it has lost its job or its chance. The caller ends turns."""
        is_running = self.child.is_running
        self._hear(now)  # after that question: what a child said before it ended is heard
        if not is_running:
            self._conclude()
            return Verdict.CARRY_ON
        verdict = self._watch.judge(self._terms, now=now)
        reason = self._reason_to_kill(verdict)
        if reason is not None:
            self._kill(reason)
        return verdict

    def end_turn(self, *, now: float) -> None:
        """Ask the child to stop: others wait, or it was long enough."""
        self._watch.tell_to_stop(now=now, grace=self._terms.turn_grace)
        self.child.stop()

    def shut_down(self, *, now: float) -> None:
        """Ask the child to stop soon: the worker leaves."""
        self._leaving = True
        self._watch.tell_to_stop(now=now, grace=self._terms.shutdown_grace)
        self.child.stop()

    def report(self, *, now: float) -> None:
        """Renew the lease and write the progress when it is time, or at least see whether the job is still ours."""
        if self._killed_for is not None or now - self._asked < _HEARTBEAT_SECONDS:
            return
        ours = self._renew(now) if self._must_write(now) else held(self.claim).exists()
        self._asked = now
        if not ours:
            self._kill(Lost())

    def settle(self) -> None:
        """Tell the row how it ended; ``outcome`` says what came of it."""
        if isinstance(self._ending, Delivery):
            self._publish(self._ending)
        elif isinstance(self._ending, Failed):
            failed = jobs.fail(self.claim, code=self._ending.code, message=self._ending.message)
            self._end(Outcome.FAILED if failed else Outcome.LOST)
        elif isinstance(self._ending, HandBack):
            handed_back = jobs.hand_back(self.claim, reason=self._ending.value)
            self._end(Outcome.HANDED_BACK if handed_back else Outcome.LOST)
        else:
            self._end(Outcome.LOST)

    def abandon(self) -> None:
        """Leave the job to its lease, which gives it to another worker when it is over."""
        self._end(Outcome.LOST)

    def _hear(self, now: float) -> None:
        for moved in self.child.read():
            self._watch.note(moved.progress, now=now)
            self._unwritten = self._progress = moved.progress

    def _renew(self, now: float) -> bool:
        if not jobs.renew(self.claim, progress=self._unwritten):
            return False
        self._wrote, self._unwritten = now, None
        # As of before the question was asked: the database's lease ends later than ours, never earlier.
        self._watch.renewed = now
        self.child.beat()
        return True

    def _must_write(self, now: float) -> bool:
        due = _PROGRESS_SECONDS if self._unwritten is not None else self._terms.lease / 3
        return now - self._wrote >= due

    def _reason_to_kill(self, verdict: Verdict) -> Ending | None:
        if verdict is Verdict.LOST:
            return Lost()
        if verdict is Verdict.KILL:
            return HandBack.SHUTDOWN if self._leaving else HandBack.TURN_OVER
        if verdict is Verdict.NO_PROGRESS:
            return reasons.no_progress(self._terms.no_progress)
        return reasons.hard_timeout(self._terms.long_turn) if verdict is Verdict.HARD_TIMEOUT else None

    def _kill(self, reason: Ending) -> None:
        if self._killed_for is None or isinstance(reason, Lost):
            self._killed_for = reason
        self.child.kill()

    def _conclude(self) -> None:
        if self._ending is not None:
            return
        conclusion = self.child.conclude()
        if self._killed_for is None or (isinstance(conclusion, Delivery) and not isinstance(self._killed_for, Lost)):
            self._ending = ending_of(conclusion, watch=self._watch, stopping=self._leaving)
        else:
            self._ending = self._killed_for

    def _publish(self, delivery: Delivery) -> None:
        try:
            completed = jobs.complete(
                self.claim, result=delivery.result, report=delivery.report, outcomes=delivery.outcomes
            )
        except OSError:
            logger.exception("job=%s token=%d result cannot be stored", self.claim.job_id, self.claim.token)
            self._ending = reasons.NOT_STORED
            return
        self._end(Outcome.COMPLETED if completed else Outcome.LOST)

    def _end(self, outcome: Outcome) -> None:
        self.child.close()
        self.outcome = outcome
        if self._progress is not None:
            count_questions(self._progress)
        logger.info("job=%s token=%d run=%s", self.claim.job_id, self.claim.token, outcome.value)


def count_questions(progress: Progress) -> None:
    """Add what one run asked of the sources to the operators' numbers."""
    events: dict[tuple[str, ...], float] = {}
    for source, tally in progress.sources.items():
        events |= {
            ("source_questions", source): tally.asked,
            ("source_remembered", source): tally.cached,
            ("source_answers", source): tally.answered,
            ("source_found", source): tally.found,
            ("source_seconds", source): tally.seconds,
        }
    count_all(events)
