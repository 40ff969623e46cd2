"""``manage.py cleanup_stale_jobs``: its lines, its JSON, its exit codes. Others script against them."""

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from apps.scholar_app import jobs
from apps.scholar_app.models import CleanupRun, EnrichmentJob, Status
from tests.jobs.making import DAY, MINUTE, claimed, completed, put_back, row, statuses, stored_names, submitted, visitor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.promises]
ROOT = Path(__file__).resolve().parent.parent.parent
WRITING = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE|CREATE|DROP|ALTER|TRUNCATE)\b", re.IGNORECASE)


def run(*arguments: str, **options: Any) -> str:
    out = io.StringIO()
    call_command("cleanup_stale_jobs", *arguments, stdout=out, **options)
    return out.getvalue()


def world() -> dict[str, EnrichmentJob]:
    """Some of everything: what is stale, what is old, and what is neither."""
    # Not a name that the ids of jobs can hold by chance, as "ada" is.
    wolfgang = jobs.Owner(user_id=User.objects.create_user("wolfgang").pk)
    made = {
        "old": completed(wolfgang, ago=31 * DAY),
        "young": completed(wolfgang, ago=29 * DAY),
        "cancelled": submitted(),
        "processing": submitted(),
        "stale_processing": submitted(wolfgang, original_name="große Bibliographie.bib"),
        "pending": submitted(),
        "stale_pending": submitted(original_name="second.bib"),
    }
    jobs.cancel(made["cancelled"].pk, [jobs.Owner.of(made["cancelled"])])
    claimed(made["processing"])
    claimed(made["stale_processing"])
    put_back(made["stale_processing"].pk, started_at=11 * MINUTE)
    put_back(made["stale_pending"].pk, queued_at=6 * MINUTE)
    return made


STATUS_BEFORE = """\
Current System Status:
  Total jobs: 7
  Active jobs: 4
  Completed jobs: 2
  Failed jobs: 0
  Cancelled jobs: 1
"""


def test_a_run_says_what_it_found_and_did_word_for_word() -> None:
    made = world()
    assert run("--delete-old-jobs") == (
        "Found 1 stale processing jobs (>10 minutes)\n"
        "Found 1 stale pending jobs (>5 minutes)\n"
        "Found 1 old jobs (>30 days)\n"
        "Failed 1 stale processing jobs\n"
        "Failed 1 stale pending jobs\n"
        "Deleted 1 old jobs\n"
        "Current System Status:\n"
        "  Total jobs: 6\n"
        "  Active jobs: 2\n"
        "  Completed jobs: 1\n"
        "  Failed jobs: 2\n"
        "  Cancelled jobs: 1\n"
        "Cleanup complete\n"
    )
    assert statuses(made[name].pk for name in ("processing", "pending", "young")) == [
        Status.PROCESSING,
        Status.PENDING,
        Status.COMPLETED,
    ]


def test_with_nothing_to_do_nothing_is_said_to_be_done() -> None:
    assert run() == (
        "Found 0 stale processing jobs (>10 minutes)\n"
        "Found 0 stale pending jobs (>5 minutes)\n"
        "Current System Status:\n"
        "  Total jobs: 0\n"
        "  Active jobs: 0\n"
        "  Completed jobs: 0\n"
        "  Failed jobs: 0\n"
        "  Cancelled jobs: 0\n"
        "Cleanup complete\n"
    )


def test_a_dry_run_names_each_job_with_file_owner_and_age() -> None:
    made = world()
    said = run("--dry-run", "--delete-old-jobs")
    found = [
        rf"  {made['stale_processing'].pk}  große Bibliographie\.bib  user wolfgang  0:11:0\d",
        rf"  {made['stale_pending'].pk}  second\.bib  visitor {str(made['stale_pending'].visitor)[:8]}  0:06:0\d",
        rf"  {made['old'].pk}  references\.bib  user wolfgang  31 days, 0:00:0\d",
    ]
    expected = (
        "DRY RUN MODE - No changes will be made\n"
        "Found 1 stale processing jobs \\(>10 minutes\\)\n" + found[0] + "\n"
        "Found 1 stale pending jobs \\(>5 minutes\\)\n" + found[1] + "\n"
        "Found 1 old jobs \\(>30 days\\)\n"
        + found[2]
        + "\n"
        + STATUS_BEFORE
        + "DRY RUN COMPLETE - Run without --dry-run to apply changes\n"
    )
    assert re.fullmatch(expected, said), said


