"""What a file is made of, as far as its bytes must be kept: blocks, one behind the other."""

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

AMBIGUOUS: Final = (
    "The quotation marks or braces of this entry can be read in two ways; check \\{, \\} and quotation marks in braces"
)
COMMENTED: Final = "A % comment stands inside the entry, which BibTeX does not allow"
COMMENTED_OUT: Final = "The entry is commented out with %"
CUT_SHORT: Final = "A closing brace too many ends the entry before its last field"

Kind = Literal["entry", "string", "damaged", "other"]


@dataclass(frozen=True, slots=True)
class Block:
    """One block of the file, offsets into its text. The fields of an entry are read anew when they are needed.

    ``reason`` says why a damaged block, or an entry that must not be written to, is left alone; ``at`` is the place.
    """

    kind: Kind
    start: int
    end: int
    type: str = ""
    key: str = ""
    reason: str = ""
    at: int = 0
    flaws: tuple[str, ...] = ()
    fields: int = 0


class FieldSpan(NamedTuple):
    """One ``name = value``; offsets into the text, ``end`` behind the value's last character."""

    name: str
    name_start: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Layout:
    """One whole entry; ``fields_from`` is behind the key, ``closing`` at the delimiter that ends the entry.

    ``flaws`` are mistakes that leave key and fields clear, in words for people.
    """

    type: str
    key: str
    start: int
    fields_from: int
    fields: tuple[FieldSpan, ...]
    closing: int
    flaws: tuple[str, ...] = ()
    #: A ``%`` comment stands between the fields: Biber skips it, BibTeX stumbles over it.
    commented: bool = False

    @property
    def end(self) -> int:
        """Behind the closing delimiter."""
        return self.closing + 1


class LayoutError(Exception):
    """The entry cannot be read; the message says why, for people, ``at`` is where in the text."""

    def __init__(self, message: str, *, at: int, key: str = "") -> None:
        super().__init__(message)
        self.at = at
        self.key = key


def plain_lines(text: str) -> str:
    """The text with every line end as a line feed, and every character where it was."""
    return text.replace("\r\n", " \n").replace("\r", "\n") if "\r" in text else text
