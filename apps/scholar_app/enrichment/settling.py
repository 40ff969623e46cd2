"""From an entry's answers to its outcome: what is added, and the words that say why."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from .document import EntryChange, Value
from .escaping import clean
from .lending import Lender
from .merging import Addition, Merge, Wishes, merge
from .record import Identifier, Record
from .report import Candidate, EntryReport, Outcome
from .subject import Answer, Subject
from .text import plain_text

_SCHEMES: Final = {"doi": "DOI", "arxiv": "arXiv identifier", "pmid": "PubMed number", "pmcid": "PubMed Central number",
                   "isbn": "ISBN", "s2": "Semantic Scholar number"}  # fmt: skip
_MAX_AUTHORS: Final = 10
_MAX_CANDIDATES: Final = 5


@dataclass(frozen=True, slots=True)
class Settled:
    """An entry's report, and the change to make in the file, if any."""

    report: EntryReport
    change: EntryChange | None = None
    lenders: tuple[Lender, ...] = ()


def settle(subject: Subject, *, today: date, wishes: Wishes, sources: Sequence[str]) -> Settled:
    """The one outcome of an entry that was looked up; ``sources`` are the names of those that were asked."""
    conflict = _conflict(subject)
    if conflict:
        return Settled(_report(subject, "conflict", conflict, candidates=tuple(_rivals(subject))))
    if subject.is_identified and subject.lenders:
        return _identified(subject, today=today, wishes=wishes)
    candidates = tuple(_candidates(subject))
    if candidates:
        return Settled(_report(subject, "ambiguous", _why_ambiguous(subject), candidates=candidates))
    return Settled(_report(subject, "not_found", _why_not_found(subject, sources)))


def skipped(*, key: str, line: int, entry_type: str, reason: str) -> EntryReport:
    """What is said of a block that was left alone."""
    return EntryReport(key, line, entry_type, "skipped", reason)


def _report(subject: Subject, outcome: Outcome, reason: str, *, candidates: tuple[Candidate, ...] = ()) -> EntryReport:
    entry = subject.entry
    return EntryReport(entry.key, entry.line, entry.type, outcome, reason, candidates=candidates)


def _conflict(subject: Subject) -> str:
    """What disagrees, or an empty string."""
    said = [_contradiction(answer) for answer in subject.contradicted[:2]]
    if not said and (pair := subject.disagreeing):
        said = [f"The entry names the {_named(pair[0])}, but the work it describes has the {_named(pair[1])}."]
    if said and subject.proved:
        said.append(f"It also names the {_named(*sorted(subject.proved))}, which agrees with it.")
    elif said and subject.contradicted and subject.accepted is not None:
        said.append(f"By title and authors it is {_place(subject.accepted)}.")
    return " ".join(said)


def _contradiction(answer: Answer) -> str:
    return f"The {_named(answer.asked)} belongs to another work: {'; '.join(answer.verification.contradictions)}."


def _identified(subject: Subject, *, today: date, wishes: Wishes) -> Settled:
    lenders = subject.lenders
    merged = _written(
        merge(subject.entry, subject.reference, lenders, today=today, wishes=wishes, holdings=subject.holdings)
    )
    is_enriched = bool(merged.added or merged.replaced)
    report = replace(
        _report(subject, "enriched" if is_enriched else "complete", _why_identified(subject, merged)),
        doi=_doi(subject),
        score=_score(subject),
        added=merged.added,
        refreshed=merged.refreshed,
        replaced=merged.replaced,
        warnings=(*_remarks(subject), *_unproved(subject), *_kept(merged)),
    )
    return Settled(report, _change(merged), lenders)


def _written(merged: Merge) -> Merge:
    """The same, with each value exactly as it will stand in the file; what would stand empty is left out."""
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


def _why_identified(subject: Subject, merged: Merge) -> str:
    if subject.proved:
        ordered = [identifier for identifier in subject.own if identifier in subject.proved]
        how = f"Identified by its {_named(*ordered[:3])}."
    else:
        how = _why_found(subject)
    if merged.added or merged.replaced:
        return how
    return f"{how} Nothing {'else ' if merged.kept else ''}was missing."


