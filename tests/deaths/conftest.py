"""What every scene stands on: a storage of its own, a mailbox in a folder, and letters sent while one looks."""

from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMessage

from apps.scholar_app import letters
from tests.deaths.mortals import say
from tests.jobs.conftest import storage
from tests.web.test_letters import SameThread

__all__ = ["storage"]


@pytest.fixture
def mailbox(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where each letter that was sent is a file."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    monkeypatch.setattr(letters, "_post_office", SameThread())
    send = EmailMessage.send

    def send_and_say(letter: EmailMessage) -> None:
        send(letter)
        say("letter sent")

    monkeypatch.setattr(EmailMessage, "send", send_and_say)
    return tmp_path / "mail"
