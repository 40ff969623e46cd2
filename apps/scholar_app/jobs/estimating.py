"""When a job will be done: what is left of its own work, and the turns that others take meanwhile."""

import heapq
from collections.abc import Sequence
from typing import Final

from django.conf import settings
from django.db.models import F, Q, Sum
from django.db.models.fields.json import KT

from ..models import EnrichmentJob, JobQuerySet, Status
from ..presence import present
from .admission import ASSUMED_SLOTS

#: Of a longer queue only so many are looked at.
_MOST_LOOKED_AT: Final = 100
#: A job of many turns is reckoned in so many at the most: an estimate must cost less than showing it.
_MOST_TURNS: Final = 40
#: Seconds that are only what rounding left.
_NOTHING: Final = 1e-6


def seconds_left(job: EnrichmentJob) -> int | None:
    """Seconds until an active job is done; ``None`` for another, and as long as nothing is known of its work.

    While it waits, the work of those before it is part of that; while it works, the turns that it gives to others.
    """
    own = _seconds(job.progress.get("left")) if job.is_active else None
    if own is None:
        return None
    others = EnrichmentJob.objects.active().exclude(pk=job.pk)
    working, waiting = others.filter(status=Status.PROCESSING), others.filter(status=Status.PENDING)
    if job.status == Status.PROCESSING:
        ahead, behind = [], [*_lefts(working), *_lefts(waiting)]
    else:
        before = Q(queued_at__lt=job.queued_at)
        ahead, behind = [*_lefts(working), *_lefts(waiting.filter(before))], _lefts(waiting.exclude(before))
    turn = float(settings.SCITEX_TURN_SECONDS)
    return round(finishes_in(own, ahead=ahead, behind=behind, slots=_slots(), turn=turn))


def finishes_in(own: float, *, ahead: Sequence[float], behind: Sequence[float], slots: int, turn: float) -> float:
    """Seconds until a job with ``own`` seconds of work is done, where ``slots`` are worked on at once, in turns.

    Whoever needs more than a ``turn`` queues anew behind all others, unless there is a place for everybody.
    """
    lefts, me = [*ahead, own, *behind], len(ahead)
    if len(lefts) <= slots:
        return own
    turn = max(turn, own / _MOST_TURNS)
    waiting = [(0.0, place, place) for place in range(len(lefts))]
    free = [0.0] * slots
    while lefts[me] > 0:
        ready, place, who = heapq.heappop(waiting)
        begins = max(heapq.heappop(free), ready)
        ends = begins + (min(turn, lefts[who]) if waiting else lefts[who])
        lefts[who] -= ends - begins
        heapq.heappush(free, ends)
        if lefts[who] > _NOTHING:
            heapq.heappush(waiting, (ends, place + len(lefts), who))
        elif who == me:
            return ends
    return 0.0


def _slots() -> int:
    """How many are worked on at once: as many as the workers say that are there."""
    return present().aggregate(all=Sum("processes"))["all"] or ASSUMED_SLOTS


def _lefts(jobs: JobQuerySet) -> list[float]:
    """The seconds of work that each has left, whose turn is first before the rest; a turn, where nothing is known."""
    rows = jobs.annotate(left=KT("progress__left")).order_by(F("started_at").asc(nulls_last=True), "queued_at", "id")
    lefts = map(_seconds, rows.values_list("left", flat=True)[:_MOST_LOOKED_AT])
    return [float(settings.SCITEX_TURN_SECONDS) if left is None else left for left in lefts]


def _seconds(value: object) -> float | None:
    """A number out of the row's JSON, as the database gives it."""
    try:
        return max(float(value), 0.0) if isinstance(value, int | float | str) else None
    except ValueError:
        return None
