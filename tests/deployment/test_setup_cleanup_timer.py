"""What the installing script writes, refuses and promises, without a service manager."""

import getpass
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

SCRIPT = "deployment/scripts/setup_cleanup_timer.sh"
needs_systemd_analyze = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"
)


def run_script(checkout: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SCITEX_", "XDG_"))}
    environment |= {"HOME": str(checkout.parent)} | variables
    return subprocess.run(
        [str(checkout / SCRIPT), *arguments], env=environment, capture_output=True, text=True, check=False
    )


def written_files(output: str) -> dict[str, str]:
    """The files that a dry run shows, by their names."""
    parts = re.split(r"^--- (.+)$", output, flags=re.MULTILINE)
    files = dict(zip(parts[1::2], parts[2::2], strict=True))
    return {Path(name).name: text.split("\nWould ")[0].strip() + "\n" for name, text in files.items()}


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--interval", "sometimes"], "is not a time span"),
        (["--interval", "0s"], "is not a time span"),
        (["--interval"], "needs a value"),
        (["--interval="], "needs a value"),
        (["--delete-old-jobs", "--retention-days", "-1"], "from 0 to 36500"),
        (["--delete-old-jobs", "--retention-days", "36501"], "from 0 to 36500"),
        (["--delete-old-jobs", "--retention-days", "7d"], "from 0 to 36500"),
        (["--retention-days", "7"], "goes with --delete-old-jobs"),
        (["--run-as", "root"], "goes with --system"),
        (["--system", "--run-as", "nobody-by-that-name"], "there is no user"),
        (["--frequently"], "unknown option: --frequently"),
        (["now"], "unknown option: now"),
    ],
)
def test_bad_arguments_are_refused_with_status_2(odd_checkout: Path, arguments: Sequence[str], complaint: str) -> None:
    done = run_script(odd_checkout, "--dry-run", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert complaint in done.stderr


@pytest.mark.parametrize("days", ["0", "7", "36500"])
def test_retention_is_passed_to_the_command(odd_checkout: Path, days: str) -> None:
    done = run_script(odd_checkout, "--dry-run", "--delete-old-jobs", "--retention-days", days)
    service = written_files(done.stdout)["scitex-cleanup-jobs.service"]
    assert f"cleanup_stale_jobs --delete-old-jobs --retention-days {days}\n" in service


def test_a_dry_run_writes_nothing(odd_checkout: Path) -> None:
    before = sorted(odd_checkout.parent.rglob("*"))
    done = run_script(odd_checkout, "--dry-run", SCITEX_MAX_ENTRIES="7")
    assert done.returncode == 0, done.stderr
    assert sorted(odd_checkout.parent.rglob("*")) == before


def test_the_settings_of_the_shell_are_not_shown(odd_checkout: Path) -> None:
    done = run_script(odd_checkout, "--dry-run", SCITEX_SECRET_KEY="never-print-me")
    assert "never-print-me" not in done.stdout + done.stderr
    assert "keep the SCITEX_ settings of this shell" in done.stdout


def test_the_user_service_names_no_user(odd_checkout: Path) -> None:
    service = written_files(run_script(odd_checkout, "--dry-run").stdout)["scitex-cleanup-jobs.service"]
    assert not re.search(r"^(User|Group|DynamicUser)=", service, re.MULTILINE)


def test_the_system_service_runs_as_somebody_and_may_write_its_data_alone(odd_checkout: Path) -> None:
    python = odd_checkout / ".venv" / "bin" / "python"
    python.write_text('#!/bin/sh\nif [ "$1" = - ]; then echo \'"/srv/scholar data"\'; fi\n', encoding="utf-8")
    files = written_files(run_script(odd_checkout, "--dry-run", "--system", "--run-as", getpass.getuser()).stdout)
    assert re.search(r"^User=\S+$", files["system.conf"], re.MULTILINE)
    assert 'ReadWritePaths="/srv/scholar data"\n' in files["system.conf"]
    assert "ProtectSystem=strict\n" in files["system.conf"]


@pytest.mark.parametrize(
    ("arguments", "span"), [([], "5min"), (["--interval", "30s"], "30s"), (["--interval=1h"], "1h")]
)
def test_the_timer_fires_soon_after_its_start_and_then_every_interval(
    odd_checkout: Path, arguments: Sequence[str], span: str
) -> None:
    timer = written_files(run_script(odd_checkout, "--dry-run", *arguments).stdout)["scitex-cleanup-jobs.timer"]
    assert re.findall(r"^On\w+=.*$", timer, re.MULTILINE) == ["OnActiveSec=30s", f"OnUnitActiveSec={span}"]
    assert timer.endswith("[Install]\nWantedBy=timers.target\n")


def test_no_placeholder_is_left(odd_checkout: Path) -> None:
    for name, text in written_files(
        run_script(odd_checkout, "--dry-run", "--system", "--run-as", getpass.getuser()).stdout
    ).items():
        assert not re.search(r"@[A-Z_]+@", text), name


def test_a_checkout_without_python_is_told_how_to_get_one(odd_checkout: Path) -> None:
    shutil.rmtree(odd_checkout / ".venv")
    done = run_script(odd_checkout, "--dry-run")
    assert done.returncode == 1
    assert "run 'make setup'" in done.stderr


def test_refused_settings_stop_the_installation(odd_checkout: Path) -> None:
    python = odd_checkout / ".venv" / "bin" / "python"
    python.write_text("#!/bin/sh\necho 'Settings refused.' >&2\nexit 1\n", encoding="utf-8")
    done = run_script(odd_checkout, "--dry-run")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Settings refused." in done.stderr


def complaints(folder: Path, files: dict[str, str]) -> str:
    """What systemd says of the units; it exits 0 on a misspelt key, so its words count, not its status."""
    (folder / "run").mkdir(mode=0o700)
    paths = [folder / name for name in files if name.startswith("scitex-")]
    for path in paths:
        path.write_text(files[path.name], encoding="utf-8")
    environment = os.environ | {"XDG_RUNTIME_DIR": str(folder / "run"), "SYSTEMD_LOG_LEVEL": "warning"}
    command = ["systemd-analyze", "--user", "verify", *map(str, paths)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return "".join(line for line in done.stderr.splitlines(keepends=True) if "scitex-" in line)


@needs_systemd_analyze
def test_systemd_accepts_the_units_without_a_word(odd_checkout: Path, tmp_path: Path) -> None:
    files = written_files(run_script(odd_checkout, "--dry-run").stdout)
    assert complaints(tmp_path, files) == ""


@needs_systemd_analyze
def test_systemd_has_a_word_about_a_misspelt_key(odd_checkout: Path, tmp_path: Path) -> None:
    files = written_files(run_script(odd_checkout, "--dry-run").stdout)
    files["scitex-cleanup-jobs.timer"] = files["scitex-cleanup-jobs.timer"].replace("OnActiveSec", "OnActivSec")
    assert "OnActivSec" in complaints(tmp_path, files)
