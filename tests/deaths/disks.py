"""A disk of a few megabytes, which a test can fill, make read-only and empty again."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_MEGABYTE = 1024 * 1024
_BALLAST = "ballast"


class TinyDisk:
    """A file system of its own, in memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def remount(self, how: str) -> None:
        """``ro`` or ``rw``."""
        subprocess.run(["mount", "-o", f"remount,{how}", str(self.folder)], check=True)

    @contextmanager
    def full(self, *, but: int = 0) -> Iterator[None]:
        """Nothing fits any more, but so many bytes."""
        free = shutil.disk_usage(self.folder).free - but
        with (self.folder / _BALLAST).open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(free, 1))
        try:
            yield
        finally:
            (self.folder / _BALLAST).unlink()


@contextmanager
def tiny_disk(folder: Path) -> Iterator[TinyDisk]:
    """Mounted while this lasts; skips the test where nobody lets us."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={16 * _MEGABYTE}", "tmpfs", str(folder)]
    try:
        tried = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    if tried.returncode:
        pytest.skip(f"no file system of a test's own can be mounted here: {tried.stderr.strip()}")
    try:
        yield TinyDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
