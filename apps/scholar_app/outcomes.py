"""A job's outcome as people see it: the bar of outcomes, the coverage of each field, the entries page by page."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from .models import EnrichmentJob, Status
from .review.shelf import Shelf

#: In the order of the bar: what is settled first, what wants a look after it, what was left alone last.
OUTCOMES: Final[Mapping[str, Promise]] = {
    "enriched": gettext_lazy("Enriched"),
    "complete": gettext_lazy("Complete"),
    "ambiguous": gettext_lazy("Ambiguous"),
    "conflict": gettext_lazy("In conflict"),
    "not_found": gettext_lazy("Not found"),
    "skipped": gettext_lazy("Skipped"),
}
MEANINGS: Final[Mapping[str, Promise]] = {
    "enriched": gettext_lazy("identified, and something missing was added"),
    "complete": gettext_lazy("identified, and nothing was missing"),
    "ambiguous": gettext_lazy("several works fit, or none fits well enough: nothing was added"),
    "conflict": gettext_lazy("its identifier belongs to a work that contradicts it: nothing was added"),
    "not_found": gettext_lazy("no index that was asked knows it, which does not mean that it does not exist"),
    "skipped": gettext_lazy("not a reference, or damaged: left as it is"),
}
STATES: Final[Mapping[str, Promise]] = {
    Status.PENDING: gettext_lazy("Waiting"),
    Status.PROCESSING: gettext_lazy("Being looked up"),
    Status.COMPLETED: gettext_lazy("Completed"),
    Status.FAILED: gettext_lazy("Failed"),
    Status.CANCELLED: gettext_lazy("Cancelled"),
}
#: The kinds of warnings that entries can be chosen by.
WARNINGS: Final[Mapping[str, Promise]] = {
    "retracted": gettext_lazy("Retracted"),
    "concern": gettext_lazy("Concern expressed"),
    "corrected": gettext_lazy("Corrected"),
    "published": gettext_lazy("Published version known"),
    "duplicate": gettext_lazy("Duplicate"),
    "other": gettext_lazy("Other warnings"),
}
#: Fields that only say when and where another one was found.
_BOOKKEEPING: Final = frozenset({"citation_count_date", "citation_count_source"})
#: The bar's whole width, in the units of its drawing.
WIDTH: Final = 1000


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a bar, from ``x`` on, ``width`` wide, in the units of the drawing."""

    name: str
    label: Promise
    meaning: Promise
    count: int
    x: float
    width: float


def segments(job: EnrichmentJob) -> list[Segment]:
    """One segment per outcome, the empty ones too. They fill the bar when every entry has its outcome."""
    pieces: list[Segment] = []
    x = 0.0
    for name, label in OUTCOMES.items():
        count = getattr(job, name)
        width = round(WIDTH * count / max(job.entries_total, 1), 2)
        pieces.append(Segment(name, label, MEANINGS[name], count, round(x, 2), width))
        x += width
    return pieces


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many entries have ``field``, before and after; widths in the units of the drawing."""

    field: str
    before: int
    after: int
    width_before: float
    width_after: float


def coverage(totals: Mapping[str, Any], *, also: Collection[str] = ()) -> list[Coverage]:
    """The fields that gained something, and these ``also``; those that gained most first."""
    entries = max(int(totals.get("entries", 0)), 1)
    rows = [
        Coverage(field, before, after, round(WIDTH * before / entries, 2), round(WIDTH * after / entries, 2))
        for field, before, after in _before_and_after(totals)
        if after > before or field in also
    ]
    return sorted(rows, key=lambda row: (row.before - row.after, row.field))


def _before_and_after(totals: Mapping[str, Any]) -> Iterator[tuple[str, int, int]]:
    for field, counts in totals.get("fields", {}).items():
        if field not in _BOOKKEEPING:
            yield field, int(counts["before"]), int(counts["after"])


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to look at the entries."""

    name: str
    label: Promise
    count: int

    @property
    def is_outcome(self) -> bool:
        """Whether it has a colour."""
        return self.name in OUTCOMES


def fits(shelf: Shelf, number: int, show: str) -> bool:
    """Whether an entry belongs to one :class:`Choice`; all do for a name that nobody knows."""
    if show == "look":
        return shelf.wants_a_look(number)
    if show == "decided":
        return shelf.is_decided(number)
    if show in WARNINGS:
        return show in shelf.rows[number].kinds.split()
    return show not in OUTCOMES or shelf.outcomes[number] == show


def choices(shelf: Shelf) -> list[Choice]:
    """Every way to look at the entries that shows at least one."""
    counted: Counter[str] = Counter(shelf.outcomes)
    counted.update(kind for row in shelf.rows for kind in row.kinds.split())
    counted[""] = len(shelf.rows)
    counted["look"] = shelf.worth_a_look
    counted["decided"] = len(shelf.decisions.entries)
    return [Choice(name, label, counted[name]) for name, label in _CHOICES.items() if counted[name]]


_CHOICES: Final[Mapping[str, Promise]] = {
    "": gettext_lazy("All"),
    "look": gettext_lazy("Worth a look"),
    **OUTCOMES,
    **WARNINGS,
    "decided": gettext_lazy("Decided by you"),
}
