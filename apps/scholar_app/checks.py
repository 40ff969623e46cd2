"""What has to be so before this site is fit to run, as Django's system checks (``manage.py check``)."""

import importlib.util
import os
import sqlite3
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register

from .models import processing_limit

_SQLITE: Final = "django.db.backends.sqlite3"
#: RETURNING came with it; every change of a job's state uses it.
_SQLITE_VERSION: Final = (3, 35)


@register("scholar")
def check_sqlite(**_: Any) -> list[CheckMessage]:
    """SQLite with transactions that take the write lock at once, and new enough."""
    return list(_sqlite_problems())


def _sqlite_problems() -> Iterator[CheckMessage]:
    databases = [database for database in settings.DATABASES.values() if database["ENGINE"] == _SQLITE]
    if any(database.get("OPTIONS", {}).get("transaction_mode") != "IMMEDIATE" for database in databases):
        yield Error(
            "SQLite transactions do not begin IMMEDIATE: three in ten that read and then write would fail as locked.",
            hint='Set OPTIONS["transaction_mode"] = "IMMEDIATE".',
            id="scholar.E001",
        )
    if databases and sqlite3.sqlite_version_info < _SQLITE_VERSION:
        yield Error(f"SQLite {sqlite3.sqlite_version} is too old; 3.35 or newer is needed.", id="scholar.E002")


@register("scholar")
def check_data_folder(**_: Any) -> list[CheckMessage]:
    """The data directory can be written, and nobody else on the machine can look into it."""
    return list(_folder_problems(Path(settings.SCITEX_DATA_DIR)))


def _folder_problems(folder: Path) -> Iterator[CheckMessage]:
    if not _is_writable(folder):
        yield Error(f"The data directory {folder} cannot be written.", id="scholar.E003")
    elif folder.stat().st_mode & (stat.S_IRWXO):
        yield checks.Warning(
            f"Every account of this machine can look into the data directory {folder}.",
            hint=f"chmod o-rwx {folder}",
            id="scholar.W001",
        )


def _is_writable(folder: Path) -> bool:
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


@register("scholar")
def check_engine(**_: Any) -> list[CheckMessage]:
    """What the chosen task engine needs is installed, and known."""
    if settings.SCITEX_TASK_ENGINE != "celery":
        return []
    problems: list[CheckMessage] = []
    if not settings.SCITEX_CELERY_BROKER_URL:
        message = "SCITEX_TASK_ENGINE=celery needs SCITEX_CELERY_BROKER_URL: nobody would hear of an upload."
        problems.append(Error(message, id="scholar.E006"))
    if importlib.util.find_spec("celery") is None:
        hint = "pip install --require-hashes -r requirements-scale.txt"
        problems.append(Error("Celery is not installed.", hint=hint, id="scholar.E007"))
    return problems


@register("scholar")
def check_sources(**_: Any) -> list[CheckMessage]:
    """Each source that jobs require may be asked at all: else every job would fail."""
    required = set(settings.SCITEX_SOURCES) - set(settings.SCITEX_OPTIONAL_SOURCES)
    if "unpaywall" not in required or settings.SCITEX_CONTACT_EMAIL:
        return []
    hint = "Set SCITEX_CONTACT_EMAIL, or name unpaywall in SCITEX_OPTIONAL_SOURCES as well."
    return [Error("Unpaywall answers nobody without a contact address.", hint=hint, id="scholar.E008")]


@register("scholar")
def check_times(**_: Any) -> list[CheckMessage]:
    """A dead worker's job is taken back before it is stale, and a turn ends well before."""
    problems: list[CheckMessage] = []
    for number, name in ((4, "SCITEX_LEASE_SECONDS"), (5, "SCITEX_TURN_SECONDS")):
        if timedelta(seconds=getattr(settings, name)) >= processing_limit():
            message = f"{name} is not shorter than SCITEX_PROCESSING_TIMEOUT_MINUTES: jobs would be failed before."
            problems.append(Error(message, id=f"scholar.E00{number}"))
    return problems
