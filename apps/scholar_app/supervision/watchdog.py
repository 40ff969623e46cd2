"""When a child is told to stop, and when it is killed: pure decisions over readings of the monotonic clock."""

from dataclasses import dataclass, field
from enum import Enum, auto

from ..enrichment.record import Progress

#: Local answers cost nothing and are not remembered: they are no reason to believe that another turn gets further.
_LOCAL = "catalogue"


@dataclass(frozen=True, slots=True)
class Terms:
    """How long things may take, in seconds."""

    lease: float
    #: A turn may end after ``turn`` when somebody waits; it ends after ``long_turn`` in any case.
    turn: float
    long_turn: float
    no_progress: float
    #: From being asked to stop until being killed: at the end of a turn, and at shutdown.
    turn_grace: float = 10.0
    shutdown_grace: float = 3.0


class Verdict(Enum):
    """What to do with a running child."""

    CARRY_ON = auto()
    #: The turn is over if somebody else waits.
    YIELD = auto()
    #: The turn is over.
    STOP = auto()
    #: It was told to stop and did not.
    KILL = auto()
    #: The lease ran out unrenewed: the job may be another's by now.
    LOST = auto()
    NO_PROGRESS = auto()
    HARD_TIMEOUT = auto()


@dataclass(slots=True)
class Watch:
    """Readings of one run. All times are of the same monotonic clock."""

    started: float
    renewed: float
    moved: float = field(init=False)
    told_to_stop: float | None = None
    grace: float = 0.0
    _seen: tuple[object, ...] = ()
    _answers: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.moved = self.started

    def note(self, progress: Progress, *, now: float) -> None:
        """Take in what the child says; only a change counts as progress, and waiting longer is none."""
        self._answers = {name: tally.answered - tally.cached for name, tally in progress.sources.items()}
        found = tuple(sorted((name, tally.found, tally.cached) for name, tally in progress.sources.items()))
        seen = (progress.entries_done, progress.activity, found, tuple(sorted(self._answers.items())))
        if seen != self._seen:
            self._seen, self.moved = seen, now

    def learned_from(self, source: str) -> bool:
        """Whether ``source`` answered anything in this turn that is remembered from now on."""
        return self._answers.get(source, 0) > 0

    @property
    def learned(self) -> bool:
        """Whether another turn starts further on than this one did."""
        return any(count for name, count in self._answers.items() if name != _LOCAL)

    def tell_to_stop(self, *, now: float, grace: float) -> None:
        """The child was asked to stop; asking again may shorten its time, never lengthen it."""
        if self.told_to_stop is None or now + grace < self.told_to_stop + self.grace:
            self.told_to_stop, self.grace = now, grace

    def judge(self, terms: Terms, *, now: float) -> Verdict:
        """What to do with the child at ``now``."""
        if now - self.renewed > terms.lease:
            return Verdict.LOST
        if self.told_to_stop is not None:
            return Verdict.KILL if now - self.told_to_stop > self.grace else Verdict.CARRY_ON
        if now - self.moved > terms.no_progress:
            return Verdict.NO_PROGRESS
        return self._turn(terms, worked=now - self.started)

    def _turn(self, terms: Terms, *, worked: float) -> Verdict:
        # A turn that taught us nothing is not ended for others: the next one would be as barren, and so on for ever.
        if worked > terms.long_turn:
            return Verdict.STOP if self.learned else Verdict.HARD_TIMEOUT
        return Verdict.YIELD if worked > terms.turn and self.learned else Verdict.CARRY_ON
