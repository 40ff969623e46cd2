"""LaTeX to plain Unicode, for comparing only: never written back, linear in the length of the value, never raises."""

import re
import unicodedata

_ACCENTS = {
    "'": "\u0301", "`": "\u0300", '"': "\u0308", "^": "\u0302", "~": "\u0303", "=": "\u0304", ".": "\u0307",
    "u": "\u0306", "v": "\u030c", "H": "\u030b", "c": "\u0327", "k": "\u0328", "r": "\u030a", "d": "\u0323",
    "b": "\u0331", "t": "\u0361",
}  # fmt: skip
_LETTERS = {
    "ss": "ß", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å",
    "AA": "Å", "i": "i", "j": "j", "imath": "i", "jmath": "j", "dh": "ð", "DH": "Ð", "th": "þ", "TH": "Þ", "dj": "đ",
    "DJ": "Đ", "ng": "ŋ", "NG": "Ŋ",
}  # fmt: skip
_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "varepsilon": "ε", "zeta": "ζ", "eta": "η",
    "theta": "θ", "vartheta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π",
    "varpi": "π", "rho": "ρ", "varrho": "ρ", "sigma": "σ", "varsigma": "σ", "tau": "τ", "upsilon": "υ", "phi": "φ",
    "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ",
    "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Upsilon": "Υ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}  # fmt: skip
_SYMBOLS = {
    "textendash": "–", "textemdash": "—", "textquoteright": "’", "textquoteleft": "‘", "textquotesingle": "'",
    "textquotedblleft": '"', "textquotedblright": '"', "lq": "‘", "rq": "’", "ldots": "…", "dots": "…",
    "textellipsis": "…", "cdots": "…", "textbackslash": " ", "textasciitilde": "~", "textasciicircum": "^",
    "textunderscore": "_", "textless": "<", "textgreater": ">", "lt": "<", "gt": ">", "textbar": "|",
    "S": "§", "copyright": "©", "textcopyright": "©", "textregistered": "®", "texttrademark": "™", "pounds": "£",
    "euro": "€", "texteuro": "€", "textdegree": "°", "degree": "°", "textmu": "μ", "infty": "∞", "times": "×",
    "pm": "±", "to": "→", "rightarrow": "→", "leftrightarrow": "↔", "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥",
    "sim": "∼", "approx": "≈", "neq": "≠", "ne": "≠", "cdot": "·", "ell": "l", "hbar": "ħ", "prime": "'",
    "TeX": "TeX", "LaTeX": "LaTeX", "BibTeX": "BibTeX",
    "quad": " ", "qquad": " ", "newline": " ", "linebreak": " ", "par": " ", "space": " ", "textvisiblespace": " ",
}  # fmt: skip
_WORDS = _LETTERS | _GREEK | _SYMBOLS
_MARKUP = re.compile(r"[\\{}$~]|--|``|''")
_TOKEN = re.compile(
    r"""
    \\(?:
        (?P<accent>['`"^~=.]|[uvHckrdbt](?![A-Za-z]))
      | (?P<drop>(?:href|textcolor|color|cite[a-z]?|ref|label|fontsize|hspace|vspace)(?![A-Za-z])\*?\{[^{}]{0,500}\})
      | (?P<word>[A-Za-z]+)[ \t\r\n]*\*?
      | (?P<char>.)
      | $
    )
    | (?P<brace>[{}]) | (?P<math>\$+) | (?P<tie>~) | (?P<quotes>``|'') | (?P<dash>---?) | (?P<script>[_^])
    """,
    re.DOTALL | re.VERBOSE,
)
#: More marks than this on one letter is nobody's name.
_MAX_ACCENTS = 4


def latex_to_text(value: str, limit: int = 20_000) -> str:
    r"""The text a reader would see, in NFC and with single spaces; only the first ``limit`` characters are looked at.

    Accents in all their spellings become letters, ``$\alpha$`` its letter, ``--`` and ``---`` a hyphen; formatting
    commands vanish and leave what they format. Sub- and superscripts of formulas stand beside what they belong to.
    """
    value = value[:limit]
    if value.isascii() and value.isalnum():
        return value
    if not _MARKUP.search(value):
        return unicodedata.normalize("NFC", " ".join(value.split()))
    decoder = _Decoder()
    position = 0
    for token in _TOKEN.finditer(value):
        decoder.put(value[position : token.start()])
        decoder.take(token)
        position = token.end()
    decoder.put(value[position:])
    return unicodedata.normalize("NFC", " ".join("".join(decoder.out).split()))


class _Decoder:
    """Collects the text; accents wait in ``pending`` for the letter that follows, through braces and blanks."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.pending: list[str] = []
        self.math = False
        self._just_opened = False

    def put(self, text: str) -> None:
        if not text:
            return
        if self.pending:
            text = text.lstrip()
            if not text:
                return
            text = text[0] + "".join(reversed(self.pending)) + text[1:]
            self.pending.clear()
        self._just_opened = False
        self.out.append(text)

    def take(self, token: re.Match[str]) -> None:
        kind = token.lastgroup or ""
        text = token.group(kind) if kind else ""
        opened = self._just_opened
        self._just_opened = kind == "brace" and text == "{"
        if kind == "accent":
            self._accent(text)
        elif kind == "brace":
            if text == "}" and opened:
                self.pending.clear()  # \'{} is an accent without a letter
        elif kind == "math":
            self.math = not self.math
        elif kind == "script":
            self.put("" if self.math else text)
        else:
            self.put(_plain(kind, text))

    def _accent(self, mark: str) -> None:
        if len(self.pending) < _MAX_ACCENTS:
            self.pending.append(_ACCENTS[mark])


def _plain(kind: str, text: str) -> str:
    if kind == "word":
        return _WORDS.get(text, "")
    if kind == "char":
        return text if text in "%&$#_{}<>|" else " " if text in "\\ ,;:\t\n\r" else ""
    return {"tie": " ", "quotes": '"', "dash": "-"}.get(kind, "")
