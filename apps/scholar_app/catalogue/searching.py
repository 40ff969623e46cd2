"""Finding works in a catalogue by what is known of them, with the faults that such knowledge has."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from ..enrichment.record import Query, Record
from .finding import works_of
from .indexing import place_keys, title_end_keys, title_keys, title_words
from .sought import Sought, surnames_of
from .store import Catalogue, Heading, Row
from .works import merged

#: A key that more works share than this tells little (``Editorial``), and the others will have to do.
_MAX_PER_KEY = 50
#: Beginnings and ends of titles that more titles share lead to too many.
_MAX_PER_END = 20
#: How many candidates are handed on; the true one is among far fewer.
MAX_CANDIDATES = 10
#: Titles less alike than this, of 300, are those of other works; the least alike of 5,800 true ones were at 221.
_HOPELESS = 200
#: What a place (author, year or volume, first page) with one work adds to the likeness of titles; two share it.
_PLACE_WEIGHT = 60.0
_TELLING = 15.0
#: Words of the title, the rarest first, of which three or two together must stand in a candidate's.
_RARE_WORDS = 4
_MAX_BY_WORDS = 100
#: Words that more titles hold are left out, as long as there are three others: their lists are long.
_COMMON = 5_000
#: How many titles of those found are compared with care.
_SHORTLIST = 30
#: A title so much less alike than the best is another work's; no true one of 3,000 was behind by more than 28.
_FAR_BEHIND = 60
#: Works that share no author with the query, of which more are not worth a closer look.
_STRANGERS = 1


def candidates(catalogue: Catalogue, query: Query) -> list[Record]:
    """Works that may be the one in question, the most similar title first; at most ``MAX_CANDIDATES``.

    Looked for by whole title and place; where none of those found convinces, also by the ends of the title; and where
    that does not help, by its rarest words, which finds titles with errors anywhere.
    """
    sought = Sought(query)
    search = _Search(catalogue, sought)
    for look in (_by_title_and_place, _by_ends, _by_words):
        search.consider(look(catalogue, sought))
        if search.is_convinced():
            break
    return search.best()


class _Hit(NamedTuple):
    """A work by the best of its rows; the least comes first."""

    #: Minus what speaks for it: the likeness of the title, and the place.
    rank: float
    identity: str
    id: int
    likeness: float
    title: str
    in_place: bool


class _Candidate(NamedTuple):
    likeness: float
    title: str
    record: Record
    surnames: frozenset[str]

    def meets(self, sought: Sought) -> bool:
        """Whether nothing could answer better."""
        return sought.shares_author(self.surnames) and sought.is_met_by(self.record, title=self.title)

    def may_be_by_authors_of(self, sought: Sought) -> bool:
        """Whether authors are in common, or not known, or written in another way."""
        return sought.shares_author(self.surnames) or sought.may_be_by(self.record.authors)


class _Search:
    """What has been found so far; nothing is read or compared twice, and no work that cannot be among the best."""

    def __init__(self, catalogue: Catalogue, sought: Sought) -> None:
        self._catalogue = catalogue
        self._sought = sought
        self._seen: set[int] = set()
        self._rows: dict[int, Row] = {}
        self._hits: dict[str, _Hit] = {}
        self._candidates: dict[str, _Candidate] = {}

    def consider(self, weights: Mapping[int, float]) -> None:
        """Rank rows by the likeness of their titles, and by what else (``weights``) speaks for them."""
        headings = self._headings(weights.keys() - self._seen)
        self._seen |= weights.keys()
        for id_ in _shortlist(headings, self._sought, weights):
            title, identity, in_place = headings[id_].title, headings[id_].identity, weights[id_] >= _TELLING
            likeness = self._sought.likeness(title)
            # A title may be quite another (a translation) where next to nobody else stands at the same place.
            if likeness >= _HOPELESS or in_place:
                hit = _Hit(-likeness - weights[id_], identity, id_, likeness, title, in_place)
                self._hits[identity] = min(hit, self._hits.get(identity, hit))

    def is_convinced(self) -> bool:
        """Whether looking further would find nothing better than what is there."""
        if not any(self._sought.may_be_called(hit.title) for hit in self._hits.values()):
            return False
        return any(candidate.meets(self._sought) for candidate in self._read(self._near()))

    def best(self) -> list[Record]:
        """The works ranked first, the most similar titles before the others."""
        found = self._without_strangers(self._read(self._near()))
        found.sort(key=lambda candidate: (-candidate.likeness, candidate.record.doi, candidate.title))
        return [candidate.record for candidate in found]

    def _near(self) -> list[_Hit]:
        """The works that are not far behind the best."""
        most = max((hit.likeness for hit in self._hits.values()), default=0.0)
        near = (hit for hit in self._hits.values() if hit.in_place or most - hit.likeness <= _FAR_BEHIND)
        return sorted(near)[:MAX_CANDIDATES]

    def _without_strangers(self, ranked: Iterable[_Candidate]) -> list[_Candidate]:
        """All that may share an author with the query, and the first of the others."""
        found, strangers = [], 0
        for candidate in ranked:
            akin = candidate.may_be_by_authors_of(self._sought)
            strangers += not akin
            if akin or strangers <= _STRANGERS:
                found.append(candidate)
        return found

    def _headings(self, ids: Collection[int]) -> Mapping[int, Heading | Row]:
        """Of many rows only what is needed to compare them; few are read at once."""
        if len(ids) > MAX_CANDIDATES:
            return self._catalogue.headings(ids)
        rows = {row.id: row for row in self._catalogue.rows(ids)}
        self._rows |= rows
        return rows

    def _read(self, hits: Sequence[_Hit]) -> list[_Candidate]:
        """The works hit, in their order; one that went away in between is left out."""
        new = [hit for hit in hits if hit.identity not in self._candidates]
        if missing := [hit.id for hit in new if hit.id not in self._rows]:
            self._rows |= {row.id: row for row in self._catalogue.rows(missing)}
        if rows := [self._rows[hit.id] for hit in new if hit.id in self._rows]:
            for identity, of_work in works_of(self._catalogue, rows).items():
                likeness, title = max((self._sought.likeness(row.title), row.title) for row in of_work)
                record = merged(of_work)
                self._candidates[identity] = _Candidate(likeness, title, record, surnames_of(record.authors))
        return [self._candidates[hit.identity] for hit in hits if hit.identity in self._candidates]


def _by_title_and_place(catalogue: Catalogue, sought: Sought) -> dict[int, float]:
    """Rows, and what more than the likeness of titles speaks for each: the fewer stand at a place, the more."""
    places, titles = place_keys(sought.query), title_keys(sought.title, sought.main_title)
    ids = catalogue.ids_of([*places, *titles], limit=_MAX_PER_KEY)
    weights = dict.fromkeys(chain.from_iterable(ids.get(key, ()) for key in titles), 0.0)
    for same in (ids[key] for key in places if key in ids):
        weights |= {id_: max(weights.get(id_, 0.0), _PLACE_WEIGHT / len(same)) for id_ in same}
    return weights


def _by_ends(catalogue: Catalogue, sought: Sought) -> dict[int, float]:
    """Rows whose titles begin or end as the title does, where few do: of more the rare words choose better."""
    ids = catalogue.ids_of(title_end_keys(sought.query), limit=_MAX_PER_END + 1)
    return dict.fromkeys(chain.from_iterable(some for some in ids.values() if len(some) <= _MAX_PER_END), 0.0)


def _by_words(catalogue: Catalogue, sought: Sought) -> dict[int, float]:
    """Titles that hold three of the rarest words or, if there are none, two that are rare enough together.

    Of a title only one of whose words is known, those that hold it, if it is rare by itself. A misspelt word mostly
    stands in no title at all, and so takes no part.
    """
    known = catalogue.frequencies(title_words(sought.title))
    ranked = sorted(known, key=lambda word: (known[word], word))
    rare = [word for word in ranked if known[word] <= (_COMMON if len(ranked) > 1 else _MAX_BY_WORDS)][:_RARE_WORDS]
    for words, at_least in ((max(ranked[:3], rare, key=len), 3), (rare, min(2, len(ranked)))):
        if ids := catalogue.ids_with_words(words, at_least=at_least, limit=_MAX_BY_WORDS):
            return dict.fromkeys(ids, 0.0)
    return {}


def _shortlist(headings: Mapping[int, Heading | Row], sought: Sought, weights: Mapping[int, float]) -> Collection[int]:
    """Of hundreds, those that share the most words with the title, and those at the place."""
    few = len(headings) <= _SHORTLIST
    ranked = list(headings) if few else sorted(headings, key=lambda id_: (headings[id_].identity, id_))
    likely = sought.most_like([headings[id_].title for id_ in ranked], limit=_SHORTLIST)
    if few:
        return headings.keys()
    return {ranked[place] for place in likely} | {id_ for id_ in headings if weights[id_] >= _TELLING}
