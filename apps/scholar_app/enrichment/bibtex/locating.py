"""Where the blocks of a file stand: bibtexparser locates, our own reader verifies, and damage is named.

bibtexparser is used as a locator alone (``parse_stack=[]``): none of its middleware, which would resolve, decode or
re-lay out what the user wrote, and never its writer.
"""

import logging
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import Final

from bibtexparser.entrypoint import parse_string
from bibtexparser.model import Block as ParsedBlock
from bibtexparser.model import Entry as ParsedEntry
from bibtexparser.model import ImplicitComment, ParsingFailedBlock
from bibtexparser.model import String as ParsedString

from ..errors import DocumentError
from .blocks import AMBIGUOUS, COMMENTED, COMMENTED_OUT, CUT_SHORT, Block, Layout, LayoutError
from .layout import plain_type, read_layout

# The library warns once for each damaged block, with the user's raw text in it: fifteen times the size of a bad file.
logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)

_LINE_START: Final = re.compile(r"^[^\S\n]*+@(?=[^\s@{}(),=\"#%'\\]++\s*+[{(])", re.MULTILINE)
_TAIL_MARK: Final = re.compile(r"@\w*+[ \t]*+\Z")
_WORD: Final = re.compile(r"@([^\s@{}(),=\"#%'\\]*+)")
_KEY_AND_COMMA: Final = re.compile(r"@\w++[ \t]*+[{(]\s*+[^\s,{}=]++\s*+,")
_NO_BRACE: Final = re.compile(
    r"^[^\S\n]*+(@)\w++(?:[ \t]++[^\s,{}=@]++)?\s*+,?+\s*+[A-Za-z]\w*+\s*+=\s*+[{\"]", re.MULTILINE
)
_LINE_LENGTH: Final = 200
#: How long an entry can be that follows another on its line and is not as it should be.
_FOLLOWING: Final = 10_000
_SPECIAL: Final = frozenset({"comment", "preamble", "string"})
#: What follows a closing brace that came too early.
_CONTINUED: Final = re.compile(r"\s*+,?+\s*+[A-Za-z][\w:.-]*+\s*+=\s*+[{\"\w]")


def locate(text: str) -> list[Block]:
    """All blocks in file order; ``text`` as from :func:`plain_lines`."""
    return list(_Locator(text).blocks())


