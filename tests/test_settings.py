"""Settings come from the environment, refuse nonsense at start, and are all in the README."""

import ast
import multiprocessing
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from apps.scholar_app.enrichment.sources.manners import Access
from apps.scholar_app.enrichment.sources.registry import INDEXES
from scitex_cloud.environment import Rate
from scitex_cloud.secret import secret_key

ROOT = Path(__file__).resolve().parent.parent


def start(tmp_path: Path, expression: str = "'started'", **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SCITEX_")}
    environment |= {"SCITEX_DATA_DIR": str(tmp_path / "var"), "SCITEX_ENV_FILE": ""} | variables
    code = f"import django; from scitex_cloud import settings; print({expression})"
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("SCITEX_MAX_ENTRIES", "-1", "Must be greater than or equal to 1"),
        ("SCITEX_MAX_ENTRIES", "many", "Not a valid integer"),
        ("SCITEX_RETENTION_DAYS", "36501", "less than or equal to 36500"),
        ("SCITEX_RETENTION_DAYS", "-1", "greater than or equal to 0"),
        ("SCITEX_PENDING_TIMEOUT_MINUTES", "0", "Must be greater than or equal to 1"),
        ("SCITEX_SOURCES", "crossref,wikipedia", "unknown source 'wikipedia'"),
        ("SCITEX_SOURCES", "crossref,crossref", "named twice"),
        ("SCITEX_CROSSREF_RATE", "3/s", "is not a rate like 3/1s"),
        ("SCITEX_CROSSREF_RATE", "0/1s", "is not a rate like 3/1s"),
        ("SCITEX_CROSSREF_URL", "api.crossref.org", "Not a valid URL"),
        ("SCITEX_CONTACT_EMAIL", "nobody", "Not a valid email address"),
        ("SCITEX_TASK_ENGINE", "cron", "Must be one of"),
        ("SCITEX_OPENALEX_DAILY_BUDGET", "-1", "is not an amount of dollars like 0.25"),
        ("SCITEX_OPENALEX_DAILY_BUDGET", "a lot", "is not an amount of dollars like 0.25"),
        ("SCITEX_REDIS_URL", "localhost:6379", "does not match expected pattern"),
        ("SCITEX_DEBUG", "perhaps", "Not a valid boolean"),
        ("SCITEX_EMAIL_URL", "ftp://mail.example.org", "not an e-mail URL"),
        ("SCITEX_TRUSTED_PROXIES", "10.0.0.1/8", "neither networks like"),
        ("SCITEX_TRUSTED_PROXIES", "proxy.example.org", "neither networks like"),
        ("SCITEX_TRUSTED_PROXIES", "-1", "neither networks like"),
        ("SCITEX_FILES_URL", "ftp://bucket", "not a place for files"),
        ("SCITEX_FILES_URL", "s3://", "not a place for files"),
        ("SCITEX_FILES_URL", "s3://bucket?acl=public-read", "not a place for files"),
        ("SCITEX_ALERT_EMAIL", "nobody", "Not a valid email address"),
        ("SCITEX_SECRET_KEY_FILE", "/nowhere/key", "cannot be read: FileNotFoundError"),
        ("SCITEX_MAX_ENTRIES_FILE", "/nowhere/key", "is not a setting"),
        ("SCITEX_SECRETKEY_FILE", "/nowhere/key", "did you mean SCITEX_SECRET_KEY_FILE?"),
    ],
)
def test_nonsense_is_refused_at_start_with_its_reason(tmp_path: Path, name: str, value: str, complaint: str) -> None:
    done = start(tmp_path, **{name: value})
    assert done.returncode == 1
    assert name in done.stderr.splitlines()[-1]
    assert complaint in done.stderr.splitlines()[-1]


def test_every_refused_setting_is_named_at_once(tmp_path: Path) -> None:
    last_line = start(tmp_path, SCITEX_MAX_ENTRIES="x", SCITEX_SOURCES="y").stderr.splitlines()[-1]
    assert "SCITEX_MAX_ENTRIES" in last_line
    assert "SCITEX_SOURCES" in last_line


def test_a_misspelt_setting_is_refused_and_the_right_name_offered(tmp_path: Path) -> None:
    done = start(tmp_path, SCITEX_MAX_ENTRYS="7")
    assert done.returncode == 1
    assert "did you mean SCITEX_MAX_ENTRIES?" in done.stderr


