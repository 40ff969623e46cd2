"""Loading public dumps into a catalogue: streamed, in order, resumable, and harmless when done again."""

import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from pathlib import Path
from typing import IO

from ..enrichment import record_json
from . import indexing
from .digesting import Digest, Format, digest
from .reading import READ_ERRORS, Chunk, UpToDamage, chunks_of
from .store import PAUSE, Added, Catalogue, Position, chunks

#: Works in one transaction: other writers wait for no longer than that takes, about half a second.
_BATCH = 5_000
#: Bytes handed to the other processes and not yet taken back; a single document may be larger.
_AHEAD_BYTES = 32_000_000
#: Broken works that are named; the others are counted.
_NAMED = 20


class LoadError(Exception):
    """The load had to stop; what was loaded so far is in the catalogue, and doing it again goes on from there."""


@dataclass(slots=True)
class Outcome:
    """What became of the files; ``failed`` names those that could not be read to their end, with the reason."""

    works: int = 0
    added: Added = field(default_factory=Added)
    broken: int = 0
    named: list[str] = field(default_factory=list)
    files: int = 0
    passed_over: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def take(self, result: Digest, added: Added) -> None:
        """Count one more chunk."""
        self.works += len(result.records)
        self.added += added
        self.broken += len(result.broken)
        self.named += result.broken[: _NAMED - len(self.named)]


@dataclass(frozen=True, slots=True)
class Loader:
    """Loads files into ``catalogue``; ``again`` also those that were loaded to their end before.

    ``processes`` beside this one turn JSON into records; with none this one does everything.
    ``on_progress`` is told how many more bytes of the files have been read; ``pause`` lets other writers in between two
    batches; ``look_out`` is called between any two steps, and what it raises ends the load.
    """

    catalogue: Catalogue
    format: Format | None = None
    again: bool = False
    processes: int = 0
    on_progress: Callable[[int], object] = lambda _: None
    pause: Callable[[], object] = lambda: time.sleep(PAUSE)
    look_out: Callable[[], object] = lambda: None

    def load(self, files: Sequence[Path]) -> Outcome:
        """Load the files in order; one that cannot be read is noted, and the others go on.

        Raises :class:`LoadError` or :class:`~.store.CatalogueError` when it cannot go on at all.
        """
        outcome = Outcome()
        with _executor(self.processes) as executor:
            for path in files:
                try:
                    self._load_file(path, executor, outcome)
                except READ_ERRORS as error:
                    outcome.failed.append(f"{path}: {error or type(error).__name__}")
        if outcome.added.new or outcome.added.replaced:
            self.catalogue.tidy(self.look_out)
        return outcome

    def _load_file(self, path: Path, executor: Executor | None, outcome: Outcome) -> None:
        name = os.fsencode(path.resolve()).decode("utf-8", "backslashreplace")
        begin = self._begin(name, self._fingerprint(path))
        if begin.done:
            outcome.passed_over.append(str(path))
            self.on_progress(path.stat().st_size)
            return
        with path.open("rb") as raw:
            read = self._watched(chunks_of(path, raw, part=begin.part, items=begin.items), raw)
            for chunk, result in _digested(read, self.format, executor):
                self._add(chunk, result, name, begin.fingerprint, outcome)
        self.catalogue.add_indexed([], note=(name, Position(begin.fingerprint, done=True)))
        outcome.files += 1

    def _begin(self, name: str, fingerprint: str) -> Position:
        known = self.catalogue.position(name)
        if known is None or known.fingerprint != fingerprint or (known.done and self.again):
            return Position(fingerprint)
        return known

    def _fingerprint(self, path: Path) -> str:
        """Changes when the file does, or when it would be read in another way."""
        facts = path.stat()
        versions = f"{record_json.VERSION}.{indexing.VERSION}"
        return f"{facts.st_size}:{facts.st_mtime_ns}:{self.format or 'any'}:{versions}"

    def _add(self, chunk: Chunk, result: Digest, name: str, fingerprint: str, outcome: Outcome) -> None:
        *batches, last = list(chunks(result.records, _BATCH)) or [[]]
        done = Position(fingerprint, chunk.part + chunk.whole, 0 if chunk.whole else chunk.first + len(chunk.lines))
        added = Added()
        for batch in batches:
            added += self.catalogue.add_indexed(batch)
            self._rest()
        added += self.catalogue.add_indexed(last, note=(name, done))
        self._rest()
        outcome.take(result, added)

    def _rest(self) -> None:
        self.look_out()
        self.pause()

    def _watched(self, read: Iterator[Chunk], raw: IO[bytes]) -> Iterator[Chunk]:
        before = 0
        for chunk in read:
            yield chunk
            self.on_progress(raw.tell() - before)
            before = raw.tell()
        self.on_progress(os.fstat(raw.fileno()).st_size - before)


def _digested(
    read: Iterator[Chunk], expected: Format | None, executor: Executor | None
) -> Iterator[tuple[Chunk, Digest]]:
    """The chunks with what they came to, in order. What was read before reading failed comes before the error."""
    if executor is None:
        yield from ((chunk, digest(chunk, expected)) for chunk in read)
        return
    pending: deque[tuple[Chunk, Future[Digest]]] = deque()
    readable = UpToDamage(read)
    for chunk in readable:
        with _signals_blocked():  # what is begun here inherits that
            pending.append((chunk, executor.submit(digest, chunk, expected)))
        while sum(_size(waiting) for waiting, _ in pending) > _AHEAD_BYTES:
            done, future = pending.popleft()
            yield done, _result(future)
    for done, future in pending:
        yield done, _result(future)
    readable.raise_damage()


def _size(chunk: Chunk) -> int:
    return sum(map(len, chunk.lines))


def _result(future: "Future[Digest]") -> Digest:
    try:
        return future.result()
    except BrokenProcessPool as error:
        raise LoadError("a process that reads the files died; is there too little memory?") from error


@contextmanager
def _executor(processes: int) -> Iterator[Executor | None]:
    if not processes:
        yield None
        return
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(processes, mp_context=context, initializer=_die_with_parent)
    try:
        yield executor
    finally:
        executor.shutdown(cancel_futures=True)


@contextmanager
def _signals_blocked() -> Iterator[None]:
    """A terminal's Ctrl-C or a service manager speaks to the loader, which ends the others."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _die_with_parent() -> None:
    """A killed loader leaves no process behind: the pool's own would wait for ever for work."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_exit_after, args=(parent.sentinel,), daemon=True).start()


def _exit_after(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
