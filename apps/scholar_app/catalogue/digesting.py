"""Works of public dumps to records: pure functions over bytes, so that other processes can do it."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from ..enrichment.record import Record
from ..enrichment.sources import crossref, openalex
from .indexing import IndexedRecord, indexed
from .reading import Chunk

Format = Literal["crossref", "openalex"]
FORMATS: tuple[Format, ...] = ("crossref", "openalex")
#: What reading foreign data may raise however carefully it is done; of millions of works one must not end the load.
_BROKEN = (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError)
_OPENALEX_WORK = re.compile(r"(?:^|/)W\d+$")
_MAX_REASON = 200


@dataclass(frozen=True, slots=True)
class Digest:
    """What a chunk came to: records, and for each work or line that could not be read its place and the reason."""

    records: list[IndexedRecord]
    broken: list[str]


class _BrokenError(ValueError):
    """Not a work, or not of the format asked for."""


def digest(chunk: Chunk, expected: Format | None) -> Digest:
    """The records in a chunk, of one format or of the one each work is recognised to have."""
    result = Digest([], [])
    for number, line in enumerate(chunk.lines, chunk.first + 1):
        if line.strip():
            _digest_document(line, chunk, expected, "" if chunk.whole else f" line {number}", into=result)
    return result


def _digest_document(text: bytes, chunk: Chunk, expected: Format | None, place: str, *, into: Digest) -> None:
    try:
        works = list(works_in(json.loads(text)))
    except _BROKEN as error:
        into.broken.append(f"{chunk.name}{place}: {_reason(error)}")
        return
    for number, work in enumerate(works, 1):
        try:
            into.records.append(_indexed(work, chunk.modified, expected))
        except _BROKEN as error:
            item = f" item {number}" if len(works) > 1 else ""
            into.broken.append(f"{chunk.name}{place}{item}: {_reason(error)}")


def works_in(document: Any) -> Iterator[Any]:
    """The works of an answer, of a file of the Crossref dump, of a list; or the work that the document is."""
    if isinstance(document, list):
        yield from document
    elif not isinstance(document, Mapping):
        raise _BrokenError("not a JSON object")
    elif isinstance(document.get("message"), Mapping):
        yield from works_in(document["message"])
    else:
        lists = (document[name] for name in ("items", "results") if isinstance(document.get(name), list))
        yield from next(lists, [document])


def retrieved_of(work: Mapping[str, Any], default: date) -> date:
    """When the index last knew the work to be so; the dump says it, or the date of its file does."""
    said = work.get("indexed")
    indexed_at: Mapping[str, Any] = said if isinstance(said, Mapping) else {}
    days: tuple[Any, ...] = (indexed_at.get("date-time"), indexed_at.get("date-parts"), work.get("updated_date"))
    for day in days:
        with suppress(ValueError, TypeError, IndexError):
            return date.fromisoformat(day[:10]) if isinstance(day, str) else date(*day[0])
    return default


def _indexed(work: Any, default: date, expected: Format | None) -> IndexedRecord:
    if not isinstance(work, Mapping):
        raise _BrokenError("not a JSON object")
    record = _record(work, retrieved_of(work, default), expected)
    found = indexed(record)
    if found is None:
        raise _BrokenError("neither identifier nor title")
    return found


def _record(work: Mapping[str, Any], retrieved: date, expected: Format | None) -> Record:
    """Each format is recognised by its identifier, so that a forced format cannot make one into the other."""
    if expected != "openalex" and isinstance(work.get("DOI"), str):
        return crossref.record_of(work, retrieved=retrieved)
    if expected != "crossref" and isinstance(work.get("id"), str) and _OPENALEX_WORK.search(work["id"]):
        return openalex.record_of(work, retrieved=retrieved)
    raise _BrokenError(f"not {_NAMES[expected]}")


_NAMES: Mapping[Format | None, str] = {
    "crossref": "a Crossref work",
    "openalex": "an OpenAlex work",
    None: "a work of Crossref or OpenAlex",
}


def _reason(error: BaseException) -> str:
    text = f"not JSON ({error})" if isinstance(error, json.JSONDecodeError | UnicodeDecodeError) else str(error)
    return (text or type(error).__name__)[:_MAX_REASON]