@pytest.mark.parametrize(
    ("name", "value", "attribute", "meant"),
    [
        ("SCITEX_RETENTION_DAYS", "0", "SCITEX_RETENTION_DAYS", "0"),
        ("SCITEX_RETENTION_DAYS", "36500", "SCITEX_RETENTION_DAYS", "36500"),
        ("SCITEX_SOURCES", "openalex, catalogue", "SCITEX_SOURCES", "('openalex', 'catalogue')"),
        ("SCITEX_ARXIV_RATE", "1/3s", "SCITEX_SOURCE_RATES['arxiv']", "Rate(calls=1, seconds=3.0)"),
        ("SCITEX_CROSSREF_URL", "http://localhost:9/v1", "SCITEX_SOURCE_URLS['crossref']", "http://localhost:9/v1"),
        ("SCITEX_OPENALEX_DAILY_BUDGET", "0", "SCITEX_OPENALEX_DAILY_BUDGET", "0"),
        ("SCITEX_OPENALEX_DAILY_BUDGET", "0.25", "SCITEX_OPENALEX_DAILY_BUDGET", "0.25"),
        ("SCITEX_REDIS_URL", "rediss://:pw@redis:6379/1", "SCITEX_REDIS_URL", "rediss://:pw@redis:6379/1"),
        ("SCITEX_DEBUG", "on", "DEBUG", "True"),
        ("SCITEX_EMAIL_URL", "submission://ada:x@mail.example.org:587", "EMAIL_HOST", "mail.example.org"),
        ("SCITEX_EMAIL_URL", "console:", "EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend"),
    ],
)
def test_sense_is_accepted(tmp_path: Path, name: str, value: str, attribute: str, meant: str) -> None:
    done = start(tmp_path, f"settings.{attribute}", **{name: value})
    assert (done.stdout.strip(), done.stderr) == (meant, "")


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from a file\n", encoding="utf-8")
    done = start(tmp_path, "settings.SECRET_KEY", SCITEX_SECRET_KEY_FILE=str(tmp_path / "key"))
    assert (done.stdout, done.stderr) == ("from a file\n", "")


def test_a_secret_may_come_from_a_credential_and_the_environment_goes_first(tmp_path: Path) -> None:
    (tmp_path / "SCITEX_METRICS_TOKEN").write_text("from systemd\n", encoding="utf-8")
    expression = "settings.SCITEX_METRICS_TOKEN"
    given = start(tmp_path, expression, CREDENTIALS_DIRECTORY=str(tmp_path))
    both = start(tmp_path, expression, CREDENTIALS_DIRECTORY=str(tmp_path), SCITEX_METRICS_TOKEN="own")
    assert (given.stdout, both.stdout) == ("from systemd\n", "own\n")


#: The settings once more in a process that is started from here, as a worker starts one for each job.
AGAIN = "__import__('subprocess').run([__import__('sys').executable, '-c', {code!r}], capture_output=True, text=True)"
INNER = """import django, os; from scitex_cloud import settings
print(settings.SCITEX_METRICS_TOKEN, 'hunter2' in str(os.environ))"""


@pytest.mark.parametrize("way", ["file", "credential", "env file"])
def test_a_process_that_is_started_from_here_reads_the_secret_itself(tmp_path: Path, way: str) -> None:
    secret, env_file = tmp_path / "SCITEX_METRICS_TOKEN", tmp_path / "settings.env"
    secret.write_text("hunter2\n", encoding="utf-8")
    env_file.write_text(f"SCITEX_METRICS_TOKEN_FILE={secret}\n", encoding="utf-8")
    given = {
        "file": {"SCITEX_METRICS_TOKEN_FILE": str(secret)},
        "credential": {"CREDENTIALS_DIRECTORY": str(tmp_path)},
        "env file": {"SCITEX_ENV_FILE": str(env_file)},
    }
    done = start(tmp_path, AGAIN.format(code=INNER), **given[way])
    assert "stdout='hunter2 False\\n', stderr=''" in done.stdout, done.stderr


