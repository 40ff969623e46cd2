"""A BibTeX file as its author wrote it: read for matching, and given back with fields added and nothing else changed.

``Document.read`` takes any bytes. ``Document.prove_and_render`` puts new fields behind the last one of their entry, in
that entry's own style, and proves the result before it is returned: without the additions it is the input, byte for
byte, and a second reading finds the same blocks, the old fields and exactly the new ones.
"""

import re
import sys
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from .ascii_latex import ascii_latex
from .encoding import decode
from .errors import DocumentError, DocumentProofError
from .inheritance import inherited_fields
from .layout import FieldSpan, LayoutError, read_layout
from .limits import Limits, check_bytes, check_text, refuse_entries
from .locating import Block, locate, plain_lines
from .macros import Macros
from .proof import prove_and_encode
from .rendering import EntryChange, Planner, Source, ToAscii
from .values import Value, safe_value

__all__ = ["Damage", "Document", "Entry", "EntryChange", "Limits", "Value", "safe_value"]

_EXCERPT: Final = 120


@dataclass(frozen=True, slots=True)
class Damage:
    """A block that is kept as it is because it cannot be read; ``key`` is empty where it is not clear."""

    line: int
    cause: str
    key: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. ``fields`` maps lower-case names to text: delimiters off, macros expanded, LaTeX still in.

    Of a field given twice the first counts, as in BibTeX. ``editable`` is false where the layout can be read in two
    ways, and ``reason`` says so; ``flaws`` are mistakes that leave the entry clear (no comma after the key, ...).
    """

    index: int
    key: str
    type: str
    line: int
    fields: Mapping[str, str]
    editable: bool = True
    reason: str = ""
    #: What the entry lacks and takes over from its ``crossref`` and ``xdata`` parents.
    inherited: Mapping[str, str] = field(default_factory=dict)
    flaws: tuple[str, ...] = ()

    def get(self, *names: str) -> str:
        """The first value of its own that is not blank, or the empty string."""
        return next((value for name in names if (value := self.fields.get(name, "")).strip()), "")


class Document:
    """A file that was read. Nothing in it changes afterwards."""

    def __init__(self, source: Source, *, limits: Limits) -> None:
        self._source = source
        self._lines = _Lines(source.plain)
        blocks = [_within(block, source.plain, limits=limits) for block in source.blocks]
        self._numbers = [number for number, block in enumerate(blocks) if block.kind == "entry"]
        self.damaged = tuple(self._damage(block) for block in blocks if block.kind == "damaged")
        self._check(limits)
        self._macros = self._defined_macros()
        self._by_key = _first_by_key([source.blocks[number].key for number in self._numbers])
        self.entries = tuple(self._entry(index, number) for index, number in enumerate(self._numbers))

    @classmethod
    def read(cls, data: bytes, *, limits: Limits = Limits()) -> "Document":  # noqa: B008 (frozen)
        """Read a file; raises :class:`DocumentError` and nothing else, whatever the bytes are.

        Codes: ``empty``, ``too_large``, ``too_many_entries``, ``too_complex``, ``binary``, ``undecodable``,
        ``not_bibtex`` (no entry found).
        """
        check_bytes(data, limits=limits)
        text, encoding = decode(data)
        plain = plain_lines(text)
        check_text(plain, limits=limits)
        return cls(Source(data, text, plain, encoding, locate(plain), _newline(text)), limits=limits)

    @property
    def data(self) -> bytes:
        """The file as it was read."""
        return self._source.data

    @property
    def encoding(self) -> str:
        """The codec's name: ``utf-8``, ``utf-16-le``, ``cp1252``, ..."""
        return self._source.encoding.name

    @property
    def bom(self) -> bytes:
        """The byte order mark at the beginning, or nothing."""
        return self._source.encoding.bom

    @property
    def newline(self) -> str:
        """The line end that most lines have."""
        return self._source.newline

    def prove_and_render(self, changes: Mapping[int, EntryChange], *, to_ascii: ToAscii = ascii_latex) -> bytes:
        """The file with the changes, by index of entry; exactly the input where they come to nothing.

        ``to_ascii(name, value)`` rewrites values that the file's encoding cannot hold. Raises
        :class:`DocumentProofError` for changes that must not be made, and where the proof fails.
        """
        planner = Planner(self._source, to_ascii=to_ascii)
        plans = {}
        for index, change in changes.items():
            if not 0 <= index < len(self.entries):
                raise DocumentProofError(f"There is no entry {index}.")
            number = self._numbers[index]
            plans[number] = planner.plan(self._source.blocks[number], change)
        return prove_and_encode(self._source, plans)

    def _check(self, limits: Limits) -> None:
        refuse_entries(len(self._numbers), limits=limits)
        if self._numbers:
            return
        if not self.damaged:
            raise DocumentError("not_bibtex", "No BibTeX entry was found in the file.")
        first = self.damaged[0]
        raise DocumentError("not_bibtex", f"No entry can be read. Line {first.line}: {first.cause}", line=first.line)

    def _defined_macros(self) -> Macros:
        macros = Macros()
        for block in self._source.blocks:
            if block.kind == "string":
                for span in _spans(self._source.plain, block.start, block.end):
                    macros.define(span.name, self._source.plain[span.start : span.end], at=span.start)
        return macros

    def _entry(self, index: int, number: int) -> Entry:
        block = self._source.blocks[number]
        fields = _Fields(self._source.plain, block, self._macros)
        return Entry(
            index=index,
            key=block.key,
            type=block.type,
            line=self._lines.number(block.start),
            fields=fields,
            editable=not block.reason,
            reason=block.reason,
            inherited=_Inherited(partial(inherited_fields, block.type, fields, self._find)),
            flaws=block.flaws,
        )

    def _find(self, key: str) -> tuple[str, Mapping[str, str]] | None:
        index = self._by_key.get(key, self._by_key.get(key.lower()))
        return None if index is None else (self.entries[index].type, self.entries[index].fields)

    def _damage(self, block: Block) -> Damage:
        line, place = self._lines.number(block.start), self._lines.number(block.at)
        cause = f"{block.reason} (line {place})." if place != line else f"{block.reason}."
        excerpt = safe_value(self._source.plain[block.start : block.end][:_EXCERPT])
        return Damage(line, cause, block.key, excerpt)


