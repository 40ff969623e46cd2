"""Text as plain ASCII, for files whose encoding cannot hold it: accents and symbols as LaTeX, links escaped."""

import re
import unicodedata
from typing import Final
from urllib.parse import quote

_ACCENTS: Final = {
    "\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0304": "=", "\u0306": "u", "\u0307": ".",
    "\u0308": '"', "\u030a": "r", "\u030b": "H", "\u030c": "v", "\u0323": "d", "\u0327": "c", "\u0328": "k",
    "\u0331": "b", "\u0326": "textcommabelow",
}  # fmt: skip
_SYMBOLS: Final = {
    "ß": r"{\ss}", "æ": r"{\ae}", "Æ": r"{\AE}", "œ": r"{\oe}", "Œ": r"{\OE}", "ø": r"{\o}", "Ø": r"{\O}",
    "å": r"{\aa}", "Å": r"{\AA}", "ł": r"{\l}", "Ł": r"{\L}", "ı": r"{\i}", "ȷ": r"{\j}", "đ": r"{\dj}",
    "Đ": r"{\DJ}", "ð": r"{\dh}", "Ð": r"{\DH}", "þ": r"{\th}", "Þ": r"{\TH}", "ŋ": r"{\ng}", "Ŋ": r"{\NG}",
    "¡": r"{\textexclamdown}", "¿": r"{\textquestiondown}", "«": r"{\guillemotleft}", "»": r"{\guillemotright}",
    "‹": r"{\guilsinglleft}", "›": r"{\guilsinglright}", "„": r"{\quotedblbase}", "‚": r"{\quotesinglbase}",
    "“": "``", "”": "''", "‘": "`", "’": "'", "′": r"\ensuremath{'}", "–": "--", "—": "---", "‐": "-", "‑": "-",
    "−": r"\ensuremath{-}", "…": r"{\ldots}", "•": r"{\textbullet}", "·": r"{\textperiodcentered}", "§": r"{\S}",
    "¶": r"{\P}", "†": r"{\dag}", "‡": r"{\ddag}", "©": r"{\copyright}", "®": r"{\textregistered}",
    "™": r"{\texttrademark}", "€": r"{\texteuro}", "£": r"{\pounds}", "°": r"{\textdegree}", "µ": r"{\textmu}",
    "×": r"\ensuremath{\times}", "÷": r"\ensuremath{\div}", "±": r"\ensuremath{\pm}", "≤": r"\ensuremath{\leq}",
    "≥": r"\ensuremath{\geq}", "≠": r"\ensuremath{\neq}", "≈": r"\ensuremath{\approx}", "∼": r"\ensuremath{\sim}",
    "∞": r"\ensuremath{\infty}", "→": r"\ensuremath{\rightarrow}", "←": r"\ensuremath{\leftarrow}",
    "↔": r"\ensuremath{\leftrightarrow}", "∈": r"\ensuremath{\in}", "∑": r"\ensuremath{\sum}",
    "∫": r"\ensuremath{\int}", "√": r"\ensuremath{\surd}", "∂": r"\ensuremath{\partial}", "∇": r"\ensuremath{\nabla}",
    "⟨": r"\ensuremath{\langle}", "⟩": r"\ensuremath{\rangle}", "ℓ": r"\ensuremath{\ell}", "ℏ": r"\ensuremath{\hbar}",
}  # fmt: skip
_GREEK: Final = (
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi",
    "omicron", "pi", "rho", "varsigma", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega",
)  # fmt: skip
#: Capitals that look like Latin ones have no command of their own.
_GREEK_CAPITALS: Final = frozenset(
    {"Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega"}
)
_OUTSIDE: Final = re.compile(r"[^\x00-\x7f][\u0300-\u036f]*|[A-Za-z][\u0300-\u036f]+")
_LINKS: Final = frozenset({"url", "doi", "pdf", "eprint", "file"})


def ascii_latex(name: str, value: str) -> str:
    """The value of the field ``name`` in ASCII alone; what has no command becomes a symbol by its code point."""
    if value.isascii():
        return value
    if name.lower() in _LINKS:
        return quote(value, safe="".join(map(chr, range(0x21, 0x7F))))
    return _OUTSIDE.sub(_command, unicodedata.normalize("NFC", value))


def _command(found: re.Match[str]) -> str:
    return "".join(_symbol(character) if character in _SYMBOLS else _accented(character) for character in found[0])


def _accented(character: str) -> str:
    decomposed = unicodedata.normalize("NFD", character)
    base, marks = decomposed[0], decomposed[1:]
    if not marks or not all(mark in _ACCENTS for mark in marks):
        return _symbol(character)
    inner = {"i": r"\i", "j": r"\j"}.get(base, _symbol(base)) if marks[0] not in "\u0323\u0327\u0328" else base
    for mark in marks:
        inner = f"\\{_ACCENTS[mark]}{{{inner}}}"
    return f"{{{inner}}}"


def _symbol(character: str) -> str:
    if character.isascii():
        return character
    return _SYMBOLS.get(character) or _greek(character) or f"{{\\symbol{{{ord(character)}}}}}"


def _greek(character: str) -> str:
    place = ord(character.lower()) - ord("α")
    if len(character.lower()) != 1 or not 0 <= place < len(_GREEK):
        return ""
    name = _GREEK[place] if character.islower() else _GREEK[place].capitalize()
    if name == "omicron" or (character.isupper() and name not in _GREEK_CAPITALS):
        return ""
    return f"\\ensuremath{{\\{name}}}"