@pytest.mark.parametrize("options", [(), ("--json",), ("--delete-old-jobs",), ("--delete-old-jobs", "--json")])
def test_a_dry_run_writes_nothing_at_all(options: tuple[str, ...]) -> None:
    world()
    before = list(EnrichmentJob.objects.order_by("pk").values()), stored_names()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        run("--dry-run", *options)
    assert [query["sql"] for query in queries if WRITING.match(query["sql"])] == []
    assert (list(EnrichmentJob.objects.order_by("pk").values()), stored_names()) == before
    assert not CleanupRun.objects.exists()


def test_the_query_that_looks_for_writes_sees_them() -> None:
    world()
    with CaptureQueriesContext(connection) as queries:
        run()
    assert any(WRITING.match(query["sql"]) for query in queries)


def test_a_dry_run_counts_what_the_run_then_does() -> None:
    world()
    would = json.loads(run("--dry-run", "--delete-old-jobs", "--json"))
    does = json.loads(run("--delete-old-jobs", "--json"))
    found = ("stale_processing", "stale_pending", "old_jobs")
    assert [would[key] for key in found] == [1, 1, 1]
    assert [does[key] for key in ("failed_processing", "failed_pending", "deleted_jobs")] == [1, 1, 1]
    assert set(would) == set(does)


def test_the_json_is_one_object_with_the_keys_of_the_contract() -> None:
    world()
    said = json.loads(run("--delete-old-jobs", "--json"))
    assert said.pop("seconds") >= 0
    assert said == {
        "dry_run": False,
        "stale_processing": 1,
        "stale_pending": 1,
        "old_jobs": 1,
        "failed_processing": 1,
        "failed_pending": 1,
        "deleted_jobs": 1,
        "deleted_files": 3,
        "orphan_files": 0,
        "status": {"total": 6, "active": 2, "completed": 1, "failed": 2, "cancelled": 1},
    }


def test_names_that_could_command_a_terminal_are_shown_as_escapes() -> None:
    job = submitted()
    EnrichmentJob.objects.filter(pk=job.pk).update(original_name="a\x1b[2J\nFailed 9 stale pending jobs\u202e.bib")
    put_back(job.pk, queued_at=6 * MINUTE)
    assert r"a\x1b[2J\nFailed 9 stale pending jobs\u202e.bib" in run("--dry-run")


def test_the_limits_in_the_lines_come_from_the_settings(settings: Any) -> None:
    settings.SCITEX_PROCESSING_TIMEOUT_MINUTES, settings.SCITEX_PENDING_TIMEOUT_MINUTES = 20, 7
    world()
    said = run()
    assert "Found 0 stale processing jobs (>20 minutes)\n" in said
    assert "Found 0 stale pending jobs (>7 minutes)\n" in said


@pytest.mark.parametrize(("days", "deleted"), [("0", 2), ("1", 2), ("29", 2), ("30", 1), ("36500", 0)])
def test_the_retention_is_what_was_asked_for(days: str, deleted: int) -> None:
    made = world()
    put_back(made["cancelled"].pk, finished_at=-DAY)
    said = json.loads(run("--delete-old-jobs", "--retention-days", days, "--json"))
    assert said["deleted_jobs"] == deleted


def test_what_this_run_has_failed_is_not_old_yet_so_that_its_owner_can_see_why() -> None:
    made = world()
    put_back(made["cancelled"].pk, finished_at=MINUTE)
    assert "Deleted 3 old jobs\n" in run("--delete-old-jobs", "--retention-days=0")
    assert statuses([made["stale_processing"].pk, made["stale_pending"].pk]) == [Status.FAILED, Status.FAILED]


def test_without_the_option_no_old_job_is_deleted_or_spoken_of() -> None:
    made = world()
    assert "old jobs" not in run("--retention-days=1")
    assert row(made["old"].pk).status == Status.COMPLETED


