"""The log tells which job, as text or as JSON, and neither a secret nor whose it is."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from apps.scholar_app import jobs
from scitex_cloud.logs import JsonFormatter, TextFormatter, without_secrets
from tests.jobs.making import claimed, complete, submitted

ROOT = Path(__file__).resolve().parent.parent


def record(message: str, *arguments: object, error: BaseException | None = None) -> logging.LogRecord:
    info = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("scholar.jobs", logging.INFO, "", 1, message, arguments, info)


def as_json(message: str, *arguments: object, error: BaseException | None = None) -> dict[str, Any]:
    line = JsonFormatter().format(record(message, *arguments, error=error))
    assert "\n" not in line
    return dict(json.loads(line))


def test_the_pairs_of_a_line_are_fields() -> None:
    told = as_json("job=%s from=%s to=%s token=%d", "0f8c", "pending", "processing", 3)
    assert (told["job"], told["from"], told["to"], told["token"]) == ("0f8c", "pending", "processing", "3")
    assert (told["level"], told["logger"]) == ("INFO", "scholar.jobs")
    assert told["time"].endswith("+00:00")


def test_a_message_that_is_a_sentence_has_no_fields() -> None:
    assert set(as_json("the file a=b could not be read")) == {"time", "level", "logger", "message"}


def test_a_message_can_neither_break_the_line_nor_overwrite_a_field() -> None:
    told = as_json("level=FAKE job=1\nlevel=CRITICAL second line")
    assert (told["level"], told["job"]) == ("INFO", "1")


def test_an_exception_is_a_field() -> None:
    try:
        raise ValueError("postgresql://ada:hunter2@db/scholar")
    except ValueError as error:
        told = as_json("job=1 failed", error=error)
        text = TextFormatter().format(record("job=1 failed", error=error))
    assert "Traceback" in told["exception"]
    assert "hunter2" not in told["exception"] + text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("key scitex_1a2b3c4d_AbCdEfGhIjKlMnOp-_12 used", "key <key> used"),
        ("Authorization: Bearer abcdef123456", "Authorization: Bearer <hidden>"),
        ("Not Found: /x/password/reset/MQ/c1x2-abc/", "Not Found: /x/password/reset/<hidden>/"),
        ("redis://:hunter2@cache:6379/0 is away", "redis://<hidden>@cache:6379/0 is away"),
        ("mail to ada.l+x@mail.example.org failed", "mail to <address> failed"),
        ("Invalid request from ip=2001:db8::1: bad line", "Invalid request from ip=<hidden>: bad line"),
        ("Invalid request from ip=192.0.2.7: bad line", "Invalid request from ip=<hidden>: bad line"),
        ("job=5 https://api.crossref.org/works?rows=2 file=uploads/a.bib",) * 2,
        ("doi 10.1000/182 at 12:30, worker here:1",) * 2,
    ],
    ids=["key", "bearer", "reset", "url", "mail", "ip6", "ip4", "plain", "doi"],
)  # fmt: skip
def test_secrets_and_addresses_are_taken_out_and_nothing_else(text: str, shown: str) -> None:
    assert without_secrets(text) == shown
    assert TextFormatter().format(record(text)).endswith(shown)
    assert as_json(text)["message"] == shown


@pytest.mark.parametrize(("name", "first"), [("json", "{"), ("text", "2"), ("", "2")], ids=["json", "text", "default"])
def test_the_setting_chooses_the_form(tmp_path: Path, name: str, first: str) -> None:
    own = {key: value for key, value in os.environ.items() if not key.startswith(("SCITEX_", "DJANGO_"))}
    own |= {"SCITEX_DATA_DIR": str(tmp_path), "SCITEX_ENV_FILE": "", "DJANGO_SETTINGS_MODULE": "scitex_cloud.settings"}
    own |= {"SCITEX_LOG_FORMAT": name} if name else {}
    code = "import django, logging; django.setup(); logging.getLogger('scholar.jobs').info('job=%s to=%s', 1, 'failed')"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=own, capture_output=True, text=True, check=True)
    assert done.stderr.startswith(first)
    assert "job=1 to=failed" in done.stderr


@pytest.mark.django_db(transaction=True)
def test_the_life_of_a_job_is_told_by_its_id_without_its_owner_or_file(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="scholar")
    owner = jobs.Owner(visitor=submitted().visitor)
    jobs.cancel(submitted_of(owner), [owner])
    job = submitted(original_name="my secret thesis.bib")
    assert complete(claimed(job))
    lines = [json.loads(JsonFormatter().format(line)) for line in caplog.records]
    assert [line["to"] for line in lines if line.get("job") == str(job.pk)] == ["pending", "processing", "completed"]
    everything = json.dumps(lines)
    assert "secret thesis" not in everything
    assert str(job.visitor) not in everything


def submitted_of(owner: jobs.Owner) -> Any:
    return jobs.jobs_of(owner).get().pk
