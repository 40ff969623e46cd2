"""``/metrics`` for Prometheus: read from the database at each scrape, so every web process answers the same.

Names, labels and meanings are listed in ``docs/operations.md``.
"""

import hmac
import ipaddress
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Final

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from . import vitals
from .enrichment.errors import SourceError
from .enrichment.sources.shared import LimitsError
from .enrichment.sources.states import SourceState
from .models import Status
from .tallies import BEYOND, BOUNDS, SEPARATOR, SUM, tallies
from .wiring import source_states

logger = logging.getLogger("scholar.metrics")
_PREFIX: Final = "scholar_"
#: A proxy on the same machine comes from loopback as well, but says for whom.
_FORWARDED: Final = ("X-Forwarded-For", "Forwarded", "X-Real-Ip")
#: Counted for good: name in the tallies, and so in Prometheus; the labels of its parts; what it means.
_COUNTERS: Final[Mapping[str, tuple[tuple[str, ...], str]]] = {
    "jobs_submitted": ((), "Jobs that were taken in."),
    "jobs_ended": (("status", "reason"), "Jobs that ended, by how and why."),
    "jobs_requeued": (("reason",), "Jobs that went back into the queue: handed back, or taken from a silent worker."),
    "jobs_deleted": (("reason",), "Jobs that were deleted: by age, by owners, with accounts, or by operators."),
    "uploads_refused": (("reason",), "Uploads that were refused, by the code that the uploader was told."),
    "source_questions": (("source",), "Questions for a source, by the jobs; those that memory answered included."),
    "source_remembered": (("source",), "Questions that the memory of look-ups answered."),
    "source_answers": (("source",), "Questions that were answered."),
    "source_found": (("source",), "Questions that were answered with a record."),
    "source_seconds": (("source",), "Seconds that jobs waited for a source."),
}
_DISTRIBUTIONS: Final[Mapping[str, str]] = {
    "job_duration": "From upload to result, of completed jobs, in seconds.",
    "job_wait": "The last wait in the queue, of completed jobs, in seconds.",
}


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures in Prometheus' text format; 401 without the token, 403 from elsewhere where no token is set."""
    if (refusal := refused(request)) is not None:
        return refusal
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Figures())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def refused(request: HttpRequest) -> HttpResponse | None:
    """With ``SCITEX_METRICS_TOKEN`` whoever bears it may look; without one only this machine, without a proxy."""
    if settings.SCITEX_METRICS_TOKEN:
        expected = f"Bearer {settings.SCITEX_METRICS_TOKEN}".encode()
        if hmac.compare_digest(request.headers.get("Authorization", "").encode(), expected):
            return None
        headers = {"WWW-Authenticate": "Bearer"}
        return _plain("Send the token of SCITEX_METRICS_TOKEN.\n", HTTPStatus.UNAUTHORIZED, headers)
    if _is_of_this_machine(request):
        return None
    return _plain("Set SCITEX_METRICS_TOKEN to read this from elsewhere.\n", HTTPStatus.FORBIDDEN, {})


class Figures(Collector):
    """All metrics, read anew at each scrape. What cannot be read is left out, and ``scholar_figures_up`` says so."""

    def collect(self) -> Iterator[Metric]:
        """The families, part by part."""
        parts: Mapping[str, Callable[[], list[Metric]]] = {
            "jobs": _jobs, "tallies": _tallies, "workers": _workers, "cleanup": _cleanup, "sources": _sources,
            "disk": _disk,
        }  # fmt: skip
        up = GaugeMetricFamily(f"{_PREFIX}figures_up", "1: this part of the figures could be read.", labels=["part"])
        for part, read in parts.items():
            families = _read(part, read)
            up.add_metric([part], float(families is not None))
            yield from families or ()
        yield up


def _read(part: str, read: Callable[[], list[Metric]]) -> list[Metric] | None:
    try:
        return read()
    except (DatabaseError, LimitsError, SourceError, OSError) as error:
        logger.error("figures=%s cannot be read: %s", part, type(error).__name__)
        return None


def _jobs() -> list[Metric]:
    queue = vitals.queue()
    stretches = {Status.PENDING: queue.pending, Status.PROCESSING: queue.processing}
    return [
        # Those that ended are counted for good, in the tallies: to count a million rows takes half a second.
        _gauge(
            "jobs", "Active jobs, by state.", {status: stretch.jobs for status, stretch in stretches.items()}, "status"
        ),
        _gauge(
            "jobs_stale",
            "Jobs beyond the limit of their state, which the next clean-up fails.",
            {status: stretch.stale for status, stretch in stretches.items()},
            "status",
        ),
        _gauge("oldest_pending_seconds", "For how long the first in the queue waits.", {"": queue.pending.longest}),
        _gauge("longest_processing_seconds", "The longest present stretch of work.", {"": queue.processing.longest}),
    ]


