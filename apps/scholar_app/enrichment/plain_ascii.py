r"""LaTeX for the characters that a file's encoding cannot hold: ``ü`` as ``{\"u}``, ``α`` as ``\ensuremath{\alpha}``.

One character at a time, so that time is linear in the length of the text (the encoders at hand are not).
"""

import unicodedata
from collections.abc import Callable
from functools import cache
from typing import Final

from pylatexenc.latexencode import get_builtin_uni2latex_dict

_ACCENTS: Final = {
    "\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0304": "=", "\u0306": "u", "\u0307": ".",
    "\u0308": '"', "\u030a": "r", "\u030b": "H", "\u030c": "v", "\u0323": "d", "\u0327": "c", "\u0328": "k",
    "\u0331": "b",
}  # fmt: skip
_OWN: Final = {
    "Å": r"{\AA}", "å": r"{\aa}", "–": "--", "—": "---", "‘": "`", "’": "'", "“": "``", "”": "''", "„": ",,",
    "…": r"{\ldots}", "ħ": r"\ensuremath{\hbar}", "ı": r"{\i}", "ȷ": r"{\j}", "ŉ": "'n", "·": r"\ensuremath{\cdot}",
    "×": r"\ensuremath{\times}", "→": r"\ensuremath{\rightarrow}", "‑": "-", "‐": "-",
}  # fmt: skip


def fit(text: str, holds: Callable[[str], bool]) -> str | None:
    """The text with everything that the encoding does not hold as LaTeX; ``None`` where there is no LaTeX for it."""
    if holds(text):
        return text
    written = [char if holds(char) else latex_of(char) for char in unicodedata.normalize("NFC", text)]
    return None if None in written else "".join(filter(None, written))


@cache
def latex_of(char: str) -> str | None:
    """One character in ASCII, in braces where it is a command; ``None`` where LaTeX has no name for it."""
    if char.isascii():
        return char
    return _OWN.get(char) or _accented(char) or _named(char) or _compatible(char)


def _accented(char: str) -> str | None:
    base, *marks = list(unicodedata.normalize("NFD", char))
    if len(marks) != 1 or not base.isascii() or marks[0] not in _ACCENTS:
        return None
    letter = f"\\{base}" if base in "ij" and marks[0] not in "\u0327\u0328\u0323\u0331" else base
    accent = _ACCENTS[marks[0]]
    return f"{{\\{accent}{{{letter}}}}}" if accent.isalpha() else f"{{\\{accent}{letter}}}"


def _named(char: str) -> str | None:
    known = get_builtin_uni2latex_dict().get(ord(char))
    if known is None or not known.isascii() or "\\nument" in known:
        return None
    return known if known.startswith(r"\ensuremath") or "\\" not in known else f"{{{known}}}"


def _compatible(char: str) -> str | None:
    """Full-width letters and the like; not spelt out where that would be several words."""
    plain = unicodedata.normalize("NFKC", char)
    return plain if plain.isascii() and plain.isalnum() else None