def test_a_secret_given_twice_is_refused_and_not_shown(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("hunter2", encoding="utf-8")
    done = start(tmp_path, SCITEX_SECRET_KEY_FILE=str(tmp_path / "key"), SCITEX_SECRET_KEY="hunter3")
    assert done.returncode == 1
    assert "SCITEX_SECRET_KEY and SCITEX_SECRET_KEY_FILE are both set" in done.stderr
    assert "hunter" not in done.stderr


PRODUCTION = {"SCITEX_HTTPS": "on", "SCITEX_ALLOWED_HOSTS": "scholar.example.org"}


@pytest.mark.parametrize(("missing", "complaint"), [("", ""), ("SCITEX_HTTPS", "security.W")])
def test_a_site_in_production_passes_the_checks_for_deployment(tmp_path: Path, missing: str, complaint: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SCITEX_", "DJANGO_"))}
    environment |= {name: value for name, value in PRODUCTION.items() if name != missing}
    environment |= {"SCITEX_DATA_DIR": str(tmp_path / "var"), "SCITEX_ENV_FILE": ""}
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "INFO"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert complaint in done.stderr
    assert done.returncode == (1 if missing else 0), done.stderr


def test_the_env_file_is_read_and_the_environment_goes_first(tmp_path: Path) -> None:
    env_file = tmp_path / "settings.env"
    env_file.write_text("SCITEX_MAX_ENTRIES=11\nSCITEX_RETENTION_DAYS=12\n", encoding="utf-8")
    done = start(
        tmp_path,
        "settings.SCITEX_MAX_ENTRIES, settings.SCITEX_RETENTION_DAYS",
        SCITEX_ENV_FILE=str(env_file),
        SCITEX_RETENTION_DAYS="13",
    )
    assert done.stdout.strip() == "11 13"


def test_sqlite_takes_the_write_lock_at_once_and_uses_the_write_ahead_log(tmp_path: Path) -> None:
    done = start(tmp_path, "settings.DATABASES['default']['OPTIONS']")
    assert "'transaction_mode': 'IMMEDIATE'" in done.stdout
    assert "journal_mode=WAL" in done.stdout


def test_files_are_not_below_any_served_folder(tmp_path: Path) -> None:
    expression = (
        "settings.STORAGES['default']['OPTIONS']['location'], settings.STATIC_ROOT, hasattr(settings, 'MEDIA_ROOT')"
    )
    location, static_root, has_media_root = start(tmp_path, expression).stdout.split()
    assert not location.startswith(static_root)
    assert has_media_root == "False"


@pytest.mark.parametrize("text", ["3/1s", " 3/1s ", "3/1.0s"])
def test_a_rate_is_calls_per_seconds(text: str) -> None:
    assert Rate.parse(text) == Rate(3, 1.0)


def test_the_secret_key_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    path = tmp_path / "new" / "secret_key"
    key = secret_key(path)
    assert secret_key(path) == key
    assert len(key) >= 50
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["secret_key"]


def test_processes_that_start_at_once_agree_on_one_secret_key(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(8) as pool:
        keys = pool.map(secret_key, [tmp_path / "secret_key"] * 64, chunksize=1)
    assert len(set(keys)) == 1


def known_settings(tmp_path: Path) -> set[str]:
    return set(start(tmp_path, "*settings._env.dump()").stdout.split())


def listed_settings() -> dict[str, str]:
    """The settings of the README's tables and their defaults; a row may hold several, separated by commas."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    listed: dict[str, str] = {}
    for cell, default in re.findall(r"^\| (`SCITEX_[^|]+)\|([^|]*)\|", text, re.MULTILINE):
        names = re.findall(r"`(SCITEX_\w+)`", cell)
        defaults = default.split(",") if len(names) > 1 and "," in default else [default] * len(names)
        listed |= {name: value.strip(" `") for name, value in zip(names, defaults, strict=True)}
    return listed


def test_the_readme_lists_every_setting_and_no_other(tmp_path: Path) -> None:
    assert set(listed_settings()) == known_settings(tmp_path)


@pytest.mark.parametrize("kind", ["int", "str", "bool"])
def test_the_readme_gives_the_defaults_that_the_code_has(tmp_path: Path, kind: str) -> None:
    expression = f"{{n: str(v) for n, v in settings._env.dump().items() if type(v).__name__ == {kind!r}}}"
    defaults = ast.literal_eval(start(tmp_path, expression).stdout)
    shown = listed_settings()
    own = {"SCITEX_ENV_FILE", "SCITEX_DATA_DIR", "SCITEX_SECRET_KEY"} | {
        name for name in shown if name.endswith(("_URL", "_RATE"))
    }
    wrong = {name: (shown[name], value) for name, value in defaults.items() if name not in own and shown[name] != value}
    assert wrong == {}


def test_the_readme_gives_the_addresses_and_limits_of_the_indexes() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for name, index in INDEXES.items():
        manners = index.manners(Access())
        row = re.search(rf"^\| `SCITEX_{name.upper()}_URL`.*$", text, re.MULTILINE)
        limits = {f"{rate.calls}/{rate.seconds:g}s" for rate in manners.rates.values()}
        assert row, name
        assert {part for part in (manners.base_url, *limits) if part not in row[0]} == set()
