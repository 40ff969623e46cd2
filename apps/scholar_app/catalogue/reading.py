"""Public dumps as chunks of bytes: plain or gzipped JSON and JSON Lines, alone or in a tar, told apart by content.

Nothing is unpacked onto the disk, and no more is held in memory than a chunk: some lines, or one JSON document.
"""

import gzip
import io
import json
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain, islice
from pathlib import Path
from typing import IO, TypeVar, cast

T = TypeVar("T")
_SUFFIXES = (".json", ".jsonl", ".ndjson", ".gz", ".tar", ".tgz")
_GZIP_MAGIC = b"\x1f\x8b"
_TAR_MAGIC, _TAR_MAGIC_AT = b"ustar", 257
_CHUNK_LINES = 2_000
_CHUNK_BYTES = 4_000_000
#: Lines among which the first good one is looked for, to tell JSON Lines from a document over many lines.
_HEAD_LINES = 100
_MAX_DOCUMENT_BYTES = 256_000_000


class TooLargeError(OSError):
    """A JSON document, or a line, that cannot be read at once."""

    def __str__(self) -> str:
        return f"a JSON document of more than {_MAX_DOCUMENT_BYTES // 1_000_000} MB; JSON Lines may be of any size"


#: What reading a damaged or vanished file may raise.
READ_ERRORS = (OSError, EOFError, zlib.error, tarfile.TarError)


class UpToDamage(Iterator[T]):
    """What can be read of a damaged file, and then, when asked, what is wrong with it, if anything is."""

    def __init__(self, read: Iterator[T]) -> None:
        self._read = read
        self._damage: Exception | None = None

    def __next__(self) -> T:
        try:
            return next(self._read)
        except READ_ERRORS as error:
            self._damage = error
            raise StopIteration from None

    def raise_damage(self) -> None:
        """Raise what ended the reading before the end of the file."""
        if self._damage is not None:
            raise self._damage


@dataclass(frozen=True, slots=True)
class Chunk:
    """Lines of JSON, or one whole document, out of part ``part`` of a file; its first line is ``first`` (from 0).

    ``name`` is for people; ``modified`` is when the part was last changed.
    """

    name: str
    modified: date
    part: int
    first: int
    lines: list[bytes]
    whole: bool


@dataclass(frozen=True, slots=True)
class _Part:
    number: int
    name: str
    modified: date
    stream: IO[bytes]


def files_of(paths: Iterable[Path]) -> list[Path]:
    """The files named, and those with a known suffix in the folders named, in a fixed order."""
    files: dict[Path, None] = {}
    for path in paths:
        inside = sorted(p for p in path.rglob("*") if p.is_file() and p.name.endswith(_SUFFIXES))
        files |= dict.fromkeys(inside if path.is_dir() else [path])
    return list(files)


def chunks_of(path: Path, raw: IO[bytes], *, part: int = 0, items: int = 0) -> Iterator[Chunk]:
    """What the opened file holds after the first ``part`` parts and ``items`` lines. May raise ``READ_ERRORS``."""
    for found in _parts(path, raw, start=part):
        yield from _chunks(found, skip=items if found.number == part else 0)


def _parts(path: Path, raw: IO[bytes], *, start: int) -> Iterator[_Part]:
    """The file itself, or the files in a tar."""
    modified = _day(path.stat().st_mtime)
    stream = _unzipped(raw)
    head = stream.read(512)
    stream.seek(0)
    if not head.startswith(_TAR_MAGIC, _TAR_MAGIC_AT):
        if start == 0:
            yield _Part(0, str(path), modified, stream)
        return
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for number, member in enumerate(filter(_holds_works, archive)):
            opened = archive.extractfile(member) if number >= start else None
            if opened is not None:
                day = _day(member.mtime) if member.mtime else modified
                yield _Part(number, f"{path}:{member.name}", day, _unzipped(opened))


def _holds_works(member: tarfile.TarInfo) -> bool:
    """Regular files, but for the ``._`` ones that macOS puts beside them."""
    return member.isfile() and not Path(member.name).name.startswith(".")


def _unzipped(stream: IO[bytes]) -> IO[bytes]:
    buffered = cast("io.BufferedReader", stream)
    if buffered.peek(2)[:2] == _GZIP_MAGIC:
        return io.BufferedReader(gzip.GzipFile(fileobj=buffered))
    return buffered


def _day(timestamp: float) -> date:
    return datetime.fromtimestamp(timestamp, tz=UTC).date()


def _chunks(part: _Part, *, skip: int) -> Iterator[Chunk]:
    """JSON Lines in chunks of lines; anything else is one document, which may go over many lines.

    Of a damaged part the lines before the damage come first.
    """
    read = UpToDamage(_lines(part.stream))
    head = list(islice(read, _HEAD_LINES))
    if len(head) > 1 and not _are_json_lines(head):
        read.raise_damage()
        rest = part.stream.read(_MAX_DOCUMENT_BYTES)
        if len(rest) == _MAX_DOCUMENT_BYTES:
            raise TooLargeError(part.name)
        yield Chunk(part.name, part.modified, part.number, 0, [b"".join((*head, rest))], whole=True)
        return
    lines: list[bytes] = []
    first, size = skip, 0
    for line in islice(chain(head, read), skip, None):
        lines.append(line)
        size += len(line)
        if len(lines) >= _CHUNK_LINES or size >= _CHUNK_BYTES:
            yield Chunk(part.name, part.modified, part.number, first, lines, whole=False)
            lines, first, size = [], first + len(lines), 0
    if lines:
        yield Chunk(part.name, part.modified, part.number, first, lines, whole=False)
    read.raise_damage()


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    while line := stream.readline(_MAX_DOCUMENT_BYTES):
        if len(line) == _MAX_DOCUMENT_BYTES:
            raise TooLargeError(getattr(stream, "name", ""))
        yield line


def _are_json_lines(head: list[bytes]) -> bool:
    """Whether there is an object on a line of its own. Broken lines may come before it; indented is part of another."""
    return head[0].strip() != b"[" and any(line.startswith(b"{") and _is_object(line) for line in head)


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False