class _Fields(Mapping[str, str]):
    """Values are made when asked for and not kept: what macros add must not pile up in memory."""

    __slots__ = ("_block", "_by_name", "_macros", "_text")

    def __init__(self, text: str, block: Block, macros: Macros) -> None:
        self._text = text
        self._block = block
        self._macros = macros
        self._by_name: dict[str, FieldSpan] | None = None

    @property
    def _first(self) -> dict[str, FieldSpan]:
        """The first field of each name."""
        if self._by_name is None:
            self._by_name = {}
            for span in _spans(self._text, self._block.start, self._block.end):
                self._by_name.setdefault(sys.intern(span.name.lower()), span)
        return self._by_name

    def __getitem__(self, name: str) -> str:
        span = self._first[name]
        return self._macros.text(self._text[span.start : span.end], at=span.start)

    def __iter__(self) -> Iterator[str]:
        return iter(self._first)

    def __len__(self) -> int:
        return len(self._first)

    def __repr__(self) -> str:
        return repr(dict(self))


class _Inherited(Mapping[str, str]):
    """Made anew at each look: a file may let thousands of entries inherit from one huge parent."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[[], dict[str, str]]) -> None:
        self._make = make

    def __getitem__(self, name: str) -> str:
        return self._make()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._make())

    def __len__(self) -> int:
        return len(self._make())

    def __repr__(self) -> str:
        return repr(self._make())


class _Lines:
    """Line numbers, from 1, by place in a text with line feeds only."""

    def __init__(self, text: str) -> None:
        self._ends = [found.start() for found in re.finditer("\n", text)]

    def number(self, at: int) -> int:
        return bisect_left(self._ends, at) + 1


def _newline(text: str) -> str:
    both = text.count("\r\n")
    counts = {"\n": text.count("\n") - both, "\r\n": both, "\r": text.count("\r") - both}
    return max(counts, key=counts.__getitem__)


def _spans(text: str, start: int, end: int) -> tuple[FieldSpan, ...]:
    """The fields of an entry, or the definitions of an ``@string`` block; none where it cannot be read."""
    try:
        return read_layout(text, start, end).fields
    except LayoutError:
        return ()


def _within(block: Block, text: str, *, limits: Limits) -> Block:
    """An entry beyond the limits is left alone, as a damaged one is; the others go on."""
    if block.kind != "entry":
        return block
    reason = ""
    if block.fields > limits.max_fields:
        reason = f"The entry has more than {limits.max_fields} fields"
    elif block.end - block.start > limits.max_value:
        spans = _spans(text, block.start, block.end)
        if any(span.end - span.start > limits.max_value for span in spans):
            reason = f"The entry has a value of more than {limits.max_value // 1024} KiB"
    return replace(block, kind="damaged", reason=reason, at=block.start) if reason else block


def _first_by_key(keys: list[str]) -> dict[str, int]:
    """The index of the first entry of each key, as written and, where that is free, in lower case."""
    by_key: dict[str, int] = {}
    for spelt in (keys, [key.lower() for key in keys]):
        for index, key in enumerate(spelt):
            by_key.setdefault(key, index)
    return by_key
