"""What each work that an ambiguous entry may mean would add to it, for a person to choose with open eyes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Final

from .candidates import candidate_of
from .findings import of_work
from .lending import chosen_lenders
from .merging import Addition, Wishes, merge
from .record import Record
from .report import Candidate
from .subject import Subject
from .written import as_written

#: Characters up to which a value is short: always kept, as there are only so many fields.
_SHORT: Final = 300
#: Characters that the long values (abstracts, mostly) of all the candidates of one entry may have together.
_ROOM: Final = 4_000


def offered(subject: Subject, *, today: date, wishes: Wishes) -> Iterator[Candidate]:
    """The candidates of an ambiguous entry, best first, each with what it adds by the same rules as a work found.

    Long values are kept as far as there is room for them, so that a file of ambiguous entries has a report of a
    bearable size.
    """
    room = _Room(_ROOM)
    scores = subject.judgement.candidates if subject.judgement else ()
    for score in scores:
        lenders = chosen_lenders(subject.reference, _records_of(subject, score.record))
        merged = as_written(
            merge(subject.entry, subject.reference, lenders, today=today, wishes=wishes, holdings=subject.holdings)
        )
        yield replace(
            candidate_of(score),
            added=tuple(filter(room.takes, merged.added)),
            refreshed=tuple(filter(room.takes, merged.refreshed)),
            replaced=tuple(filter(room.takes, merged.replaced)),
            warnings=tuple(of_work(subject.reference, lenders)),
        )


def _records_of(subject: Subject, record: Record) -> list[Record]:
    """The candidate's own record first, then what other sources' searches found under the same DOI."""
    same = [found for found in subject.found if record.doi and found.record.doi == record.doi]
    others = sorted(same, key=lambda found: (found.position, repr(found.record)))
    return list(dict.fromkeys([record, *(found.record for found in others)]))


class _Room:
    """What is left for long values."""

    def __init__(self, characters: int) -> None:
        self._left = characters

    def takes(self, addition: Addition) -> bool:
        """Whether the value is short or fits, and then there is less room for the next one."""
        length = len(addition.value)
        if length <= _SHORT:
            return True
        if length > self._left:
            return False
        self._left -= length
        return True
