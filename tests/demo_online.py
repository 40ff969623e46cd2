"""``make demo-online``: a real site and worker ask the indexes of the tests, and you watch the limits being kept.

A file is sent through the form; then the table is printed every second until the job has ended. With ``--stay`` the
site goes on, so that you can send files of your own (titles that the indexes know are in var/demo-online/sent.bib).
"""

import argparse
import json
import re
import shutil
import sqlite3
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import requests

from deployment.scripts import run
from examples import demo
from tests.indexserver import IndexServer, options
from tests.indexserver.watching import table
from tests.indexserver.works import bibliography, made

FOLDER = demo.ROOT / "var" / "demo-online"
ASKED = ("crossref", "openalex", "semanticscholar")
ENDED = ("completed", "failed", "cancelled")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.demo_online", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--entries", type=int, default=60, help="in the file; every third has a title alone (60)")
    parser.add_argument("--sources", default=",".join(ASKED), help=f"asked, in their order ({','.join(ASKED)})")
    parser.add_argument("--patience", type=int, default=20, help="seconds until a source counts as away (20)")
    parser.add_argument("--folder", type=Path, default=FOLDER, help=argparse.SUPPRESS)
    parser.add_argument("--stay", action="store_true", help="go on until Ctrl-C when the job has ended")
    options.add(parser)
    return parser


def _settings(given: argparse.Namespace, server: IndexServer) -> dict[str, str]:
    """The site's own data, everything it asks on our server, and nothing of the user's settings."""
    sources = given.sources.split(",")
    return demo.settings() | {
        "SCITEX_DATA_DIR": str(given.folder),
        "SCITEX_SOURCES": given.sources,
        "SCITEX_CONTACT_EMAIL": "demo@example.org",
        "SCITEX_SEMANTICSCHOLAR_KEY": "demo",
        "SCITEX_OPENALEX_KEY": "demo",
        "SCITEX_SOURCE_PATIENCE_SECONDS": str(given.patience),
        **{f"SCITEX_{name.upper()}_URL": server.url(name) for name in sources},
    }


def _upload(site: str, file: Path) -> str:
    """Send the file through the form; the address of its page."""
    session = requests.Session()
    form = session.get(f"{site}/scholar/bibtex/", timeout=60)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form.text)
    data = {"csrfmiddlewaretoken": token[1] if token else ""}
    with file.open("rb") as opened:
        answer = session.post(f"{site}/scholar/bibtex/upload/", data=data, files={"bibtex_file": opened}, timeout=60)
    if "/job/" not in answer.url:
        raise SystemExit(f"make demo-online: the upload was refused with status {answer.status_code}")
    return answer.url


def _job(folder: Path) -> dict[str, Any]:
    """The job's row, as the site's own database has it."""
    with closing(sqlite3.connect(f"file:{folder / 'scholar.sqlite3'}?mode=ro", uri=True, timeout=60)) as database:
        database.row_factory = sqlite3.Row
        row = dict(database.execute("SELECT * FROM scholar_app_enrichmentjob").fetchone())
    return row | {"progress": json.loads(row["progress"] or "{}")}


def _state(job: dict[str, Any]) -> list[str]:
    """Where the job is, and what it waits for."""
    progress = job["progress"]
    waiting = [f"  waits {left:2} s: {why}" for left, why in progress.get("waiting", {}).values()]
    done = job["entries_total"] if job["status"] == "completed" else progress.get("entries_done", 0)
    return [f"job {job['status']}: {done} of {job['entries_total']} entries; {progress.get('activity', '')}", *waiting]


def _watch(server: IndexServer, folder: Path) -> dict[str, Any]:
    """The table every second, until the job has ended."""
    while (job := _job(folder))["status"] not in ENDED:
        demo.say("\n".join(["", *table(server, now=time.monotonic()), *_state(job)]))
        threading.Event().wait(1)
    demo.say("\n".join(["", *table(server, now=time.monotonic()), *_state(job)]))
    return job


def _run_through(given: argparse.Namespace, server: IndexServer, site: str, file: Path) -> None:
    demo.wait_for("the site", lambda: demo.is_ready(site))
    demo.say(f"Sent {given.entries} entries; their page is {_upload(site, file)}")
    job = _watch(server, given.folder)
    if job["error_message"]:
        demo.say(job["error_message"])
    demo.say(f"\n{len(server.log)} calls, {len(server.violations)} of them over a limit.")
    if given.stay:
        demo.say(f"The site goes on at {site}/scholar/bibtex/; Ctrl-C ends it.")
        threading.Event().wait()


def main() -> int:
    """Set up a fresh folder, run the service beside the indexes, and leave nothing running; 1 if a limit was broken."""
    given = _parser().parse_args()
    run.stop_on_signals()
    shutil.rmtree(given.folder, ignore_errors=True)
    given.folder.mkdir(mode=0o700, parents=True)
    works, file = made(given.entries), given.folder / "sent.bib"
    file.write_bytes(bibliography(works, with_doi=lambda number: number % 3 > 0))
    with IndexServer(works, latency=given.latency) as server, (given.folder / "server.log").open("wb") as log:
        options.apply(given, server)
        environment = _settings(given, server)
        run.prepare(environment)
        address = demo.free_address()
        processes = run.start(address, environment, log=log)
        try:
            _run_through(given, server, f"http://{address}", file)
        except KeyboardInterrupt:
            demo.say("Stopped.")
        finally:
            run.stop(processes)
        return 1 if server.violations else 0


if __name__ == "__main__":
    sys.exit(main())
