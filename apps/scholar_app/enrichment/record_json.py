"""A record as JSON and back: what the catalogue and the memory of look-ups keep. Lossless, compact, versioned."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import date
from typing import Any, cast

from .record import Name, Notice, NoticeKind, Record

#: Raise it when a field changes its meaning; what was written under another version is then no longer read.
VERSION = 1

_DEFAULTS: Mapping[str, Any] = {
    field.name: field.default for field in fields(Record) if field.name not in {"source", "retrieved"}
}


class RecordFormatError(ValueError):
    """The JSON is not a record of the present version."""


def dumps(record: Record) -> str:
    """One line of ASCII; what the source did not say takes no room, and equal records give equal text."""
    return json.dumps(to_json(record), separators=(",", ":"))


def loads(text: str | bytes) -> Record:
    """The record that :func:`dumps` wrote. Raises :class:`RecordFormatError`."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise RecordFormatError(f"not JSON: {error}") from error
    return from_json(value)


def to_json(record: Record) -> dict[str, Any]:
    """A JSON object holding the fields that are not empty."""
    value: dict[str, Any] = {"v": VERSION, "source": record.source, "retrieved": record.retrieved.isoformat()}
    for name, default in _DEFAULTS.items():
        said = getattr(record, name)
        if said != default:
            encode = _ENCODERS.get(name)
            value[name] = encode(said) if encode else said
    return value


def from_json(value: Mapping[str, Any]) -> Record:
    """The record of an object made by :func:`to_json`; fields it does not know are left out."""
    try:
        if value["v"] != VERSION:
            raise RecordFormatError(f"version {value['v']!r}, not {VERSION}")
        known = {
            name: _DECODERS[name](said) if name in _DECODERS else said
            for name, said in value.items()
            if name in _DEFAULTS
        }
        return Record(value["source"], date.fromisoformat(value["retrieved"]), **known)
    except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
        raise RecordFormatError(f"not a record: {error!r}") from error


def _name_parts(names: Sequence[Name]) -> list[list[str]]:
    return [_parts_of(name) for name in names]


def _parts_of(name: Name) -> list[str]:
    """``[family, given, suffix]`` without empty ends; a body has ``literal`` as its fourth part."""
    if name.literal:
        return [name.family, name.given, name.suffix, "literal"]
    if name.suffix:
        return [name.family, name.given, name.suffix]
    return [name.family, name.given] if name.given else [name.family]


def _names(parts: Sequence[Sequence[str]]) -> tuple[Name, ...]:
    return tuple([_name(*part) for part in parts])


def _name(family: str, given: str = "", suffix: str = "", literal: str = "") -> Name:
    return Name(family, given, suffix, bool(literal))


def _notices(pairs: Sequence[Sequence[str]]) -> tuple[Notice, ...]:
    return tuple(Notice(cast("NoticeKind", kind), doi) for kind, doi in pairs)


_ENCODERS: Mapping[str, Callable[[Any], Any]] = {
    "authors": _name_parts,
    "editors": _name_parts,
    "notices": lambda notices: [[notice.kind, notice.doi] for notice in notices],
}
_DECODERS: Mapping[str, Callable[[Any], Any]] = {
    "authors": _names,
    "editors": _names,
    "notices": _notices,
} | dict.fromkeys(("years", "issn", "isbn", "keywords", "published_as", "preprints"), tuple)
