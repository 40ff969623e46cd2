"""Values from outside, made harmless before they go into somebody's file."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

_BARE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*|[0-9]+")
#: A brace and all backslashes before it.
_BRACE: Final = re.compile(r"(?<!\\)(\\*+)([{}])")
#: Joiners that Persian, Indic scripts and emoji need to be written at all.
_JOINERS: Final = frozenset("\u200c\u200d")
_LITERAL: Final = {"{": r"\lbrace{}", "}": r"\rbrace{}"}


@dataclass(frozen=True, slots=True)
class Value:
    """What is to stand behind the ``=``: text to be delimited as the entry does, or a bare macro or number.

    Whatever it is made from, it cannot end its field, open another or hide anything.
    """

    content: str
    bare: bool = False

    def __post_init__(self) -> None:
        if not self.bare:
            object.__setattr__(self, "content", safe_value(self.content))
        elif not _BARE.fullmatch(self.content):
            raise ValueError(f"neither a macro nor a number: {self.content!r}")

    @classmethod
    def text(cls, content: str) -> "Value":
        """Text as LaTeX; goes into braces or quotation marks."""
        return cls(content)

    @classmethod
    def macro(cls, name: str) -> "Value":
        """A macro or number that stands bare, as in ``month = mar``; raises ``ValueError`` for anything else."""
        return cls(name, bare=True)

    def __str__(self) -> str:
        return self.content


def safe_value(value: str) -> str:
    """One line without control and direction characters, braces balanced, no backslash at the end.

    Balanced for BibTeX, which counts every brace, as well as for bibtexparser, which skips a brace behind a backslash.
    A brace without partner becomes the command that prints one. What is harmless already comes back as it is.
    """
    line = one_line(value)
    return (_balanced(line) if "{" in line or "}" in line else line).rstrip("\\ ")


def one_line(value: str) -> str:
    """The value with single blanks and without characters that are not to be seen, or change the direction."""
    return " ".join(_printable(value).split())


def _printable(value: str) -> str:
    if value.isprintable():
        return value
    return "".join(_shown(character) for character in value)


def _shown(character: str) -> str:
    category = unicodedata.category(character)
    if character.isprintable() or character in _JOINERS or category == "Co":
        return character
    if category == "Cn" and not _is_noncharacter(ord(character)):
        return character  # a letter younger than this Python's tables
    return "" if category in ("Cf", "Cs", "Cn") else " "


def _is_noncharacter(code: int) -> bool:
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF


def _balanced(line: str) -> str:
    line = _BRACE.sub(_apart, line)
    braces = list(_BRACE.finditer(line))
    without_partner = _without_partner(braces)
    parts, at = [], 0
    for index in without_partner:
        brace = braces[index]
        escaped = len(brace[1]) % 2
        parts += [line[at : brace.start(2) - escaped], _LITERAL[brace[2]]]
        at = brace.end()
    return "".join(parts) + line[at:]


def _apart(brace: re.Match[str]) -> str:
    r"""``\\}`` is a line break and a brace to TeX, but an escaped brace to bibtexparser."""
    return f"{brace[1]} {brace[2]}" if brace[1] and len(brace[1]) % 2 == 0 else brace[0]


def _without_partner(braces: list[re.Match[str]]) -> list[int]:
    r"""Indexes of the braces to replace: those that close nothing, stay open, or pair ``\{`` with a plain ``}``."""
    opened: list[int] = []
    alone: list[int] = []
    for index, brace in enumerate(braces):
        if brace[2] == "{":
            opened.append(index)
        elif not opened:
            alone.append(index)
        else:
            partner = opened.pop()
            if bool(braces[partner][1]) != bool(brace[1]):
                alone += [partner, index]
    return sorted(alone + opened)
