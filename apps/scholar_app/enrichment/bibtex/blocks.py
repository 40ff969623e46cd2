"""What a file is made of, as far as its bytes must be kept: blocks, one behind the other."""

from dataclasses import dataclass
from typing import Final, Literal

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


def plain_lines(text: str) -> str:
    """The text with every line end as a line feed, and every character where it was."""
    return text.replace("\r\n", " \n").replace("\r", "\n") if "\r" in text else text