def _why_found(subject: Subject) -> str:
    best = subject.judgement.best if subject.judgement else None
    if best is None:
        return ""
    why = "; ".join(best.reasons)
    return f"Found in {best.record.source}: {why}." if why else f"Found in {best.record.source}."


def _why_ambiguous(subject: Subject) -> str:
    best = subject.judgement.best if subject.judgement else None
    doubt = f" ({best.doubt})" if best and best.doubt else ""
    works = "one of the works" if subject.judgement and len(subject.judgement.candidates) > 1 else "the work"
    return f"It may be {works} found, but not surely enough{doubt}: nothing was added."


def _why_not_found(subject: Subject, sources: Sequence[str]) -> str:
    asked = ", ".join(sources)
    unknown = [identifier for identifier in subject.own if subject.was_asked(identifier)]
    said = f"No source that was asked ({asked}) knows the {_named(*unknown[:3])}. " if unknown else ""
    if subject.judgement is None:
        return f"{said}Without a title it could not be searched for." if subject.query is None else said.strip()
    return f"{said}No source that was searched ({asked}) has a work with this title, these authors and this year."


def _remarks(subject: Subject) -> Iterator[str]:
    """Differences that do not contradict: ``year: 2010 against 2012``."""
    agreeing = [answer for answer in subject.answers if answer.agrees]
    for remark in dict.fromkeys(remark for answer in agreeing for remark in answer.verification.remarks):
        yield f"It differs from the record in the {remark}."


def _unproved(subject: Subject) -> Iterator[str]:
    """The entry's own identifiers that nobody knows, although the entry was identified otherwise."""
    for identifier in subject.own:
        if identifier not in subject.proved and subject.was_asked(identifier) and identifier.scheme != "isbn":
            yield f"No source that was asked knows the {_named(identifier)}."


def _kept(merged: Merge) -> Iterator[str]:
    for name in merged.kept:
        yield f"A value for {name} is known, but a placeholder stands in its place and stays."


def _named(*identifiers: Identifier) -> str:
    return " and the ".join(f"{_SCHEMES[scheme]} {value}" for scheme, value in identifiers)


def _place(record: Record) -> str:
    return record.doi or record.url or f"a work known to {record.source}"


def _candidates(subject: Subject) -> Iterator[Candidate]:
    """The works that a search found likely, best first."""
    for score in subject.judgement.candidates if subject.judgement else ():
        yield _candidate(score.record, value=score.value, reasons=score.reasons)


def _rivals(subject: Subject) -> Iterator[Candidate]:
    """The works that a conflict is about: what was found by title, then what the identifiers name."""
    given = list(_candidates(subject))
    given += [
        _candidate(answer.record, value=answer.verification.value, reasons=answer.verification.contradictions)
        for answer in subject.contradicted
    ]
    given += [_candidate(record, value=0.0, reasons=()) for record in subject.records if not subject.contradicted]
    by_work = {candidate.doi or repr(candidate): candidate for candidate in reversed(given)}
    yield from list(reversed(by_work.values()))[:_MAX_CANDIDATES]


def _candidate(record: Record, *, value: float, reasons: Sequence[str]) -> Candidate:
    names = [f"{name.family}, {name.given}" if name.given else name.family for name in record.authors[:_MAX_AUTHORS]]
    return Candidate(
        doi=record.doi,
        title=_shown(f"{record.title}: {record.subtitle}" if record.subtitle else record.title),
        authors=tuple(_shown(name) for name in names),
        year=record.year,
        container=_shown(record.container),
        score=round(value, 4),
        reasons=tuple(reasons),
        source=record.source,
        url=record.url,
    )


def _shown(text: str) -> str:
    """Markup and LaTeX as a reader sees them, on one line."""
    return clean(plain_text(text))
