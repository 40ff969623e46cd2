"""``manage.py tell_operator UNIT``: what ``OnFailure=`` of the systemd units starts, to reach somebody who can help."""

import os
import shutil
import socket
import subprocess
from smtplib import SMTPException
from typing import Any, Final

from django.conf import settings
from django.core.mail import send_mail
from django.core.management.base import BaseCommand, CommandError, CommandParser

_LINES: Final = 30
_COMMAND_SECONDS: Final = 60


class Command(BaseCommand):
    """Sends the letter, runs the operator's command; where neither is set, the journal has it all the same."""

    help = "Tell the operator that a unit has failed: by SCITEX_ALERT_EMAIL and SCITEX_ALERT_COMMAND, if set."
    # What broke the unit may be what a check complains of.
    requires_system_checks: list[str] = []  # noqa: RUF012 (Django's way to say it)

    def add_arguments(self, parser: CommandParser) -> None:
        """The options of the command line."""
        parser.add_argument("unit", help="the unit that failed, as systemd calls it")

    def handle(self, *, unit: str, **_options: Any) -> None:
        """Exit code 0 when all that is set worked, else 1; one way that fails does not keep the other."""
        subject = f"SciTeX Scholar: {unit} has failed on {socket.gethostname()}"
        body = f"{subject}\n\nThe last lines of its journal:\n\n{last_words(unit)}"
        complaints = [*send(subject, body), *run(subject, body, unit=unit)]
        if complaints:
            raise CommandError("; ".join(complaints))


def last_words(unit: str) -> str:
    """What the journal has of the unit: of the user manager's where it is one of its, else of the system's."""
    if shutil.which("journalctl") is None:
        return "(there is no journalctl here)"
    # The instances of user managers are told where their bus is; system services are not.
    which = ["--user"] if "XDG_RUNTIME_DIR" in os.environ else []
    command = ["journalctl", *which, "--no-pager", "--quiet", f"--lines={_LINES}", f"--unit={unit}"]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=30, check=False)
    return done.stdout or done.stderr or "(nothing)"


def send(subject: str, body: str) -> list[str]:
    """Write a letter to the operator, if there is an address; what went wrong."""
    address = settings.SCITEX_ALERT_EMAIL
    try:
        if address:
            send_mail(subject, body, None, [address])
    except (OSError, SMTPException) as error:
        return [f"the letter could not be sent: {type(error).__name__}"]
    return []


def run(subject: str, body: str, *, unit: str) -> list[str]:
    """Run the operator's own command in a shell, with the text on its standard input; what went wrong."""
    if not settings.SCITEX_ALERT_COMMAND:
        return []
    told = {"ALERT_UNIT": unit, "ALERT_SUBJECT": subject}
    shell = ["/bin/sh", "-c", settings.SCITEX_ALERT_COMMAND]
    try:
        subprocess.run(shell, input=body, text=True, env=os.environ | told, timeout=_COMMAND_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        return [f"SCITEX_ALERT_COMMAND did not work: {error}"]
    return []
