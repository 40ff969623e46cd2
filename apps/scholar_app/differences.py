"""What the result added to the upload, line by line, found in time linear in the size of the files.

A general diff would be quadratic on long files. This one looks a short way ahead only, which serves files that differ
by inserted lines; whatever it is given, its lines put together are always exactly the old and the new text.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal, NamedTuple

#: How many lines it looks ahead for the place where both texts go on alike.
_AHEAD: Final = 80
_CONTEXT: Final = 2
_LINE_END: Final = re.compile(r"\r\n|\r|\n")

Kind = Literal["same", "extended", "added", "removed", "gap"]


class Line(NamedTuple):
    """A line of either text, with its number (1-based) in the old and the new one; 0 where it is not in it.

    An ``extended`` one stands in both: ``text`` in the old text, and ``text`` with ``more`` behind it in the new one.
    """

    kind: Kind
    old: int
    new: int
    text: str
    more: str = ""


def compare(old: str, new: str) -> Iterator[Line]:
    """Every line of both texts, in order: removed ones before the added ones that stand in their place."""
    before, after = _LINE_END.split(old), _LINE_END.split(new)
    i = j = 0
    while i < len(before) or j < len(after):
        if i < len(before) and j < len(after) and before[i] == after[j]:
            yield Line("same", i + 1, j + 1, before[i])
            i, j = i + 1, j + 1
            continue
        removed, added = _next_agreement(before, after, i, j)
        yield from _replaced(before[i : i + removed], after[j : j + added], i=i, j=j)
        i, j = i + removed, j + added


def _replaced(before: Sequence[str], after: Sequence[str], *, i: int, j: int) -> Iterator[Line]:
    """What stands in place of what, from the lines ``i`` and ``j`` (0-based) on."""
    if len(before) == 1 and after and before[0] and after[0].startswith(before[0]):
        yield Line("extended", i + 1, j + 1, before[0], after[0][len(before[0]) :])
        before, after, i, j = before[1:], after[1:], i + 1, j + 1
    yield from (Line("removed", number, 0, text) for number, text in enumerate(before, i + 1))
    yield from (Line("added", 0, number, text) for number, text in enumerate(after, j + 1))


def _next_agreement(before: Sequence[str], after: Sequence[str], i: int, j: int) -> tuple[int, int]:
    """How many lines to skip on either side, as few as possible, until the texts agree again."""
    places: dict[str, int] = {}
    for k, text in enumerate(after[j : j + _AHEAD]):
        places.setdefault(text, k)
    steps = [
        (removed, places[text])
        for removed, text in enumerate(before[i : i + _AHEAD])
        if text.strip() and text in places
    ]
    if steps:
        return min(steps, key=lambda step: (sum(step), step))
    return min(_AHEAD, len(before) - i), min(_AHEAD, len(after) - j)


def changed_parts(lines: Iterable[Line], *, context: int = _CONTEXT) -> Iterator[Line]:
    """The changed lines with ``context`` lines around them; a ``gap`` stands for what is left out between them.

    The text of a gap is the line with which the entry begins that goes on behind it, if that is left out as well.
    """
    waiting: deque[Line] = deque(maxlen=context)
    trailing, left_out, heading = 0, False, ""
    for line in lines:
        if line.kind != "same":
            if left_out:
                yield Line("gap", 0, 0, heading)
            yield from waiting
            waiting.clear()
            trailing, left_out, heading = context, False, ""
            yield line
        elif trailing:
            trailing -= 1
            yield line
        else:
            if len(waiting) == context:
                left_out = True
                heading = _heading(waiting[0], heading)
            waiting.append(line)


def _heading(left_out: Line, before: str) -> str:
    """The beginning of the entry that the line, and what follows it, belongs to."""
    text = left_out.text.strip()
    if text.startswith("@"):
        return text
    return "" if text.startswith("}") else before
