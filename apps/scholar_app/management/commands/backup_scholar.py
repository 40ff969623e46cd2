"""``manage.py backup_scholar DESTINATION``: a copy of the site, taken while it runs."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError
from django.db import connection

from ...backup import BackupError, back_up
from ..interrupting import interruptible


class Command(BaseCommand):
    """One call, one summary."""

    help = (
        "Copy the database, the files of all jobs, the catalogue and the secret key into a new folder, while the site "
        "runs. On PostgreSQL without the database: run pg_dump first, then this."
    )
    requires_system_checks: list[str] = []  # noqa: RUF012 (Django's way to say it)

    def add_arguments(self, parser: CommandParser) -> None:
        """The options of the command line."""
        parser.add_argument("destination", type=Path, help="the folder to make; it must not exist yet")

    def handle(self, *, destination: Path, **_options: Any) -> None:
        """Exit code 0 when the backup is whole, 1 when there is none."""
        try:
            with interruptible() as look_out:
                summary = back_up(destination.absolute(), look_out=look_out)
        except (BackupError, OSError, DatabaseError) as error:
            raise CommandError(f"There is no backup: {error}") from error
        except KeyboardInterrupt:
            raise CommandError("There is no backup: interrupted") from None
        self.stdout.write(f"Backed up {summary.jobs} jobs with {summary.files} files to {destination}")
        if connection.vendor != "sqlite":
            self.stdout.write("The database is not in it: it is what pg_dump wrote before this.")
