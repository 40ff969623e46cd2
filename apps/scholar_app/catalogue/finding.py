"""Finding works in a catalogue by what they are called."""

from collections.abc import Collection, Iterable, Sequence

from ..enrichment.record import Identifier, Record
from .indexing import hash_of, identifier_key, identifiers_of
from .store import Catalogue, Row
from .works import merged, record_in

#: More rows than this do not carry one identifier, unless it is none.
_MAX_PER_KEY = 50


def records_with(catalogue: Catalogue, identifiers: Sequence[Identifier]) -> dict[Identifier, Record]:
    """The works that the identifiers name; one that several works claim, or none, is left out."""
    carrying = _rows_carrying(catalogue, identifiers)
    named = {identifier: _one_work(identifier, rows) for identifier, rows in carrying.items()}
    rows = {row.id: row for found in named.values() for row in found}
    works = works_of(catalogue, rows.values())
    return {
        identifier: merged([row for identity in dict.fromkeys(r.identity for r in found) for row in works[identity]])
        for identifier, found in named.items()
        if found
    }


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


def works_of(catalogue: Catalogue, rows: Collection[Row]) -> dict[str, list[Row]]:
    """All that is said about the works of these rows, by identity: also by origins that describe them otherwise."""
    known = {row.id: row for row in rows}
    identities = dict.fromkeys(row.identity for row in rows)
    ids = {id_ for same in catalogue.ids_of([*map(hash_of, identities)]).values() for id_ in same}
    works: dict[str, list[Row]] = {identity: [] for identity in identities}
    for row in (*known.values(), *catalogue.rows(ids - known.keys())):
        if row.identity in works:
            works[row.identity].append(row)
    return works
