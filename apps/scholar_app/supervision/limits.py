"""What a child may use, and that it never outlives its parent."""

import contextlib
import ctypes
import os
import resource
import signal
import sys
import time
from pathlib import Path

_PR_SET_PDEATHSIG = 1
#: Seconds of CPU between the polite signal (SIGXCPU) and the kernel's own SIGKILL.
_CPU_GRACE_SECONDS = 5
#: The kernel looks for its victim among the children first, before the web server and the database.
_OOM_SCORE = "500"
_NICENESS = 10
_TRIES, _BETWEEN_TRIES = 10, 0.11


def die_with(parent: int) -> None:
    """Have the kernel kill this process when ``parent`` is gone (Linux; elsewhere the closed pipe tells)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the line above took effect
        os._exit(os.EX_UNAVAILABLE)


def give_way() -> None:
    """Let pages go first: whoever looks at one waits for it, whoever sent a file does not.

    Linux weighs whole sessions against each other (autogroups) where no control groups do, and niceness counts only
    within one. A child leads a session of its own, so it lowers that.
    """
    os.nice(_NICENESS)
    if os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError):  # another system, or a kernel without them
            _lower_session()


def _lower_session() -> None:
    for _attempt in range(_TRIES):
        try:
            Path("/proc/self/autogroup").write_text(str(_NICENESS), encoding="ascii")
        except BlockingIOError:  # one change in a tenth of a second on the whole machine, unless one is root
            time.sleep(_BETWEEN_TRIES)
        else:
            return


def confine(*, memory_bytes: int, cpu_seconds: int) -> None:
    """Limit this process: a hostile file costs one job, not the machine."""
    _limit(resource.RLIMIT_CORE, soft=0, hard=0)
    _limit(resource.RLIMIT_AS, soft=memory_bytes, hard=memory_bytes)
    _limit(resource.RLIMIT_CPU, soft=cpu_seconds, hard=cpu_seconds + _CPU_GRACE_SECONDS)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_OOM_SCORE, encoding="ascii")


def _limit(kind: int, *, soft: int, hard: int) -> None:
    """Lower one limit, never beyond what was already imposed; a platform without it (macOS: memory) goes without."""
    ceiling = resource.getrlimit(kind)[1]
    if ceiling != resource.RLIM_INFINITY:
        soft, hard = min(soft, ceiling), min(hard, ceiling)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(kind, (soft, hard))
