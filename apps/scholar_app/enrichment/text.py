"""Normal forms of titles and other texts in which equal works look equal. Nothing here is ever written to a file."""

import html
import re
import unicodedata
from collections.abc import Iterator
from itertools import islice

from .latex import latex_to_text


def word_set(text: str) -> frozenset[str]:
    """The words of a readable list, for membership tests."""
    return frozenset(text.split())


_TAG = re.compile(r"</?(?P<name>[a-zA-Z][\w:.-]{0,40})(?:\s[^<>]{0,400}=[^<>]{0,400})?\s?/?>")
_BREAKING_TAGS = frozenset({"br", "p", "div", "li", "title", "jats:p", "jats:title", "jats:sec"})
_COMMENT = re.compile(r"<!--[^<>]{0,400}-->")
_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")
_APOSTROPHE = re.compile(r"['’‘`´ʼʻ′]")
_ORNAMENTS = str.maketrans(dict.fromkeys("™®©\u00ad\u200b\u200c\u200d\u2060\ufeff", ""))
#: Letters that NFKD leaves whole; a small table stands in for a transliteration library (Unidecode is GPL).
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ŋ": "ng", "ħ": "h", "ŧ": "t",
     "ƒ": "f", "ə": "e"}
)  # fmt: skip
_GREEK_NAMES = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "ο": "omicron", "π": "pi", "ρ": "rho",
    "σ": "sigma", "τ": "tau", "υ": "upsilon", "φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega",
}  # fmt: skip
#: One or two Greek letters are symbols (``α``, ``γδ T cells``); a longer run is Greek text.
_GREEK_SYMBOL = re.compile(r"(?<![α-ω])[α-ω]{1,2}(?![α-ω])")
_SUBTITLE = re.compile(r"\s?[:\u2013\u2014?!]\s|\s--?-?\s|\.\s")
_YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?!\d)")
_PAGE = re.compile(r"[a-z]{0,4}\d+[a-z]?|(?<![a-z])[ivxlcdm]+(?![a-z])")
_DIGITS = re.compile(r"\d+")
_PAGE_WORDS = re.compile(r"\b(?:pages?|pp?|article|art|no|id|paper|seiten?|s)\b\.?[ :]*")
_MIN_MAIN_TITLE_WORDS = 3
_MAX_HEADS = 10
_MAX_PAGES_LENGTH = 100

STOP_WORDS = word_set(
    "a an the of in on for and or to with by from at as is are its into via using based new der die das und von "
    "le la les de des du et en el los las y"
)

#: Words by which a title shows its language. Some stand in several lists: the most hits count.
_LANGUAGES = {
    "en": word_set("the of and in on for with to an by from is are at as its their"),
    "de": word_set(
        "der die das und von in im zur zum ein eine einer eines fur mit auf des den dem uber bei aus als zu"
    ),
    "fr": word_set("le la les des du de et une un dans pour sur au aux en par chez l d"),
    "es": word_set("el la los las del de y en una un por para con al sobre"),
    "it": word_set("il lo la gli della delle dei di e un una nel nella per con sul sulla"),
    "pt": word_set("o os a as do da dos das de e em um uma para com no na sobre"),
    "nl": word_set("de het een van en in op voor met bij uit naar door"),
}


def fold(text: str) -> str:
    """Case and marks removed, ligatures and the like spelt out; punctuation and spaces stay. Idempotent."""
    if not text.isascii():
        text = text.translate(_ORNAMENTS)
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c)).translate(_LETTERS).replace("ς", "σ")


def plain_text(value: str) -> str:
    """A title as a reader sees it: LaTeX decoded, HTML, JATS and MathML tags out, entities resolved."""
    if "<" in value:
        value = _COMMENT.sub(" ", _TAG.sub(_without_tag, value))
    value = latex_to_text(value)
    if "&" in value:
        # Twice: some sources send ``&amp;lt;``.
        value = html.unescape(html.unescape(value))
    if "<" in value:
        value = _TAG.sub(_without_tag, value)
    return value


def _without_tag(tag: re.Match[str]) -> str:
    return " " if tag["name"].lower() in _BREAKING_TAGS else ""


def normalise_title(value: str) -> str:
    """Lower-case words of letters and digits, one space between them: the form in which titles are compared."""
    return _words(plain_text(value))


def _words(text: str) -> str:
    text = fold(text)
    if not text.isascii():
        text = _GREEK_SYMBOL.sub(_name_greek, text)
    text = _APOSTROPHE.sub("", text).replace("&", " and ")
    return _NOT_ALPHANUMERIC.sub(" ", text).strip()


def _name_greek(letters: re.Match[str]) -> str:
    return " " + " ".join(_GREEK_NAMES.get(letter, letter) for letter in letters[0]) + " "


def main_title(value: str) -> str:
    """Normal form of the part before the first ``: ``, dash, ``?`` or ``. ``; all of it where that has no 3 words."""
    return next(
        (head for head in title_heads(value) if head.count(" ") + 1 >= _MIN_MAIN_TITLE_WORDS), normalise_title(value)
    )


def title_heads(value: str) -> Iterator[str]:
    """Normal forms of what stands before each mark that may begin a subtitle, the shortest first; at most ten."""
    text = plain_text(value)
    for mark in islice(_SUBTITLE.finditer(text), _MAX_HEADS):
        yield _words(text[: mark.start()])


def squeeze(normal: str) -> str:
    """A normal form without its spaces: ``data base`` and ``database`` become one."""
    return normal.replace(" ", "")


def content_words(normal: str) -> list[str]:
    """The words of a normal form that carry meaning, in order."""
    return [word for word in normal.split() if word not in STOP_WORDS]


def year_of(value: str) -> int | None:
    """The first year from 1500 to 2099 in a ``year`` or ``date`` value."""
    found = _YEAR.search(value[:_MAX_PAGES_LENGTH])
    return int(found[1]) if found else None


def first_page(value: str) -> str:
    """The first page or article number in lower case: ``s12`` of ``S12--S20``; nothing of the placeholder ``0``."""
    text = _PAGE_WORDS.sub(" ", fold(latex_to_text(value[:_MAX_PAGES_LENGTH])))
    found = _PAGE.search(text)
    return found[0] if found and found[0].strip("0") else ""


def digits_of(value: str) -> str:
    """The first run of digits without leading zeros: the volume or issue number in ``Vol. 12(3)``."""
    found = _DIGITS.search(value[:_MAX_PAGES_LENGTH])
    return found[0].lstrip("0") if found else ""


def language_of(normal: str) -> str:
    """The language whose small words a normalised title has most of, as its code; empty where it is not clear."""
    words = normal.split()
    hits = sorted(((sum(word in small for word in words), code) for code, small in _LANGUAGES.items()), reverse=True)
    return hits[0][1] if hits[0][0] > hits[1][0] else ""
