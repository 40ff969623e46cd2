"""The timer, installed by the script into a real ``systemd --user`` by a user of its own."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
USER = "scholar-timer-test"
PROGRAMS = ("systemctl", "systemd-analyze", "dbus-daemon", "unshare", "setpriv", "useradd", "userdel")


def obstacle() -> str:
    """Why a user manager cannot be started here, or nothing."""
    if os.geteuid() != 0:
        return "only root can start another user's service manager"
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing or not Path("/lib/systemd/systemd").exists():
        return f"not installed: {', '.join(missing) or 'systemd'}"
    probe = subprocess.run(["unshare", "--mount", "--pid", "--cgroup", "--fork", "true"], check=False)
    return "namespaces are not allowed here" if probe.returncode else ""


pytestmark = [pytest.mark.systemd, pytest.mark.skipif(bool(obstacle()), reason=obstacle() or "none")]


@pytest.fixture(scope="module")
def user() -> Iterator[str]:
    """A throw-away user; the journal keeps files of their own for users from 1000 on only."""
    subprocess.run(["userdel", "--remove", USER], check=False, capture_output=True)
    subprocess.run(["useradd", "--create-home", "--key", "UID_MIN=4000", USER], check=True)
    yield USER
    subprocess.run(["userdel", "--remove", USER], check=False, capture_output=True)


@pytest.fixture(scope="module")
def facts(user: str) -> Iterator[dict[str, str]]:
    """What was seen while the timer was installed, watched, broken and removed."""
    data = Path(tempfile.mkdtemp(prefix="scholar-timer-"))
    data.chmod(0o755)
    shutil.chown(data, user)
    commands = data / "commands"
    variables = {"CHECKOUT": str(ROOT), "PYTHON": sys.executable, "DATA": str(data)}
    exports = "".join(f"export {name}='{value}'\n" for name, value in variables.items())
    commands.write_text(exports + (HERE / "install_and_watch.sh").read_text(encoding="utf-8"), encoding="utf-8")
    commands.chmod(0o755)
    base = Path(sys.base_prefix).resolve()
    done = subprocess.run(
        [str(HERE / "user_manager.sh"), user, str(commands), str(base), str(ROOT)],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    lines = [line.removeprefix("FACT ").split("=", 1) for line in done.stdout.splitlines() if line.startswith("FACT ")]
    assert lines, done.stdout + done.stderr
    print(done.stdout, done.stderr, *(p.read_text() for p in (data / "unmigrated", data / "first") if p.exists()))
    yield dict(lines)  # type: ignore[arg-type]
    shutil.rmtree(data)


def test_an_installation_whose_first_run_fails_has_failed(facts: dict[str, str]) -> None:
    assert (facts["unmigrated_status"], facts["unmigrated_words"]) == ("1", "1")


def test_an_installation_runs_once_and_shows_the_next_run(facts: dict[str, str]) -> None:
    assert (facts["first_status"], facts["first_run"], facts["lists_the_timer"]) == ("0", "1", "1")


def test_the_settings_of_the_shell_are_kept_for_their_owner_alone(facts: dict[str, str]) -> None:
    assert facts["kept_settings_mode"] == "600"


def test_installing_twice_is_the_same_as_once(facts: dict[str, str]) -> None:
    assert (facts["second_status"], facts["second_wrote"], facts["unchanged"]) == ("0", "0", "yes")


def test_the_timer_fails_a_stale_job_and_the_run_is_recorded(facts: dict[str, str]) -> None:
    assert (facts["stale_before"], facts["stale_after"], facts["recorded_runs"]) == ("pending", "failed", "1")


def test_the_journal_has_the_runs(facts: dict[str, str]) -> None:
    assert facts["journal"] == "yes"


@pytest.mark.parametrize("verb", ["status", "disable", "enable", "stop", "start"])
def test_the_operators_commands_work(facts: dict[str, str], verb: str) -> None:
    assert facts[verb] == "0"


def test_the_timer_is_enabled_and_knows_its_next_run(facts: dict[str, str]) -> None:
    assert (facts["enabled"], facts["next_run"]) == ("enabled", "1")


def test_a_failed_run_is_seen_and_the_timer_goes_on(facts: dict[str, str]) -> None:
    assert (facts["fails_without_database"], facts["goes_on"]) == ("failed", "failed")


def test_uninstalling_leaves_nothing_and_can_be_repeated(facts: dict[str, str]) -> None:
    left = facts["left_over"], facts["active_after_uninstall"]
    assert (facts["uninstall_status"], facts["uninstall_again_status"], *left) == ("0", "0", "0", "inactive")
