"""The files of a job, in Django's default storage: short names, written in one step, deleted without swallowing.

Names are made of ids alone (``uploads/<id>.bib``, ``results/<id>.<token>.bib``, ``results/<id>.<token>.json``); what
the user called the file is a column of the job and never part of a path. Two files are known by others' names alone,
and go with them: the index of a report (``.index``), and the result as its owner decided on it (``.reviewed``).
"""

import logging
import os
import re
import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, cast
from uuid import UUID

from django.core.exceptions import SuspiciousOperation
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage

logger = logging.getLogger("scholar.files")

UPLOADS: Final = "uploads"
RESULTS: Final = "results"
FOLDERS: Final = (UPLOADS, RESULTS)
_OURS: Final = re.compile(
    r"(?:uploads/[0-9a-f-]{36}\.bib|results/[0-9a-f-]{36}\.\d{1,19}\.(?:bib|json|index|reviewed))"
)
#: A file on its way: hidden, and left behind only by a crash.
_TEMPORARY: Final = re.compile(r"(?:uploads|results)/\.[0-9a-f]{32}\.tmp")


class ResultNames(NamedTuple):
    """The names under which one claim publishes."""

    result: str
    report: str


def upload_name(job_id: UUID) -> str:
    """Where a job's upload is."""
    return f"{UPLOADS}/{job_id}.bib"


def result_names(job_id: UUID, token: int) -> ResultNames:
    """Where the claim with ``token`` publishes; another claim's names differ, so late workers overwrite nothing."""
    return ResultNames(f"{RESULTS}/{job_id}.{token}.bib", f"{RESULTS}/{job_id}.{token}.json")


def index_name(report_name: str) -> str:
    """Where the index of a report is."""
    return f"{report_name.removesuffix('.json')}.index"


def reviewed_name(result_name: str) -> str:
    """Where a result is kept as its owner decided on it."""
    return f"{result_name.removesuffix('.bib')}.reviewed"


def companions(name: str) -> tuple[str, ...]:
    """The files that are there because of this one, or may be."""
    if not name.startswith(f"{RESULTS}/"):
        return ()
    if name.endswith(".json"):
        return (index_name(name),)
    return (reviewed_name(name),) if name.endswith(".bib") else ()


def write(name: str, data: bytes) -> None:
    """Store ``data`` as ``name``, wholly or not at all, durable when this returns. Raises ``OSError`` (disk full)."""
    path = _local_path(name)
    if path is not None:
        _write_durably(path, data)
    elif (stored_name := default_storage.save(name, ContentFile(data))) != name:
        default_storage.delete(stored_name)  # an object store publishes in one step, but must not choose names
        raise FileExistsError(name)


def rewrite(name: str, data: bytes) -> None:
    """Store ``data`` in place of what may be there. Raises ``OSError``, and then there may be nothing."""
    if _local_path(name) is None:
        default_storage.delete(name)
    write(name, data)


def read(name: str) -> bytes:
    """The whole file. Raises ``FileNotFoundError``."""
    with open_file(name) as file:
        return file.read()


def open_file(name: str) -> BinaryIO:
    """The file, open for reading in binary. Raises ``FileNotFoundError``."""
    return cast("BinaryIO", default_storage.open(name, "rb"))


def delete(names: Iterable[str]) -> tuple[int, int]:
    """Delete what is there; counts ``(deleted, failed)``. A failure is logged and left to the next orphan sweep.

    Their companions go too, each counted as one with its file.
    """
    deleted = failed = 0
    for name in filter(None, names):
        gone = _try_to_delete(name)
        deleted += gone is True
        failed += None in [gone, *map(_try_to_delete, companions(name))]
    return deleted, failed


def _try_to_delete(name: str) -> bool | None:
    """Whether it was there; ``None`` where it could not be deleted."""
    try:
        return _delete(name)
    except (OSError, SuspiciousOperation) as error:
        logger.error("file=%s could not be deleted: %s", name, type(error).__name__)
        return None


def _delete(name: str) -> bool:
    if not (_OURS.fullmatch(name) or _TEMPORARY.fullmatch(name)):
        raise SuspiciousOperation(name)
    try:
        _remove(name)
    except FileNotFoundError:
        return False
    return True  # an object store does not say whether there was anything


def _remove(name: str) -> None:
    if isinstance(default_storage, FileSystemStorage):
        os.remove(default_storage.path(name))  # noqa: PTH107 -- a Path keeps its parts in a table that grows by each new name
    else:
        default_storage.delete(name)


def _local_path(name: str) -> Path | None:
    """The path of ``name`` where the storage is a file system. Raises ``SuspiciousFileOperation`` outside of it."""
    return Path(default_storage.path(name)) if isinstance(default_storage, FileSystemStorage) else None


def _write_durably(path: Path, data: bytes) -> None:
    _make_folder(path.parent)
    temporary = path.with_name(f".{uuid.uuid4().hex}.tmp")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _make_folder(folder: Path) -> None:
    """Uploads are private: only the service's own account may even list them."""
    if not folder.is_dir():
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    """Until the folder is synced too, a power cut may take the new name back."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class StoredFile(NamedTuple):
    """A file in the storage, whoever it belongs to."""

    name: str
    modified: datetime


def stored(folder: str) -> Iterator[StoredFile]:
    """The files of ``folder``, one by one, in no order; files that vanish meanwhile are left out."""
    path = _local_path(folder)
    if path is not None:
        yield from _scan(path, folder)
        return
    if (scan := getattr(default_storage, "scan", None)) is not None:
        yield from (StoredFile(name, modified) for name, modified in scan(folder))
        return
    for name in default_storage.listdir(folder)[1]:
        with suppress(FileNotFoundError):
            yield StoredFile(f"{folder}/{name}", default_storage.get_modified_time(f"{folder}/{name}"))


def _scan(path: Path, folder: str) -> Iterator[StoredFile]:
    """One entry at a time: a listing of millions would not be flat memory."""
    if not path.is_dir():
        return
    with os.scandir(path) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                if entry.is_file(follow_symlinks=False):
                    modified = datetime.fromtimestamp(entry.stat(follow_symlinks=False).st_mtime, tz=UTC)
                    yield StoredFile(f"{folder}/{entry.name}", modified)


def job_of(name: str) -> UUID | None:
    """The job whose file this would be, by its name alone; ``None`` for temporary and foreign files."""
    return UUID(Path(name).name[:36]) if _OURS.fullmatch(name) else None


def is_ours(name: str) -> bool:
    """Whether this is a name that we give: only such files are ever swept."""
    return bool(_OURS.fullmatch(name) or _TEMPORARY.fullmatch(name))
