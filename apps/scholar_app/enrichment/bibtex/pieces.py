"""The pieces a value is made of, by BibTeX's rule: every brace counts, escaped or not."""

import re
from collections.abc import Iterator
from typing import Final

_BRACES: Final = re.compile(r"[{}]")
_BRACES_AND_QUOTES: Final = re.compile(r"[{}\"]")
_BARE: Final = re.compile(r"[^\s#{}\"]++(?:\s++[^\s#{}\"]++)*+")


def braced_end(text: str, at: int, bound: int) -> int:
    """Behind the brace that closes the one at ``at``; -1 where none does before ``bound``."""
    depth = 0
    for brace in _BRACES.finditer(text, at, bound):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return brace.end()
    return -1


def quoted_end(text: str, at: int, bound: int) -> int:
    """Behind the quotation mark, outside of braces, that closes the one at ``at``; -1 where none does."""
    depth = 0
    for mark in _BRACES_AND_QUOTES.finditer(text, at + 1, bound):
        if mark[0] == '"' and depth == 0:
            return mark.end()
        depth += {"{": 1, "}": -1, '"': 0}[mark[0]]
        if depth < 0:
            return -1
    return -1


def pieces(raw: str) -> Iterator[tuple[bool, str]]:
    """The pieces of a raw value that ``#`` joins: (whether it is a macro, the text without delimiters)."""
    at = 0
    while at < len(raw):
        if raw[at] in '{"':
            end = braced_end(raw, at, len(raw)) if raw[at] == "{" else quoted_end(raw, at, len(raw))
            end = end if end > 0 else len(raw) + 1
            yield False, raw[at + 1 : end - 1]
            at = end
        elif bare := _BARE.match(raw, at):
            yield not bare[0].isdigit(), bare[0]
            at = bare.end()
        else:
            at += 1
