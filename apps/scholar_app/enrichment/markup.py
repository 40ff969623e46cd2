r"""Texts of the indexes (HTML, JATS, MathML, entities, some TeX) as LaTeX for a braced BibTeX value.

Time is linear in the length of the text. Tags and entities that nobody knows stay what they look like: text.
"""

import re
from typing import Final

from .tex.casing import protect_capitals
from .tex.escaping import clean, escape, is_damaged
from .tex.mathematics import Node, NotSimpleError, formula_of, safe_formula
from .tex.tags import BLOCKS, FORMULAS, STYLES, TEX, UNREAD, Tag, decode_entities, tokens

#: No abstract is longer; what is, is a whole paper or an attack.
MAX_LENGTH: Final = 100_000

_MAX_DEPTH = 40
_MAX_NODES = 2_000
#: Stand around a formula or a word in italics until the neighbours are known; ``clean`` lets none in from outside.
_BEGIN, _END = "\x01", "\x02"
#: A letter or comma, then a formula (but not mere indices, as in Mn$_2$) or a word in italics (but not one letter).
_GLUED_BEFORE = re.compile(rf"(?<=[^\W\d_]|[,;:]){_BEGIN}(?=\$(?![_^])|\\emph\{{[^\W\d_]{{3}})")
_GLUED_BEHIND = re.compile(rf"(?:(?<=\$)|(?<=[^\W\d_]{{3}}\}})){_END}(?=[^\W\d_])(?!(?:th|st|nd|rd|s|D)\b)")
_MARKS = re.compile(f"[{_BEGIN}{_END}]")
_BLANKS = re.compile(r"\s\s+")
_PLAIN_NUMBER = re.compile(r"[\d.,]+")
_ABSTRACT_HEADING = re.compile(r"(?:abstracts?|résumé|resumen|resumo|zusammenfassung|summary)[.:]?", re.IGNORECASE)
_TEX_BODY = re.compile(r"\\begin\{document\}(.*?)\\end\{document\}", re.DOTALL)


def markup_to_latex(text: str, *, styled: bool = True) -> str:
    r"""LaTeX for a text of an index; empty where the text is damaged, or too long to be what it should be.

    With ``styled``, italics, sub- and superscripts become ``\emph`` and the like; without, only their text is kept.
    """
    if len(text) > MAX_LENGTH:
        return ""
    text = decode_entities(text)
    if is_damaged(text):
        return ""
    if "<" not in text:
        return escape(clean(text))
    writer = _Writer(styled=styled)
    for token in tokens(text):
        if isinstance(token, str):
            writer.text(token)
        else:
            writer.tag(token)
    return writer.finished()


def title_to_latex(text: str) -> str:
    """LaTeX for a title, with the capitals in braces that a style must not turn into small letters."""
    return protect_capitals(markup_to_latex(text))


class _Writer:
    """Collects pieces of LaTeX. ``groups`` are the tags that wait for their end, each with its first piece."""

    def __init__(self, *, styled: bool) -> None:
        self.styled = styled
        self.pieces: list[str] = []
        self.groups: list[tuple[str, int]] = []
        self.unread = ""
        self.formula = _Formula()

    def text(self, text: str) -> None:
        if not self.unread and not self.formula.text(text):
            self.pieces.append(_spaced(escape(clean(text)), like=text))

    def tag(self, tag: Tag) -> None:
        if self.unread:
            self.unread = "" if tag.closing and tag.name == self.unread else self.unread
        elif self.formula.tag(tag):
            self.pieces.append(self.formula.take())
        elif tag.name in UNREAD:
            self.unread = "" if tag.closing or tag.empty else tag.name
        elif tag.name in BLOCKS:
            self._block(tag)
        elif tag.name in STYLES and self.styled:
            self._group(tag)

    def finished(self) -> str:
        """What was collected, with everything that was left open closed."""
        self.pieces.append(self.formula.finish())
        if self.groups:
            self._close(self.groups[0][0])
        return _joined(self.pieces).strip()

    def _block(self, tag: Tag) -> None:
        if tag.name == "subtitle" and not tag.closing:
            self.pieces.append(": ")
        self.pieces.append(" ")
        if tag.name == "title":
            self._group(tag)
            self.pieces.append(" ")

    def _group(self, tag: Tag) -> None:
        if tag.closing:
            self._close(tag.name)
        elif not tag.empty and len(self.groups) < _MAX_DEPTH:
            self.groups.append((tag.name, len(self.pieces)))

    def _close(self, name: str) -> None:
        """End the innermost group of that name, and those inside it that were never closed."""
        if name not in {open_name for open_name, _ in self.groups}:
            return
        closed = ""
        while closed != name:
            closed, start = self.groups.pop()
            inside = _joined(self.pieces[start:])
            del self.pieces[start:]
            self.pieces.append(_spaced(_grouped(closed, inside.strip()), like=inside))


