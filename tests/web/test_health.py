"""Whether it lives and whether it is ready: yes when it is, no when one thing is missing, and no secret in the no."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from apps.scholar_app import presence
from apps.scholar_app.models import CleanupRun, WorkerPresence

pytestmark = pytest.mark.django_db


def database_away(patch: pytest.MonkeyPatch, settings: Settings) -> None:
    def refuse(*_: object) -> None:
        raise DatabaseError("password=hunter2 refused")

    patch.setattr(connection, "cursor", refuse)


def migration_missing(patch: pytest.MonkeyPatch, settings: Settings) -> None:
    recorder = MigrationRecorder(connection)
    latest = max(name for app, name in recorder.applied_migrations() if app == "scholar_app")
    recorder.record_unapplied("scholar_app", latest)


def data_dir_gone(patch: pytest.MonkeyPatch, settings: Settings) -> None:
    settings.SCITEX_DATA_DIR = Path(settings.SCITEX_DATA_DIR) / "hunter2"


def earlier_migration_missing(patch: pytest.MonkeyPatch, settings: Settings) -> None:
    MigrationRecorder(connection).record_unapplied("scholar_app", "0001_initial")


FAULTS = {"database": database_away, "migrations": migration_missing, "data_dir": data_dir_gone}


def test_alive_needs_no_database(client: Client, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    database_away(monkeypatch, settings)
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


def test_ready_when_everything_is_there(client: Client) -> None:
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json()["ready"] is True
    assert response.json()["checks"] == dict.fromkeys(FAULTS, True)


def test_not_ready_when_a_migration_before_the_newest_is_missing(
    client: Client, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    earlier_migration_missing(monkeypatch, settings)
    assert client.get("/readyz").json()["checks"]["migrations"] is False


# What the service needs besides


MINUTE = timedelta(minutes=1)


def cleaned_up(*, ago: timedelta = timedelta(), undeleted_files: int = 0) -> None:
    started_at = timezone.now() - ago
    CleanupRun.objects.create(started_at=started_at, seconds=1, by="timer", undeleted_files=undeleted_files)


def test_a_service_with_worker_and_timer_is_whole(client: Client) -> None:
    cleaned_up()
    presence.beat("here:1", processes=4)
    response = client.get("/readyz?service=1")
    assert response.status_code == 200
    assert response.json()["service"] == {"cleanup": True, "cleanup_files": True, "workers": True}


def test_what_the_service_misses_takes_no_web_process_out(client: Client) -> None:
    plain, strict = client.get("/readyz"), client.get("/readyz?service=1")
    assert (plain.status_code, strict.status_code) == (200, 503)
    assert plain.json() == strict.json()
    assert plain.json()["ready"] is True
    assert plain.json()["service"] == {"cleanup": False, "cleanup_files": True, "workers": False}


@pytest.mark.parametrize(("age", "seen"), [(14, True), (16, False)])
def test_a_timer_that_stopped_is_seen(client: Client, age: int, *, seen: bool) -> None:
    cleaned_up(ago=age * MINUTE)
    assert client.get("/readyz").json()["service"]["cleanup"] is seen


def test_a_site_may_do_without_a_timer(client: Client, settings: Settings) -> None:
    settings.SCITEX_CLEANUP_EXPECTED_MINUTES = 0
    assert client.get("/readyz").json()["service"]["cleanup"] is True


def test_a_clean_up_that_cannot_delete_is_seen_until_it_can(client: Client) -> None:
    cleaned_up(ago=MINUTE, undeleted_files=1)
    assert client.get("/readyz").json()["service"]["cleanup_files"] is False
    cleaned_up()
    assert client.get("/readyz").json()["service"]["cleanup_files"] is True


@pytest.mark.parametrize(("age", "seen"), [(59, True), (61, False)])
def test_a_worker_that_is_gone_is_seen_when_a_lease_is_over(client: Client, age: int, *, seen: bool) -> None:
    presence.beat("here:1", processes=4)
    WorkerPresence.objects.update(seen_at=timezone.now() - timedelta(seconds=age))
    assert client.get("/readyz").json()["service"]["workers"] is seen
    presence.beat("here:1", processes=4)
    assert client.get("/readyz").json()["service"]["workers"] is True


@pytest.mark.parametrize(("there", "seen"), [(2, True), (1, False)])
def test_one_of_several_workers_is_missed(client: Client, settings: Settings, there: int, *, seen: bool) -> None:
    settings.SCITEX_WORKERS_EXPECTED = 2
    for number in range(there):
        presence.beat(f"here:{number}", processes=4)
    assert client.get("/readyz").json()["service"]["workers"] is seen


@pytest.mark.parametrize("missing", FAULTS)
def test_not_ready_when_one_thing_is_missing_and_it_says_which_but_no_more(
    missing: str, client: Client, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    fault: Callable[[pytest.MonkeyPatch, Settings], None] = FAULTS[missing]
    fault(monkeypatch, settings)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["ready"] is False
    assert response.json()["checks"][missing] is False
    assert b"hunter2" not in response.content


def test_a_probe_leaves_nothing_in_the_data_directory(client: Client, settings: Settings, tmp_path: Path) -> None:
    settings.SCITEX_DATA_DIR = tmp_path
    assert client.get("/readyz").status_code == 200
    assert list(tmp_path.iterdir()) == []
    shutil.rmtree(tmp_path)
    assert client.get("/readyz").status_code == 503


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_no_answer_about_health_is_kept_or_redirected(address: str, client: Client, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    response = client.get(address)
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert client.post(address).status_code in {301, 405}
