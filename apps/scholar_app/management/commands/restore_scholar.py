"""``manage.py restore_scholar SOURCE``: puts a backup into the empty place of a new site."""

import sqlite3
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError

from ...backup import BackupError, restore


class Command(BaseCommand):
    """One call, one summary."""

    help = (
        "Put a backup made by backup_scholar into this site, which must be empty and not running, and bring its "
        "database up to date. On PostgreSQL: run pg_restore first, then this."
    )
    requires_system_checks: list[str] = []  # noqa: RUF012 (Django's way to say it)

    def add_arguments(self, parser: CommandParser) -> None:
        """The options of the command line."""
        parser.add_argument("source", type=Path, help="the folder that backup_scholar made")

    def handle(self, *, source: Path, **_options: Any) -> None:
        """Exit code 0 when everything is back, 1 when it is not."""
        try:
            summary = restore(source.absolute())
        except (BackupError, OSError, DatabaseError, sqlite3.Error) as error:
            raise CommandError(f"Not restored: {error}") from error
        self.stdout.write(f"Restored {summary.jobs} jobs with {summary.files} files")
        if summary.deleted_meanwhile:
            self.stdout.write(f"Left out {summary.deleted_meanwhile} jobs that were deleted while the backup was made")
