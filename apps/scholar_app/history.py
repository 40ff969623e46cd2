"""What happened lately, for the operators' pictures: outcomes by the hour and by the day, reasons, clean-up runs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count

from .models import CleanupRun, EnrichmentJob, Status
from .tallies import BEYOND, BOUNDS

ENDS: Final = (Status.COMPLETED, Status.FAILED, Status.CANCELLED)
_MOST_REASONS: Final = 8


@dataclass(frozen=True, slots=True)
class Slice:
    """A stretch of time, and how many jobs ended in it, by state in the order of :data:`ENDS`."""

    begin: datetime
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        """All that ended."""
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class Class:
    """One class of a distribution: up to ``bound`` seconds (``None``: beyond them all)."""

    bound: float | None
    count: int


def ended(*, until: datetime, each: timedelta, slices: int) -> list[Slice]:
    """How the jobs ended in each of the last ``slices`` stretches, oldest first; read from the index alone."""
    begins = [until - each * number for number in range(slices, 0, -1)]
    return [Slice(begin, _counts(begin, begin + each)) for begin in begins]


def reasons(*, since: datetime) -> list[tuple[str, int]]:
    """Why jobs failed, most frequent first."""
    failed = EnrichmentJob.objects.filter(finished_at__gte=since, status=Status.FAILED).order_by()
    counted = failed.values("error_code").annotate(count=Count("*")).order_by("-count", "error_code")
    return list(counted.values_list("error_code", "count")[:_MOST_REASONS])


def cleanups(*, since: datetime, most: int) -> list[CleanupRun]:
    """The clean-up's runs, newest first."""
    return list(CleanupRun.objects.filter(started_at__gte=since).order_by("-started_at")[:most])


def distribution(told: dict[str, float]) -> list[Class]:
    """The classes of a distribution of the tallies, from the shortest to the longest that has any."""
    return _without_empty_end(list(_classes(told)))


def _classes(told: dict[str, float]) -> Iterator[Class]:
    for bound in BOUNDS:
        yield Class(bound, int(told.get(f"{bound:g}", 0)))
    yield Class(None, int(told.get(BEYOND, 0)))


def _without_empty_end(classes: Sequence[Class]) -> list[Class]:
    last = max((number for number, each in enumerate(classes) if each.count), default=-1)
    return list(classes[: last + 1])


def _counts(begin: datetime, end: datetime) -> tuple[int, ...]:
    rows = EnrichmentJob.objects.filter(finished_at__gte=begin, finished_at__lt=end).order_by()
    counts = dict(rows.values("status").annotate(count=Count("*")).values_list("status", "count"))
    return tuple(counts.get(status, 0) for status in ENDS)
