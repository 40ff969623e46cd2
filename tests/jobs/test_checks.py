"""What ``manage.py check`` says of a site that is not fit to run."""

import sqlite3
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from apps.scholar_app import checks

SQLITE = {"ENGINE": "django.db.backends.sqlite3", "OPTIONS": {"transaction_mode": "IMMEDIATE"}}


def ids(problems: list[Any]) -> list[str]:
    return [problem.id for problem in problems]


@pytest.mark.parametrize(
    ("database", "found"),
    [
        (SQLITE, []),
        (SQLITE | {"OPTIONS": {}}, ["scholar.E001"]),
        (SQLITE | {"OPTIONS": {"transaction_mode": "DEFERRED"}}, ["scholar.E001"]),
        ({"ENGINE": "django.db.backends.postgresql"}, []),
    ],
)
def test_sqlite_has_to_begin_its_transactions_immediate(
    database: dict[str, Any], found: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "settings", SimpleNamespace(DATABASES={"default": database}))
    assert ids(checks.check_sqlite()) == found


@pytest.mark.parametrize(("version", "found"), [((3, 34, 9), ["scholar.E002"]), ((3, 35, 0), [])])
def test_sqlite_has_to_be_new_enough(
    version: tuple[int, ...], found: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "settings", SimpleNamespace(DATABASES={"default": SQLITE}))
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    assert ids(checks.check_sqlite()) == found


@pytest.mark.parametrize(
    ("mode", "found"), [(0o700, []), (0o750, []), (0o755, ["scholar.W001"]), (0o701, ["scholar.W001"])]
)
def test_nobody_else_may_look_into_the_data_directory(
    mode: int, found: list[str], settings: Any, tmp_path: Path
) -> None:
    settings.SCITEX_DATA_DIR = tmp_path / "var"
    settings.SCITEX_DATA_DIR.mkdir()
    settings.SCITEX_DATA_DIR.chmod(mode)
    assert ids(checks.check_data_folder()) == found


def test_a_data_directory_that_cannot_be_written_is_an_error(settings: Any, tmp_path: Path) -> None:
    settings.SCITEX_DATA_DIR = tmp_path / "a file"
    settings.SCITEX_DATA_DIR.write_text("")
    assert ids(checks.check_data_folder()) == ["scholar.E003"]


@pytest.mark.parametrize(
    ("lease", "turn", "found"),
    [(60, 60, []), (599, 599, []), (600, 60, ["scholar.E004"]), (60, 600, ["scholar.E005"])],
)
def test_leases_and_turns_end_before_a_job_is_stale(lease: int, turn: int, found: list[str], settings: Any) -> None:
    settings.SCITEX_LEASE_SECONDS, settings.SCITEX_TURN_SECONDS = lease, turn
    assert ids(checks.check_times()) == found


def test_this_site_is_fit() -> None:
    assert ids([*checks.check_sqlite(), *checks.check_data_folder(), *checks.check_times()]) == []


@pytest.mark.parametrize(
    ("engine", "url", "installed", "found"),
    [
        ("embedded", "", False, []),
        ("celery", "redis://localhost", True, []),
        ("celery", "", True, ["scholar.E006"]),
        ("celery", "redis://localhost", False, ["scholar.E007"]),
    ],
)
def test_an_engine_has_what_it_needs(
    engine: str, url: str, found: list[str], monkeypatch: pytest.MonkeyPatch, *, installed: bool
) -> None:
    chosen = SimpleNamespace(SCITEX_TASK_ENGINE=engine, SCITEX_CELERY_BROKER_URL=url)
    monkeypatch.setattr(checks, "settings", chosen)
    monkeypatch.setattr(checks.importlib.util, "find_spec", lambda name: name if installed else None)
    assert ids(checks.check_engine()) == found


@pytest.mark.parametrize(
    ("sources", "optional", "contact", "found"),
    [
        ("crossref,unpaywall", "", "", ["scholar.E008"]),
        ("crossref,unpaywall", "", "op@example.org", []),
        ("crossref,unpaywall", "unpaywall", "", []),
        ("crossref", "", "", []),
    ],
    ids=["required", "contact", "optional", "unasked"],
)
def test_source_that_jobs_require_may_be_asked_at_all(
    settings: Any, sources: str, optional: str, contact: str, found: list[str]
) -> None:
    settings.SCITEX_SOURCES, settings.SCITEX_OPTIONAL_SOURCES = tuple(sources.split(",")), tuple(optional.split(","))
    settings.SCITEX_CONTACT_EMAIL = contact
    assert ids(checks.check_sources()) == found
