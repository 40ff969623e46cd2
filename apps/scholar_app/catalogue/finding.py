"""Finding works in a catalogue: by what they are called, and by what is known of them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain, combinations
from typing import NamedTuple

from rapidfuzz import fuzz, process

from ..enrichment.names import surname_key
from ..enrichment.record import Identifier, Query, Record
from ..enrichment.text import main_title, normalise_title
from .indexing import (
    full_title,
    hash_of,
    identifier_key,
    identifiers_of,
    place_keys,
    title_end_keys,
    title_keys,
    title_words,
)
from .store import Catalogue, Heading, Row
from .works import merged, record_in

#: A key that more works share than this tells little (``Editorial``), and the others will have to do.
_MAX_PER_KEY = 50
#: Titles less alike than this, of 300, are those of other works; the least alike of 2,800 true ones were at 221.
_HOPELESS = 200
#: What a place (author, year or volume, first page) with one work adds to the likeness of titles; two share it.
_PLACE_WEIGHT = 60.0
_TELLING = 15.0
#: How many candidates are handed on; the true one is among far fewer.
MAX_CANDIDATES = 10
#: Words of the title, the rarest first, of which three or two together must stand in a candidate's.
_RARE_WORDS = 4
_MAX_BY_WORDS = 100
#: How many of them are compared with care.
_SHORTLIST = 30
#: Two words are rare enough together while no more titles than this hold the more common one.
_COMMON = 5_000
#: Likeness of titles, 0 to 100, from which on a work with the same author and year is taken to be the one.
_CONVINCING = 95
#: Main titles of three words or more that are equal have this many letters in common; comparing more takes longer.
_BEGINNING = 5


class _Candidate(NamedTuple):
    likeness: float
    title: str
    record: Record


def records_with(catalogue: Catalogue, identifiers: Sequence[Identifier]) -> dict[Identifier, Record]:
    """The works that the identifiers name; one that several works claim, or none, is left out."""
    carrying = _rows_carrying(catalogue, identifiers)
    named = {identifier: _one_work(identifier, rows) for identifier, rows in carrying.items()}
    rows = {row.id: row for found in named.values() for row in found}
    works = _works(catalogue, rows.values())
    return {
        identifier: merged([row for identity in dict.fromkeys(r.identity for r in found) for row in works[identity]])
        for identifier, found in named.items()
        if found
    }


def candidates(catalogue: Catalogue, query: Query) -> list[Record]:
    """Works that may be the one in question, the most similar title first; at most ``MAX_CANDIDATES``.

    Looked for by whole title and place; where none of those found convinces, also by the ends of the title; and where
    that does not help, by its rarest words, which finds titles with errors anywhere.
    """
    title = normalise_title(query.title)
    weights: dict[int, float] = {}
    found: list[_Candidate] = []
    for look in (_by_title_and_place, _by_ends, _by_words):
        known = len(weights)
        weights = look(catalogue, query, title) | weights
        if len(weights) > known:
            found = _best(catalogue, title, weights)
            if any(_convinces(candidate, query, title) for candidate in found):
                break
    return [candidate.record for candidate in found]


def _rows_carrying(catalogue: Catalogue, identifiers: Iterable[Identifier]) -> dict[Identifier, list[Row]]:
    """The rows that carry each identifier: found by its key, and looked at."""
    keys = {identifier: identifier_key(identifier) for identifier in identifiers}
    ids = catalogue.ids_of(list(keys.values()), limit=_MAX_PER_KEY)
    rows = {row.id: row for row in catalogue.rows({id_ for found in ids.values() for id_ in found})}
    found = {
        identifier: [rows[id_] for id_ in ids.get(key, ()) if id_ in rows and _carries(rows[id_], identifier)]
        for identifier, key in keys.items()
    }
    return {identifier: carrying for identifier, carrying in found.items() if carrying}


def _carries(row: Row, identifier: Identifier) -> bool:
    return row.identity == str(identifier) or identifier in identifiers_of(record_in(row))


def _one_work(identifier: Identifier, rows: Sequence[Row]) -> list[Row]:
    """The rows if they are about one work, else none.

    A published work may carry its preprint's arXiv id, but that id names the preprint where there is one. A description
    without a DOI (PubMed's of an old article) is about the work whose DOI the others give.
    """
    own = [row for row in rows if row.identity == str(identifier)]
    if own and identifier.scheme in ("doi", "arxiv"):
        return own
    with_doi = {row.identity for row in rows if row.identity.startswith("doi:")}
    return list(rows) if len(with_doi) <= 1 else []


def _works(catalogue: Catalogue, rows: Collection[Row]) -> dict[str, list[Row]]:
    """All that is said about the works of these rows, by identity: also by origins that describe them otherwise."""
    known = {row.id: row for row in rows}
    identities = dict.fromkeys(row.identity for row in rows)
    ids = {id_ for same in catalogue.ids_of([*map(hash_of, identities)]).values() for id_ in same}
    works: dict[str, list[Row]] = {identity: [] for identity in identities}
    for row in (*known.values(), *catalogue.rows(ids - known.keys())):
        if row.identity in works:
            works[row.identity].append(row)
    return works


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
    for groups in (list(combinations(rarest, 3)), _rare_enough(rarest, known)):
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


def _best(catalogue: Catalogue, title: str, weights: Mapping[int, float]) -> list[_Candidate]:
    """The works of these rows whose titles are the most similar, in that order."""
    ids: Collection[int] = weights.keys()
    if len(ids) > MAX_CANDIDATES:
        ids = _most_similar(catalogue.headings(ids), title, weights)
    rows = [row for row in catalogue.rows(ids) if _is_worth_a_look(_likeness(row.title, title), weights[row.id])]
    works = _works(catalogue, rows).values()
    found = [_Candidate(_likeness(rows[0].title, title), rows[0].title, merged(rows)) for rows in works]
    return sorted(found, key=lambda candidate: (-candidate.likeness, candidate.record.doi, candidate.title))


def _is_worth_a_look(likeness: float, weight: float) -> bool:
    """A title may be quite another (a translation) where next to nobody else stands at the same place."""
    return likeness >= _HOPELESS or weight >= _TELLING


def _most_similar(headings: Mapping[int, Heading], title: str, weights: Mapping[int, float]) -> list[int]:
    """Rows of the best works; places count beside titles."""
    best: dict[str, tuple[float, str, int]] = {}
    for id_ in _shortlist(headings, title, weights):
        identity = headings[id_].identity
        rank = (-_likeness(headings[id_].title, title) - weights[id_], identity, id_)
        best[identity] = min(rank, best.get(identity, rank))
    return [id_ for _, _, id_ in sorted(best.values())[:MAX_CANDIDATES]]


def _shortlist(headings: Mapping[int, Heading], title: str, weights: Mapping[int, float]) -> Collection[int]:
    """Of hundreds, those that share the most words with the title, which is quickly told, and those at the place."""
    if len(headings) <= _SHORTLIST:
        return headings.keys()
    titles = {id_: headings[id_].title for id_ in sorted(headings, key=headings.__getitem__)}
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
