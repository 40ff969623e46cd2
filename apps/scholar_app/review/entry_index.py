"""Where each entry of a report is and what it can be found by, so that a page reads only the entries it shows.

An index is three lines of JSON: what the report says of the whole; a row for each entry; and for each entry the text it
is searched by, which is read only when somebody searches.
"""

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from html import escape
from operator import or_
from typing import Any, Final, NamedTuple

from ..enrichment.fields import ADDABLE, addable_name
from ..enrichment.findings import kind_of
from .decisions import can_be_chosen

#: So many characters of a value are shown on a page, and of a sentence about the entry.
SHOWN, SHOWN_OF_SENTENCES = 200, 600
#: Bytes of HTML around a value, around a candidate, and around an entry.
_FIELD, _CANDIDATE, _FRAME = 420, 900, 1_600
_LONGEST_TEXT: Final = 500
#: Keys that are named of the entries that a source was not asked for.
_NAMED: Final = 20
_BITS: Final[Mapping[str, int]] = {name: 1 << number for number, name in enumerate(ADDABLE)}


class Row(NamedTuple):
    """An entry: the bytes of the report it has, what it is found by, and how much of a page it takes.

    ``kinds`` are those of its warnings, separated by blanks. ``gain`` are the fields it gains, as bits by their places
    in ``ADDABLE``; ``offers`` the same for each candidate, where one can be chosen.
    """

    start: int
    length: int
    key: str
    line: int
    outcome: str
    damaged: bool
    kinds: str
    weight: int
    gain: int
    offers: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Encoded:
    """A report as it is stored, and its index."""

    report: bytes
    index: bytes


def encode(report: Mapping[str, Any]) -> Encoded:
    """The report as JSON, with an index of its entries; with none (empty) where it is not shaped like a report.

    A job's process has read strangers' bytes: whatever it hands over, its worker goes on.
    """
    rest = {name: said for name, said in report.items() if name != "entries"}
    pieces = [_dumped(entry) for entry in report["entries"]]
    whole = b'{"entries":[' + b",".join(pieces) + (b"]," + _dumped(rest)[1:] if rest else b"]}")
    try:
        index = [_whole(rest), list(_rows(report["entries"], pieces)), list(map(_text, report["entries"]))]
    except (LookupError, TypeError, AttributeError, ValueError):
        return Encoded(whole, b"")
    return Encoded(whole, b"\n".join(map(_dumped, index)))


def _rows(entries: Sequence[Mapping[str, Any]], pieces: Sequence[bytes]) -> Iterator[Row]:
    start = len(b'{"entries":[')
    for entry, piece in zip(entries, pieces, strict=True):
        yield _row(entry, start, len(piece))
        start += len(piece) + len(b",")


def bits_of(names: Iterator[str] | Sequence[str]) -> int:
    """Fields as bits; what is not addable counts for nothing."""
    return reduce(or_, (_BITS.get(addable_name(name), 0) for name in names), 0)


def names_of(bits: int) -> Iterator[str]:
    """The fields that these bits stand for."""
    return (name for name, bit in _BITS.items() if bits & bit)


def searchable(text: str) -> str:
    """A text as it is compared: without accents and capitals."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def _dumped(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _row(entry: Mapping[str, Any], start: int, length: int) -> Row:
    kinds = dict.fromkeys(map(kind_of, entry["warnings"]))
    offers = [_gain(candidate) for candidate in entry["candidates"]] if can_be_chosen(entry) else []
    return Row(
        start,
        length,
        entry["key"],
        entry["line"],
        entry["outcome"],
        not entry["type"],
        " ".join(kinds),
        _weight(entry),
        _gain(entry),
        offers,
    )


def _gain(offer: Mapping[str, Any]) -> int:
    return bits_of([*offer.get("added", {}), *offer.get("replaced", {})])


def _text(entry: Mapping[str, Any]) -> str:
    said = [entry["key"], entry.get("title", ""), *entry.get("authors", ()), str(entry.get("year") or "")]
    said += [entry["doi"] or "", *(candidate["title"] for candidate in entry["candidates"])]
    return searchable(" ".join(said)[:_LONGEST_TEXT])


def _weight(entry: Mapping[str, Any]) -> int:
    """Bytes of HTML that the entry takes at most, whatever is decided of it."""
    offers = [entry, *entry["candidates"]]
    values = max(sum(_FIELD + _size(one["value"][:SHOWN]) for one in _additions(offer)) for offer in offers)
    sentences = (*entry["warnings"], entry["reason"], entry.get("title", ""), *entry.get("authors", ())[:4])
    candidates = sum(_CANDIDATE + _size(str(_brief(one))[:1_000]) for one in entry["candidates"])
    return _FRAME + values + candidates + sum(_size(text[:SHOWN_OF_SENTENCES]) for text in sentences)


def _additions(offer: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    return (one for group in ("added", "replaced", "refreshed") for one in offer.get(group, {}).values())


def _brief(candidate: Mapping[str, Any]) -> list[Any]:
    return [candidate[name] for name in ("title", "authors", "container", "doi", "url", "reasons")]


def _size(text: str) -> int:
    return len(escape(text).encode("utf-8", "replace"))


def _whole(rest: Mapping[str, Any]) -> dict[str, Any]:
    sources = {name: _source(said) for name, said in rest.get("sources", {}).items()}
    return {"totals": rest.get("totals", {}), "sources": sources}


def _source(said: Mapping[str, Any]) -> dict[str, Any]:
    """With the first keys only; a source that stayed away may have missed thousands."""
    missed = said.get("not_asked", ())
    return {**said, "not_asked": list(missed[:_NAMED]), "not_asked_count": len(missed)}
