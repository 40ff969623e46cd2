"""The compose file and the image, as far as they can be proved without Docker: each name in them is a real one."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands, load_command_class

from scitex_cloud import settings
from scitex_cloud.environment import SECRETS

ROOT = Path(__file__).resolve().parents[2]
DEPLOYMENT = ROOT / "deployment"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOYMENT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
DOCKERFILE = (DEPLOYMENT / "Dockerfile").read_text(encoding="utf-8")
#: What the Compose specification knows of a service, as far as we use it.
KNOWN = {
    "build", "cap_drop", "command", "depends_on", "environment", "healthcheck", "image", "logging", "ports",
    "read_only", "restart", "secrets", "security_opt", "stop_grace_period", "tmpfs", "volumes",
}  # fmt: skip


def test_everything_that_is_needed_runs() -> None:
    assert set(SERVICES) == {"postgres", "redis", "migrate", "web", "worker", "cleanup"}
    assert set(OURS) == {"migrate", "web", "worker", "cleanup"}


def test_no_key_is_misspelt() -> None:
    assert {key for service in SERVICES.values() for key in service} <= KNOWN
    assert set(COMPOSE) == {"name", "x-service", "services", "volumes", "secrets"}


def test_every_setting_exists() -> None:
    known = {*settings._env.dump(), *(f"{name}_FILE" for name in SECRETS)}
    given = {name for service in OURS.values() for name in service["environment"]}
    passed_on = set(re.findall(r"\$\{(\w+)", (DEPLOYMENT / "compose.yaml").read_text(encoding="utf-8")))
    in_image = set(re.findall(r"SCITEX_\w+", DOCKERFILE))
    assert (given | passed_on | in_image) - known == set()


@pytest.mark.parametrize("name", [name for name in OURS if "command" in OURS[name]])
def test_every_command_exists_with_its_options(name: str) -> None:
    asked = re.findall(r"manage\.py (\w+)((?: --[\w-]+(?: \d+)?)*)", " ".join(OURS[name]["command"]))
    assert asked
    for command, options in asked:
        parser = load_command_class(get_commands()[command], command).create_parser("manage.py", command)
        parser.parse_args(options.split())


def test_gunicorn_takes_the_options_of_image_and_unit() -> None:
    unit = (DEPLOYMENT / "systemd" / "scitex-scholar-web.service").read_text(encoding="utf-8")
    (in_image,) = re.findall(r"^CMD \[.*gunicorn\", (.*)\]$", DOCKERFILE, re.MULTILINE)
    (in_unit,) = re.findall(r"-m gunicorn (.*)$", unit, re.MULTILINE)
    arguments, in_unit = re.findall(r'"([^"]+)"', in_image), in_unit.replace("@BIND@", "[::1]:1")
    for given in (arguments, in_unit.replace("@WEB_PROCESSES@", "1").split()):
        code = "import sys; from gunicorn.app.wsgiapp import WSGIApplication as A; print(A('').cfg.threads)"
        done = subprocess.run(
            [sys.executable, "-c", code, *given], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert (done.stdout, done.returncode) == ("16\n", 0), done.stderr


def test_what_is_named_is_defined() -> None:
    for service in SERVICES.values():
        assert set(service.get("secrets", ())) <= set(COMPOSE["secrets"])
        assert {volume.split(":")[0] for volume in service.get("volumes", ())} <= set(COMPOSE["volumes"])
        assert set(service.get("depends_on", ())) <= set(SERVICES)


def test_who_is_waited_for_can_say_that_it_is_ready() -> None:
    waited = {
        (name, how["condition"]) for service in SERVICES.values() for name, how in service.get("depends_on", {}).items()
    }
    assert {name for name, condition in waited if condition == "service_healthy"} <= {
        name for name, service in SERVICES.items() if "healthcheck" in service
    }


def test_no_service_of_ours_may_more_than_it_needs() -> None:
    for service in OURS.values():
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert re.search(r"^USER (?!root)\w+$", DOCKERFILE, re.MULTILINE)


def test_nothing_is_reachable_from_outside_but_through_this_machine() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert ports == ["127.0.0.1:8000:8000"]


def test_no_secret_stands_in_the_file() -> None:
    text = (DEPLOYMENT / "compose.yaml").read_text(encoding="utf-8")
    assert not re.search(r"(PASSWORD|SECRET_KEY|DATABASE_URL):", text)


def test_what_is_copied_into_the_image_is_there_and_not_ignored() -> None:
    ignored = (DEPLOYMENT / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    copied = [name for line in re.findall(r"^COPY (.*) \S+$", DOCKERFILE, re.MULTILINE) for name in line.split()]
    assert {name for name in copied if not (ROOT / name).exists() or f"!{name}" not in ignored} == set()


def test_the_image_has_a_python_that_we_support() -> None:
    (wanted,) = re.findall(r'requires-python = ">=([\d.]+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert f"FROM python:{wanted}-" in DOCKERFILE
