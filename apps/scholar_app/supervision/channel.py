"""The child's end of the line: hears its worker, says how far it is, and leaves when nobody is there any more."""

import os
import select
import socket
import threading
import time

from ..enrichment.record import Progress
from .protocol import STOP, Message, Moved, Order, decode_order, encode

#: Often enough for a page that looks once a second, seldom enough to cost nothing.
_EVERY_SECONDS = 0.25


class StopRequestedError(BaseException):
    """The worker asked for a stop. Not an ``Exception``: nothing on the way may take it for an answer."""


class Channel:
    """The line to the worker. A thread listens, so that a busy or blocked job is heard of and hears all the same.

    The worker is gone when the line is closed, or stopped when it is silent for as long as the lease: the job may be
    another's by then, so the process leaves at once.
    """

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._heard = b""
        self._unsent = b""
        self._latest: Progress | None = None
        self._said: Progress | None = None
        self._stop = threading.Event()
        self._quiet = threading.Event()
        self._lock = threading.Lock()

    def wait_for_order(self) -> Order:
        """The job to work on; leaves the process if the worker has none and goes."""
        while b"\n" not in self._heard:
            self._hear()
        line, self._heard = self._heard.split(b"\n", 1)
        order = decode_order(line)
        threading.Thread(target=self._attend, args=(order.lease_seconds,), daemon=True, name="channel").start()
        return order

    def report(self, progress: Progress) -> None:
        """Say how far the job is, soon. Raises :class:`StopRequestedError` when it is to stop here."""
        self._latest = progress
        if self._stop.is_set():
            raise StopRequestedError

    def close_with(self, message: Message) -> None:
        """Say what was not said yet of the progress, and the last word; waits until the worker has room for it."""
        with self._lock:
            self._take_latest()
            self._quiet.set()
            self._unsent += encode(message)
            while self._unsent:
                select.select([], [self._line], [])
                self._flush()

    def _attend(self, lease_seconds: float) -> None:
        spoken = time.monotonic()
        while True:
            if select.select([self._line], [], [], _EVERY_SECONDS)[0]:
                self._hear()
                self._obey()
                spoken = time.monotonic()
            elif time.monotonic() - spoken > lease_seconds:
                os._exit(os.EX_UNAVAILABLE)
            self._say_how_far()

    def _hear(self) -> None:
        try:
            received = self._line.recv(4096)
        except ConnectionError:
            received = b""
        if not received:
            os._exit(os.EX_UNAVAILABLE)
        self._heard += received

    def _obey(self) -> None:
        *lines, self._heard = self._heard.split(b"\n")
        if STOP.strip() in lines:  # anything else is a beat: the worker is there
            self._stop.set()

    def _say_how_far(self) -> None:
        if not self._lock.acquire(blocking=False):
            return  # the last word is being said
        try:
            if not self._unsent and not self._quiet.is_set():
                self._take_latest()
            self._flush()
        finally:
            self._lock.release()

    def _take_latest(self) -> None:
        latest = self._latest
        if latest is not None and latest is not self._said:
            self._unsent, self._said = self._unsent + encode(Moved(latest)), latest

    def _flush(self) -> None:
        """Write what the line takes: a worker that was paused must not block the thread that would notice it."""
        try:
            while self._unsent:
                self._unsent = self._unsent[self._line.send(self._unsent, socket.MSG_DONTWAIT) :]
        except BlockingIOError:
            pass
        except ConnectionError:
            os._exit(os.EX_UNAVAILABLE)
