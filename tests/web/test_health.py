"""Whether it lives and whether it is ready: yes when it is, no when one thing is missing, and no secret in the no."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django import Settings

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


FAULTS = {"database": database_away, "migrations": migration_missing, "data_dir": data_dir_gone}


def test_alive_needs_no_database(client: Client, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    database_away(monkeypatch, settings)
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


def test_ready_when_everything_is_there(client: Client) -> None:
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"ready": True, "checks": dict.fromkeys(FAULTS, True)}


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
