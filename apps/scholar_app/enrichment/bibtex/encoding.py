"""Bytes to text and back again, exactly: every byte that was read is written as it was."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from ..errors import DocumentError

#: UTF-32 before UTF-16: the mark of UTF-32 (little end first) begins with the mark of UTF-16.
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_EIGHT_BIT: Final = ("cp1252", "latin-1")
#: A character of UTF-8 outside ASCII, and a byte that is none: how Python marks it in text.
_STRAY: Final = re.compile("[\udc80-\udcff]")
_BEYOND_LATIN1: Final = re.compile("[^\x00-\xff]")
#: Double-byte encodings (GBK, Shift-JIS, Big5) read as cp1252 give such runs; Western languages do not.
_NOT_WESTERN: Final = re.compile("[\x80-\x9f]|[^\x00-\x7f]{3}")


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a file is written: ``bom`` (may be empty), the codec's ``name``, and how its errors are kept.

    ``trusted`` is false where the codec is a fallback that fits any bytes and the text does not look as if it fitted:
    what is added to such a file is ASCII, which reads the same in every encoding the file may really be in.
    ``narrow``: the text does not show whether it is cp1252 or Latin-1; what is added reads the same in both.
    """

    name: str
    bom: bytes = b""
    errors: str = "strict"
    trusted: bool = True
    narrow: bool = False

    def encode(self, text: str) -> bytes:
        """The bytes of ``text``, with the byte order mark the file had."""
        return self.bom + text.encode(self.name, self.errors)

    def holds(self, text: str) -> bool:
        """Whether new text can be written as it is."""
        if not self.trusted:
            return text.isascii()
        try:
            text.encode(self.name)
            text.encode("latin-1" if self.narrow else self.name)
        except UnicodeEncodeError:
            return False
        return True


def decode(data: bytes) -> tuple[str, Encoding]:
    """The text of a file: by its mark, else UTF-8, else UTF-16 without mark, else cp1252, else Latin-1.

    Raises :class:`DocumentError` (``undecodable``) where the mark promises an encoding that the bytes do not keep.
    """
    for candidate in _candidates(data):
        text = _decoded(data, candidate)
        if text is not None:
            return text, _judged(candidate, text)
    raise DocumentError("undecodable", "The file begins like UTF-16 or UTF-32 but is cut short or damaged.")


def _candidates(data: bytes) -> Iterator[Encoding]:
    for bom, name in _MARKS:
        if data.startswith(bom):
            if name == "utf-8":
                yield Encoding(name, bom)
            yield Encoding(name, bom, "surrogateescape" if name == "utf-8" else "surrogatepass")
            return
    yield from _wide_without_mark(data)
    yield Encoding("utf-8")
    yield from _utf8_with_stray_bytes(data)
    yield from map(Encoding, _EIGHT_BIT)


def _decoded(data: bytes, encoding: Encoding) -> str | None:
    """The text, or ``None`` where it would not be written back as the same bytes."""
    try:
        text = data[len(encoding.bom) :].decode(encoding.name, encoding.errors)
        return text if encoding.encode(text) == data else None
    except UnicodeError:
        return None


def _wide_without_mark(data: bytes) -> Iterator[Encoding]:
    """UTF-16 without mark: in a BibTeX file nearly every second byte is then zero."""
    zeros, length = data.count(b"\0"), len(data)
    if zeros >= 0.3 * length and length % 2 == 0:
        name = "utf-16-le" if data[1::2].count(b"\0") > zeros / 2 else "utf-16-be"
        yield Encoding(name, errors="surrogatepass", trusted=False)


def _utf8_with_stray_bytes(data: bytes) -> Iterator[Encoding]:
    """UTF-8 but for some stray bytes: one wrong byte must not spoil the names in all other entries.

    A stray byte is kept as it is. Text in an 8-bit encoding holds next to no valid sequences of UTF-8.
    """
    text = data.decode("utf-8", "surrogateescape")
    stray = len(_STRAY.findall(text))
    valid = len(text) - len(text.encode("ascii", "ignore")) - stray
    if valid >= stray:
        yield Encoding("utf-8", errors="surrogateescape", trusted=valid > 2 * stray)


def _judged(encoding: Encoding, text: str) -> Encoding:
    if encoding.name not in _EIGHT_BIT:
        return encoding
    return replace(encoding, trusted=not _NOT_WESTERN.search(text), narrow=not _BEYOND_LATIN1.search(text))


def without_stray_bytes(text: str) -> str:
    """For reading only: bytes that did not belong to UTF-8, as the Western letters they most likely are."""
    return _STRAY.sub(_western, text) if not text.isascii() else text


def _western(stray: re.Match[str]) -> str:
    return bytes([ord(stray.group()) - 0xDC00]).decode("cp1252", "replace")
