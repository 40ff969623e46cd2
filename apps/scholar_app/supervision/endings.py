"""What becomes of a job when its child has ended: a pure decision."""

import signal
from dataclasses import dataclass
from enum import Enum

from . import reasons
from .process import Delivery, Died
from .protocol import DATABASE, Away, Failed, Message, Stopped
from .watchdog import Watch


class Outcome(Enum):
    """How a run ended, as far as its worker is concerned."""

    COMPLETED = "completed"
    FAILED = "failed"
    HANDED_BACK = "handed_back"
    #: The job was cancelled, deleted or taken over meanwhile, or the database was away for too long.
    LOST = "lost"


class HandBack(Enum):
    """The job queues anew, for the reason that goes into the log."""

    TURN_OVER = "turn_over"
    SHUTDOWN = "shutdown"
    SOURCE_AWAY = "source_away"
    DATABASE_AWAY = "database_away"
    #: There was no process to be had for it.
    NOT_STARTED = "not_started"


@dataclass(frozen=True, slots=True)
class Lost:
    """Write nothing: the job is another's, or will be when its lease is over."""


Ending = Delivery | Failed | HandBack | Lost


def ending_of(conclusion: Message | Delivery | Died, *, watch: Watch, stopping: bool) -> Ending:
    """The consequence of how the child ended; ``stopping`` when it had been asked to because the worker leaves."""
    if isinstance(conclusion, Delivery | Failed):
        return conclusion
    if isinstance(conclusion, Stopped):
        return HandBack.SHUTDOWN if stopping else HandBack.TURN_OVER
    if isinstance(conclusion, Away):
        return HandBack.SHUTDOWN if stopping else _after_absence(conclusion, watch)
    returncode = conclusion.returncode if isinstance(conclusion, Died) else 0
    if stopping and returncode == -signal.SIGKILL:
        return HandBack.SHUTDOWN  # a service manager that ends everything at once
    return reasons.died(returncode)


def _after_absence(away: Away, watch: Watch) -> Ending:
    """Hand the job back as long as each turn gets something from that source: it cannot go on like this for ever."""
    if away.source == DATABASE:
        # Without anything learned the lease decides: rescued when it is over, and failed after the third time.
        return HandBack.DATABASE_AWAY if watch.learned else Lost()
    if away.retryable and watch.learned_from(away.source):
        return HandBack.SOURCE_AWAY
    return reasons.source_away(away.source, away.message)
