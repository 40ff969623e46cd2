"""``make demo`` and ``make run`` as a newcomer sees them, and the README that quotes the first."""

import json
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import requests
from django.test import Client
from pytest_django.live_server_helper import LiveServer

from deployment.scripts import run
from examples import demo
from tests.web.making import fail, uploaded, url

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "var" / "demo"

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def shown() -> str:
    done = subprocess.run(
        [sys.executable, "-m", "examples.demo"], cwd=ROOT, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def quoted_lines() -> list[str]:
    """The demo's lines that the README quotes."""
    quote = (ROOT / "README.md").read_text(encoding="utf-8").split("<!-- demo -->")[1].split("<!-- /demo -->")[0]
    return [line.removeprefix("    ").rstrip() for line in quote.splitlines() if line.strip() and "..." not in line]


def test_the_demo_shows_what_the_readme_says(shown: str) -> None:
    lines = {line.rstrip() for line in shown.splitlines()}
    assert len(quoted_lines()) > 10
    assert [line for line in quoted_lines() if line not in lines] == []


def test_the_demo_finds_each_kind_of_trouble_in_the_example(shown: str) -> None:
    log = (DEMO / "server.log").read_text(encoding="utf-8")
    assert "Traceback" not in log
    outcomes = Counter(
        line.split()[1] for line in shown.splitlines() if line.startswith("  ") and len(line.split()) > 2
    )
    assert {"enriched", "conflict", "not_found", "skipped"} <= set(outcomes)


def test_the_demo_keeps_every_line_of_the_bibliography(shown: str) -> None:
    before = (ROOT / "examples" / "references.bib").read_text(encoding="utf-8").splitlines()
    after = iter((DEMO / "references.enriched.bib").read_text(encoding="utf-8").splitlines())
    # The last field of an entry gets a comma, and an entry that stands on one line grows in it.
    lost = [line for line in before if not any(got in (line, f"{line},") or is_longer(got, line) for got in after)]
    assert lost == []


@pytest.mark.parametrize("status", ["pending", "failed"])
@pytest.mark.django_db(transaction=True)
def test_the_demo_waits_for_a_job_and_ends_where_it_failed(
    status: str, client: Client, live_server: LiveServer
) -> None:
    job = uploaded(client)
    session = requests.Session()
    session.cookies.update({name: morsel.value for name, morsel in client.cookies.items()})
    address = f"{live_server.url}{url('job', job)}"
    assert demo.report_of(session, address) is None
    if status == "failed":
        fail(job)
        with pytest.raises(SystemExit, match="ended without a result"):
            demo.report_of(session, address)


def test_a_site_is_not_begun_where_another_program_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(SystemExit, match=f"listens on {address} already"):
            run.refuse_taken(address)
    run.refuse_taken("127.0.0.1:0")  # any port that is free


def is_longer(after: str, before: str) -> bool:
    return before.startswith("@article{") and before.endswith("}") and after.startswith(before[:-1])


def test_the_example_catalogue_names_each_work_once() -> None:
    works = [
        json.loads(line) for line in (ROOT / "examples" / "catalogue.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert len({work["DOI"] for work in works}) == len(works) == 185
