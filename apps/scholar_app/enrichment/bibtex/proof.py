"""The proof that a new text is the old one with the planned edits and nothing else; nothing unproved is given out."""

from collections.abc import Mapping, Sequence

from ..errors import DocumentProofError
from .blocks import Block, Layout, plain_lines
from .encoding import decode
from .layout import read_layout
from .locating import locate
from .rendering import Plan, Source
from .splice import Edit, splice, unsplice
from .values import Value


def prove_and_encode(source: Source, plans: Mapping[int, Plan]) -> bytes:
    """The bytes of the source with the plans of its blocks, by their numbers; the input itself where nothing changes.

    Raises :class:`DocumentProofError` unless (1) without the edits the new text is the old one, (2) the bytes read
    back as that text, (3) a second reading finds the same blocks at their places, and (4) each entry has its old key,
    type and fields, and the planned ones.
    """
    edits = [edit for number in sorted(plans) for edit in plans[number].edits]
    if not edits:
        return source.data
    new = splice(source.text, edits)
    _prove(unsplice(source.text, new, edits) == source.text, "something besides the additions changed")
    data = source.encoding.encode(new)
    read_back, encoding = decode(data)
    _prove(read_back == new and encoding.name == source.encoding.name, "the encoding does not hold the additions")
    _prove_structure(source, new, plans)
    return data


def _prove_structure(source: Source, new: str, plans: Mapping[int, Plan]) -> None:
    plain = plain_lines(new)
    blocks = locate(plain)
    _prove(len(blocks) == len(source.blocks), "the number of entries changed")
    shift = 0
    for number, (old, found) in enumerate(zip(source.blocks, blocks, strict=True)):
        plan = plans.get(number)
        grown = _growth(plan.edits) if plan else 0
        what = f"{old.key!r} near character {old.start}"
        _prove((found.start, found.end) == (old.start + shift, old.end + shift + grown), f"{what} moved")
        _prove(_identity(found) == _identity(old), f"{what} reads otherwise")
        if plan:
            layout = read_layout(plain, found.start, found.end)
            _prove(_fields(new, layout) == plan.fields, f"{what} does not have the planned fields")
            _prove(all(_says(raw, value) for value, raw in plan.contents), f"{what} does not say what it is to say")
        shift += grown


def _growth(edits: Sequence[Edit]) -> int:
    return sum(len(edit.new) - (edit.end - edit.start) for edit in edits)


def _identity(block: Block) -> tuple[str, ...]:
    return (block.kind, block.type, block.key, block.reason, *block.flaws)


def _fields(text: str, layout: Layout) -> tuple[tuple[str, str], ...]:
    return tuple((span.name, text[span.start : span.end]) for span in layout.fields)


def _says(raw: str, value: Value) -> bool:
    delimited = (f"{{{value.content}}}", f'"{value.content}"')
    return raw == value.content if value.bare else raw in delimited or (raw == value.content and raw.isdigit())


def _prove(holds: bool, what: str) -> None:
    if not holds:
        raise DocumentProofError(f"The output could not be proved right: {what}.")
