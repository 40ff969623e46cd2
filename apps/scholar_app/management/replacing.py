"""Writing files so that each is there as a whole or not at all."""

import os
import stat
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from .interrupting import uninterrupted


def replace_files(contents: Mapping[Path, bytes]) -> None:
    """Write all of them, or none where one cannot be written; raises ``OSError``, which names that one.

    Each goes to a temporary file beside its place first, onto the disk, and then over what was there, whose
    permissions it keeps. A place that is no ordinary file (``/dev/stdout``, a pipe) is written to directly, last.
    """
    plain = {path.resolve(): data for path, data in contents.items() if _is_ordinary(path)}
    waiting: dict[Path, str] = {}
    try:
        for path, data in plain.items():
            try:
                waiting[path] = _temporary(path, data)
            except OSError as error:
                raise OSError(error.errno, error.strerror, str(path)) from error
        with uninterrupted():
            for path, name in list(waiting.items()):
                Path(name).replace(path)
                del waiting[path]
                _sync_folder(path.parent)
    finally:
        for name in waiting.values():
            with suppress(OSError):
                Path(name).unlink()
    for path, data in contents.items():
        if not _is_ordinary(path):
            path.write_bytes(data)


def _is_ordinary(path: Path) -> bool:
    return not path.exists() or path.is_file()


def _temporary(path: Path, data: bytes) -> str:
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name[:100]}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), _mode(path))
            os.fsync(file.fileno())
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return name


def _mode(path: Path) -> int:
    """As the file is, or as a new one would be made."""
    if path.exists():
        return stat.S_IMODE(path.stat().st_mode)
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


def _sync_folder(folder: Path) -> None:
    """The new name onto the disk as well, where the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
