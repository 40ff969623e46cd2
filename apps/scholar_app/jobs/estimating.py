"""When a job will be done: what is left of its own work, and the turns that others take meanwhile."""

import heapq
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db.models import F, Sum
from django.db.models.fields.json import KT

from ..models import EnrichmentJob, Status
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
    own = known_left(job) if job.is_active else None
    if own is None:
        return None
    others = _others(job)
    if not others:
        return round(own)
    # Whoever works is at the front; of those who wait, whoever waits longer.
    ahead = [left for at, left in others if job.status == Status.PENDING and (at is None or at < job.queued_at)]
    behind = [left for _, left in others][len(ahead) :]
    turn = float(settings.SCITEX_TURN_SECONDS)
    return round(finishes_in(own, ahead=ahead, behind=behind, slots=_slots(), turn=turn))


def known_left(job: EnrichmentJob) -> float | None:
    """Seconds of work that were left when the job was last heard of; ``None`` where nothing is known."""
    return _seconds(job.progress.get("left"))


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


def _others(job: EnrichmentJob) -> list[tuple[datetime | None, float]]:
    """The other active jobs, whose turn is first before the rest: since when each waits, and its seconds of work.

    ``None``: it is worked on. Where nothing is known of the work, it is a turn.
    """
    rows = EnrichmentJob.objects.active().exclude(pk=job.pk).annotate(left=KT("progress__left"))
    ordered = rows.order_by(F("started_at").asc(nulls_last=True), "queued_at", "id")
    found = ordered.values_list("started_at", "queued_at", "left")[:_MOST_LOOKED_AT]
    turn = float(settings.SCITEX_TURN_SECONDS)
    lefts = ((None if started else queued, _seconds(left)) for started, queued, left in found)
    return [(waits, turn if left is None else left) for waits, left in lefts]


def _seconds(value: object) -> float | None:
    """A number out of the row's JSON, as the database gives it."""
    try:
        return max(float(value), 0.0) if isinstance(value, int | float | str) else None
    except ValueError:
        return None
