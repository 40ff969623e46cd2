"""A backup taken while the site is at work and put back into an empty place: every promise about jobs holds there."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site
from django.core.management import CommandError, call_command
from django.db import connections

from apps.scholar_app import backup, files, jobs
from apps.scholar_app.backup import BackupError, Summary, back_up, restore
from apps.scholar_app.models import EnrichmentJob, Status
from tests.jobs.conftest import storage
from tests.jobs.making import claimed, complete, completed, submitted
from tests.waiting import wait_until

__all__ = ["storage"]

ROOT = Path(__file__).resolve().parents[2]
NOT_ON_SQLITE = site.DATABASES["default"]["ENGINE"] != "django.db.backends.sqlite3"
pytestmark = [
    pytest.mark.usefixtures("transactional_db"),
    pytest.mark.skipif(NOT_ON_SQLITE, reason="another database has backups of its own"),
]


def restored(source: Path, place: Path) -> subprocess.CompletedProcess[str]:
    """Have a new site take the backup."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SCITEX_", "DJANGO_"))}
    environment |= {"SCITEX_DATA_DIR": str(place), "SCITEX_ENV_FILE": ""}
    command = [sys.executable, "manage.py", "restore_scholar", str(source)]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def rows(place: Path) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(place / "scholar.sqlite3")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute("SELECT * FROM scholar_app_enrichmentjob")]


@contextmanager
def at_work() -> Iterator[None]:
    """Jobs are uploaded, completed and deleted, as fast as it goes."""
    done = threading.Event()

    def live() -> None:
        try:
            while not done.is_set():
                job, kept = submitted(), completed()
                complete(claimed(job))
                submitted()
                jobs.delete(kept.pk, [jobs.Owner.of(kept)])
        finally:
            connections.close_all()

    thread = threading.Thread(target=live)
    thread.start()
    try:
        wait_until(lambda: EnrichmentJob.objects.finished().count() >= 5, what="some jobs")
        yield
    finally:
        done.set()
        thread.join()


@pytest.fixture(autouse=True)
def many_uploads(settings: Any) -> None:
    settings.SCITEX_UPLOADS_PER_HOUR = 10**6
    settings.SCITEX_PENDING_TIMEOUT_MINUTES = 10**6


def test_a_backup_of_a_site_at_work_is_restored_with_every_file_of_every_job(tmp_path: Path) -> None:
    with at_work():
        claim = claimed(submitted())
        summary = back_up(tmp_path / "backup")
    done = restored(tmp_path / "backup", tmp_path / "new")
    assert done.returncode == 0, done.stderr
    found = rows(tmp_path / "new")
    assert len(found) == summary.jobs
    names = [row[name] for row in found for name in ("upload_name", "result_name", "report_name") if row[name]]
    # The index of each report goes along.
    assert summary.files == len(names) + sum(name.endswith(".json") for name in names)
    missing = [name for name in names if not (tmp_path / "new" / "files" / name).is_file()]
    assert missing == []
    # Nobody works there yet: what was at work waits anew, and the old claim is worth nothing.
    assert {row["status"] for row in found} == {Status.PENDING, Status.COMPLETED}
    taken = next(row for row in found if row["id"] == claim.job_id.hex)
    assert taken["token"] > claim.token


def test_a_job_deleted_between_rows_and_files_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, deleted = completed(), completed()
    copy_files = backup._copy_files

    def delete_first(*arguments: Any) -> Summary:
        jobs.delete(deleted.pk, [jobs.Owner.of(deleted)])
        return copy_files(*arguments)

    monkeypatch.setattr(backup, "_copy_files", delete_first)
    assert back_up(tmp_path / "backup") == Summary(jobs=1, files=4, deleted_meanwhile=1)
    assert "Left out 1 jobs" in restored(tmp_path / "backup", tmp_path / "new").stdout
    assert [row["id"] for row in rows(tmp_path / "new")] == [kept.pk.hex]


