"""Finding works in a catalogue by what is known of them, with the faults that such knowledge has."""

from collections.abc import Collection, Mapping, Sequence
from itertools import chain, combinations
from typing import NamedTuple

from rapidfuzz import fuzz, process

from ..enrichment.names import surname_key
from ..enrichment.record import Query, Record
from ..enrichment.text import main_title, normalise_title
from .finding import works_of
from .indexing import full_title, place_keys, title_end_keys, title_keys, title_words
from .store import Catalogue, Heading, Row
from .works import merged

#: A key that more works share than this tells little (``Editorial``), and the others will have to do.
_MAX_PER_KEY = 50
#: How many candidates are handed on; the true one is among far fewer.
MAX_CANDIDATES = 10
#: Titles less alike than this, of 300, are those of other works; the least alike of 2,800 true ones were at 221.
_HOPELESS = 200
#: What a place (author, year or volume, first page) with one work adds to the likeness of titles; two share it.
_PLACE_WEIGHT = 60.0
_TELLING = 15.0
#: Words of the title, the rarest first, of which three or two together must stand in a candidate's.
_RARE_WORDS = 4
_MAX_BY_WORDS = 100
#: Two words are rare enough together while no more titles than this hold the more common one.
_COMMON = 5_000
#: How many titles of those found are compared with care.
_SHORTLIST = 30
#: Likeness of titles, 0 to 100, from which on a work with the same author and year is taken to be the one.
_CONVINCING = 95
#: Main titles of three words or more that are equal have this many letters in common; comparing more takes longer.
_BEGINNING = 5


def candidates(catalogue: Catalogue, query: Query) -> list[Record]:
    """Works that may be the one in question, the most similar title first; at most ``MAX_CANDIDATES``.

    Looked for by whole title and place; where none of those found convinces, also by the ends of the title; and where
    that does not help, by its rarest words, which finds titles with errors anywhere.
    """
    search = _Search(catalogue, query)
    for look in (_by_title_and_place, _by_ends, _by_words):
        search.consider(look(catalogue, query, search.title))
        best = search.best()
        if any(_convinces(candidate, query, search.title) for candidate in best):
            break
    return [candidate.record for candidate in best]


class _Candidate(NamedTuple):
    likeness: float
    title: str
    record: Record


class _Search:
    """What has been found so far; nothing is read or compared twice."""

    def __init__(self, catalogue: Catalogue, query: Query) -> None:
        self.title = normalise_title(query.title)
        self._catalogue = catalogue
        self._seen: set[int] = set()
        self._rows: dict[int, Row] = {}
        #: For each work the negative of what speaks for it, and the row that does.
        self._ranks: dict[str, tuple[float, int]] = {}
        self._candidates: dict[str, _Candidate] = {}

    def consider(self, weights: Mapping[int, float]) -> None:
        """Rank rows by the likeness of their titles, and by what else (``weights``) speaks for them."""
        headings = self._headings(weights.keys() - self._seen)
        self._seen |= weights.keys()
        for id_ in _shortlist(headings, self.title, weights):
            likeness = _likeness(headings[id_].title, self.title)
            # A title may be quite another (a translation) where next to nobody else stands at the same place.
            if likeness >= _HOPELESS or weights[id_] >= _TELLING:
                rank = (-likeness - weights[id_], id_)
                identity = headings[id_].identity
                self._ranks[identity] = min(rank, self._ranks.get(identity, rank))

    def best(self) -> list[_Candidate]:
        """The works ranked first, the most similar titles before the others."""
        identities = sorted(self._ranks, key=lambda identity: (self._ranks[identity][0], identity))[:MAX_CANDIDATES]
        self._read([identity for identity in identities if identity not in self._candidates])
        found = [self._candidates[identity] for identity in identities if identity in self._candidates]
        return sorted(found, key=lambda candidate: (-candidate.likeness, candidate.record.doi, candidate.title))

    def _headings(self, ids: Collection[int]) -> Mapping[int, Heading | Row]:
        """Of many rows only what is needed to compare them; few are read at once."""
        if len(ids) > MAX_CANDIDATES:
            return self._catalogue.headings(ids)
        rows = {row.id: row for row in self._catalogue.rows(ids)}
        self._rows |= rows
        return rows

    def _read(self, identities: Sequence[str]) -> None:
        ids = [self._ranks[identity][1] for identity in identities]
        missing = self._catalogue.rows([id_ for id_ in ids if id_ not in self._rows])
        self._rows |= {row.id: row for row in missing}
        works = works_of(self._catalogue, [self._rows[id_] for id_ in ids if id_ in self._rows])
        for identity, rows in works.items():
            likeness, title = max((_likeness(row.title, self.title), row.title) for row in rows)
            self._candidates[identity] = _Candidate(likeness, title, merged(rows))


