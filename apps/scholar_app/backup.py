"""A copy of everything that cannot be had again, taken while the site runs, and put back into an empty place.

The rows are copied first, in one instant, and then the files that they name. A file is published before the row that
names it and deleted after it, so a file that is missing when its turn comes belonged to a job that has been deleted:
:func:`restore` leaves out such jobs. Every file's SHA-256 stands in ``SHA256SUMS``, as ``sha256sum --check`` reads it.
"""

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TextIO

from django.conf import settings
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.migrations.loader import MigrationLoader

from . import files, jobs
from .catalogue.opening import FILE_NAME as CATALOGUE
from .models import EnrichmentJob

DATABASE: Final = "scholar.sqlite3"
SECRET_KEY: Final = "secret_key"  # noqa: S105 (the name of the file)
SUMS: Final = "SHA256SUMS"
MANIFEST: Final = "manifest.json"
FORMAT: Final = 1
_NAMES: Final = ("upload_name", "result_name", "report_name")


class BackupError(Exception):
    """It cannot be done, for the reason that is the message."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a backup holds, or what was put back."""

    jobs: int
    files: int
    #: Jobs that were deleted while the backup was being made.
    deleted_meanwhile: int


def back_up(destination: Path, *, look_out: Callable[[], object] = lambda: None) -> Summary:
    """Write a new folder ``destination``, wholly or not at all. Raises ``BackupError`` and ``OSError``.

    ``look_out`` is called before each job; what it raises ends the backup.
    """
    if destination.exists():
        raise BackupError(f"{destination} exists already; each backup is a folder of its own")
    draft = destination.with_name(f".{destination.name}.{os.getpid()}.partial")
    draft.mkdir(mode=0o700, parents=True)
    try:
        summary = _fill(draft, look_out)
        draft.rename(destination)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return summary


def _fill(folder: Path, look_out: Callable[[], object]) -> Summary:
    with (folder / SUMS).open("w", encoding="utf-8") as sums:
        if connection.vendor == "sqlite":
            _copy_database(Path(settings.DATABASES[DEFAULT_DB_ALIAS]["NAME"]), folder / DATABASE)
        for name in (CATALOGUE, SECRET_KEY):
            _copy_beside(Path(settings.SCITEX_DATA_DIR, name), folder / name)
        for name in (DATABASE, CATALOGUE, SECRET_KEY):
            if (folder / name).exists():
                _note(sums, name, _digest(folder / name))
        summary = _copy_files(folder, sums, look_out)
        (folder / MANIFEST).write_text(json.dumps(_manifest(summary), indent=1), encoding="utf-8")
        _note(sums, MANIFEST, _digest(folder / MANIFEST))
        sums.flush()
        os.fsync(sums.fileno())
    return summary


def _copy_database(source: Path, target: Path) -> None:
    """As of one instant; in the write-ahead log others go on writing meanwhile."""
    with (
        closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True, timeout=20)) as live,
        closing(sqlite3.connect(target)) as copy,
    ):
        live.backup(copy)
        # One file, without a log beside it.
        copy.execute("PRAGMA journal_mode=DELETE")
    target.chmod(0o600)


def _copy_beside(source: Path, target: Path) -> None:
    if source.suffix == ".sqlite3" and source.exists():
        _copy_database(source, target)
    elif source.exists():
        shutil.copyfile(source, target)
        target.chmod(0o600)


def _copy_files(folder: Path, sums: TextIO, look_out: Callable[[], object]) -> Summary:
    found = copied = vanished = 0
    for names in _rows(folder):
        look_out()
        found += 1
        try:
            contents = [(name, files.read(name)) for name in names]
        except FileNotFoundError:
            vanished += 1
            continue
        contents += _companions(names)
        for name, content in contents:
            _store(folder / "files" / name, content)
            _note(sums, f"files/{name}", hashlib.sha256(content).hexdigest())
        copied += len(contents)
    return Summary(jobs=found - vanished, files=copied, deleted_meanwhile=vanished)


def _companions(names: list[str]) -> Iterator[tuple[str, bytes]]:
    """What goes with these files where it is there: it is made from them."""
    for name in names:
        for companion in files.companions(name):
            with suppress(FileNotFoundError):
                yield companion, files.read(companion)


