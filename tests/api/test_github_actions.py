"""The example for GitHub Actions: its script is run as it stands, upon a real repository and a real server."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from pytest_django.live_server_helper import LiveServer

from apps.scholar_app import keys
from apps.scholar_app.models import EnrichmentJob
from tests.web.making import BIBTEX, user
from tests.worker.live import StartWorker

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "github-actions" / "enrich-bibliography.yml"
#: Its title is in the example catalogue.
LSTM = b"""@article{lstm,
  title = {Long Short-Term Memory},
  author = {Hochreiter, Sepp and Schmidhuber, J\\"urgen},
  year = 1997,
}
"""


def workflow() -> dict[Any, Any]:
    return dict(yaml.safe_load(EXAMPLE.read_text(encoding="utf-8")))


def step(name: str) -> dict[str, Any]:
    (found,) = [step for step in workflow()["jobs"]["enrich"]["steps"] if step.get("name") == name]
    return dict(found)


def git(repository: Path, *arguments: str) -> str:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    done = subprocess.run(["git", *who, *arguments], cwd=repository, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A clone with a branch that changes two bibliographies; one more is as it was."""
    origin, clone = tmp_path / "origin.git", tmp_path / "clone"
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", str(origin))
    git(tmp_path, "clone", "--quiet", str(origin), str(clone))
    git(clone, "checkout", "--quiet", "-b", "main")
    (clone / "old.bib").write_bytes(BIBTEX)
    git(clone, "add", ".")
    git(clone, "commit", "--quiet", "-m", "Old")
    git(clone, "push", "--quiet", "-u", "origin", "main")
    git(clone, "checkout", "--quiet", "-b", "thesis")
    (clone / "chapter one").mkdir()
    (clone / "chapter one" / "new; refs.bib").write_bytes(LSTM)
    (clone / "unknown.bib").write_bytes(BIBTEX.replace(b"Attention is all", b"Nothing of this is all"))
    git(clone, "add", ".")
    git(clone, "commit", "--quiet", "-m", "New")
    git(clone, "push", "--quiet", "-u", "origin", "thesis")
    return clone


def run(repository: Path, name: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A step, as GitHub's shell runs it."""
    given = os.environ | {"GITHUB_RUN_ID": "1", "GITHUB_RUN_ATTEMPT": "1", "BASE": git(repository, "rev-parse", "main")}
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step(name)["run"]]
    return subprocess.run(
        command, cwd=repository, env=given | environment, capture_output=True, text=True, timeout=150, check=False
    )


@pytest.mark.processes
def test_the_example_completes_what_the_pull_request_changed_and_commits_it(
    repository: Path, live_server: LiveServer, live_worker: StartWorker
) -> None:
    _, key = keys.issue(user().pk, name="actions")
    live_worker(SCITEX_SOURCES="catalogue")
    done = run(repository, "Enrich", SCHOLAR=live_server.url, SCHOLAR_KEY=key)
    assert done.returncode == 0, done.stdout + done.stderr
    assert EnrichmentJob.objects.filter(status="completed").count() == 2, "one for each that was changed"
    assert git(repository, "status", "--porcelain") in {"", 'M "chapter one/new; refs.bib"'}, "and nothing left behind"
    assert (repository / "chapter one" / "new; refs.bib").read_bytes().startswith(LSTM[:40])
    (repository / "unknown.bib").write_bytes(LSTM)  # as if something had been found
    done = run(repository, "Commit")
    assert done.returncode == 0, done.stdout + done.stderr
    assert git(repository, "log", "-1", "--format=%s", "origin/thesis") == "Complete the bibliography"
    assert run(repository, "Commit").returncode == 0, "with nothing to commit"


@pytest.mark.processes
def test_a_refusal_is_shown_at_the_file_and_changes_nothing(repository: Path, live_server: LiveServer) -> None:
    done = run(repository, "Enrich", SCHOLAR=live_server.url, SCHOLAR_KEY="wrong")
    assert done.returncode == 1
    assert '::error file=chapter one/new; refs.bib::{"error": {"code": "unauthorized"' in done.stdout
    assert git(repository, "diff") == ""


def test_the_example_runs_where_there_are_secrets_and_gets_no_more_rights_than_it_uses() -> None:
    told = workflow()
    assert told[True]["pull_request"]["paths"] == ["**.bib"]  # YAML reads "on" as true
    assert told["permissions"] == {"contents": "write"}
    assert "github.repository" in told["jobs"]["enrich"]["if"]
    names = set(step("Enrich")["env"])
    assert names == {"SCHOLAR", "SCHOLAR_KEY", "BASE"}
    assert "${{" not in step("Enrich")["run"] + step("Commit")["run"], (
        "nothing of a stranger's becomes part of a script"
    )