def _grouped(name: str, latex: str) -> str:
    if not latex:
        return ""
    if name == "title":
        return _heading(latex)
    written = f"\\{STYLES[name]}{{{latex}}}"
    return f"{_BEGIN}{written}{_END}" if STYLES[name] == "emph" else written


def _heading(latex: str) -> str:
    """``Methods`` becomes ``Methods:``; that an abstract is called an abstract says nothing."""
    if _ABSTRACT_HEADING.fullmatch(latex):
        return ""
    return f"{latex}:" if latex[-1].isalnum() else latex


def _spaced(latex: str, *, like: str) -> str:
    """A piece with one space at each end where the original has some."""
    if not latex:
        return " " if like.strip() != like else ""
    return " " * like[:1].isspace() + latex + " " * like[-1:].isspace()


def _joined(pieces: list[str]) -> str:
    """The pieces in a row. Many a publisher loses the blank before a formula or italics: it is put back."""
    text = "".join(pieces)
    if _BEGIN in text:
        text = _MARKS.sub("", _GLUED_BEHIND.sub(" ", _GLUED_BEFORE.sub(" ", text)))
    return _BLANKS.sub(" ", text)


class _Formula:
    """The formula that is being read, if any. One formula may come as MathML and as TeX: the first is written."""

    def __init__(self) -> None:
        self.open: list[Node] = []
        self.tex: list[str] | None = None
        self.nodes = 0
        self.containers = 0
        self.done = False
        self.written = ""

    def text(self, text: str) -> bool:
        """Whether the text belonged to a formula."""
        if self.open:
            self.open[-1].children.append(text)
        elif self.tex is not None:
            self.tex.append(text)
        else:
            return self.containers > 0 and not text.strip()
        return True

    def tag(self, tag: Tag) -> bool:
        """Whether the tag belonged to a formula."""
        if self.open or tag.name == "math":
            self._math_tag(tag)
        elif tag.name in TEX:
            self._tex_tag(tag)
        elif tag.name in FORMULAS:
            self._container(tag)
        else:
            return False
        return True

    def take(self) -> str:
        """The LaTeX of a formula that has just ended, once; an empty string before and after."""
        written, self.written = self.written, ""
        return written

    def finish(self) -> str:
        """End what was left open."""
        if self.open:
            self._end_math(self.open[0])
        elif self.tex is not None:
            self._end_tex("".join(self.tex))
        return self.take()

    def _container(self, tag: Tag) -> None:
        if tag.closing:
            self.containers = max(0, self.containers - 1)
        elif not tag.empty:
            self.containers += 1
        self.done = self.done and self.containers > 0

    def _math_tag(self, tag: Tag) -> None:
        if tag.closing:
            self._end_element(tag.name)
            return
        node = Node(tag.name, tag.attributes)
        self.nodes += 1
        if self.open and self.nodes < _MAX_NODES:
            self.open[-1].children.append(node)
        if not tag.empty and len(self.open) < _MAX_DEPTH:
            self.open.append(node)

    def _end_element(self, name: str) -> None:
        if name not in {node.name for node in self.open}:
            return
        node = self.open.pop()
        while node.name != name:
            node = self.open.pop()
        if not self.open:
            self._end_math(node)

    def _end_math(self, root: Node) -> None:
        self.open, self.nodes = [], 0
        try:
            self._write(formula_of(root))
        except NotSimpleError:
            self._put(f" {escape(clean(root.text))} ")

    def _tex_tag(self, tag: Tag) -> None:
        if self.tex is not None and tag.closing:
            self._end_tex("".join(self.tex))
        elif not tag.closing and not tag.empty:
            self.tex = []

    def _end_tex(self, source: str) -> None:
        self.tex = None
        body = _TEX_BODY.search(source)
        written = safe_formula((body[1] if body else source).strip().strip("$"))
        if written:
            self._write(written)

    def _write(self, tex: str) -> None:
        self._put(_BEGIN + (tex if _PLAIN_NUMBER.fullmatch(tex) else f"${tex}$") + _END)

    def _put(self, latex: str) -> None:
        if not self.done:
            self.written = latex
        self.done = self.containers > 0
