"""Work done in a fork of this process, which may break what it likes."""

import ctypes
import os
import resource
import select
import signal
from collections.abc import Callable
from typing import Final

#: Who starts a fork and is killed leaves none behind.
_PR_SET_PDEATHSIG: Final = 1
_MOST_MEMORY: Final = 6 * 2**30


def in_a_fork(work: Callable[[], bytes], *, seconds: float) -> bytes | None:
    """What ``work`` returned there (less than 64 KiB); ``None`` if it took too long, or died."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        _be_the_fork(work, writing)
    os.close(writing)
    waiting = os.pidfd_open(child)
    if not select.select([waiting], [], [], seconds)[0]:
        os.killpg(child, signal.SIGKILL)
    os.close(waiting)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with os.fdopen(reading, "rb") as answer:
        return answer.read() if ended == 0 else None


def _be_the_fork(work: Callable[[], bytes], writing: int) -> None:
    """Leaves by ``os._exit``, whatever happens: the fork must not go on as the campaign."""
    ended = 1
    try:
        os.setpgid(0, 0)
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
        silence = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silence, stream)
        os.write(writing, work())
        ended = 0
    finally:
        os._exit(ended)