@pytest.mark.parametrize("days", [-1, 36_501, 10**12])
def test_from_python_too_a_retention_out_of_range_is_refused(days: int) -> None:
    completed()
    with pytest.raises(CommandError) as refusal:
        run(delete_old_jobs=True, retention_days=days)
    assert refusal.value.returncode == 2
    assert EnrichmentJob.objects.count() == 1


@pytest.mark.parametrize(
    ("invocation", "tty", "by"), [("1", False, "timer"), ("1", True, "command"), ("", False, "command")]
)
def test_a_run_is_recorded_with_who_started_it(
    invocation: str, tty: bool, by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("INVOCATION_ID", raising=False)
    if invocation:
        monkeypatch.setenv("INVOCATION_ID", invocation)
    with mock.patch.object(sys, "stdin", mock.Mock(isatty=lambda: tty)):
        run()
    assert CleanupRun.objects.get().by == by


def test_when_the_database_is_away_one_line_says_so() -> None:
    away = OperationalError("connection failed\nIs the server running?")
    with (
        mock.patch("apps.scholar_app.jobs.housekeeping.fail_stale", side_effect=away),
        pytest.raises(CommandError) as error,
    ):
        run()
    assert str(error.value) == "The clean-up could not do its work: connection failed"
    assert error.value.returncode == 1
    assert not CleanupRun.objects.exists()


def test_the_log_of_a_run_holds_no_names_of_people_or_files(caplog: pytest.LogCaptureFixture) -> None:
    made = world()
    caplog.clear()
    run("--delete-old-jobs")
    assert str(made["stale_processing"].pk) in caplog.text
    for secret in ("wolfgang", "Bibliographie", "second.bib", str(made["stale_pending"].visitor)):
        assert secret not in caplog.text


def as_process(*arguments: str, data: Path) -> subprocess.CompletedProcess[str]:
    """The command as the timer runs it, with a data directory of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SCITEX_", "DJANGO_"))}
    environment |= {"SCITEX_DATA_DIR": str(data), "SCITEX_ENV_FILE": ""}
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("site")
    assert as_process("migrate", "--verbosity=0", data=data).returncode == 0
    return data


@pytest.mark.processes
@pytest.mark.parametrize("options", [(), ("--dry-run",), ("--json",), ("--delete-old-jobs", "--retention-days=7")])
def test_the_process_exits_with_0_when_done(options: tuple[str, ...], site: Path) -> None:
    done = as_process("cleanup_stale_jobs", *options, data=site)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith(("Cleanup complete\n", "to apply changes\n", "}\n"))


@pytest.mark.processes
@pytest.mark.parametrize("days", ["-1", "36501", "1.5", "seven", "", "1e2", "９"])
def test_the_process_exits_with_2_for_a_retention_that_is_none(days: str, site: Path) -> None:
    done = as_process("cleanup_stale_jobs", "--delete-old-jobs", f"--retention-days={days}", data=site)
    assert (done.returncode, done.stdout) == (2, "")
    assert "is not a whole number from 0 to 36500" in done.stderr


@pytest.mark.processes
def test_the_process_exits_with_2_for_an_option_it_does_not_know(site: Path) -> None:
    assert as_process("cleanup_stale_jobs", "--delete-everything", data=site).returncode == 2


@pytest.mark.processes
def test_the_process_exits_with_1_and_one_line_when_there_is_no_database(tmp_path: Path) -> None:
    done = as_process("cleanup_stale_jobs", data=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("CommandError: The clean-up could not do its work: ")
    assert done.stderr.endswith("the database is not set up yet: run manage.py migrate\n")
    assert done.stderr.count("\n") == 1


def test_two_runs_one_after_the_other_do_the_work_once() -> None:
    world()
    first, second = json.loads(run("--json")), json.loads(run("--json"))
    assert (first["failed_processing"], second["failed_processing"]) == (1, 0)
    assert CleanupRun.objects.count() == 2


def test_a_visitors_id_is_never_shown_whole() -> None:
    owner = visitor()
    job = submitted(owner)
    put_back(job.pk, queued_at=6 * MINUTE)
    assert str(owner.visitor) not in run("--dry-run")
