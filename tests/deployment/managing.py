"""A throw-away user under a ``systemd --user`` of its own."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PROGRAMS = ("systemctl", "systemd-analyze", "dbus-daemon", "unshare", "setpriv", "useradd", "userdel", "curl", "ip")


def obstacle() -> str:
    """Why a user manager cannot be started here, or nothing."""
    if os.geteuid() != 0:
        return "only root can start another user's service manager"
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing or not Path("/lib/systemd/systemd").exists():
        return f"not installed: {', '.join(missing) or 'systemd'}"
    probe = subprocess.run(["unshare", "--mount", "--pid", "--cgroup", "--net", "--fork", "true"], check=False)
    return "namespaces are not allowed here" if probe.returncode else ""


def seen_once(factory: pytest.TempPathFactory, name: str, look: Callable[[], dict[str, str]]) -> dict[str, str]:
    """What ``look`` sees; of several processes that share a run of tests, one looks for all."""
    distributed = "PYTEST_XDIST_WORKER" in os.environ
    folder = factory.getbasetemp().parent if distributed else factory.mktemp("seen")
    with (folder / f"{name}.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = folder / f"{name}.json"
        if not kept.exists():
            kept.write_text(json.dumps(look()), encoding="utf-8")
    return dict(json.loads(kept.read_text(encoding="utf-8")))


@contextmanager
def throw_away_user(name: str) -> Iterator[Path]:
    """The home of a new user; the journal keeps files of their own for users from 1000 on only."""
    subprocess.run(["userdel", "--remove", name], check=False, capture_output=True)
    subprocess.run(["useradd", "--create-home", "--key", "UID_MIN=4000", name], check=True)
    yield Path("~" + name).expanduser()
    subprocess.run(["userdel", "--remove", name], check=False, capture_output=True)


def facts_of(user: str, script: Path, *, folder: Path, reachable: Path, **variables: str) -> dict[str, str]:
    """Run the script as the user, and collect the facts that it prints."""
    commands = folder / "commands"
    exports = "".join(f"export {name}='{value}'\n" for name, value in variables.items())
    commands.write_text(exports + script.read_text(encoding="utf-8"), encoding="utf-8")
    commands.chmod(0o755)
    base = Path(sys.base_prefix).resolve()
    done = subprocess.run(
        [str(HERE / "user_manager.sh"), user, str(commands), str(base), str(reachable)],
        env=clean_environment(), capture_output=True, text=True, timeout=400, check=False,
    )  # fmt: skip
    lines = [line.removeprefix("FACT ").split("=", 1) for line in done.stdout.splitlines() if line.startswith("FACT ")]
    assert lines, done.stdout + done.stderr
    print(done.stdout, done.stderr)
    return dict(lines)  # type: ignore[arg-type]


def clean_environment() -> Mapping[str, str]:
    """Nothing of the run of tests itself."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("SCITEX_", "DJANGO_"))}
