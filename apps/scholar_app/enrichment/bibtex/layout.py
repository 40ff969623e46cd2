"""Where the parts of one entry stand, read by BibTeX's own rule.

In BibTeX every brace counts, escaped or not, and a quotation mark ends a quoted value only outside of braces
(https://tug.org/texinfohtml/web2c.html, bibtex.web sections 249 to 257). This reader is independent of the parser that
locates the blocks: where the two disagree nothing is written.
"""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Final

from .blocks import FieldSpan, Layout, LayoutError
from .pieces import braced_end, quoted_end
from .values import one_line

_HEAD: Final = re.compile(r"@([^\s@{}(),=\"#%'\\]++)\s*+([{(])\s*+")
#: Blanks inside a key are a mistake that BibTeX does not forgive, but it is clear what is meant.
_KEY: Final = re.compile(r"[^\s,{}=%]++(?:[^\S\n]++[^\s,{}=%]++)*+")
_BRACED: Final = r"\{[^{}]*+(?:\{[^{}]*+(?:\{[^{}]*+\}[^{}]*+)*+\}[^{}]*+)*+\}"
_NAME: Final = r"([^\s@{}(),=\"#%'\\]++)"
#: The ordinary field, in one step: a value of one piece, and what follows it.
_FIELD: Final = re.compile(rf"\s*+{_NAME}\s*+=\s*+({_BRACED}|\"[^\"{{}}]*+\"|[0-9]++|[A-Za-z][\w:.-]*+|)\s*+([,}})])")
_PLAIN_KEY: Final = re.compile(r"([^\s,{}=%()]++)\s*+,")
_FIELD_HEAD: Final = re.compile(rf"{_NAME}\s*+=\s*+")
_FIELD_NAME: Final = re.compile(_NAME)
#: The beginning of a field inside the value of another.
_SWALLOWED: Final = re.compile(r"\n[^\S\n]*+[A-Za-z][\w-]*+\s*+=\s*+[{\"\w]")
_SHOWN: Final = 40
_BARE: Final = re.compile(r"[^\s,#{}\"()=%\\@']++(?:[^\S\n]++[^\s,#{}\"()=%\\@']++)*+")
_SPACE: Final = re.compile(r"\s*+")
_COMMENT: Final = re.compile(r"(?:%[^\n]*+\n\s*+)++")


def read_layout(text: str, start: int, bound: int) -> Layout:
    """The entry whose ``@`` is at ``start`` and which must end before ``bound``; raises :class:`LayoutError`.

    ``text`` has plain line feeds only. Time is linear in the length of the entry.
    """
    head = _HEAD.match(text, start, bound)
    if not head:
        raise LayoutError("The entry has no type, or no brace follows it", at=start)
    return _Reader(text, bound, closing="}" if head[2] == "{" else ")").read(head)


def plain_type(text: str, start: int, end: int, *, key: str, fields: Iterable[tuple[str, str]]) -> str:
    """The entry's type if it is an ordinary one with exactly this key and these (name, raw value), else nothing.

    Nearly all entries are ordinary: then this says what :func:`read_layout` would, in a third of the time.
    """
    head = _HEAD.match(text, start, end)
    found = _PLAIN_KEY.match(text, head.end(), end) if head else None
    if not head or not found or found[1] != key:
        return ""
    at, follows = found.end(), ","
    for name, value in fields:
        field = _FIELD.match(text, at, end) if follows == "," else None
        if field is None or field[1] != name or field[2] != value:
            return ""
        at, follows = field.end(), field[3]
    if follows == ",":
        at = _SPACE.match(text, at, end).end() + 1  # type: ignore[union-attr]  # matches everywhere
        follows = text[at - 1 : at]
    return head[1].lower() if at == end and follows == ("}" if head[2] == "{" else ")") else ""


