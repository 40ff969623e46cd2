"""Every command that the operations handbook marks as tested, run in its order under a real ``systemd --user``."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deployment.managing import HERE, ROOT, facts_of, obstacle, seen_once, throw_away_user

USER = "scholar-book-test"
HANDBOOK = ROOT / "docs" / "operations.md"
SETTINGS = """\
SCITEX_SOURCES=catalogue
SCITEX_LEASE_SECONDS=3
SCITEX_WORKERS_EXPECTED=2
SCITEX_ALERT_COMMAND='cat >/dev/null; echo "$ALERT_UNIT" >"$HOME/alert"'
"""

pytestmark = [pytest.mark.systemd, pytest.mark.skipif(bool(obstacle()), reason=obstacle() or "none")]


def blocks() -> dict[str, str]:
    """The tested blocks of the handbook, by name, in their order."""
    marked = r"^<!-- tested: (\w+) -->\n```sh\n(.*?)^```$"
    return dict(re.findall(marked, HANDBOOK.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL))


def copy_checkout(checkout: Path) -> None:
    """What is in the repository, as it is now, with this very environment's Python."""
    shown = ("--cached", "--others", "--exclude-standard")
    parts = ("apps", "scitex_cloud", "deployment", "manage.py", "pyproject.toml")
    command = ["git", "ls-files", "-z", *shown, "--", *parts]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).exists():
            (checkout / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, checkout / name)
    (checkout / ".venv").symlink_to(sys.prefix)
    (checkout / ".env").write_text(SETTINGS, encoding="utf-8")


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What was seen while an operator followed the handbook."""
    return seen_once(tmp_path_factory, "handbook", follow_the_handbook)


def follow_the_handbook() -> dict[str, str]:
    with throw_away_user(USER) as home:
        checkout, told = home / "scitex-scholar", home / "blocks"
        copy_checkout(checkout)
        told.mkdir()
        for name, text in blocks().items():
            (told / f"{name}.sh").write_text(text, encoding="utf-8")
        (told / "order").write_text("".join(f"{name}\n" for name in blocks()), encoding="utf-8")
        subprocess.run(["chown", "-R", f"{USER}:", str(home)], check=True)
        return facts_of(
            USER, HERE / "run_handbook.sh", folder=home, reachable=ROOT,
            CHECKOUT=str(checkout), BLOCKS=str(told), OUT=str(home / "out"),
        )  # fmt: skip


@pytest.mark.parametrize("name", blocks())
def test_the_commands_of_the_handbook_work(facts: dict[str, str], name: str) -> None:
    assert facts[f"block_{name}"] == "0"


PROMISES = {
    "everything is enabled": {"enabled": "enabled", "workers_after_install": "2"},
    "what is killed comes back": {
        "killed_worker_is_back": "2",
        "it_is_another": "yes",
        "killed_site_is_back": "active",
    },
    "a service without workers is not whole": {"without_workers": "503", "with_workers": "200"},
    "the journal has the runs of the clean-up": {"journal_has_cleanup": "1"},
    "the operator is told": {"notify_line": "a-trial has failed", "notify_command": "a-trial"},
    "the timer stops and starts": {"timer_off_state": "inactive disabled", "timer_on_state": "active enabled"},
    "the interval can be changed": {"interval_spans": "OnActiveUSec=30s OnUnitActiveUSec=1h "},
    "a drop-in replaces the interval": {"drop_in_spans": "OnActiveUSec=30s OnUnitActiveUSec=1min "},
    "workers can be added and taken away": {"workers_more": "3", "workers_fewer": "2"},
    "a unit that cannot start is given up and reported": {
        "broken_worker": "failed",
        "broken_worker_told": "scitex-scholar-worker@1.service has failed",
    },
    "a clean-up that fails is reported": {"broken_cleanup_told": "scitex-cleanup-jobs.service has failed"},
    "a unit is forgiven": {"workers_forgiven": "2"},
    "a backup is restored, without what came after it": {"job_after_backup": "1", "jobs_after_restore": "0 200"},
    "uninstalling leaves the data alone": {"left_running": "0", "left_files": "0", "kept_data": "1"},
}


@pytest.mark.parametrize("promise", PROMISES)
def test_what_the_handbook_promises_is_so(facts: dict[str, str], promise: str) -> None:
    assert {name: facts.get(name) for name in PROMISES[promise]} == PROMISES[promise]
