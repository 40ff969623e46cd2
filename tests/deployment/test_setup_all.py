"""What the script that installs everything writes, refuses and promises, without a service manager."""

import getpass
import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.deployment.test_setup_cleanup_timer import complaints, needs_systemd_analyze, written_files

SCRIPT = "deployment/scripts/setup_all.sh"
SERVICES = {
    "scitex-scholar-web.service",
    "scitex-scholar-worker@.service",
    "scitex-scholar-migrate.service",
    "scitex-scholar-notify@.service",
    "scitex-cleanup-jobs.service",
}


def run_script(checkout: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SCITEX_", "XDG_"))}
    environment |= {"HOME": str(checkout.parent)} | variables
    return subprocess.run(
        [str(checkout / SCRIPT), *arguments], env=environment, capture_output=True, text=True, check=False
    )


def units(checkout: Path, *arguments: str) -> dict[str, str]:
    done = run_script(checkout, "--dry-run", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return written_files(done.stdout)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--workers", "-1"], "from 0 to 99"),
        (["--workers", "100"], "from 0 to 99"),
        (["--workers="], "needs a value"),
        (["--processes", "0"], "from 1 to 99"),
        (["--web-processes", "many"], "from 1 to 99"),
        (["--bind", "8000"], "is not HOST:PORT"),
        (["--bind", "localhost:8000 --evil"], "is not HOST:PORT"),
        (["--run-as", "root"], "goes with --system"),
        (["--retention-days", "7"], "goes with --delete-old-jobs"),
        (["--frequently"], "unknown option: --frequently"),
        (["--frequently=yes"], "unknown option: --frequently"),
    ],
)
def test_bad_arguments_are_refused_with_status_2(odd_checkout: Path, arguments: Sequence[str], complaint: str) -> None:
    done = run_script(odd_checkout, "--dry-run", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert complaint in done.stderr


def test_everything_is_written(odd_checkout: Path) -> None:
    files = units(odd_checkout)
    assert set(files) == SERVICES | {"scitex-cleanup-jobs.timer"}
    assert not [name for name, text in files.items() if re.search(r"@[A-Z_]+@", text)]


def test_what_runs_tells_the_operator_when_it_fails(odd_checkout: Path) -> None:
    files = units(odd_checkout)
    telling = {name for name, text in files.items() if "OnFailure=scitex-scholar-notify@%n.service\n" in text}
    assert telling == SERVICES - {"scitex-scholar-notify@.service", "scitex-scholar-migrate.service"}


@pytest.mark.parametrize(
    ("arguments", "span"),
    [([], "5min"), (["--high-traffic"], "1min"), (["--high-traffic", "--interval", "30s"], "30s")],
)
def test_high_traffic_is_a_clean_up_each_minute(odd_checkout: Path, arguments: Sequence[str], span: str) -> None:
    assert f"OnUnitActiveSec={span}\n" in units(odd_checkout, *arguments)["scitex-cleanup-jobs.timer"]


@pytest.mark.parametrize(
    ("arguments", "missing"),
    [(["--no-web"], "scitex-scholar-web.service"), (["--no-timer"], "scitex-cleanup-jobs.timer")],
)
def test_a_machine_may_have_a_part_only(odd_checkout: Path, arguments: Sequence[str], missing: str) -> None:
    assert missing not in units(odd_checkout, *arguments)
    assert "scitex-scholar-worker@.service" in units(odd_checkout, *arguments)


def test_numbers_and_addresses_reach_the_commands(odd_checkout: Path) -> None:
    files = units(odd_checkout, "--bind=[::1]:80", "--web-processes", "3", "--processes", "08")
    assert "--bind [::1]:80 --workers 3 " in files["scitex-scholar-web.service"]
    assert "run_enrichment_worker --processes 8\n" in files["scitex-scholar-worker@.service"]


def test_every_system_service_is_hardened_and_no_user_service_names_a_user(odd_checkout: Path) -> None:
    python = odd_checkout / ".venv" / "bin" / "python"
    python.write_text('#!/bin/sh\nif [ "$1" = - ]; then echo \'"/srv/scholar data"\'; fi\n', encoding="utf-8")
    shown = run_script(odd_checkout, "--dry-run", "--system", "--run-as", getpass.getuser()).stdout
    hardened = set(re.findall(r"^--- .*/([^/]+)\.d/system\.conf$", shown, re.MULTILINE))
    assert hardened == SERVICES
    assert shown.count('ReadWritePaths="/srv/scholar data"\n') >= len(SERVICES)
    assert not re.search(r"^(User|Group)=", run_script(odd_checkout, "--dry-run").stdout, re.MULTILINE)
    assert "WantedBy=multi-user.target" in shown


def test_pages_go_before_jobs(odd_checkout: Path) -> None:
    files = units(odd_checkout)
    weights = {name: re.findall(r"^CPUWeight=(\d+)$", text, re.MULTILINE) for name, text in files.items()}
    assert (weights["scitex-scholar-web.service"], weights["scitex-scholar-worker@.service"]) == (["400"], ["50"])


@pytest.mark.skipif(getpass.getuser() != "root", reason="a checkout that belongs to root needs root")
@pytest.mark.parametrize("script", [SCRIPT, "deployment/scripts/setup_cleanup_timer.sh"], ids=["all", "timer"])
def test_nothing_runs_as_root_unless_somebody_says_so(odd_checkout: Path, script: str) -> None:
    command = [str(odd_checkout / script), "--dry-run", "--system"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "needs --run-as: the checkout belongs to root" in done.stderr


def test_a_dry_run_writes_nothing(odd_checkout: Path) -> None:
    before = sorted(odd_checkout.parent.rglob("*"))
    for arguments in ([], ["--uninstall"]):
        assert run_script(odd_checkout, "--dry-run", *arguments, SCITEX_MAX_ENTRIES="7").returncode == 0
    assert sorted(odd_checkout.parent.rglob("*")) == before


def test_settings_that_were_kept_hold_until_the_shell_brings_others(odd_checkout: Path) -> None:
    kept = odd_checkout.parent / ".config" / "scitex-scholar" / "environment"
    kept.parent.mkdir(parents=True)
    kept.write_text('SCITEX_SECRET_KEY="spaces \\"and\\" \\$igns"\n', encoding="utf-8")
    python = odd_checkout / ".venv" / "bin" / "python"
    python.write_text('#!/bin/sh\n[ "$SCITEX_SECRET_KEY" = \'spaces "and" $igns\' ]\n', encoding="utf-8")
    assert run_script(odd_checkout, "--dry-run").returncode == 0
    assert run_script(odd_checkout, "--dry-run", SCITEX_MAX_ENTRIES="7").returncode == 1


@needs_systemd_analyze
def test_systemd_accepts_the_units_without_a_word(odd_checkout: Path, tmp_path: Path) -> None:
    assert complaints(tmp_path, units(odd_checkout)) == ""


@needs_systemd_analyze
@pytest.mark.parametrize("name", sorted(SERVICES))
def test_systemd_has_a_word_about_a_misspelt_key_in_any_of_them(odd_checkout: Path, tmp_path: Path, name: str) -> None:
    files = units(odd_checkout)
    files[name] = files[name].replace("UMask=", "UMusk=")
    assert "UMusk" in complaints(tmp_path, files)


@needs_systemd_analyze
def test_systemd_finds_little_exposure_in_the_system_services(odd_checkout: Path, tmp_path: Path) -> None:
    shown = run_script(odd_checkout, "--dry-run", "--system", "--run-as", getpass.getuser()).stdout
    units = re.findall(r"^--- \S*/system/(scitex-\S+)\n(.*?)(?=^---|^Would|\Z)", shown, re.MULTILINE | re.DOTALL)
    for name, text in units:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(re.sub("^User=.*$", "User=daemon", text, flags=re.MULTILINE), encoding="utf-8")
    environment = os.environ | {"SYSTEMD_UNIT_PATH": str(tmp_path)}
    for name in SERVICES:
        command = ["systemd-analyze", "security", "--offline=yes", "--threshold=20", name.replace("@.", "@1.")]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout
