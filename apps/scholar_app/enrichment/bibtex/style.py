"""How one entry is laid out, so that a new field looks as if its author had written it."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from .blocks import FieldSpan, Layout
from .values import Value

T = TypeVar("T")
Respell = Callable[[str], str]

_CASES: Final[dict[str, Respell]] = {"lower": str.lower, "upper": str.upper, "title": str.capitalize}
_ABBREVIATIONS: Final = frozenset({"DOI", "URL", "ISSN", "ISBN", "PMID", "PMCID", "PII", "PDF", "EID", "LCCN", "ISI"})
#: A gap longer than this is somebody's drawing, not a habit.
_LONGEST_GAP: Final = 60


@dataclass(frozen=True, slots=True)
class Style:
    """``before_comma`` and ``after_comma`` stand around the comma between two fields, the line end and indent included.

    ``equals_column`` and ``value_column`` count from the beginning of the name, ``name_end_column`` from the beginning
    of the line, where names are set flush right; 0 means: not aligned.
    """

    before_comma: str = ""
    after_comma: str = "\n  "
    before_equals: str = " "
    after_equals: str = " "
    equals_column: int = 0
    value_column: int = 0
    name_end_column: int = 0
    case: str = "lower"
    quotes: bool = False
    bare_numbers: bool = False

    def separator(self, name: str) -> str:
        """What stands between the comma and a new field of this name."""
        if not self.name_end_column:
            return self.after_comma
        line = self.after_comma.rstrip(" ")
        return line + " " * max(self.name_end_column - len(name), 0)

    def field(self, name: str, raw: str) -> str:
        """``name = raw`` with this style's alignment."""
        before, after = self.before_equals, self.after_equals
        if self.equals_column:
            before = " " * max(self.equals_column - len(name), 1)
        if self.value_column:
            after = " " * max(self.value_column - len(name) - len(before) - 1, 1)
        return f"{name}{before}={after}{raw}"

    def delimited(self, value: Value) -> str:
        """The value with its delimiters: quotation marks only where the text has none itself."""
        if value.bare or (self.bare_numbers and value.content.isascii() and value.content.isdigit()):
            return value.content
        if self.quotes and '"' not in value.content:
            return f'"{value.content}"'
        return f"{{{value.content}}}"

    def spell(self, name: str) -> str:
        """The field name in this style's case."""
        return _CASES[self.case](name)


def style_of(text: str, layout: Layout, *, otherwise: Style) -> Style:
    """The style of an entry by what most of its fields do; ``otherwise`` where it has no fields to go by."""
    fields = layout.fields
    if not fields:
        return otherwise
    before_comma, after_comma = _gap(text, layout, otherwise=otherwise)
    befores = [_before_equals(text, field) for field in fields]
    afters = [_after_equals(text, field) for field in fields]
    return Style(
        before_comma=before_comma,
        after_comma=after_comma,
        before_equals=_most(befores),
        after_equals=_most(afters),
        equals_column=_column([len(f.name) + len(before) for f, before in zip(fields, befores, strict=True)], befores),
        value_column=_column([f.start - f.name_start for f in fields], afters),
        name_end_column=_name_end_column(text, layout),
        case=case_of(fields),
        quotes=_prefers_quotes(text, fields),
        bare_numbers=_prefers_bare_numbers(text, fields),
    )


def case_of(fields: Sequence[FieldSpan]) -> str:
    """``lower``, ``upper`` or ``title``, as most of the names are written; ``DOI`` and its like say nothing of it."""
    words = [field.name for field in fields if field.name not in _ABBREVIATIONS]
    return _most([_case(name) for name in words or [field.name for field in fields]])


def _case(name: str) -> str:
    if name.islower() or len(name) < 2:
        return "lower"
    return "upper" if name.isupper() else "title" if name[0].isupper() else "lower"


def _gap(text: str, layout: Layout, *, otherwise: Style) -> tuple[str, str]:
    """What most often stands before and after the commas between fields; that behind the key counts only alone."""
    ends = [layout.fields_from, *(field.end for field in layout.fields)]
    gaps = [text[end : field.name_start] for end, field in zip(ends, layout.fields, strict=False)]
    usual = list(filter(_is_usual, gaps[1:])) or list(filter(_is_usual, gaps[:1]))
    if not usual:
        return otherwise.before_comma, otherwise.after_comma
    before, _, after = _most(usual).partition(",")
    return before, after


def _is_usual(gap: str) -> bool:
    return len(gap) < _LONGEST_GAP and gap.count(",") == 1 and not gap.replace(",", "").strip()


def _before_equals(text: str, field: FieldSpan) -> str:
    return text[field.name_start + len(field.name) : text.index("=", field.name_start)]


def _after_equals(text: str, field: FieldSpan) -> str:
    return text[text.index("=", field.name_start) + 1 : field.start]


def _column(columns: Sequence[int], blanks: Sequence[str]) -> int:
    """The column all but a few fields share although their blanks differ, else 0."""
    column = _most(columns)
    held = [blank for at, blank in zip(columns, blanks, strict=True) if at == column]
    aligned = len(set(held)) > 1 and 3 * len(held) >= 2 * len(columns) and not "".join(held).strip(" ")
    return column if aligned else 0


def _name_end_column(text: str, layout: Layout) -> int:
    """Where the names end, when they are set flush right by blanks in front of them."""
    ends, indents = [], []
    for field in layout.fields:
        line_end = max(text.rfind(end, layout.start, field.name_start) for end in "\r\n")
        if line_end < 0:
            continue
        indent = text[line_end + 1 : field.name_start]
        if not indent.strip(" "):
            ends.append(len(indent) + len(field.name))
            indents.append(indent)
    return _column(ends, indents) if len(ends) > 1 else 0


def _prefers_quotes(text: str, fields: Sequence[FieldSpan]) -> bool:
    openings = Counter(text[field.start] for field in fields if field.start < field.end)
    return openings['"'] > openings["{"]


def _prefers_bare_numbers(text: str, fields: Sequence[FieldSpan]) -> bool:
    values = [text[field.start : field.end] for field in fields]
    bare = sum(value.isdigit() for value in values)
    return bare > sum(value[1:-1].isdigit() for value in values if value[:1] in '{"')


def _most(items: Sequence[T]) -> T:
    """The most frequent item; the last of several."""
    counts = Counter(items)
    return max(reversed(items), key=counts.__getitem__)
