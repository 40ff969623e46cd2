"""An ambiguous entry and the works it may be, field beside field."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from ..enrichment.fields import ADDABLE
from ..enrichment.latex import latex_to_text
from .decisions import brought
from .entry_index import searchable

_CONTAINERS: Final = ("journal", "journaltitle", "booktitle")
#: ``same`` as in the file, ``differs`` from it, ``adds`` what it lacks, or nothing to say.
Kind = Literal["same", "differs", "adds", ""]


@dataclass(frozen=True, slots=True)
class Cell:
    """What a work says of a field."""

    text: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Line:
    """A field: what the entry says of it, and each of the works in their order."""

    field: str
    own: str
    cells: Sequence[Cell]


def side_by_side(entry: Mapping[str, Any], own: Mapping[str, str]) -> list[Line]:
    """What tells the works apart first, then what each would add; empty where there is nothing to choose.

    ``own`` are the entry's fields as they are written, by lower-case name.
    """
    candidates = entry["candidates"] if entry["can_be_chosen"] else []
    return [*_facts(own, candidates), *_additions(own, candidates)] if candidates else []


def _facts(own: Mapping[str, str], candidates: Sequence[Mapping[str, Any]]) -> Iterator[Line]:
    written = {name: latex_to_text(own.get(name, "")) for name in ("title", "author", "year")}
    written["in"] = next(
        (latex_to_text(own[name]) for name in ("journal", "journaltitle", "booktitle") if name in own), ""
    )
    said = {
        "title": [one["title"] for one in candidates],
        "author": ["; ".join(one["authors"]) for one in candidates],
        "year": [str(one["year"] or "") for one in candidates],
        "in": [one["container"] for one in candidates],
    }
    for name, texts in said.items():
        if any(texts):
            yield Line(name, written[name], [Cell(text, _compared(name, written[name], text)) for text in texts])


def _compared(name: str, own: str, theirs: str) -> Kind:
    """Names are written in too many ways to be compared letter by letter."""
    if not own or not theirs or name == "author":
        return ""
    return "same" if searchable(own) == searchable(theirs) else "differs"


def _additions(own: Mapping[str, str], candidates: Sequence[Mapping[str, Any]]) -> Iterator[Line]:
    offers = [brought(candidate) for candidate in candidates]
    names = dict.fromkeys([*ADDABLE, *(name for offer in offers for name in offer)])
    for name in names:
        if any(name in offer for offer in offers):
            cells = [Cell(offer[name]["value"], "adds") if name in offer else Cell("", "") for offer in offers]
            yield Line(name, own.get(name, ""), cells)
