"""The worker's end: starts a child, speaks with it without ever blocking, and sees to its end."""

import contextlib
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from .protocol import BEAT, LINE_BYTES, STOP, BrokenMessageError, Finished, Message, Moved, Order, decode, encode

_ROOT = Path(__file__).resolve().parents[3]
#: Blocked from its first instruction on: a terminal's Ctrl-C or a service manager speaks to the worker, which decides.
_WORKERS_SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


@dataclass(frozen=True, slots=True)
class Delivery:
    """A product that arrived whole."""

    result: bytes
    report: Mapping[str, object]
    outcomes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Died:
    """The child ended without a last word that can be believed; a negative ``returncode`` is a signal."""

    returncode: int


class Child:
    """One child process, the line to it, and the file for its product: without a name, so that no crash leaves it.

    The child leads a session of its own, so that killing it takes along whatever it started.
    """

    def __init__(self, *, body: str) -> None:
        self._output = tempfile.TemporaryFile()  # noqa: SIM115  (lives as long as the child)
        try:
            self._process, self._line = _start(body, self._output.fileno())
        except OSError:
            self._output.close()
            raise
        self._received = b""
        self._last_word: Message | None = None
        self._deaf = False

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def fileno(self) -> int:
        """The line to the child, for a selector."""
        return self._line.fileno()

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    def give(self, order: Order) -> None:
        """Hand it its job."""
        self._tell(encode(order))

    def beat(self) -> None:
        """Tell it that the job is still its own."""
        self._tell(BEAT)

    def stop(self) -> None:
        """Ask it to stop at the next safe point."""
        self._tell(STOP)

    def kill(self) -> None:
        """Kill it and whatever it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def read(self) -> Iterator[Moved]:
        """What it said since last time about how far it is. A child that speaks nonsense is killed."""
        try:
            for line in self._lines():
                message = decode(line)
                if isinstance(message, Moved):
                    yield message
                else:
                    self._last_word = message
        except BrokenMessageError:
            self._deaf, self._last_word = True, None
            self.kill()

    def conclude(self) -> Message | Delivery | Died:
        """How it ended (call it when it has): believed only with exit status 0 and a product that is whole."""
        for _ in self.read():
            pass
        returncode = self._process.wait()
        if returncode != 0 or self._last_word is None:
            return Died(returncode)
        if isinstance(self._last_word, Finished):
            return self._delivery(self._last_word) or Died(returncode)
        return self._last_word

    def close(self) -> None:
        """Kill it if need be, reap it, and let go of everything."""
        if self.is_running:
            self.kill()
        self._process.wait()
        self._line.close()
        self._output.close()

    def _tell(self, words: bytes) -> None:
        # A child that is gone or does not listen is noticed elsewhere; telling it must never block the worker.
        with contextlib.suppress(BlockingIOError, ConnectionError):
            self._line.send(words)

    def _lines(self) -> Iterator[bytes]:
        with contextlib.suppress(BlockingIOError):
            while not self._deaf:
                received = self._hear()
                *lines, self._received = (self._received + received).split(b"\n")
                yield from lines
                if len(self._received) > LINE_BYTES:
                    raise BrokenMessageError("a line without end")

    def _hear(self) -> bytes:
        try:
            received = self._line.recv(LINE_BYTES)
        except ConnectionError:
            received = b""
        if not received:
            self._hung_up()
        return received

    def _hung_up(self) -> None:
        """It ends in this moment, or it closed the line and lives on, which no honest child does."""
        self._deaf = True
        try:
            self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            self.kill()

    def _delivery(self, announced: Finished) -> Delivery | None:
        self._output.seek(0)
        content = self._output.read(announced.result_bytes + announced.report_bytes + 1)
        if len(content) != announced.result_bytes + announced.report_bytes:
            return None
        if hashlib.sha256(content).hexdigest() != announced.sha256:
            return None
        try:
            report = json.loads(content[announced.result_bytes :])
        except (ValueError, RecursionError):
            return None
        if not isinstance(report, dict):
            return None
        return Delivery(content[: announced.result_bytes], report, announced.outcomes)


def _start(body: str, output: int) -> tuple[subprocess.Popen[bytes], socket.socket]:
    ours, childs = socket.socketpair()
    command = [sys.executable, "-m", f"{__package__}.child", str(os.getpid()), str(output), body]
    # Arenas of malloc count as memory although hardly used; two are enough for a child with few threads.
    environment = os.environ | {"MALLOC_ARENA_MAX": "2"}
    with childs, _signals_blocked():
        process = subprocess.Popen(
            command,
            stdin=childs.fileno(),
            stdout=2,
            cwd=_ROOT,
            env=environment,
            pass_fds=[output],
            start_new_session=True,
        )
    ours.setblocking(False)
    return process, ours


@contextlib.contextmanager
def _signals_blocked() -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _WORKERS_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
