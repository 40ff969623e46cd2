"""The operators' status page: how the service is doing, in pictures, each with its numbers behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from . import charts, history, vitals
from .enrichment.errors import SourceError
from .enrichment.sources.states import SourceState
from .models import pending_limit
from .pages import private
from .tallies import tallies
from .templatetags.scholar import duration
from .wiring import source_states

_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)
_DAYS: Final = 14
_RUNS_SHOWN: Final = 12
#: Prometheus' alerts and this page call the same things bad (deployment/prometheus/alerts.yml).
_LONG_WAIT: Final = 0.6
_DISK_NEARLY_FULL: Final = 0.1
_MANY_WAIT: Final = 20


@dataclass(frozen=True, slots=True)
class Tile:
    """One number at a glance, and whether somebody should do something."""

    name: str
    value: str
    is_bad: bool
    meaning: str


@dataclass(frozen=True, slots=True)
class SourceRow:
    """An index, with what it was asked of what it may be asked in a minute, and what it cost."""

    state: SourceState
    away_for: str
    closed_for: str
    a_minute: int
    calls_width: float
    money_width: float


@require_safe
@private
def status(request: HttpRequest) -> HttpResponse:
    """The page; for staff, as all of the admin."""
    now = timezone.now()
    told = tallies()
    sources, trouble = _sources(now)
    context = admin.site.each_context(request) | {
        "title": _("Status"),
        "tiles": tiles(now),
        "outcomes": [
            (_("The last 24 hours, by the hour"), _outcomes(now, _HOUR, 24)),
            (_("The last 14 days, by the day"), _outcomes(now, _DAY, _DAYS)),
        ],
        "times": [
            (_("From upload to result"), _distribution(told.get("job_duration", {}))),
            (_("The last wait in the queue"), _distribution(told.get("job_wait", {}))),
        ],
        "reasons": history.reasons(since=now - _DAY),
        "sources": sources,
        "trouble": trouble,
        "cleanups": _cleanups(now),
        "runs": history.cleanups(since=now - _DAY, most=_RUNS_SHOWN),
        "disk": vitals.disk(),
        "disk_width": _width(vitals.disk().used, vitals.disk().total),
        "now": now,
    }
    return render(request, "scholar/operators/status.html", context)


def tiles(now: datetime) -> list[Tile]:
    """The numbers of this moment."""
    queue, workers, disk, last = vitals.queue(), vitals.workers(), vitals.disk(), vitals.last_cleanup()
    limit = pending_limit().total_seconds()
    expected = timedelta(minutes=settings.SCITEX_CLEANUP_EXPECTED_MINUTES)
    late = bool(expected) and (last is None or now - last.run.started_at > expected)
    waited = duration(queue.pending.longest) if queue.pending.jobs else "–"
    return [
        Tile(_("Waiting"), str(queue.pending.jobs), queue.pending.jobs > _MANY_WAIT, _("jobs in the queue")),
        Tile(
            _("Oldest waits for"),
            waited,
            queue.pending.longest > _LONG_WAIT * limit,
            _("of the %(limit)s that it may") % {"limit": duration(limit)},
        ),
        Tile(
            _("Being worked on"),
            f"{queue.processing.jobs} / {workers.slots}",
            queue.processing.stale > 0,
            _("jobs, of those that the workers take at once"),
        ),
        Tile(
            _("Workers"),
            str(workers.workers),
            workers.workers < settings.SCITEX_WORKERS_EXPECTED,
            _("seen within a lease; %(number)d expected") % {"number": settings.SCITEX_WORKERS_EXPECTED},
        ),
        Tile(_("Last clean-up"), duration(last.age) if last else _("never"), late, _("ago, carried through")),
        Tile(
            _("Disk free"),
            f"{100 * disk.free // disk.total} %",
            disk.free < _DISK_NEARLY_FULL * disk.total,
            _("of the data directory's"),
        ),
    ]


def _outcomes(now: datetime, each: timedelta, slices: int) -> charts.Chart:
    form = "%H:%M" if each < _DAY else "%d %b"
    found = history.ended(until=_whole(now, each) + each, each=each, slices=slices)
    return charts.columns(history.ENDS, [(part.begin.strftime(form), part.counts) for part in found])


def _distribution(told: dict[str, float]) -> charts.Chart:
    found = history.distribution(told)
    rows = [(f"≤ {duration(part.bound)}" if part.bound else _("longer"), (part.count,)) for part in found]
    return charts.columns(("jobs",), rows)


def _cleanups(now: datetime) -> charts.Chart:
    """Runs by the hour: an empty column is an hour without any."""
    begin = _whole(now, _HOUR) + _HOUR - _DAY
    counts = [0] * 24
    for run in history.cleanups(since=begin, most=3_000):
        counts[min(int((run.started_at - begin) / _HOUR), 23)] += 1
    rows: Sequence[tuple[str, Sequence[int]]] = [
        ((begin + number * _HOUR).strftime("%H:%M"), (count,)) for number, count in enumerate(counts)
    ]
    return charts.columns(("runs",), rows)


def _sources(now: datetime) -> tuple[list[SourceRow], str]:
    """The indexes, or why nothing can be said of them."""
    try:
        return [_source_row(state, now.timestamp()) for state in source_states()], ""
    except SourceError as error:
        return [], str(error)


def _source_row(state: SourceState, now: float) -> SourceRow:
    a_minute = round(sum(60 * rate.calls / rate.seconds for rate in state.limits.values()))
    money: Any = state.money
    return SourceRow(
        state,
        away_for=duration(now - state.away_since) if state.away_since else "",
        closed_for=duration(state.closed_until - now) if state.closed_until and state.closed_until > now else "",
        a_minute=a_minute,
        calls_width=_width(state.calls_last_minute, a_minute),
        money_width=_width(money.spent, money.budget) if money else 0.0,
    )


def _width(part: float, whole: float) -> float:
    return round(charts.WIDTH * min(part / whole, 1.0), 2) if whole else 0.0


def _whole(moment: datetime, each: timedelta) -> datetime:
    """The beginning of the hour or day that this is in, UTC."""
    begin = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return begin.replace(hour=0) if each >= _DAY else begin
