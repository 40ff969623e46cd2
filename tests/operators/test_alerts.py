"""The alert rules fire where they should, and rules and dashboard ask only for metrics that there are."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "deployment" / "prometheus"
DASHBOARD = json.loads((ROOT / "deployment" / "grafana" / "dashboard.json").read_text(encoding="utf-8"))
PROMTOOL = shutil.which("promtool")
promtool = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed (tests/install_tools.sh does it)")


def run(*arguments: str, cwd: Path = RULES) -> subprocess.CompletedProcess[str]:
    return subprocess.run([PROMTOOL or "", *arguments], cwd=cwd, capture_output=True, text=True, check=False)


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load((RULES / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    return list(group["rules"])


@promtool
def test_the_rules_and_the_scrape_configuration_are_valid(tmp_path: Path) -> None:
    assert run("check", "rules", "--lint-fatal", "alerts.yml").returncode == 0
    token = "/etc/prometheus/scitex-scholar.token"
    text = (RULES / "scrape.yml").read_text(encoding="utf-8").replace(token, str(tmp_path / "token"))
    text = text.replace("/etc/prometheus/rules/scitex-scholar.yml", str(RULES / "alerts.yml"))
    (tmp_path / "token").write_text("token", encoding="utf-8")
    (tmp_path / "prometheus.yml").write_text(text, encoding="utf-8")
    done = run("check", "config", str(tmp_path / "prometheus.yml"))
    assert done.returncode == 0, done.stdout + done.stderr


@promtool
def test_each_alert_fires_where_it_should_and_not_a_little_below() -> None:
    done = run("test", "rules", "alerts.test.yml")
    assert done.returncode == 0, done.stdout + done.stderr


@promtool
@pytest.mark.parametrize(
    ("rule", "planted"),
    [("> 20", ">= 20"), ("> 180", "> 200"), ("for: 2m", "for: 0m"), ("15 * 60", "30 * 60"), ("< 0.1", "< 0.05")],
    ids=["queue", "wait", "worker", "timer", "disk"],
)
def test_a_limit_that_moved_is_noticed(tmp_path: Path, rule: str, planted: str) -> None:
    text = (RULES / "alerts.yml").read_text(encoding="utf-8")
    assert rule in text
    (tmp_path / "alerts.yml").write_text(text.replace(rule, planted), encoding="utf-8")
    shutil.copy(RULES / "alerts.test.yml", tmp_path)
    assert run("test", "rules", "alerts.test.yml", cwd=tmp_path).returncode == 1


def test_every_alert_is_tested_both_ways() -> None:
    tests = yaml.safe_load((RULES / "alerts.test.yml").read_text(encoding="utf-8"))["tests"]
    asked = [(case["alertname"], bool(case.get("exp_alerts"))) for test in tests for case in test["alert_rule_test"]]
    assert {name for name, fires in asked if fires} == {rule["alert"] for rule in rules()}
    assert {name for name, fires in asked if not fires} == {rule["alert"] for rule in rules()}


def test_every_alert_is_in_the_operations_document_and_no_other() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(Scholar\w+)` \|", text, re.MULTILINE)) == {rule["alert"] for rule in rules()}


def metrics_in(expression: str) -> set[str]:
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in re.findall(r"\bscholar_\w+", expression)}


def expressions() -> Iterator[str]:
    yield from (rule["expr"] for rule in rules())
    yield from (target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"])


@pytest.mark.django_db
def test_rules_and_dashboard_ask_for_metrics_that_there_are() -> None:
    told = set(re.findall(r"^# HELP (\S+)", Client().get("/metrics").content.decode(), re.MULTILINE))
    asked = set().union(*map(metrics_in, expressions()))
    assert asked - told == set()


@pytest.mark.django_db
def test_the_dashboard_shows_every_metric() -> None:
    told = set(re.findall(r"^# HELP (\S+)", Client().get("/metrics").content.decode(), re.MULTILINE))
    shown = set().union(*(metrics_in(target["expr"]) for panel in DASHBOARD["panels"] for target in panel["targets"]))
    assert told - shown == set()


@promtool
def test_every_expression_of_the_dashboard_is_valid(tmp_path: Path) -> None:
    rules = [{"record": f"panel:{number}", "expr": expr} for number, expr in enumerate(expressions())]
    text = yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]})
    (tmp_path / "dashboard.yml").write_text(text, encoding="utf-8")
    done = run("check", "rules", str(tmp_path / "dashboard.yml"))
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_two_panels_lie_on_each_other() -> None:
    places = [panel["gridPos"] for panel in DASHBOARD["panels"]]
    cells = [(p["x"] + x, p["y"] + y) for p in places for x in range(p["w"]) for y in range(p["h"])]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
