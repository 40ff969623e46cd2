"""How long a run still takes: what is left of its plan, at the pace that was measured so far.

    forecast = Forecast(plan)
    forecast.note(progress, now=clock()).left

Work is counted in the seconds that it takes by the limits. How much longer it really takes (the network, other jobs
that share the limits, an index that has become slow) is measured for every source, of late more than long ago; until
there is much to measure, the limits are believed. What goes on to the next source, and what is remembered, is taken to
be as frequent as it was so far.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from .planning import Plan, SourcePlan
from .record import Progress, Searches, Steps
from .sources.base import Pace

#: Measurements fade by so many seconds; the limits count like a measurement of so many, which fades faster.
_MEMORY_SECONDS: Final = 45.0
_TRUST_SECONDS: Final = 10.0
_TRUST_FADES_SECONDS: Final = 20.0
#: A single step counts for so many seconds at most: a pause that an index asked for says nothing of the time after it.
_LONGEST_STEP: Final = 10.0
#: A source that is not on the network (the catalogue): a batch, and a search, as measured on a small machine.
_LOCAL: Final = Pace(per_call=500, batch_seconds=0.05, search_seconds=0.001)
#: Before much is known: an index finds four titles in five, the catalogue none; as if so many had been seen already.
_SEEN: Final = 5.0
_PASSED_ON: Final = 0.2
#: And of a hundred entries with identifiers one has to be searched for all the same, as if ten had been seen.
_DEAD: Final = 0.1
_NAMED_SEEN: Final = 10.0


@dataclass(slots=True)
class _Speed:
    """The real seconds of one kind of work, per second that the limits demand for it."""

    seconds: float = 0.0
    work: float = 0.0
    measured: float = 0.0

    def add(self, *, seconds: float, work: float) -> None:
        faded = math.exp(-seconds / _MEMORY_SECONDS)
        self.seconds = self.seconds * faded + seconds
        self.work = self.work * faded + work
        self.measured += seconds

    @property
    def slowness(self) -> float:
        trust = _TRUST_SECONDS * math.exp(-self.measured / _TRUST_FADES_SECONDS)
        return (self.seconds + trust) / (self.work + trust)


@dataclass(slots=True)
class _Remembered:
    """How many searches need not be made, from the first that had to be made on.

    What comes before that is the beginning of a run that goes on where an earlier one stopped: it says nothing of the
    rest.
    """

    made: int = 0
    done: int = 0

    def add(self, *, made: int, done: int) -> None:
        if self.made or made:
            self.made += made
            self.done += done

    @property
    def share(self) -> float:
        return max(0.0, 1.0 - self.made / self.done) if self.done else 0.0


def expected_seconds(plan: Plan) -> float:
    """How long the plan will take, as far as that can be said before anything was asked."""
    return Forecast(plan).note(Progress(0, 0), now=0.0).left or 0.0


class Forecast:
    """Watches one run of the plan. ``now`` is in seconds, of a clock that never goes back."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._paces = {source.name: source.pace or _LOCAL for source in plan.sources}
        self._speeds: dict[tuple[str, bool], _Speed] = {}
        self._remembered: dict[str, _Remembered] = {}
        self._last: tuple[Progress, float] | None = None

    def note(self, progress: Progress, *, now: float) -> Progress:
        """The same with ``left``, which is in seconds."""
        if self._last is not None:
            self._measure(self._last[0], progress, seconds=now - self._last[1])
        self._last = progress, now
        return replace(progress, left=self._left(progress.steps))

    def _measure(self, before: Progress, after: Progress, *, seconds: float) -> None:
        """What happened since was the work of the source that was asked then."""
        name, is_searching = before.steps.asking, before.steps.is_searching
        if name not in self._paces:
            return
        made = _questions(after, name) - _questions(before, name)
        speed = self._speeds.setdefault((name, is_searching), _Speed())
        if is_searching:
            done = _searches(after.steps, name).done - _searches(before.steps, name).done
            self._remembered.setdefault(name, _Remembered()).add(made=made, done=done)
        work = made * self._unit(name, is_searching=is_searching)
        speed.add(seconds=min(seconds, max(_LONGEST_STEP, 3 * work)), work=work)

    def _unit(self, name: str, *, is_searching: bool) -> float:
        """The seconds of one question, by the limits."""
        pace = self._paces[name]
        return pace.search_seconds if is_searching else pace.batch_seconds / pace.per_call

    def _left(self, steps: Steps) -> float:
        return sum(self._searching(steps)) + sum(self._asking(source, steps) for source in self._plan.sources)

    def _searching(self, steps: Steps) -> Sequence[float]:
        """The seconds of all searches that are left, source by source: each is searched for what the last passed on."""
        seconds, coming = [], self._coming_titles(steps)
        last: Searches | None = None
        for source in self._plan.sources:
            if not source.is_searched or source.name in steps.away:
                continue
            searches = _searches(steps, source.name)
            if last is not None:
                coming += max(last.passed - searches.begun, 0)
            left = coming + searches.begun - searches.done
            remembered = self._remembered.get(source.name, _Remembered()).share
            seconds.append(left * (1 - remembered) * self._cost(source.name, is_searching=True))
            coming, last = left * _share_passed(source, searches), searches
        return seconds

    def _coming_titles(self, steps: Steps) -> float:
        """Titles of the rounds to come, and entries whose identifiers will lead nowhere."""
        past, future = self._plan.rounds[: steps.rounds], self._plan.rounds[steps.rounds :]
        first = next((_searches(steps, source.name) for source in self._plan.sources if source.is_searched), Searches())
        dead = max(first.begun - sum(part.titles for part in past), 0)
        share = (dead + _DEAD) / (sum(part.named for part in past) + _NAMED_SEEN)
        return sum(part.titles + min(share, 1.0) * part.named for part in future)

    def _asking(self, source: SourcePlan, steps: Steps) -> float:
        """The seconds of this source's batches in the rounds to come."""
        if source.name in steps.away or source.pace is None:
            return 0.0
        unit = source.pace.batch_seconds * self._slowness(source.name, is_searching=False)
        return sum(source.by_round[steps.rounds :]) * unit

    def _cost(self, name: str, *, is_searching: bool) -> float:
        return self._unit(name, is_searching=is_searching) * self._slowness(name, is_searching=is_searching)

    def _slowness(self, name: str, *, is_searching: bool) -> float:
        return self._speeds.get((name, is_searching), _Speed()).slowness


def _questions(progress: Progress, name: str) -> int:
    """What this source was really asked, not out of memory."""
    tally = progress.sources.get(name)
    return tally.asked - tally.cached if tally else 0


def _searches(steps: Steps, name: str) -> Searches:
    searches: Mapping[str, Searches] = steps.searches
    return searches.get(name, Searches())


def _share_passed(source: SourcePlan, searches: Searches) -> float:
    expected = 1.0 if source.pace is None else _PASSED_ON
    return (searches.passed + expected * _SEEN) / (searches.done + _SEEN)
