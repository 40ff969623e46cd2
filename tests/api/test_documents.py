"""The documents of the API are under test as code is."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer

from apps.scholar_app import keys
from apps.scholar_app.api.routes import api
from apps.scholar_app.models import EnrichmentJob
from tests.web.making import BIBTEX, user
from tests.worker.live import StartWorker

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```(sh|python)\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)


def test_there_are_examples() -> None:
    assert [language for language, _ in EXAMPLES] == ["sh", "sh", "python", "python"]


@pytest.mark.processes
@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_of_the_document_works_as_it_stands(
    number: int, live_server: LiveServer, live_worker: StartWorker, tmp_path: Path
) -> None:
    language, code = EXAMPLES[number]
    _, key = keys.issue(user().pk, name="example")
    (tmp_path / "thesis.bib").write_bytes(BIBTEX)
    live_worker(SCITEX_SOURCES="catalogue")
    command = ["bash", "-euo", "pipefail", "-c", code] if language == "sh" else [sys.executable, "-c", code]
    environment = os.environ | {"SCHOLAR": live_server.url, "SCHOLAR_KEY": key}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "thesis.enriched.bib").read_bytes() == BIBTEX, "nothing is known, so nothing is added"
    assert EnrichmentJob.objects.count() == (0 if "DELETE" in code else 1)


def test_the_document_lists_every_endpoint_and_no_other() -> None:
    listed = set(re.findall(r"^\| `(\w+) (/api/v1/\S*)` \|", DOCUMENT, re.MULTILINE))
    paths = api.get_openapi_schema()["paths"]
    assert listed == {(m.upper(), path.replace("{job_id}", "{id}")) for path, ways in paths.items() for m in ways}


def test_the_document_lists_every_code_that_the_api_gives() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "apps/scholar_app/api").glob("*.py"))
    given = set(re.findall(r'HTTPStatus\.\w+,\s+"(\w+)"', code)) | set(re.findall(r'\d{3}: \("(\w+)"', code))
    named = set(re.findall(r"`(\w+)`", DOCUMENT))
    assert {"active_job", "queue_full", "not_found"} <= given
    assert given - named == {"forbidden"}, "which nothing of ours answers"
