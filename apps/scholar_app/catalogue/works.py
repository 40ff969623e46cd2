"""One record out of what several origins say about one work."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..enrichment import record_json
from ..enrichment.record import Notice, Record
from .store import Row

#: The name under which the catalogue's records appear in the report.
NAME = "catalogue"
#: Registries before those who collect from them; an origin that is not named here comes last.
_ORIGINS = ("crossref", "datacite", "pubmed", "arxiv", "dblp", "inspire", "europepmc", "openalex", "semanticscholar")
_RANKS: Mapping[str, int] = {origin: rank for rank, origin in enumerate(_ORIGINS)}
#: What is filled from another origin, together: a subtitle belongs to its title, a month to its year.
_GROUPS: tuple[tuple[str, ...], ...] = (
    ("title", "subtitle"), ("authors",), ("editors",), ("year", "month"), ("type",), ("container", "container_short"),
    ("publisher",), ("volume",), ("number",), ("pages",), ("issn",), ("isbn",), ("doi",), ("pmid",), ("pmcid",),
    ("arxiv", "arxiv_class"), ("url",), ("pdf",), ("abstract",), ("keywords",), ("citation_count",),
)  # fmt: skip


def record_in(row: Row) -> Record:
    """What the row says, as a record of the catalogue. Raises ``RecordFormatError``."""
    value = json.loads(row.text)
    value["source"] = NAME
    return record_json.from_json(value)


def merged(rows: Sequence[Row]) -> Record:
    """The rows of one work as one record, the best origin first and gaps filled from the others.

    It counts as retrieved when the oldest of those it is made of was: never newer than what it says.
    """
    best, *others = (record_in(row) for row in sorted(rows, key=_precedence))
    for other in others:
        best = _filled(best, other)
    return best


def _precedence(row: Row) -> tuple[int, str, str]:
    return _RANKS.get(row.origin, len(_RANKS)), row.origin, row.identity


def _filled(record: Record, other: Record) -> Record:
    changes: dict[str, Any] = {}
    for first, *rest in _GROUPS:
        if getattr(record, first) in ("", (), None):
            changes |= {name: getattr(other, name) for name in (first, *rest) if getattr(other, first)}
    changes |= _united(record, other)
    if not changes:
        return record
    return replace(record, **changes, retrieved=min(record.retrieved, other.retrieved))


def _united(record: Record, other: Record) -> dict[str, Any]:
    """What both know, of the kinds where none contradicts the other."""
    both: dict[str, Any] = {
        name: _union(getattr(record, name), getattr(other, name)) for name in ("years", "published_as", "preprints")
    }
    both["notices"] = _notices(record.notices, other.notices)
    return {name: value for name, value in both.items() if value != getattr(record, name)}


def _union(one: Iterable[Any], other: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys((*one, *other)))


def _notices(one: tuple[Notice, ...], other: tuple[Notice, ...]) -> tuple[Notice, ...]:
    """Each notice once; one without DOI adds nothing to another of its kind."""
    known = {notice.kind for notice in one}
    return _union(one, (notice for notice in other if notice.doi or notice.kind not in known))