def test_what_waited_does_not_wait_longer_for_the_time_in_the_backup(tmp_path: Path, settings: Any) -> None:
    settings.SCITEX_PENDING_TIMEOUT_MINUTES = 5
    job = submitted()
    EnrichmentJob.objects.filter(pk=job.pk).update(queued_at="2020-01-01T00:00:00Z")
    back_up(tmp_path / "backup")
    restored(tmp_path / "backup", tmp_path / "new")
    assert rows(tmp_path / "new")[0]["queued_at"] > "2021"


def test_the_restored_site_has_the_same_key_and_keeps_it_from_others(tmp_path: Path) -> None:
    key = Path(site.SCITEX_DATA_DIR, "secret_key").read_text(encoding="utf-8")
    back_up(tmp_path / "backup")
    restored(tmp_path / "backup", tmp_path / "new")
    assert (tmp_path / "new" / "secret_key").read_text(encoding="utf-8") == key
    assert {oct(path.stat().st_mode & 0o077) for path in (tmp_path / "backup").rglob("*") if path.is_file()} <= {
        "0o0",
        "0o44",  # the list of sums and the manifest, in a folder that nobody else enters
    }
    assert (tmp_path / "backup").stat().st_mode & 0o077 == 0


def test_anybody_can_check_a_backup(tmp_path: Path) -> None:
    completed()
    back_up(tmp_path / "backup")
    check = ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"]
    assert subprocess.run(check, cwd=tmp_path / "backup", check=False).returncode == 0


# What is refused, before anything is changed


@pytest.fixture
def taken(tmp_path: Path) -> Path:
    completed()
    back_up(tmp_path / "backup")
    return tmp_path / "backup"


def tamper_with_sums(folder: Path, old: str, new: str) -> None:
    sums = folder / "SHA256SUMS"
    sums.write_text(sums.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def damaged(folder: Path) -> None:
    next((folder / "files" / "uploads").iterdir()).write_bytes(b"other")


def cut_off(folder: Path) -> None:
    shutil.rmtree(folder / "files")


def no_backup(folder: Path) -> None:
    (folder / "SHA256SUMS").unlink()


def outside(folder: Path) -> None:
    (folder.parent / "evil").write_bytes(b"")
    digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    tamper_with_sums(folder, "files/", f"files/../../evil\n{digest}  files/")


def newer(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    old = backup._digest(folder / "manifest.json")
    manifest["migrations"].append("scholar_app.9999_from_the_future")
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    tamper_with_sums(folder, old, backup._digest(folder / "manifest.json"))


REFUSED = {
    damaged: "missing or damaged",
    cut_off: "missing or damaged",
    no_backup: "holds no backup",
    outside: "missing or damaged",
    newer: "made by a newer version",
}


@pytest.mark.parametrize("harm", REFUSED)
def test_a_backup_that_is_not_whole_is_refused(taken: Path, harm: Any) -> None:
    harm(taken)
    with pytest.raises(BackupError, match=REFUSED[harm]):
        restore(taken)


def test_a_place_that_is_in_use_is_refused_and_left_as_it_is(taken: Path) -> None:
    with pytest.raises(BackupError, match="into an empty place"):
        restore(taken)
    assert EnrichmentJob.objects.count() == 1


def test_a_folder_that_is_there_is_not_written_into(taken: Path) -> None:
    with pytest.raises(CommandError, match="exists already"):
        call_command("backup_scholar", str(taken))


def test_a_backup_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> bytes:
        raise OSError(5, "Input/output error")

    completed()
    monkeypatch.setattr(files, "read", refuse)
    with pytest.raises(CommandError, match=r"There is no backup: .*Input/output error"):
        call_command("backup_scholar", str(tmp_path / "backup"))
    assert [path.name for path in tmp_path.iterdir() if "backup" in path.name] == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_backup_that_is_interrupted_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    completed()
    monkeypatch.setattr(files, "read", lambda _name: signal.raise_signal(number))
    with pytest.raises(CommandError, match="There is no backup: interrupted"):
        call_command("backup_scholar", tmp_path / "backup")
    assert [path.name for path in tmp_path.iterdir() if "backup" in path.name] == []
