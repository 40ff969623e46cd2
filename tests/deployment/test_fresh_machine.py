"""What the handbook says of system units, of lingering and of boots, done on a machine of its own.

The machine is booted in ``systemd-nspawn`` from a copy-on-write view of this one, without anything that was installed
as a service.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deployment.managing import HERE, clean_environment, seen_once
from tests.deployment.test_operations_handbook import HANDBOOK, copy_checkout

#: Said otherwise for system units, or the same whoever runs it.
OTHERWISE = {"install", "backup", "restore", "by_hand"}
AT_THE_END = {"uninstall"}
IN_SESSIONS = {"linger"}


def obstacle() -> str:
    """Why no machine can be booted here; empty where one can."""
    if os.geteuid() != 0:
        return "needs root to boot a machine"
    if shutil.which("systemd-nspawn") is None or not Path("/sbin/init").exists():
        return "not installed: systemd-container (systemd-nspawn)"
    if "overlay" not in Path("/proc/filesystems").read_text(encoding="ascii"):
        return "no overlay file system here"
    if any(Path(path).stat().st_dev != Path("/").stat().st_dev for path in (sys.prefix, sys.base_prefix)):
        return "this Python lies on another file system than /"
    probe = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "mount", "-t", "tmpfs", "tmpfs", "/run"], check=False
    )
    return "namespaces are not allowed here" if probe.returncode else ""


pytestmark = [pytest.mark.systemd, pytest.mark.skipif(bool(obstacle()), reason=obstacle() or "none")]


def system_blocks() -> dict[str, str]:
    """The tested blocks in their order, those for user units put into the words of the handbook's own table."""
    text = HANDBOOK.read_text(encoding="utf-8")
    (table,) = re.findall(
        r"^\| for user units \| for system units \|\n\|---\|---\|\n((?:\|.*\|\n)+)", text, re.MULTILINE
    )
    words = dict(re.findall(r"^\| `(.+)` \| `(.+)` \|$", table, re.MULTILINE))
    marked = re.findall(r"^<!-- tested( on a machine)?: (\w+) -->\n```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    blocks = {}
    for special, name, commands in marked:
        blocks[name] = commands if special else in_other_words(commands, words)
    return blocks


def in_other_words(commands: str, words: dict[str, str]) -> str:
    for user, system in words.items():
        commands = commands.replace(user, system)
    return commands


BLOCKS = {name: text for name, text in system_blocks().items() if name not in OTHERWISE}
FOLLOWED = [name for name in BLOCKS if name not in AT_THE_END | IN_SESSIONS]


def lay_out(trial: Path, checkout: Path) -> None:
    """What the machine is given: the blocks, the script that follows them, and the checkout."""
    copy_checkout(checkout)
    (checkout / ".env").unlink()
    (trial / "blocks").mkdir(parents=True)
    for name, text in BLOCKS.items():
        (trial / "blocks" / f"{name}.sh").write_text(text, encoding="utf-8")
    (trial / "blocks" / "order").write_text("".join(f"{name}\n" for name in FOLLOWED), encoding="utf-8")
    (trial / "blocks" / "end").write_text("uninstall\n", encoding="utf-8")
    shutil.copy2(HERE / "on_a_machine.sh", trial / "commands")
    shutil.copy2(HERE / "postbox.py", trial / "postbox.py")


def run_the_machine(folder: Path) -> dict[str, str]:
    trial, checkout = folder / "trial", folder / "checkout"
    lay_out(trial, checkout)
    done = subprocess.run(
        [str(HERE / "machine.sh"), "/", str(trial), str(checkout)],
        env={**clean_environment(), "OPEN": f"{Path(sys.prefix).resolve()} {Path(sys.base_prefix).resolve()}"},
        capture_output=True, text=True, timeout=400, check=False,
    )  # fmt: skip
    print(done.stdout, done.stderr)
    lines = [line.removeprefix("FACT ").split("=", 1) for line in done.stdout.splitlines() if line.startswith("FACT ")]
    assert lines, done.stdout + done.stderr
    return dict(lines)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What was seen on the machine."""
    return seen_once(tmp_path_factory, "machine", lambda: run_the_machine(tmp_path_factory.mktemp("machine")))


@pytest.mark.parametrize("name", [*FOLLOWED, *AT_THE_END])
def test_the_commands_of_the_handbook_work_for_system_units(facts: dict[str, str], name: str) -> None:
    assert facts[f"block_{name}"] == "0"


PROMISES = {
    "everything is enabled and answers": {"enabled": "enabled", "installed": "200 2"},
    "it runs as its own account": {"runs_as": "scholar scholar"},
    "the operator's settings are left as they were written": {"word_of_the_operator": "1"},
    "systemd has no complaint and finds little exposure": {"complaints": "0", "exposure": "5 below"},
    "pages go before jobs": {"weights": "400 50"},
    "a hardened worker's children give way": {"children": "nice 10 500"},
    "a hardened worker does a job": {"hardened_job": "1"},
    "what is killed comes back": {"killed_comes_back": "2 200", "it_is_another": "yes"},
    "the site is reloaded without an end": {"reloaded": "0 200 same"},
    "a credential reaches the service, and no environment": {
        "with_the_key": "0",
        "key_given": "scitex-scholar-worker@1.service SCITEX_SECRET_KEY",
        "key_in_environment": "0",
    },
    "the check for production has no complaint": {"deploy": "System check identified no issues (0 silenced)."},
    "the journal has the runs of the clean-up": {"journal_has_cleanup": "1"},
    "the operator gets a line and a letter": {"told": "a-trial has failed 1"},
    "the timer stops and starts": {"timer_off": "inactive disabled", "timer_on": "active enabled"},
    "the interval can be changed": {"interval": "OnActiveUSec=30s OnUnitActiveUSec=1h "},
    "a drop-in replaces the interval": {"drop_in": "OnActiveUSec=30s OnUnitActiveUSec=1min "},
    "the timer fires by itself": {"fires": "yes"},
    "workers can be added and taken away": {"more_workers": "3", "fewer_workers": "2"},
    "a unit is forgiven": {"forgiven": "2"},
    "a backup is restored, without what came after it": {"restored": "0 200"},
    "an upgrade brings the database up to date and starts everything anew": {
        "to_migrate": "1",
        "migrated": "0 200 2",
        "runs_the_new_code": "yes",
        "job_beside_the_upgrade": "1",
    },
    "everything starts at boot": {"after_boot": "200 2 active"},
    "uninstalling leaves data and settings alone": {"left_running": "0", "left_units": "0", "kept": "1 1"},
    "user units end with their user's last session": {"user_install": "0", "logged_out": "inactive 0 000"},
    "user units that linger run while nobody is logged in": {"lingers": "active 0 200"},
    "a command runs with the settings of user units": {"managed": "System check identified no issues (0 silenced)."},
    "user units that linger start at boot": {"lingers_after_boot": "200 0"},
}


@pytest.mark.parametrize("promise", PROMISES)
def test_what_the_handbook_promises_is_so_on_a_machine_of_its_own(facts: dict[str, str], promise: str) -> None:
    assert {name: facts.get(name) for name in PROMISES[promise]} == PROMISES[promise]
