"""Looking at processes from outside, on Linux through ``/proc`` and elsewhere through ``ps``."""

import os
import subprocess
from pathlib import Path

_HAS_PROC = Path("/proc/self/stat").exists()


def is_alive(pid: int) -> bool:
    """Whether a process with this id runs (a zombie, which only waits to be reaped, does not)."""
    try:
        os.kill(pid, 0)
        return _state(pid) not in {"", "Z"}
    except (ProcessLookupError, FileNotFoundError):
        return False


def children_of(pid: int) -> list[int]:
    """The ids of its child processes."""
    if _HAS_PROC:
        lists = sorted(Path(f"/proc/{pid}/task").glob("*/children"))
        return [int(child) for file in lists for child in file.read_text().split()]
    pairs = (line.split() for line in _ps("-A", "-o", "pid=,ppid=").splitlines())
    return [int(child) for child, parent in pairs if int(parent) == pid]


def _state(pid: int) -> str:
    if _HAS_PROC:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    return _ps("-o", "state=", "-p", str(pid)).strip()[:1]


def _ps(*arguments: str) -> str:
    return subprocess.run(["ps", *arguments], capture_output=True, text=True, check=False).stdout
