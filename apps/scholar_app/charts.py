"""Columns and strips as plain geometry; templates draw them as SVG, with a table of the same numbers behind each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

#: The whole drawing, in its own units; the page stretches it to what room there is.
WIDTH: Final = 1000.0
HEIGHT: Final = 200.0
_GAP: Final = 0.12


@dataclass(frozen=True, slots=True)
class Piece:
    """A rectangle of a column."""

    name: str
    count: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Column:
    """One column, and the row of the table that says the same."""

    label: str
    counts: tuple[int, ...]
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Columns side by side; ``most`` is the highest one's number, ``total`` all of them together."""

    names: tuple[str, ...]
    columns: tuple[Column, ...]
    most: int
    total: int


def columns(names: Sequence[str], rows: Sequence[tuple[str, Sequence[int]]]) -> Chart:
    """A chart of ``(label, counts)``, the counts of each row on top of each other in the order of ``names``."""
    sums = [sum(counts) for _label, counts in rows]
    most = max(sums, default=0)
    drawn = tuple(
        Column(label, tuple(counts), _pieces(names, counts, number, of=len(rows), most=most))
        for number, (label, counts) in enumerate(rows)
    )
    return Chart(tuple(names), drawn, most, sum(sums))


def _pieces(names: Sequence[str], counts: Sequence[int], number: int, *, of: int, most: int) -> tuple[Piece, ...]:
    step = WIDTH / of
    pieces, top = [], HEIGHT
    for name, count in zip(names, counts, strict=True):
        height = HEIGHT * count / most if most else 0.0
        top -= height
        if count:
            x = step * (number + _GAP / 2)
            pieces.append(Piece(name, count, round(x, 2), round(top, 2), round(step * (1 - _GAP), 2), round(height, 2)))
    return tuple(pieces)
