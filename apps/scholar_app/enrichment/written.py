"""From what is to be added to an entry to the change of the file: each value exactly as it will stand there."""

from dataclasses import replace

from .document import EntryChange, Value
from .merging import Addition, Merge


def value_of(field: str, text: str) -> Value:
    """What stands behind ``field =``: a month as a macro or number without delimiters, anything else as text.

    Raises ``ValueError`` for a month that is neither a macro nor a number.
    """
    return Value.macro(text) if field == "month" else Value.text(text)


def as_written(merged: Merge) -> Merge:
    """The same, with each value exactly as it will stand in the file."""
    return replace(
        merged,
        added=tuple(map(_as_written, merged.added)),
        refreshed=tuple(map(_as_written, merged.refreshed)),
        replaced=tuple(map(_as_written, merged.replaced)),
    )


def change_of(merged: Merge) -> EntryChange | None:
    """The change that makes an entry what ``merged`` says, if there is any."""
    add = tuple((addition.field, _value(addition)) for addition in merged.added)
    new = tuple((addition.field, _value(addition)) for addition in (*merged.refreshed, *merged.replaced))
    return EntryChange(add=add, replace=new) if add or new else None


def _as_written(addition: Addition) -> Addition:
    value = str(_value(addition))
    return addition if value == addition.value else replace(addition, value=value)


def _value(addition: Addition) -> Value:
    return value_of(addition.field, addition.value)