def _tallies() -> list[Metric]:
    told = tallies()
    counters = [_counter(name, told.get(name, {}), *rest) for name, rest in _COUNTERS.items()]
    return [*counters, *(_histogram(name, told.get(name, {}), text) for name, text in _DISTRIBUTIONS.items())]


def _workers() -> list[Metric]:
    there = vitals.workers()
    return [
        _gauge("workers", "Workers seen within the time of a lease.", {"": there.workers}),
        _gauge("worker_slots", "Jobs that these workers take at once.", {"": there.slots}),
    ]


def _cleanup() -> list[Metric]:
    last = vitals.last_cleanup()
    when = {"": last.run.started_at.timestamp()} if last else {}
    lasted = {"": last.run.seconds} if last else {}
    left = {"": last.run.undeleted_files} if last else {}
    return [
        _gauge("cleanup_last_run_timestamp_seconds", "When the clean-up was last carried through.", when),
        _gauge("cleanup_last_run_seconds", "How long that run took.", lasted),
        _gauge("cleanup_undeleted_files", "Files that refused to be deleted in that run.", left),
    ]


def _sources() -> list[Metric]:
    states = source_states()
    now = time.time()

    def told(of: Callable[[SourceState], float | None]) -> dict[str, float]:
        values = {state.name: of(state) for state in states}
        return {name: value for name, value in values.items() if value is not None}

    return [
        _gauge("source_up", "0: the source does not answer.", told(lambda s: float(s.away_since is None)), "source"),
        _gauge(
            "source_away_seconds",
            "For how long a source has not answered.",
            told(lambda s: now - s.away_since if s.away_since else 0.0),
            "source",
        ),
        _gauge(
            "source_closed_seconds",
            "For how long nobody will ask a source: its circuit is open, or its budget is used up.",
            told(lambda s: max(s.closed_until - now, 0.0) if s.closed_until else 0.0),
            "source",
        ),
        _gauge("source_failures", "Failures since the last answer.", told(lambda s: s.failures), "source"),
        _gauge("source_calls_last_minute", "Calls in the last minute.", told(lambda s: s.calls_last_minute), "source"),
        _gauge("source_calls_last_day", "Calls in the last day.", told(lambda s: s.calls_last_day), "source"),
        _limits(states),
        _gauge(
            "source_budget_dollars",
            "The money of the day that a source may cost.",
            told(lambda s: s.money.budget if s.money else None),
            "source",
        ),
        _gauge(
            "source_budget_left_dollars",
            "What is left of it.",
            told(lambda s: s.money.left if s.money else None),
            "source",
        ),
    ]


def _limits(states: Iterable[SourceState]) -> Metric:
    text = "Calls a second that we allow ourselves, by what they count."
    family = GaugeMetricFamily(f"{_PREFIX}source_limit_calls_per_second", text, labels=["source", "calls"])
    for state in states:
        for name, rate in state.limits.items():
            family.add_metric([state.name, name], rate.calls / rate.seconds)
    return family


def _disk() -> list[Metric]:
    space = vitals.disk()
    return [
        _gauge("disk_size_bytes", "The file system that the data directory is on.", {"": space.total}),
        _gauge("disk_free_bytes", "What is free of it.", {"": space.free}),
    ]


def _gauge(name: str, text: str, values: Mapping[str, float], label: str = "") -> Metric:
    family = GaugeMetricFamily(_PREFIX + name, text, labels=[label] if label else [])
    for key, value in values.items():
        family.add_metric([key] if label else [], value)
    return family


def _counter(name: str, values: Mapping[str, float], labels: tuple[str, ...], text: str) -> Metric:
    family = CounterMetricFamily(_PREFIX + name, text, labels=labels)
    for label, value in values.items() if labels else {"": values.get("", 0.0)}.items():
        family.add_metric(label.split(SEPARATOR) if labels else [], value)
    return family


def _histogram(name: str, values: Mapping[str, float], text: str) -> Metric:
    buckets, so_far = [], 0.0
    for bound in [*(f"{bound:g}" for bound in BOUNDS), BEYOND]:
        so_far += values.get(bound, 0.0)
        buckets.append((bound, so_far))
    family = HistogramMetricFamily(f"{_PREFIX}{name}_seconds", text)
    family.add_metric([], buckets=buckets, sum_value=values.get(SUM, 0.0))
    return family


def _is_of_this_machine(request: HttpRequest) -> bool:
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return address.is_loopback and not any(header in request.headers for header in _FORWARDED)


def _plain(text: str, status: HTTPStatus, headers: Mapping[str, str]) -> HttpResponse:
    return HttpResponse(text, status=status, headers=dict(headers), content_type="text/plain; charset=utf-8")
