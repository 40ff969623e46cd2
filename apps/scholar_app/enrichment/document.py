"""A BibTeX file as its author wrote it: read for matching, and given back with fields added and nothing else changed.

``Document.read`` takes any bytes. ``Document.prove_and_render`` puts new fields behind the last one of their entry, in
that entry's own style, and proves the result before it is returned: without the additions it is the input, byte for
byte, and a second reading finds the same blocks, the old fields and exactly the new ones.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from .bibtex.ascii_latex import ascii_latex
from .bibtex.blocks import Block, plain_lines
from .bibtex.encoding import decode
from .bibtex.entries import Entry, Family, FieldView, InheritedView, first_by_key, macros_of, spans_of
from .bibtex.limits import Limits, check_bytes, check_text, count_beginnings, refuse_entries
from .bibtex.locating import locate
from .bibtex.proof import prove_and_encode
from .bibtex.rendering import EntryChange, Planner, Source, ToAscii
from .bibtex.values import Value, one_line, safe_value
from .errors import DocumentError, DocumentProofError

__all__ = ["Damage", "Document", "Entry", "EntryChange", "Limits", "Value", "glance", "safe_value"]

_EXCERPT: Final = 120


@dataclass(frozen=True, slots=True)
class Damage:
    """A block that is kept as it is because it cannot be read; ``key`` is empty where it is not clear."""

    line: int
    cause: str
    key: str
    excerpt: str


class Document:
    """A file that was read. Nothing in it changes afterwards.

    ``entries`` are in the order of the file, also those with a duplicate key or without one; ``damaged`` are the
    blocks that are no entries because they cannot be read.
    """

    entries: tuple[Entry, ...]
    damaged: tuple[Damage, ...]

    def __init__(self, source: Source, *, limits: Limits) -> None:
        self._source = source
        self._lines = _Lines(source.plain)
        blocks = [_within(block, source.plain, limits=limits) for block in source.blocks]
        self._numbers = [number for number, block in enumerate(blocks) if block.kind == "entry"]
        self.damaged = tuple(self._damage(block) for block in blocks if block.kind == "damaged")
        self._check(limits)
        self.entries = tuple(self._read_entries([blocks[number] for number in self._numbers]))

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

    def _read_entries(self, blocks: Sequence[Block]) -> Iterator[Entry]:
        plain, macros = self._source.plain, macros_of(self._source.plain, self._source.blocks)
        lines = [self._lines.number(block.start) for block in blocks]
        first = first_by_key([block.key for block in blocks])
        for index, block in enumerate(blocks):
            before = first[block.key]
            repeated = (f"The key was used before, on line {lines[before]}",) if block.key and before < index else ()
            yield Entry(
                index=index,
                key=block.key,
                type=block.type,
                line=lines[index],
                fields=FieldView(plain, block, macros),
                editable=not block.reason,
                reason=block.reason,
                inherited=InheritedView(index, self._inherited),
                flaws=block.flaws + repeated,
            )

    def _inherited(self, index: int) -> dict[str, str]:
        return self._family.inherited(index)

    @cached_property
    def _family(self) -> Family:
        return Family(self.entries)

    def _damage(self, block: Block) -> Damage:
        line, place = self._lines.number(block.start), self._lines.number(block.at)
        cause = f"{block.reason} (line {place})." if place != line else f"{block.reason}."
        excerpt = one_line(self._source.plain[block.start : min(block.end, block.start + _EXCERPT)])
        return Damage(line, one_line(cause), block.key, excerpt)


def glance(data: bytes, *, limits: Limits = Limits()) -> int:  # noqa: B008 (frozen)
    """How many entries seem to begin in the file, without reading it, unless no line begins with one.

    Raises :class:`DocumentError` as :meth:`Document.read` does, but for what only reading shows.
    """
    check_bytes(data, limits=limits)
    plain = plain_lines(decode(data)[0])
    check_text(plain, limits=limits)
    count = count_beginnings(plain)
    refuse_entries(count, limits=limits)
    return count or len(Document.read(data, limits=limits).entries)


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


def _within(block: Block, text: str, *, limits: Limits) -> Block:
    """An entry beyond the limits is left alone, as a damaged one is; the others go on."""
    if block.kind != "entry":
        return block
    reason = ""
    if block.fields > limits.max_fields:
        reason = f"The entry has more than {limits.max_fields} fields"
    elif block.end - block.start > limits.max_value and _longest_value(block, text) > limits.max_value:
        reason = f"The entry has a value of more than {limits.max_value:,} characters"
    return replace(block, kind="damaged", reason=reason, at=block.start) if reason else block


def _longest_value(block: Block, text: str) -> int:
    return max((span.end - span.start for span in spans_of(text, block)), default=0)