def _rows(folder: Path) -> Iterator[list[str]]:
    """The names of each job's files: of the copy where there is one, else of the database as it is now."""
    if (folder / DATABASE).exists():
        with closing(sqlite3.connect(folder / DATABASE)) as copy:
            table = EnrichmentJob._meta.db_table  # noqa: SLF001  (Django's documented API)
            # Names of a table and of columns of ours; no value of anybody's.
            for row in copy.execute(f"SELECT {', '.join(_NAMES)} FROM {table}"):  # noqa: S608
                yield [name for name in row if name]
    else:
        for row in EnrichmentJob.objects.values_list(*_NAMES).iterator(chunk_size=1000):
            yield [name for name in row if name]


def _manifest(summary: Summary) -> dict[str, object]:
    return {
        "format": FORMAT,
        "made_at": datetime.now(tz=UTC).isoformat(timespec="seconds"),
        "database": connection.vendor,
        "migrations": sorted(f"{app}.{name}" for app, name in MigrationLoader(connection).applied_migrations),
        **asdict(summary),
    }


def _store(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _note(sums: TextIO, name: str, digest: str) -> None:
    sums.write(f"{digest}  {name}\n")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def restore(source: Path) -> Summary:
    """Put a backup into this site's empty place, and have what was waiting or at work queue anew.

    On PostgreSQL the rows were put back before, by ``pg_restore``. Raises ``BackupError``, before anything is changed,
    where the place is not empty or the backup is not whole, and ``OSError``.
    """
    names = _verified(source)
    manifest = _refuse_newer(source)
    _refuse_used_place()
    if connection.vendor != "sqlite" and manifest["jobs"] and not _has_jobs():
        raise BackupError("the database is empty; put its dump back first, with pg_restore")
    for name in names:
        if name.startswith("files/") and not files.is_ours(name.removeprefix("files/")):
            raise BackupError(f"{name} is no file of ours")
    _put_beside(source)
    for name in names:
        if name.startswith("files/"):
            files.write(name.removeprefix("files/"), (source / name).read_bytes())
    call_command("migrate", verbosity=0, interactive=False)
    restored = jobs.take_up_restored()
    return Summary(restored.kept, sum(name.startswith("files/") for name in names), restored.dropped)


def _verified(source: Path) -> list[str]:
    """The names in the backup, each of which is there as it was written."""
    try:
        lines = (source / SUMS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise BackupError(f"{source} holds no backup") from None
    names = []
    for line in lines:
        digest, _, name = line.partition("  ")
        path = source / name
        if ".." in Path(name).parts or not path.is_file() or _digest(path) != digest:
            raise BackupError(f"{name} is missing or damaged")
        names.append(name)
    if MANIFEST not in names:
        raise BackupError(f"{source} is not whole")
    return names


def _refuse_newer(source: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((source / MANIFEST).read_text(encoding="utf-8"))
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    if manifest["format"] != FORMAT or not known.issuperset(manifest["migrations"]):
        raise BackupError("the backup was made by a newer version of this software")
    if manifest["database"] != connection.vendor:
        raise BackupError(f"the backup is of a site on {manifest['database']}, this one is on {connection.vendor}")
    return manifest


def _refuse_used_place() -> None:
    database = Path(settings.DATABASES[DEFAULT_DB_ALIAS]["NAME"])
    if connection.vendor == "sqlite" and database.exists():
        raise BackupError(f"{database} exists already; a backup is put into an empty place")
    if any(True for folder in files.FOLDERS for _ in files.stored(folder)):
        raise BackupError("there are files already; a backup is put into an empty place")


def _has_jobs() -> bool:
    table = EnrichmentJob._meta.db_table  # noqa: SLF001  (Django's documented API)
    return table in connection.introspection.table_names() and EnrichmentJob.objects.exists()


def _put_beside(source: Path) -> None:
    """The database, the catalogue and the key, each whole or not at all."""
    connections.close_all()
    places = {
        CATALOGUE: Path(settings.SCITEX_DATA_DIR, CATALOGUE),
        SECRET_KEY: Path(settings.SCITEX_DATA_DIR, SECRET_KEY),
    }
    if connection.vendor == "sqlite":
        places[DATABASE] = Path(settings.DATABASES[DEFAULT_DB_ALIAS]["NAME"])
    for name, place in places.items():
        if (source / name).exists():
            draft = place.with_name(f".{place.name}.restoring")
            shutil.copyfile(source / name, draft)
            draft.chmod(0o600)
            draft.replace(place)