def _by_title_and_place(catalogue: Catalogue, query: Query, _: str) -> dict[int, float]:
    """Rows, and what more than the likeness of titles speaks for each: the fewer stand at a place, the more."""
    places, titles = place_keys(query), title_keys(query)
    ids = catalogue.ids_of([*places, *titles], limit=_MAX_PER_KEY)
    weights = dict.fromkeys(chain.from_iterable(ids.get(key, ()) for key in titles), 0.0)
    for same in (ids[key] for key in places if key in ids):
        weights |= {id_: max(weights.get(id_, 0.0), _PLACE_WEIGHT / len(same)) for id_ in same}
    return weights


def _by_ends(catalogue: Catalogue, query: Query, _: str) -> dict[int, float]:
    ids = catalogue.ids_of(title_end_keys(query), limit=_MAX_PER_KEY)
    return dict.fromkeys(chain.from_iterable(ids.values()), 0.0)


def _by_words(catalogue: Catalogue, _: Query, title: str) -> dict[int, float]:
    """Titles that hold three of the rarest words or, if there are none, two of them."""
    known = catalogue.frequencies(title_words(title))
    rarest = sorted(known, key=lambda word: (known[word], word))[:_RARE_WORDS]
    for groups in ([*combinations(rarest, 3)], _rare_enough(rarest, known)):
        if ids := catalogue.ids_with_words(groups, limit=_MAX_BY_WORDS):
            return dict.fromkeys(ids, 0.0)
    return {}


def _rare_enough(rarest: Sequence[str], known: Mapping[str, int]) -> list[tuple[str, ...]]:
    """Pairs, but for those of common words; the only word that is known of a title, if it is rare by itself.

    A misspelt word mostly stands in no title at all, and so takes no part.
    """
    if len(rarest) == 1:
        return [(word,) for word in rarest if known[word] <= _MAX_BY_WORDS]
    return [pair for pair in combinations(rarest, 2) if max(known[word] for word in pair) <= _COMMON]


def _shortlist(headings: Mapping[int, Heading | Row], title: str, weights: Mapping[int, float]) -> Collection[int]:
    """Of hundreds, those that share the most words with the title, which is quickly told, and those at the place."""
    if len(headings) <= _SHORTLIST:
        return headings.keys()
    titles = {id_: headings[id_].title for id_ in sorted(headings, key=lambda id_: (headings[id_].identity, id_))}
    likely = process.extract(title, titles, scorer=fuzz.token_set_ratio, limit=_SHORTLIST)
    return {id_ for _, _, id_ in likely} | {id_ for id_ in headings if weights[id_] >= _TELLING}


def _likeness(one: str, other: str) -> float:
    """0 to 300: words in common in any order, order, and the same without what only the longer one has at its end."""
    both = min(len(one), len(other))
    return fuzz.token_set_ratio(one, other) + fuzz.ratio(one, other) + fuzz.ratio(one[:both], other[:both])


def _convinces(candidate: _Candidate, query: Query, title: str) -> bool:
    """Title, author and year as good as equal: looking further would find nothing better."""
    record = candidate.record
    return (
        _near_in_time(record, query)
        and (fuzz.ratio(candidate.title, title) >= _CONVINCING or _same_main_title(candidate, query, title))
        and _shares_author(record, query)
    )


def _same_main_title(candidate: _Candidate, query: Query, title: str) -> bool:
    begins_alike = candidate.title[:_BEGINNING] == title[:_BEGINNING]
    return begins_alike and main_title(full_title(candidate.record)) == main_title(query.title)


def _shares_author(record: Record, query: Query) -> bool:
    if not query.authors or not record.authors:
        return True
    return not {surname_key(a.family) for a in query.authors}.isdisjoint(surname_key(a.family) for a in record.authors)


def _near_in_time(record: Record, query: Query) -> bool:
    return query.year is None or not record.years or any(abs(year - query.year) <= 1 for year in record.years)
