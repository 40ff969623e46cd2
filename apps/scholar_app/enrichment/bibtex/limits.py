"""What a file may be at most; looked at before anything is parsed, in time linear in its size."""

import re
from dataclasses import dataclass
from typing import Final

from ..errors import DocumentError


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes (``max_bytes``) and characters (``max_value``); the rest are counts."""

    max_bytes: int = 10 * 1024 * 1024
    max_entries: int = 10_000
    #: Braces, quotes, commas, equals signs and line ends: what the parser steps through one by one.
    max_delimiters: int = 2_000_000
    #: In one entry. Real entries have up to 55 fields and values of 52,000 characters.
    max_fields: int = 300
    max_value: int = 256 * 1024


#: Where the parser opens a block: ``@word{`` or ``@word(``, anywhere in the text.
_BLOCK_START: Final = re.compile(r"@\w*+[ \t]*+[{(]")
#: Where an entry seems to begin, at the beginning of a line: to count them without parsing.
_ENTRY_START: Final = re.compile(
    r"^[^\S\n]*+@(?!(?:comment|preamble|string)\b)\w++[^\S\n]*+[{(]", re.IGNORECASE | re.MULTILINE
)
#: The parser keeps 78 bytes of memory for each blank between a type and its brace.
_BLANKS: Final = re.compile(r"@\w*+[ \t]{1000}")
_FOREIGN: Final = (
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"{\\rtf", "a rich text document"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"SQLite format 3\0", "a database"),
)


def check_bytes(data: bytes, *, limits: Limits) -> None:
    """Refuse what is empty, too large or plainly another kind of file; raises :class:`DocumentError`."""
    if len(data) > limits.max_bytes:
        megabytes = limits.max_bytes / 1024 / 1024
        raise DocumentError("too_large", f"The file is larger than {megabytes:.3g} MB.")
    if not data.strip():
        raise DocumentError("empty", "The file is empty.")
    for magic, kind in _FOREIGN:
        if data.startswith(magic):
            raise DocumentError("binary", f"This is {kind}, not a BibTeX file.")


def check_text(text: str, *, limits: Limits) -> None:
    """Refuse what would cost the parser too much; raises :class:`DocumentError`."""
    if not text.strip():
        raise DocumentError("empty", "The file is empty.")
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise DocumentError("binary", f"Line {line} holds a zero byte: this is not a text file.", line=line)
    _check_counts(text, limits=limits)
    if blanks := _BLANKS.search(text):
        line = text.count("\n", 0, blanks.start()) + 1
        raise DocumentError("too_complex", f"Line {line} holds more than a thousand blanks after an @.", line=line)


def _check_counts(text: str, *, limits: Limits) -> None:
    if text.count("@") > limits.max_entries:
        refuse_entries(count_beginnings(text), limits=limits)
        if sum(1 for _ in _BLOCK_START.finditer(text)) > 2 * limits.max_entries + 10_000:
            raise DocumentError("too_complex", "The file holds too many @ signs that look like entries.")
    if sum(map(text.count, '{}",=\n')) > limits.max_delimiters:
        raise DocumentError("too_complex", "The file holds too many braces, quotation marks, commas and lines.")


def count_beginnings(text: str) -> int:
    """How many lines begin an entry."""
    return sum(1 for _ in _ENTRY_START.finditer(text))


def refuse_entries(count: int, *, limits: Limits) -> None:
    """Raise :class:`DocumentError` (``too_many_entries``) above the limit."""
    if count > limits.max_entries:
        raise DocumentError(
            "too_many_entries", f"The file has {count:,} entries; at most {limits.max_entries:,} are taken."
        )
