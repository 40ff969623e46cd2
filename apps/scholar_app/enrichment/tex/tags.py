"""The tags and texts of HTML, JATS and MathML as the indexes send them: escaped twice, unclosed, half removed."""

import html
import re
from collections.abc import Iterator
from html.entities import html5
from typing import Final, NamedTuple

from ..text import word_set

STYLES: Final = {
    "sup": "textsuperscript", "superscript": "textsuperscript", "sub": "textsubscript", "inf": "textsubscript",
    "subscript": "textsubscript", "i": "emph", "em": "emph", "emph": "emph", "italic": "emph",
}  # fmt: skip
BLOCKS: Final = word_set(
    "p br div li list list-item ul ol dl dt dd def-list def-item def sec section abstract trans-abstract h1 h2 h3 h4 "
    "h5 h6 tr td th table tbody thead table-wrap col colgroup hr blockquote disp-quote disp-formula-group caption fig "
    "boxed-text speech verse-group title subtitle"
)
#: What holds one formula, often in several forms of which one is to be written.
FORMULAS: Final = word_set("inline-formula disp-formula formula alternatives")
TEX: Final = frozenset({"tex-math", "tex"})
UNREAD: Final = word_set("script style object-id annotation annotation-xml")
_TRANSPARENT: Final = word_set(
    "b bold strong sc scp small-caps u underline tt monospace roman sans-serif span font a big small strike s overline "
    "styled-content ext-link xref uri email named-content abbr label cite q code kbd mark nobr wbr fn ref target "
    "inline-graphic graphic media private-char related-article related-object img"
)
_MATHML: Final = word_set(
    "math mi mn mo mtext ms mspace mrow mstyle mpadded mphantom msub msup msubsup munder mover munderover mfrac msqrt "
    "mroot mfenced mmultiscripts mprescripts none mtable mtr mtd merror menclose semantics maction"
)
_KNOWN: Final = STYLES.keys() | BLOCKS | FORMULAS | TEX | UNREAD | _TRANSPARENT | _MATHML

_ENTITY = re.compile(r"&(?:#[0-9]{1,8}|#[xX][0-9a-fA-F]{1,7}|[A-Za-z][A-Za-z0-9]{1,31});")
#: ``&amp;lt;`` and worse: some publishers escape what is escaped already.
_TIMES_ESCAPED = 3
_TOKEN = re.compile(
    r"""
      <!--.{0,2000}?-->
    | <!\[CDATA\[(?P<cdata>[^\]]{0,2000}+)\]\]>
    | <\?CDATA(?P<instruction>[^?]{0,2000}+)\?>
    | <[?!](?:xml|DOCTYPE)[^<>]{0,500}+>
    | <(?P<closing>/?)(?P<prefix>[A-Za-z]\w{0,9}+:)?(?P<name>[A-Za-z][\w.-]{0,40}+)
      (?P<attributes>(?:\s++[\w:.-]{1,60}+\s*+=\s*+(?:"[^"]{0,2000}+"|'[^']{0,2000}+')){0,30}+)\s*+(?P<empty>/?)>
    """,
    re.VERBOSE | re.DOTALL,
)
_ATTRIBUTE = re.compile(r"""([\w.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")


class Tag(NamedTuple):
    """A tag with its local name in lower case; ``written`` are its attributes as they stand there."""

    name: str
    closing: bool = False
    empty: bool = False
    written: str = ""

    @property
    def attributes(self) -> dict[str, str]:
        """The attributes by local name."""
        return {key: one or two for key, one, two in _ATTRIBUTE.findall(self.written)}


def decode_entities(text: str) -> str:
    """Entities as the characters they name, also where they were escaped twice; ``&`` without ``;`` is text."""
    for _ in range(_TIMES_ESCAPED):
        if "&" not in text:
            break
        text = _ENTITY.sub(_character, text)
    return text


def _character(entity: re.Match[str]) -> str:
    """Exact names only: ``html.unescape`` reads ``&notit;`` as ``¬it;``."""
    if entity[0][1] == "#":
        return html.unescape(entity[0])
    return html5.get(entity[0][1:], entity[0])


def tokens(text: str) -> Iterator[str | Tag]:
    """Texts and tags in order. What only looks like a tag (``<La``, ``a <b and c> d``) is text."""
    position = 0
    for found in _TOKEN.finditer(text) if "<" in text else ():
        token = _token(found)
        if token is not None:
            yield text[position : found.start()]
            yield token
            position = found.end()
    yield text[position:]


def _token(found: re.Match[str]) -> str | Tag | None:
    if found["name"] is None:
        return found["cdata"] or found["instruction"] or ""
    name = found["name"].lower()
    if found["prefix"] is None and name not in _KNOWN:
        return None
    return Tag(name, bool(found["closing"]), bool(found["empty"]), found["attributes"])
