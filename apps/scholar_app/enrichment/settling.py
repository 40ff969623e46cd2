"""From an entry's answers to its outcome: what is added, and the words that say why."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from .candidates import rivals_of, shown_names
from .document import EntryChange
from .explaining import disputed, kept, remarks, unproved, why_ambiguous, why_conflict, why_identified, why_not_found
from .lending import Lender
from .merging import Wishes, merge
from .offering import offered
from .report import Candidate, EntryReport, Outcome
from .sources.base import Source
from .subject import Subject
from .tex.escaping import clean
from .written import as_written, change_of

#: Characters of an entry's own title that the report repeats, for its reader to know it by.
_LONGEST_TITLE: Final = 300


@dataclass(frozen=True, slots=True)
class Settled:
    """An entry's report, and the change to make in the file, if any."""

    report: EntryReport
    change: EntryChange | None = None
    lenders: tuple[Lender, ...] = ()


def settle(subject: Subject, *, today: date, wishes: Wishes, sources: Sequence[Source]) -> Settled:
    """The one outcome of an entry that was looked up; ``sources`` are those that did not stay away."""
    conflict = why_conflict(subject)
    if conflict:
        return Settled(_report(subject, "conflict", conflict, candidates=tuple(rivals_of(subject))))
    if subject.lenders:
        return _identified(subject, today=today, wishes=wishes)
    candidates = tuple(offered(subject, today=today, wishes=wishes))
    if candidates:
        return Settled(_report(subject, "ambiguous", why_ambiguous(subject), candidates=candidates))
    return Settled(_report(subject, "not_found", why_not_found(subject, sources)))


def skipped(*, key: str, line: int, entry_type: str, reason: str) -> EntryReport:
    """What is said of a block that was left alone."""
    return EntryReport(key, line, entry_type, "skipped", reason)


def _report(subject: Subject, outcome: Outcome, reason: str, *, candidates: tuple[Candidate, ...] = ()) -> EntryReport:
    entry, reference = subject.entry, subject.reference
    return EntryReport(
        entry.key,
        entry.line,
        entry.type,
        outcome,
        clean(reason),
        candidates=candidates,
        title=clean(reference.title)[:_LONGEST_TITLE],
        authors=tuple(shown_names(reference.authors)),
        year=reference.year,
    )


def _identified(subject: Subject, *, today: date, wishes: Wishes) -> Settled:
    lenders = subject.lenders
    merged = as_written(
        merge(subject.entry, subject.reference, lenders, today=today, wishes=wishes, holdings=subject.holdings)
    )
    is_enriched = bool(merged.added or merged.replaced)
    report = replace(
        _report(subject, "enriched" if is_enriched else "complete", why_identified(subject, merged)),
        doi=_doi(subject),
        score=_score(subject),
        added=merged.added,
        refreshed=merged.refreshed,
        replaced=merged.replaced,
        warnings=(*remarks(subject), *unproved(subject), *kept(merged), *disputed(merged)),
    )
    return Settled(report, change_of(merged), lenders)


def _doi(subject: Subject) -> str | None:
    """The DOI of the version that the entry cites."""
    of_records = (lender.record.doi for lender in subject.lenders if lender.whole and lender.record.doi)
    own = (value for scheme, value in sorted(subject.proved) if scheme == "doi")
    return next(of_records, None) or next(own, None)


def _score(subject: Subject) -> float:
    """How well the best agrees that was asked for by an identifier, or else what was found by its title."""
    verified = [answer.verification.value for answer in subject.answers if answer.agrees]
    best = subject.judgement.best if subject.judgement else None
    return round(max(verified or ([best.value] if best else [])), 4)
