"""Pieces of new text put into a text at given places, and taken out again."""

from collections.abc import Sequence
from typing import NamedTuple


class Edit(NamedTuple):
    """``text[start:end]`` becomes ``new``; nothing is removed where ``start == end``."""

    start: int
    end: int
    new: str


def splice(text: str, edits: Sequence[Edit]) -> str:
    """The text with all edits, which are in order and do not overlap (``ValueError`` otherwise)."""
    parts, at = [], 0
    for edit in edits:
        if not at <= edit.start <= edit.end <= len(text):
            raise ValueError(f"edits overlap or are out of order at {edit.start}")
        parts += [text[at : edit.start], edit.new]
        at = edit.end
    return "".join([*parts, text[at:]])


def unsplice(text: str, new: str, edits: Sequence[Edit]) -> str | None:
    """What ``new`` is without the edits, or ``None`` where one of them does not stand where it should."""
    parts, at, shift = [], 0, 0
    for edit in edits:
        start = edit.start + shift
        end = start + len(edit.new)
        if new[start:end] != edit.new:
            return None
        parts += [new[at:start], text[edit.start : edit.end]]
        at, shift = end, shift + len(edit.new) - (edit.end - edit.start)
    return "".join([*parts, new[at:]])
