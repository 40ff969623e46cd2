"""From wished changes to edits of the text, each in its entry's own style."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from ..errors import DocumentProofError
from .blocks import Block, FieldSpan, Layout
from .encoding import Encoding
from .layout import read_layout
from .splice import Edit
from .style import Style, case_of, style_of
from .values import Value

#: (field name, value that the file's encoding cannot hold) -> the same in ASCII.
ToAscii = Callable[[str, str], str]

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_SPACE: Final = re.compile(r"\s*+")


@dataclass(frozen=True, slots=True)
class EntryChange:
    """What one entry is to get: new fields, in order, and new values for fields it has."""

    add: tuple[tuple[str, Value], ...] = ()
    replace: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A file in all its forms: ``text`` is ``data`` decoded, ``plain`` the same with line feeds only."""

    data: bytes
    text: str
    plain: str
    encoding: Encoding
    blocks: Sequence[Block]
    newline: str

    def layout(self, block: Block) -> Layout:
        """Where the parts of an entry stand."""
        return read_layout(self.plain, block.start, block.end)

    def writable(self) -> Iterator[Layout]:
        """The layouts of all entries that may be written to."""
        return (self.layout(block) for block in self.blocks if block.kind == "entry" and not block.reason)


@dataclass(frozen=True, slots=True)
class Plan:
    """The edits of one entry in order, and all its fields afterwards as (name, raw value).

    ``contents`` are what the new values are to say, each with the raw value that is to say it.
    """

    edits: tuple[Edit, ...]
    fields: tuple[tuple[str, str], ...]
    contents: tuple[tuple[Value, str], ...]


class Planner:
    """Plans the changes of one file; what is common to its entries is looked at once, when first needed."""

    def __init__(self, source: Source, *, to_ascii: ToAscii) -> None:
        self.source = source
        self.to_ascii = to_ascii

    def plan(self, block: Block, change: EntryChange) -> Plan:
        """The edits of an entry; raises :class:`DocumentProofError` for changes that must not be made."""
        if block.kind != "entry" or block.reason:
            raise DocumentProofError(f"This entry must not be written to: {block.reason}.")
        layout = self.source.layout(block)
        _check_names(layout, change)
        style = style_of(self.source.text, layout, otherwise=self.house_style)
        new = {_first(layout, name): self._writable(name, value) for name, value in change.replace}
        replaced = {span: self._like_the_old(style, span).delimited(value) for span, value in new.items()}
        added = {self._spelling(style, name): self._writable(name, value) for name, value in change.add}
        written = {name: style.delimited(value) for name, value in added.items()}
        edits = [Edit(span.start, span.end, raw) for span, raw in replaced.items() if raw != self._raw(span)]
        if written:
            edits.append(self._insertion(layout, style, written))
        fields = [(span.name, replaced.get(span, self._raw(span))) for span in layout.fields]
        contents = zip([*new.values(), *added.values()], [*replaced.values(), *written.values()], strict=True)
        return Plan(tuple(sorted(edits)), (*fields, *written.items()), tuple(contents))

    def _raw(self, span: FieldSpan) -> str:
        return self.source.text[span.start : span.end]

    def _writable(self, name: str, value: Value) -> Value:
        """The value as the encoding of the file can hold it."""
        holds = self.source.encoding.holds
        if not holds(value.content):
            value = Value.text(self.to_ascii(name, value.content))
        if not holds(value.content):
            raise DocumentProofError(f"The encoding of the file does not hold the value of {name}.")
        return value

    def _like_the_old(self, style: Style, span: FieldSpan) -> Style:
        """A new value is delimited as the old one was."""
        opening = self._raw(span)[:1]
        if opening in ("{", '"'):
            return replace(style, quotes=opening == '"', bare_numbers=False)
        return replace(style, bare_numbers=True) if opening.isdigit() else style

    def _insertion(self, layout: Layout, style: Style, written: Mapping[str, str]) -> Edit:
        """One insertion behind the last field, or behind the key of an entry that has none."""
        text = self.source.text
        last = layout.fields[-1].end if layout.fields else layout.fields_from
        comma = _skip_space(text, last)
        has_comma = text[comma] == ","
        fields = [style.separator(name) + style.field(name, raw) for name, raw in written.items()]
        if not layout.fields:
            at = comma + 1 if has_comma else last
            new = "" if has_comma else ","
            return Edit(at, at, new + f"{style.before_comma},".join(fields) + self._line_end(at, layout, style))
        if has_comma:
            return Edit(comma + 1, comma + 1, "".join(f"{field}{style.before_comma}," for field in fields))
        return Edit(last, last, "".join(f"{style.before_comma},{field}" for field in fields))

    def _line_end(self, at: int, layout: Layout, style: Style) -> str:
        """The closing brace of an entry without fields goes on a line of its own, where the fields do."""
        is_alone = bool({"\n", "\r"} & set(self.source.text[at : layout.closing]))
        has_lines = bool({"\n", "\r"} & set(style.after_comma))
        return self.source.newline if has_lines and not is_alone else ""

    @cached_property
    def house_style(self) -> Style:
        """For entries without fields: the style of the first entry that has some."""
        default = Style(after_comma=f"{self.source.newline}  ")
        example = next((layout for layout in self.source.writable() if len(layout.fields) > 1), None)
        return style_of(self.source.text, example, otherwise=default) if example else default

    def _spelling(self, style: Style, name: str) -> str:
        """As most other entries of this case spell the name (``DOI`` among small letters), else in this case."""
        return self._spellings.get((style.case, name.lower()), style.spell(name))

    @cached_property
    def _spellings(self) -> dict[tuple[str, str], str]:
        counts: Counter[tuple[str, str, str]] = Counter()
        for layout in self.source.writable():
            if layout.fields:
                case = case_of(layout.fields)
                counts.update((case, span.name.lower(), span.name) for span in layout.fields)
        return {(case, lower): name for (case, lower, name), _ in reversed(counts.most_common())}


def _first(layout: Layout, name: str) -> FieldSpan:
    return next(span for span in layout.fields if span.name.lower() == name.lower())


def _check_names(layout: Layout, change: EntryChange) -> None:
    """No field may come twice, and only what is there can be replaced."""
    there = {span.name.lower() for span in layout.fields}
    added = [name.lower() for name, _ in change.add]
    replaced = [name.lower() for name, _ in change.replace]
    if not all(map(_NAME.fullmatch, added)):
        raise DocumentProofError(f"A name in {added} is not a field name.")
    if there.intersection(added) or len(set(added)) < len(added) or len(set(replaced)) < len(replaced):
        raise DocumentProofError(f"The entry {layout.key!r} would have a field twice.")
    if not there.issuperset(replaced):
        raise DocumentProofError(f"The entry {layout.key!r} lacks a field that is to be replaced.")


def _skip_space(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at
