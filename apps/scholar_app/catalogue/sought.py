"""The work that is looked for, and how near another comes to it."""

from collections.abc import Iterable, Sequence

from rapidfuzz import fuzz, process

from ..enrichment.names import surname_key
from ..enrichment.record import Name, Query, Record
from ..enrichment.text import main_title, normalise_title
from .indexing import full_title

#: Likeness of titles, 0 to 100, from which on a work with the same author and year is taken to be the one.
_CONVINCING = 95
#: Likeness of two names, 0 to 100, or of one with a part of the other, from which on they may be one person's.
_SLIP = 80
#: Letters from which on names are compared that are not equal.
_LONG = 4


class Sought:
    """What a query says, in the forms in which it is compared; ``title`` and ``main_title`` are in normal form."""

    def __init__(self, query: Query) -> None:
        self.query = query
        self.title = normalise_title(query.title)
        self.main_title = main_title(query.title)
        self._surnames = surnames_of(query.authors)
        self._in_common: dict[str, float] = {}
        self._likeness: dict[str, float] = {}

    def most_like(self, titles: Sequence[str], *, limit: int) -> list[int]:
        """The places of those that share the most words with the title, which is quickly told of many at once."""
        likely = process.extract(self.title, titles, scorer=fuzz.token_set_ratio, limit=limit)
        self._in_common |= {title: score for title, score, _ in likely}
        return [place for _, _, place in likely]

    def likeness(self, title: str) -> float:
        """0 to 300: words in common in any order, order, and the same without what only the longer has at its end."""
        if title not in self._likeness:
            self._likeness[title] = self._compared(title)
        return self._likeness[title]

    def _compared(self, title: str) -> float:
        in_common = self._in_common.get(title)
        if in_common is None:
            in_common = fuzz.token_set_ratio(title, self.title)
        both = min(len(title), len(self.title))
        return in_common + fuzz.ratio(title, self.title) + fuzz.ratio(title[:both], self.title[:both])

    def may_be_called(self, title: str) -> bool:
        """Whether a work of this title is worth asking about: :meth:`is_met_by` has to read it. Quick."""
        return title.startswith(self.main_title) or fuzz.ratio(title, self.title) >= _CONVINCING

    def is_met_by(self, record: Record, *, title: str) -> bool:
        """Whether title (in normal form) and year are as good as equal."""
        if not self._is_of_the_time(record):
            return False
        return fuzz.ratio(title, self.title) >= _CONVINCING or main_title(full_title(record)) == self.main_title

    def shares_author(self, surnames: frozenset[str]) -> bool:
        """Or it is not known who wrote the one or the other."""
        return not self._surnames or not surnames or not self._surnames.isdisjoint(surnames)

    def may_be_by(self, authors: Iterable[Name]) -> bool:
        """Whether one of them may be an author: with a slip of the pen, a name cut short, family and given swapped."""
        theirs = {surname_key(name) for person in authors for name in (person.family, person.given)}
        long = [name for name in theirs if len(name) >= _LONG]
        return not self._surnames.isdisjoint(theirs) or any(
            process.extractOne(surname, long, scorer=fuzz.partial_ratio, score_cutoff=_SLIP)
            for surname in self._surnames
            if len(surname) >= _LONG
        )

    def _is_of_the_time(self, record: Record) -> bool:
        year = self.query.year
        return year is None or not record.years or any(abs(year - other) <= 1 for other in record.years)


def surnames_of(people: Iterable[Name]) -> frozenset[str]:
    """The keys of their surnames."""
    return frozenset([surname_key(person.family) for person in people])
