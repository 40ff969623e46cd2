r"""Plain text to LaTeX that is safe in a braced BibTeX value: nothing in it can end the value or run a command.

Text from an index may hold LaTeX already (``$\alpha$``, ``\"u``, ``\%``). What is known is kept, the rest is shown as
the characters it is made of.
"""

import re
import unicodedata
from collections.abc import Callable
from typing import Final

from ..latex import latex_to_text
from ..text import word_set
from .mathematics import SIGN_COMMANDS, is_formula, safe_formula

_SPACES: Final = dict.fromkeys(
    [*range(9, 14), *range(0x1C, 0x20), 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F,
     0x3000], " ")  # fmt: skip
_HYPHENS: Final = dict.fromkeys(map(ord, "\u2010\u2011\u2212"), "-")
#: Controls, marks that turn the direction of writing around, soft hyphens, and invisible signs.
_INVISIBLE: Final = dict.fromkeys(
    [*range(0x20), *range(0x7F, 0xA0), 0xAD, 0x34F, 0x61C, 0x180E, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F),
     *range(0x2060, 0x2070), 0xFEFF, *range(0xFFF9, 0xFFFC), *range(0xE0000, 0xE0080)], None)  # fmt: skip
_LIGATURES: Final = {ord(char): unicodedata.normalize("NFKC", char) for char in "ﬀﬁﬂﬃﬄﬅﬆ"}
_TRANSLATION: Final = _INVISIBLE | _SPACES | _HYPHENS | _LIGATURES
#: Letters of formulas (U+1D400 to U+1D7FF) are italic or bold forms of ordinary ones.
_FORMULA_LETTERS: Final = re.compile("[\U0001d400-\U0001d7ff]+")
#: Joiners belong to Arabic and Indic scripts; anywhere else they are left over from a typesetter.
_STRAY_JOINER: Final = re.compile("(?<![\u0590-\u1fff])[\u200c\u200d]|[\u200c\u200d](?![\u0590-\u1fff])")
_LOST: Final = re.compile("[\ufffd\ud800-\udfff\ue000-\uf8ff\U000f0000-\U0010ffff\ufdd0-\ufdef\ufffe\uffff]")

_ESCAPES: Final = {
    "%": r"\%", "&": r"\&", "_": r"\_", "#": r"\#", "$": r"\$", "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}", "\\": r"\textbackslash{}", "{": r"\textbraceleft{}", "}": r"\textbraceright{}",
}  # fmt: skip
_SPECIAL: Final = re.compile(r"[%&_#$~^\\{}]")
_LETTER_COMMANDS: Final = word_set(
    "ss o O l L ae AE oe OE aa AA i j dh DH th TH dj DJ ng NG textendash textemdash textquoteright textquoteleft "
    "textquotedblleft textquotedblright textless textgreater textbar textregistered texttrademark textcopyright "
    "texteuro textdegree textmu ldots dots textellipsis"
)
_ACCENTED: Final = r"\\(?:['`\"^~=.]\s?|[uvHckrdb](?![A-Za-z])\s?)(?:\{\\?[A-Za-z]\}|\\[ij](?![A-Za-z])|[A-Za-z])"
_TOKEN: Final = re.compile(
    rf"""
      \$\$(?P<display>(?:[^$\\]|\\.){{1,600}})\$\$
    | \$(?P<inline>(?=\S)(?:[^$\\]|\\.){{1,600}})(?<=\S)\$(?!\d)
    | \\\((?P<round>(?:[^\\]|\\(?!\)).){{1,600}})\\\)
    | (?P<escaped>\\[%&_\#$])
    | (?P<accent>\{{{_ACCENTED}\}}|{_ACCENTED})
    | \\(?P<style>emph|textit|textsl|textsuperscript|textsubscript|textbf|textrm|textsc|texttt|textsf|mbox|text)
      \{{(?P<styled>[^{{}}\\$]{{0,500}})\}}
    | \{{\\(?P<switch>it|em|sl|bf|sc|rm|tt|sf)(?:\s|\{{\}})\s?(?P<switched>[^{{}}\\$]{{0,500}})\}}
    | \\(?P<command>[A-Za-z]{{1,40}})(?:\{{\}}|\s(?=[a-z]))?
    | (?P<protected>\{{[^\W_][\w-]{{1,60}}\}})
    | (?P<special>[%&_\#$~^\\{{}}])
    """,
    re.VERBOSE | re.DOTALL,
)


def clean(text: str) -> str:
    """In NFC, on one line, without controls, invisible characters and typographic spaces and hyphens."""
    if text.isascii():
        if text.isprintable():
            return " ".join(text.split())
    else:
        text = _STRAY_JOINER.sub("", unicodedata.normalize("NFC", text))
        text = _FORMULA_LETTERS.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
    return " ".join(text.translate(_TRANSLATION).split())


def is_damaged(text: str) -> bool:
    """Whether characters were lost on the way (``Journal f\ufffdr``), so that nobody should copy the text."""
    return not text.isascii() and _LOST.search(text) is not None


def escape(text: str) -> str:
    """LaTeX for a text; white space at its ends stays, since a text may be a piece of a longer one."""
    return _TOKEN.sub(_written, text) if _SPECIAL.search(text) else text


def _written(token: re.Match[str]) -> str:
    kind = token.lastgroup or ""
    writer = _WRITERS.get(kind)
    return writer(token) if writer else token[0]


def _formula(tex: str, *, whole: str) -> str:
    written = safe_formula(tex) if is_formula(tex) else None
    return f"${written}$" if written else "".join(_ESCAPES.get(char, char) for char in whole)


def _styled(style: str, text: str) -> str:
    if style in {"textsuperscript", "textsubscript"}:
        return f"\\{style}{{{text}}}"
    return f"\\emph{{{text}}}" if style in {"emph", "textit", "textsl", "it", "em", "sl"} else text


def _command(name: str, *, whole: str) -> str:
    if name in SIGN_COMMANDS:
        return f"$\\{name}$" + (" " if whole[-1].isspace() else "")
    if name in {"LaTeX", "TeX", "BibTeX"}:
        return f"{{\\{name}}}"
    if name in _LETTER_COMMANDS:
        return latex_to_text(f"\\{name}{{}}")
    return _ESCAPES["\\"] + escape(whole[1:])


_WRITERS: Final[dict[str, Callable[[re.Match[str]], str]]] = {
    "display": lambda token: _formula(token["display"], whole=token[0]),
    "inline": lambda token: _formula(token["inline"], whole=token[0]),
    "round": lambda token: _formula(token["round"], whole=token[0]),
    "styled": lambda token: _styled(token["style"], escape(token["styled"])),
    "switched": lambda token: _styled(token["switch"], escape(token["switched"])),
    "command": lambda token: _command(token["command"], whole=token[0]),
    "accent": lambda token: latex_to_text(token[0]),
    "protected": lambda token: token[0].replace("_", r"\_"),
    "special": lambda token: _ESCAPES[token[0]],
}
