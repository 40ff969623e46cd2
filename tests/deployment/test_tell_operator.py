"""Who is told when a unit fails, and that one way that fails does not keep the other."""

from pathlib import Path

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from pytest_django import Settings

UNIT = "scitex-cleanup-jobs.service"


def test_nothing_is_sent_where_nothing_is_set() -> None:
    call_command("tell_operator", UNIT)
    assert mail.outbox == []


def test_the_operator_gets_a_letter(settings: Settings) -> None:
    settings.SCITEX_ALERT_EMAIL = "operator@example.org"
    call_command("tell_operator", UNIT)
    assert [letter.to for letter in mail.outbox] == [["operator@example.org"]]
    assert UNIT in mail.outbox[0].subject
    assert "The last lines of its journal" in mail.outbox[0].body


def test_the_operators_command_gets_the_text_and_the_unit(settings: Settings, tmp_path: Path) -> None:
    settings.SCITEX_ALERT_COMMAND = f'cat >"{tmp_path}/text"; echo "$ALERT_UNIT" >"{tmp_path}/unit"'
    call_command("tell_operator", UNIT)
    assert (tmp_path / "unit").read_text() == f"{UNIT}\n"
    assert (tmp_path / "text").read_text().startswith(f"SciTeX Scholar: {UNIT} has failed on ")


def test_a_letter_that_cannot_be_sent_does_not_keep_the_command(settings: Settings, tmp_path: Path) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    settings.SCITEX_ALERT_EMAIL, settings.SCITEX_ALERT_COMMAND = "operator@example.org", f'touch "{tmp_path}/ran"'
    with pytest.raises(CommandError, match="the letter could not be sent: ConnectionRefusedError"):
        call_command("tell_operator", UNIT)
    assert (tmp_path / "ran").exists()


def test_a_command_that_fails_is_reported(settings: Settings) -> None:
    settings.SCITEX_ALERT_COMMAND = "exit 3"
    with pytest.raises(CommandError, match="SCITEX_ALERT_COMMAND did not work"):
        call_command("tell_operator", UNIT)
