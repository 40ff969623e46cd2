"""The works that an entry may mean, for a person to choose from."""

from collections.abc import Iterator, Sequence
from typing import Final

from .explaining import shown
from .matching import Score
from .record import Name, Record
from .report import Candidate
from .subject import Subject
from .tex.escaping import clean
from .writing import address_of

_MAX_AUTHORS: Final = 10
_MAX_CANDIDATES: Final = 5


def candidate_of(score: Score) -> Candidate:
    """A work that a search found likely."""
    return _candidate(score.record, value=score.value, reasons=score.reasons)


def shown_names(names: Sequence[Name]) -> Iterator[str]:
    """The first of them, as people read them: ``Family, Given``."""
    for name in names[:_MAX_AUTHORS]:
        yield shown(f"{name.family}, {name.given}" if name.given else name.family)


def rivals_of(subject: Subject) -> Iterator[Candidate]:
    """The works that a conflict is about: what was found by title, then what the identifiers name."""
    given = list(map(candidate_of, subject.judgement.candidates if subject.judgement else ()))
    given += [
        _candidate(answer.record, value=answer.verification.value, reasons=answer.verification.contradictions)
        for answer in subject.contradicted
    ]
    given += [_candidate(record, value=0.0, reasons=()) for record in subject.records if not subject.contradicted]
    by_work = {candidate.doi or repr(candidate): candidate for candidate in reversed(given)}
    yield from list(reversed(by_work.values()))[:_MAX_CANDIDATES]


def _candidate(record: Record, *, value: float, reasons: Sequence[str]) -> Candidate:
    return Candidate(
        doi=record.doi,
        title=shown(f"{record.title}: {record.subtitle}" if record.subtitle else record.title),
        authors=tuple(shown_names(record.authors)),
        year=record.year,
        container=shown(record.container),
        score=round(value, 4),
        reasons=tuple(clean(reason) for reason in reasons),
        source=record.source,
        url=address_of(record.url),
    )
