"""``manage.py cleanup_stale_jobs``: fails stale jobs, deletes old ones where asked to, and says what it did."""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError
from django.utils import timezone

from apps.scholar_app import letters
from apps.scholar_app.jobs.housekeeping import CleanupReport, clean_up
from apps.scholar_app.management.speaking import database_trouble, file_trouble, printable
from apps.scholar_app.models import EnrichmentJob, JobQuerySet, pending_limit, processing_limit

MOST_DAYS: Final = 36_500


def days(text: str) -> int:
    """A whole number of days from 0 to 36500."""
    if not text.isascii() or not text.isdigit() or int(text) > MOST_DAYS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to {MOST_DAYS}")
    return int(text)


class Command(BaseCommand):
    """The clean-up by hand; the systemd timer runs it too."""

    help = "Fail stale enrichment jobs; with --delete-old-jobs also delete those that finished long ago."
    # A clean-up that stops because of a warning about something else would help nobody.
    requires_system_checks: list[str] = []  # noqa: RUF012 (Django's way to say it)

    def add_arguments(self, parser: CommandParser) -> None:
        """The options are a contract: timers and scripts use them."""
        parser.add_argument("--dry-run", action="store_true", help="show what would be done, and change nothing")
        parser.add_argument("--delete-old-jobs", action="store_true", help="also delete jobs that finished long ago")
        parser.add_argument(
            "--retention-days",
            type=days,
            default=settings.SCITEX_RETENTION_DAYS,
            metavar="N",
            help=f"for how many days finished jobs are kept, 0 to {MOST_DAYS} (default: %(default)s)",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")

    def handle(self, *, dry_run: bool, delete_old_jobs: bool, retention_days: int, **options: Any) -> None:
        """Exit code 0 when done, 1 when the work could not be done, 2 for bad arguments."""
        if not 0 <= retention_days <= MOST_DAYS:  # from Python, where the parser has not looked at it
            raise CommandError(f"--retention-days is not from 0 to {MOST_DAYS}", returncode=2)
        try:
            report = clean_up(
                retention_days=retention_days, delete_old_jobs=delete_old_jobs, by=started_by(), dry_run=dry_run
            )
            if not dry_run:
                letters.post_due()
            if options["json"]:
                self.stdout.write(json.dumps(report.as_json()))
                return
            for line in lines(report, retention_days=retention_days if delete_old_jobs else None):
                self.stdout.write(line)
        except DatabaseError as error:
            raise CommandError(f"The clean-up could not do its work: {database_trouble(error)}") from error
        except OSError as error:
            raise CommandError(f"The clean-up could not do its work: {file_trouble(error)}") from error


def started_by() -> str:
    """``timer`` where no person is at the other end; systemd marks what it starts, and so does a terminal."""
    return "timer" if "INVOCATION_ID" in os.environ and not sys.stdin.isatty() else "command"


def lines(report: CleanupReport, *, retention_days: int | None) -> Iterator[str]:
    """The text for people; scripts look for these lines too. ``retention_days``: where old jobs were asked for."""
    if report.dry_run:
        yield "DRY RUN MODE - No changes will be made"
    yield from found_lines(report, retention_days=retention_days)
    yield from done_lines(report)
    status = report.status
    yield "Current System Status:"
    yield f"  Total jobs: {status.total}"
    yield f"  Active jobs: {status.active}"
    yield f"  Completed jobs: {status.completed}"
    yield f"  Failed jobs: {status.failed}"
    yield f"  Cancelled jobs: {status.cancelled}"
    if report.dry_run:
        yield "DRY RUN COMPLETE - Run without --dry-run to apply changes"
    else:
        yield "Cleanup complete"


def found_lines(report: CleanupReport, *, retention_days: int | None) -> Iterator[str]:
    """What was found; in a dry run each job by name."""
    named = EnrichmentJob.objects.all() if report.dry_run else EnrichmentJob.objects.none()
    yield f"Found {report.stale_processing} stale processing jobs (>{_minutes(processing_limit())} minutes)"
    yield from job_lines(named.stale_processing(), since="started_at")
    yield f"Found {report.stale_pending} stale pending jobs (>{_minutes(pending_limit())} minutes)"
    yield from job_lines(named.stale_pending(), since="queued_at")
    if retention_days is not None:
        yield f"Found {report.old_jobs} old jobs (>{retention_days} days)"
        yield from job_lines(named.old(retention_days), since="finished_at")


def done_lines(report: CleanupReport) -> Iterator[str]:
    """What was changed."""
    if report.failed_processing:
        yield f"Failed {report.failed_processing} stale processing jobs"
    if report.failed_pending:
        yield f"Failed {report.failed_pending} stale pending jobs"
    if report.deleted_jobs:
        yield f"Deleted {report.deleted_jobs} old jobs"


def job_lines(jobs: JobQuerySet, *, since: str) -> Iterator[str]:
    """One line for each job: id, file name, owner, and for how long it has been so."""
    now = timezone.now()
    for job in jobs.select_related("user").iterator(chunk_size=500):
        age = timedelta(seconds=int((now - getattr(job, since)).total_seconds()))
        yield f"  {job.pk}  {printable(job.original_name)}  {printable(owner_of(job))}  {age}"


def owner_of(job: EnrichmentJob) -> str:
    """For the operator's eyes; a visitor's id is cut short, since it is what a session is worth."""
    return f"user {job.user.get_username()}" if job.user else f"visitor {str(job.visitor)[:8]}"


def _minutes(limit: timedelta) -> int:
    return int(limit.total_seconds() // 60)
