"""Entries as the rest of the program sees them: plain text by field name, whatever the layout in the file is."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar, overload

from .blocks import Block, FieldSpan, LayoutError
from .inheritance import inherited_fields
from .layout import read_layout
from .macros import Macros

T = TypeVar("T")
#: Characters of parents' fields that are kept for their next child.
_KEPT: Final = 10_000_000


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
    fields: Mapping[str, str] = field(hash=False)
    editable: bool = True
    reason: str = ""
    #: What the entry lacks and takes over from its ``crossref`` and ``xdata`` parents.
    inherited: Mapping[str, str] = field(default_factory=dict, hash=False)
    flaws: tuple[str, ...] = ()

    def get(self, *names: str) -> str:
        """The first value of its own that is not blank, or the empty string."""
        get = self.fields.get
        for name in names:
            if (value := get(name)) and not value.isspace():
                return value
        return ""


def spans_of(text: str, block: Block) -> tuple[FieldSpan, ...]:
    """The fields of an entry, or the definitions of an ``@string`` block; none where it cannot be read."""
    try:
        return read_layout(text, block.start, block.end).fields
    except LayoutError:
        return ()


def macros_of(text: str, blocks: Sequence[Block]) -> Macros:
    """All ``@string`` definitions of a file."""
    macros = Macros()
    for block in blocks:
        if block.kind == "string":
            for span in spans_of(text, block):
                macros.define(span.name, text[span.start : span.end], at=span.start)
    return macros


class FieldView(Mapping[str, str]):
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
            for span in spans_of(self._text, self._block):
                self._by_name.setdefault(sys.intern(span.name.lower()), span)
        return self._by_name

    def __getitem__(self, name: str) -> str:
        span = self._first[name]
        return self._macros.text(self._text[span.start : span.end], at=span.start)

    @overload
    def get(self, name: str, /) -> str | None: ...
    @overload
    def get(self, name: str, default: str | T, /) -> str | T: ...
    def get(self, name: str, default: object = None, /) -> object:
        """As promised by ``Mapping``, whose own would raise and catch an error for each of the many missing fields."""
        span = self._first.get(name)
        return default if span is None else self._macros.text(self._text[span.start : span.end], at=span.start)

    def __contains__(self, name: object) -> bool:
        return name in self._first

    def __iter__(self) -> Iterator[str]:
        return iter(self._first)

    def __len__(self) -> int:
        return len(self._first)

    def __repr__(self) -> str:
        return repr(dict(self))


class Family:
    """Who inherits from whom. Keeps the parents' fields, within bounds, and what was inherited last.

    A file may let thousands of entries inherit from one huge parent: kept for each of them that would fill the memory.
    """

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = entries
        self._by_key = first_by_key([entry.key for entry in entries])
        self._parents: dict[int, dict[str, str]] = {}
        self._size = 0
        self._last: tuple[int, dict[str, str]] = (-1, {})

    def inherited(self, index: int) -> dict[str, str]:
        """The fields that the entry lacks and its parents have."""
        if self._last[0] != index:
            entry = self._entries[index]
            has_parents = "crossref" in entry.fields or "xdata" in entry.fields
            found = inherited_fields(entry.type, entry.fields, self._find) if has_parents else {}
            self._last = (index, found)
        return self._last[1]

    def _find(self, key: str) -> tuple[str, Mapping[str, str]] | None:
        index = self._by_key.get(key, self._by_key.get(key.lower()))
        if index is None:
            return None
        if index not in self._parents:
            self._keep(index, dict(self._entries[index].fields))
        return self._entries[index].type, self._parents[index]

    def _keep(self, index: int, fields: dict[str, str]) -> None:
        size = sum(map(len, fields.values()))
        if self._size + size > _KEPT:
            self._parents.clear()
            self._size = 0
        self._size += size
        self._parents[index] = fields


class InheritedView(Mapping[str, str]):
    """What one entry inherits, worked out when it is asked for."""

    __slots__ = ("_find", "_index")

    def __init__(self, index: int, find: Callable[[int], dict[str, str]]) -> None:
        self._index = index
        self._find = find

    def __getitem__(self, name: str) -> str:
        return self._find(self._index)[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._find(self._index))

    def __len__(self) -> int:
        return len(self._find(self._index))

    def __repr__(self) -> str:
        return repr(self._find(self._index))


def first_by_key(keys: Sequence[str]) -> dict[str, int]:
    """The index of the first entry of each key, as written and, where that is free, in lower case."""
    by_key: dict[str, int] = {}
    for spelt in (keys, [key.lower() for key in keys]):
        for index, key in enumerate(spelt):
            by_key.setdefault(key, index)
    return by_key
