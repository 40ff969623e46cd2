"""What came of a run, for programs (JSON), for spreadsheets (CSV) and for the pages that show it."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from .fields import ADDABLE
from .merging import Addition
from .record import SourceTally

Outcome = Literal["enriched", "complete", "not_found", "ambiguous", "conflict", "skipped"]
OUTCOMES: Final[tuple[Outcome, ...]] = ("enriched", "complete", "not_found", "ambiguous", "conflict", "skipped")
#: The columns of the CSV, in order.
COLUMNS: Final = ("key", "line", "type", "outcome", "doi", "score", "added", "warnings", "candidates", "reason")

#: A spreadsheet takes a cell that begins like this for a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_LONGEST_CELL: Final = 300


@dataclass(frozen=True, slots=True)
class Candidate:
    """A work that may be meant, for a person to choose; texts are plain Unicode.

    ``added``, ``refreshed`` and ``replaced`` are what an ambiguous entry gets if this is chosen, and ``warnings`` what
    is to be said of it then.
    """

    doi: str
    title: str
    authors: tuple[str, ...]
    year: int | None
    container: str
    score: float
    reasons: tuple[str, ...]
    source: str
    url: str = ""
    added: tuple[Addition, ...] = ()
    refreshed: tuple[Addition, ...] = ()
    replaced: tuple[Addition, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EntryReport:
    """What came of one entry; ``reason`` says why, for its reader. ``doi`` and ``score`` (0 to 1) of the work it is.

    ``title``, ``authors`` and ``year`` are its own, in plain Unicode, for its reader to know it by.
    """

    key: str
    line: int
    type: str
    outcome: Outcome
    reason: str
    doi: str | None = None
    score: float | None = None
    added: tuple[Addition, ...] = ()
    refreshed: tuple[Addition, ...] = ()
    replaced: tuple[Addition, ...] = ()
    warnings: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    title: str = ""
    authors: tuple[str, ...] = ()
    year: int | None = None

    def to_json(self) -> dict[str, Any]:
        """The entry as an object of the report."""
        return {
            "key": self.key,
            "line": self.line,
            "type": self.type,
            "outcome": self.outcome,
            "doi": self.doi,
            "score": self.score,
            "added": _by_field(self.added),
            "refreshed": _by_field(self.refreshed),
            "replaced": _by_field(self.replaced),
            "warnings": list(self.warnings),
            "candidates": [_candidate(candidate) for candidate in self.candidates],
            "reason": self.reason,
            "title": self.title,
            "authors": list(self.authors),
            "year": self.year,
        }


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What asking one source came to; ``away`` says why it stayed away, ``not_asked`` names the entries it missed."""

    tally: SourceTally
    away: str = ""
    not_asked: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The source as an object of the report."""
        tally = self.tally
        return {
            "asked": tally.asked,
            "answered": tally.answered,
            "found": tally.found,
            "cached": tally.cached,
            "seconds": round(tally.seconds, 3),
            "away": self.away,
            "not_asked": list(self.not_asked),
        }


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """The file: its form, and how large it was and became, in bytes."""

    encoding: str
    newline: str
    bytes: int
    enriched_bytes: int
    entries: int
    damaged: int

    def to_json(self) -> dict[str, Any]:
        """The document as an object of the report."""
        return {
            "encoding": self.encoding,
            "newline": {"\n": "LF", "\r\n": "CRLF", "\r": "CR"}[self.newline],
            "bytes": self.bytes,
            "enriched_bytes": self.enriched_bytes,
            "entries": self.entries,
            "damaged": self.damaged,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """The whole. ``fields_before`` and ``fields_after`` count the entries that have each addable field."""

    entries: tuple[EntryReport, ...]
    sources: Mapping[str, SourceReport]
    document: DocumentFacts
    fields_before: Mapping[str, int] = field(default_factory=dict)
    fields_after: Mapping[str, int] = field(default_factory=dict)

    @property
    def outcomes(self) -> dict[str, int]:
        """How many entries had each outcome; all six are there."""
        counted = Counter(entry.outcome for entry in self.entries)
        return {outcome: counted[outcome] for outcome in OUTCOMES}

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        fields = {
            name: {"before": self.fields_before.get(name, 0), "after": self.fields_after.get(name, 0)}
            for name in ADDABLE
        }
        return {
            "entries": [entry.to_json() for entry in self.entries],
            "totals": {"entries": len(self.entries), **self.outcomes, "fields": fields},
            "sources": {name: source.to_json() for name, source in self.sources.items()},
            "document": self.document.to_json(),
        }

    def to_csv(self) -> str:
        """One line per entry; no cell can be taken for a formula."""
        return report_csv(self.to_json())


def report_csv(report: Mapping[str, Any]) -> str:
    """The CSV of a report that was kept as JSON."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for entry in report["entries"]:
        writer.writerow([_cell(_CELLS[column](entry)) for column in COLUMNS])
    return text.getvalue()


def _by_field(additions: Sequence[Addition]) -> dict[str, dict[str, str]]:
    return {addition.field: _addition(addition) for addition in additions}


def _addition(addition: Addition) -> dict[str, str]:
    said = {
        "value": addition.value,
        "source": addition.source,
        "retrieved": addition.retrieved.isoformat(),
    }
    return said if addition.was is None else {**said, "was": addition.was}


def _candidate(candidate: Candidate) -> dict[str, Any]:
    return {
        "doi": candidate.doi,
        "title": candidate.title,
        "authors": list(candidate.authors),
        "year": candidate.year,
        "container": candidate.container,
        "score": candidate.score,
        "reasons": list(candidate.reasons),
        "source": candidate.source,
        "url": candidate.url,
        "added": _by_field(candidate.added),
        "refreshed": _by_field(candidate.refreshed),
        "replaced": _by_field(candidate.replaced),
        "warnings": list(candidate.warnings),
    }


def _cell(text: str) -> str:
    """Without control characters, and never a formula."""
    text = "".join(char if char.isprintable() else " " for char in text)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) or text.startswith(_FORMULA) else text


def _added(entry: Mapping[str, Any]) -> str:
    changed = {**entry["added"], **entry.get("refreshed", {}), **entry.get("replaced", {})}
    return "; ".join(
        f"{name}={_short(addition['value'])} ({addition['source']}, {addition['retrieved']})"
        for name, addition in changed.items()
    )


def _candidates(entry: Mapping[str, Any]) -> str:
    return "; ".join(
        f"{candidate['doi'] or candidate['url'] or candidate['source']}: {_short(candidate['title'])}"
        f" ({candidate['year'] or 'no year'}, score {candidate['score']})"
        for candidate in entry["candidates"]
    )


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_CELL else f"{text[:_LONGEST_CELL]}..."


def _plain(name: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda entry: "" if entry[name] is None else str(entry[name])


_CELLS: Final = {
    **{name: _plain(name) for name in ("key", "line", "type", "outcome", "doi", "score", "reason")},
    "added": _added,
    "warnings": lambda entry: "; ".join(entry["warnings"]),
    "candidates": _candidates,
}