class _Locator:
    """Walks the parser's blocks and the text side by side.

    ``at`` is how far blocks have been given out. It may be ahead of the parser, which sees false blocks inside an
    entry that it gave up and we read as a whole.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        #: The stretch of text up to the next beginning of an entry, in which one was found damaged.
        self.damaged_until = 0
        self.entries_until = 0

    def blocks(self) -> Iterator[Block]:
        cursor = 0
        for parsed in parse_string(self.text, parse_stack=[]).blocks:
            raw = parsed.raw or ""
            start = self.text.find(raw, cursor)
            if start < 0:
                raise DocumentError("too_complex", "The parser lost its place in the file.")
            cursor = start + len(raw)
            if type(parsed) is ParsingFailedBlock and (mark := _TAIL_MARK.search(raw, 1)):
                cursor -= len(mark[0])  # the mark at which the parser gave up may begin the next block
            for block in self._read(parsed, start, cursor):
                yield block
                self.at = max(self.at, block.end)

    def _read(self, parsed: ParsedBlock, start: int, end: int) -> Iterator[Block]:
        if isinstance(parsed, ImplicitComment):
            yield from self._odd_entries(start, end)
        elif start < self.at:
            return
        elif (entry := _entry_of(parsed)) is not None:
            yield from self._entry(entry, start, end)
        elif isinstance(parsed, ParsingFailedBlock) and not isinstance(parsed.ignore_error_block, ParsedString):
            yield from self._given_up(start, end)
        else:
            yield self._special(start, end)

    # ------------------------------------------------------------------ what the parser reads as an entry

    def _entry(self, parsed: ParsedEntry, start: int, end: int) -> Iterator[Block]:
        if type_ := self._plain_type(parsed, start, end):
            yield self._judged(Block("entry", start, end, type_, parsed.key, fields=len(parsed.fields)))
            return
        try:
            layout = read_layout(self.text, start, end)
        except LayoutError as error:
            yield from self._doubtful(parsed, start, end, error)
            return
        if layout.fields or self._begins_line(start):  # not "cite it as @article{key}" in running text
            agrees = self._agrees(layout, parsed) or (bool(layout.flaws) and self._repaired_agrees(layout))
            yield self._verified(layout, agrees=layout.end == end and agrees)

    def _plain_type(self, parsed: ParsedEntry, start: int, end: int) -> str:
        """The type of an entry without anything unusual, read by both readers alike."""
        fields = [(field.key, field.value) for field in parsed.fields]
        if not fields or len({name.lower() for name, _ in fields}) < len(fields):
            return ""
        return plain_type(self.text, start, end, key=parsed.key, fields=fields)

    def _doubtful(self, parsed: ParsedEntry, start: int, end: int, error: LayoutError) -> Iterator[Block]:
        """The parser reads an entry where BibTeX does not, or ends it elsewhere."""
        wider = self._attempt(start)
        if isinstance(wider, Layout):
            yield self._repaired(wider)
        elif parsed.fields and (self._begins_line(start) or start >= self.damaged_until):
            yield self._damaged(start, end, error if wider is None else wider)

    def _agrees(self, layout: Layout, parsed: ParsedEntry) -> bool:
        """Whether key, names and raw values are the same to both readers."""
        text, theirs = self.text, parsed.fields
        return (
            layout.key == parsed.key
            and [span.name for span in layout.fields] == [field.key for field in theirs]
            and [text[span.start : span.end] for span in layout.fields] == [field.value for field in theirs]
        )

    def _verified(self, layout: Layout, *, agrees: bool) -> Block:
        """An entry as we read it, to be left alone where the parser or BibTeX would read it otherwise."""
        reason = COMMENTED if layout.commented else "" if agrees else AMBIGUOUS
        return self._judged(
            Block(
                kind="entry",
                start=layout.start,
                end=layout.end,
                type=layout.type,
                key=layout.key,
                reason=reason,
                at=layout.start,
                flaws=layout.flaws,
                fields=len(layout.fields),
            )
        )

    def _judged(self, entry: Block) -> Block:
        """The entry, to be left alone where what stands around it says so."""
        reason = entry.reason or self._reason_around(entry)
        self.entries_until = entry.end
        return replace(entry, reason=reason) if reason else entry

    def _reason_around(self, entry: Block) -> str:
        before = self.text[max(entry.start - _LINE_LENGTH, self.entries_until) : entry.start]
        if "%" in before.rpartition("\n")[2]:
            return COMMENTED_OUT
        return CUT_SHORT if _CONTINUED.match(self.text, entry.end) else ""

    # ------------------------------------------------------------------ what the parser gives up

    def _given_up(self, start: int, end: int) -> Iterator[Block]:
        """A block that the parser failed on: often an entry all the same, whose key and fields are clear."""
        attempt = self._attempt(start)
        if isinstance(attempt, Layout):
            yield self._repaired(attempt)
        elif attempt is not None:
            yield self._damaged(start, end, attempt)
        elif start >= self.damaged_until and _KEY_AND_COMMA.match(self.text, start):
            yield self._damaged(start, end, _error_of(self.text, start, end))

    def _damaged(self, start: int, end: int, error: LayoutError) -> Block:
        self.damaged_until = self._next_line_start(start)
        return Block("damaged", start, end, key=error.key, reason=str(error), at=error.at)

    def _attempt(self, start: int) -> Layout | LayoutError | None:
        """Our own reading up to the next line that begins an entry; ``None`` for what begins within other text.

        So each stretch of the text is read a fixed number of times, however many false blocks it holds.
        """
        bound = self._next_line_start(start)
        if not self._begins_line(start):
            if start - self.entries_until > _LINE_LENGTH or self.text[self.entries_until : start].strip():
                return None
            bound = min(bound, start + _FOLLOWING)
        if (word := _word(self.text, start)) in _SPECIAL:
            return LayoutError(f"The @{word} block is never closed", at=start)
        try:
            layout = read_layout(self.text, start, bound)
        except LayoutError as error:
            return error
        return layout if layout.fields else LayoutError("The entry has no fields", at=start, key=layout.key)

    def _repaired(self, layout: Layout) -> Block:
        return self._verified(layout, agrees=self._repaired_agrees(layout))

    def _repaired_agrees(self, layout: Layout) -> bool:
        """Whether the parser reads the same fields once key and commas are as they should be."""
        values = [self.text[field.start : field.end] for field in layout.fields]
        fields = "".join(f"f{number} = {value},\n" for number, value in enumerate(values))
        blocks = parse_string(f"@entry{{key,\n{fields}}}", parse_stack=[]).blocks
        return len(blocks) == 1 and isinstance(blocks[0], ParsedEntry) and [f.value for f in blocks[0].fields] == values

    @cached_property
    def line_starts(self) -> list[int]:
        """Where entries begin at the beginning of a line: the places to go on from after damage."""
        return [found.end() - 1 for found in _LINE_START.finditer(self.text)]

    def _begins_line(self, start: int) -> bool:
        following = bisect_right(self.line_starts, start)
        return following > 0 and self.line_starts[following - 1] == start

    def _next_line_start(self, start: int) -> int:
        following = bisect_right(self.line_starts, start)
        return self.line_starts[following] if following < len(self.line_starts) else len(self.text)

    # ------------------------------------------------------------------ everything else

    def _odd_entries(self, start: int, end: int) -> Iterator[Block]:
        """Entries in what the parser takes for running text: a type with a hyphen, a brace on the next line."""
        first, last = bisect_left(self.line_starts, max(start, self.at)), bisect_left(self.line_starts, end)
        for at in self.line_starts[first:last]:
            attempt = self._attempt(at) if at >= self.at else None
            if isinstance(attempt, Layout):
                yield self._repaired(attempt)
        for found in _NO_BRACE.finditer(self.text, max(start, self.at), end):
            at = found.start(1)
            yield Block("damaged", at, found.end(), reason="No brace follows the type of the entry", at=at)

    def _special(self, start: int, end: int) -> Block:
        """``@comment``, ``@preamble``, ``@string``, or a type that merely begins with such a word."""
        word = _word(self.text, start)
        if word == "string":
            return Block("string", start, end)
        attempt = self._attempt(start) if word not in _SPECIAL else None
        return self._repaired(attempt) if isinstance(attempt, Layout) else Block("other", start, end)


def _word(text: str, start: int) -> str:
    word = _WORD.match(text, start)
    return word[1].lower() if word else ""


def _error_of(text: str, start: int, end: int) -> LayoutError:
    try:
        read_layout(text, start, end)
    except LayoutError as error:
        return error
    return LayoutError(AMBIGUOUS, at=start)


def _entry_of(block: ParsedBlock) -> ParsedEntry | None:
    """The entry itself; one with a duplicate key or field is wrapped, even twice."""
    inner: ParsedBlock | None = block
    while isinstance(inner, ParsingFailedBlock) and inner.ignore_error_block is not None:
        inner = inner.ignore_error_block
    return inner if isinstance(inner, ParsedEntry) else None