class _Reader:
    """One pass over one entry; ``at`` only grows, but for a field that must be read slowly."""

    def __init__(self, text: str, bound: int, *, closing: str) -> None:
        self.text = text
        self.bound = bound
        self.closing = closing
        self.at = 0
        self.key = ""
        self.fields: list[FieldSpan] = []
        self.flaws: list[str] = []
        self.commented = False

    def read(self, head: re.Match[str]) -> Layout:
        self.at = head.end()
        self._read_key()
        fields_from = self.at
        self._read_fields()
        self._note_repeated_fields()
        return Layout(
            type=head[1].lower(),
            key=self.key,
            start=head.start(),
            fields_from=fields_from,
            fields=tuple(self.fields),
            closing=self.at,
            flaws=tuple(dict.fromkeys(map(one_line, self.flaws))),
            commented=self.commented,
        )

    def _read_key(self) -> None:
        """Step over the key; ``at`` is then behind it, before the comma."""
        if found := _KEY.match(self.text, self.at, self.bound):
            self.key = self._key_alone(found)
            self.at = found.start() + len(self.key)
        if not self.key:
            self.flaws.append("The entry has no key")
        elif len(self.key.split()) > 1:
            self.flaws.append("The key contains a blank")

    def _key_alone(self, found: re.Match[str]) -> str:
        """Without the name of the first field, where the comma between the two is missing."""
        if self._char(self._skip_space(found.end())) == "=":
            return found[0].rpartition(found[0].split()[-1])[0].rstrip()
        return found[0].partition(")")[0].rstrip() if self.closing == ")" else found[0]

    def _read_fields(self) -> None:
        self._expect_comma_after_key()
        self._read_plain_fields()
        while not self._is_closing():
            self._read_field()
            self._read_plain_fields()

    def _read_plain_fields(self) -> None:
        """As many ordinary fields as follow each other; nearly all time is spent here."""
        text, bound, closing, append, at = self.text, self.bound, self.closing, self.fields.append, self.at
        while plain := _FIELD.match(text, at, bound):
            start, end = plain.span(2)
            if plain[3] == ",":
                at = plain.end()
            elif plain[3] == closing:
                at = plain.end() - 1
            else:
                break
            append(FieldSpan(plain[1], plain.start(1), start, end))
        self.at = at

    def _expect_comma_after_key(self) -> None:
        behind = self._skip_space(self.at)
        if self._char(behind) == ",":
            self.at = behind + 1
        elif self._char(behind) == self.closing:
            self.at = behind
        elif _FIELD_HEAD.match(self.text, behind, self.bound):
            if self.key:
                self.flaws.append("There is no comma after the key")
        else:
            raise self._error("The key is not followed by a comma", at=behind)

    def _is_closing(self) -> bool:
        """Step over white space and comments; whether the entry ends here."""
        self.at = self._skip_space(self.at)
        if comment := _COMMENT.match(self.text, self.at, self.bound):
            self.commented = True
            self.at = comment.end()
        return self._char(self.at) == self.closing

    def _read_field(self) -> None:
        """A field that is not ordinary: nested deeply, joined by ``#``, or wrong."""
        head = _FIELD_HEAD.match(self.text, self.at, self.bound)
        if not head:
            self._stumble()
            return
        end = self._value_end(head.end(), name=head[1])
        self.fields.append(FieldSpan(head[1], head.start(), head.end(), end))
        self.at = self._skip_space(end)
        if self._char(self.at) == ",":
            self.at += 1
        elif not self._is_closing():
            self._expect_next_field(head[1], at=self.at)

    def _stumble(self) -> None:
        """No field begins here: two commas in a row do no harm, everything else does."""
        if self._char(self.at) == ",":
            self.flaws.append("There are two commas in a row")
            self.at += 1
        elif self.at >= self.bound:
            raise self._not_closed()
        elif name := _FIELD_NAME.match(self.text, self.at, self.bound):
            raise self._error(f"There is no = behind {name[0][:_SHOWN]}", at=self.at)
        else:
            raise self._error(f"A field is expected where {self._char(self.at)} stands", at=self.at)

    def _expect_next_field(self, name: str, *, at: int) -> None:
        """The comma is missing; harmless where the next field begins on a line of its own."""
        if at >= self.bound:
            raise self._not_closed()
        if self.text[at] in "})":
            raise self._error(f"The entry is closed with {self.text[at]} instead of {self.closing}", at=at)
        if "\\}" in self.text[self.fields[-1].start : self.fields[-1].end]:
            raise self._error(f"BibTeX counts the brace of \\}} and ends the field {name} too early", at=at)
        if "\n" not in self.text[self.fields[-1].end : at] or not _FIELD_HEAD.match(self.text, at, self.bound):
            raise self._error(f"The value of the field {name} ends, but more text follows", at=at)
        self.flaws.append(f"There is no comma after the field {name}")

    def _not_closed(self) -> LayoutError:
        """The text ends, or the next entry begins; most often a value has swallowed the fields behind it."""
        for field in self.fields:
            if _SWALLOWED.search(self.text, field.start, field.end):
                return self._error(f"The field {field.name} is opened and not closed", at=field.start)
        if self.bound == len(self.text):
            return self._error("The entry is not closed before the file ends", at=self.bound - 1)
        return self._error("The entry is not closed before the next one begins", at=self.bound)

    def _value_end(self, at: int, *, name: str) -> int:
        """Behind the pieces that stand between ``at`` and the field's end, joined by ``#``."""
        if self._char(at) in (",", self.closing):
            return at
        while True:
            at = end = self._piece_end(at, name=name)
            at = self._skip_space(at)
            if self._char(at) != "#":
                return end
            at = self._skip_space(at + 1)

    def _piece_end(self, at: int, *, name: str) -> int:
        opening = self._char(at)
        if opening in ("{", '"'):
            end = (braced_end if opening == "{" else quoted_end)(self.text, at, self.bound)
            if end < 0:
                raise self._not_ended(opening, at=at, name=name)
            return end
        if bare := _BARE.match(self.text, at, self.bound):
            if len(bare[0].split()) > 1:
                self.flaws.append(f"The value of the field {name} stands without braces or quotation marks")
            return bare.end()
        raise self._error(f"The value of the field {name} cannot be read", at=at)

    def _not_ended(self, opening: str, *, at: int, name: str) -> LayoutError:
        """A quoted value may fail by a closing brace: one too many in it, or that of the entry, which it ran into."""
        if opening == "{":
            return self._error(f"A brace in the field {name} is opened and never closed", at=at)
        line_end = self.text.find("\n", at, self.bound)
        line = self.text[at : line_end if line_end > 0 else self.bound]
        if line.count("}") > line.count("{"):
            return self._error(f"A brace in the field {name} is closed but was never opened", at=at)
        return self._error(f"A quotation mark or brace in the field {name} is opened and never closed", at=at)

    def _note_repeated_fields(self) -> None:
        names = Counter(field.name.lower() for field in self.fields)
        repeated = [name for name, count in names.items() if count > 1] if len(names) < len(self.fields) else []
        self.flaws += [f"The field {name} is given more than once; the first counts" for name in repeated[:3]]

    def _skip_space(self, at: int) -> int:
        space = _SPACE.match(self.text, at, self.bound)
        return space.end() if space else at

    def _char(self, at: int) -> str:
        return self.text[at] if at < self.bound else ""

    def _error(self, message: str, *, at: int) -> LayoutError:
        return LayoutError(message, at=at, key=self.key)
