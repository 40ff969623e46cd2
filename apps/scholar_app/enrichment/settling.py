"""From an entry's answers to its outcome: what is added, and the words that say why."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from .candidates import candidates_of, rivals_of
from .document import EntryChange, Value
from .explaining import disputed, kept, remarks, unproved, why_ambiguous, why_conflict, why_identified, why_not_found
from .lending import Lender
from .merging import Addition, Merge, Wishes, merge
from .report import Candidate, EntryReport, Outcome
from .subject import Subject
from .tex.escaping import clean


@dataclass(frozen=True, slots=True)
class Settled:
    """An entry's report, and the change to make in the file, if any."""

    report: EntryReport
    change: EntryChange | None = None
    lenders: tuple[Lender, ...] = ()


def settle(subject: Subject, *, today: date, wishes: Wishes, sources: Sequence[str]) -> Settled:
    """The one outcome of an entry that was looked up; ``sources`` are the names of those that were asked."""
    conflict = why_conflict(subject)
    if conflict:
        return Settled(_report(subject, "conflict", conflict, candidates=tuple(rivals_of(subject))))
    if subject.is_identified and subject.lenders:
        return _identified(subject, today=today, wishes=wishes)
    candidates = tuple(candidates_of(subject))
    if candidates:
        return Settled(_report(subject, "ambiguous", why_ambiguous(subject), candidates=candidates))
    return Settled(_report(subject, "not_found", why_not_found(subject, sources)))


def skipped(*, key: str, line: int, entry_type: str, reason: str) -> EntryReport:
    """What is said of a block that was left alone."""
    return EntryReport(key, line, entry_type, "skipped", reason)


def _report(subject: Subject, outcome: Outcome, reason: str, *, candidates: tuple[Candidate, ...] = ()) -> EntryReport:
    entry = subject.entry
    return EntryReport(entry.key, entry.line, entry.type, outcome, clean(reason), candidates=candidates)


def _identified(subject: Subject, *, today: date, wishes: Wishes) -> Settled:
    lenders = subject.lenders
    merged = _written(
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
    return Settled(report, _change(merged), lenders)


def _written(merged: Merge) -> Merge:
    """The same, with each value exactly as it will stand in the file."""
    return replace(
        merged,
        added=tuple(map(_as_written, merged.added)),
        refreshed=tuple(map(_as_written, merged.refreshed)),
        replaced=tuple(map(_as_written, merged.replaced)),
    )


def _as_written(addition: Addition) -> Addition:
    value = str(_value(addition))
    return addition if value == addition.value else replace(addition, value=value)


def _value(addition: Addition) -> Value:
    return Value.macro(addition.value) if addition.bare else Value.text(addition.value)


def _change(merged: Merge) -> EntryChange | None:
    add = tuple((addition.field, _value(addition)) for addition in merged.added)
    new = tuple((addition.field, _value(addition)) for addition in (*merged.refreshed, *merged.replaced))
    return EntryChange(add=add, replace=new) if add or new else None


def _doi(subject: Subject) -> str | None:
    """The DOI of the version that the entry cites."""
    of_records = (lender.record.doi for lender in subject.lenders if lender.whole and lender.record.doi)
    own = (value for scheme, value in sorted(subject.proved) if scheme == "doi")
    return next(of_records, None) or next(own, None)


def _score(subject: Subject) -> float | None:
    verified = [answer.verification.value for answer in subject.answers if answer.agrees]
    if verified:
        return round(max(verified), 4)
    best = subject.judgement.best if subject.judgement else None
    return round(best.value, 4) if best else None
