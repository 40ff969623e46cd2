"""``make demo``: the example bibliography goes through a real server and a real worker, offline, and comes back."""

import os
import re
import shutil
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import requests

from deployment.scripts import run

ROOT: Final = Path(__file__).resolve().parent.parent
BIBLIOGRAPHY: Final = ROOT / "examples" / "references.bib"
CATALOGUE: Final = ROOT / "examples" / "catalogue.jsonl"
FOLDER: Final = ROOT / "var" / "demo"
LOG: Final = FOLDER / "server.log"
PATIENCE_SECONDS: Final = 120
MARKS: Final = {
    "enriched": "completed from the sources",
    "complete": "identified, nothing was missing",
    "not_found": "no source knows such a work",
    "ambiguous": "several works fit; nothing was added",
    "conflict": "contradicts the work its identifier names",
    "skipped": "not a reference, or damaged",
}


def say(text: str = "") -> None:
    """Print a line at once."""
    print(text, flush=True)  # noqa: T201


def settings() -> dict[str, str]:
    """An environment of the demo's own: its data, the local catalogue alone, nothing of the user's settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SCITEX_", "DJANGO_"))}
    return kept | {"SCITEX_ENV_FILE": "", "SCITEX_DATA_DIR": str(FOLDER), "SCITEX_SOURCES": "catalogue"}


def free_address() -> str:
    """An address nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{listener.getsockname()[1]}"


def wait_for(what: str, answer: Callable[[], Any]) -> Any:
    """The first truthy answer; gives up with a message after a while."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        if found := answer():
            return found
        time.sleep(0.2)
    raise SystemExit(f"make demo: waited {PATIENCE_SECONDS} s in vain for {what}; see {LOG}")


def is_ready(site: str) -> bool:
    """Whether the site answers and finds its database in order."""
    try:
        return requests.get(f"{site}/readyz", timeout=5).ok
    except (requests.ConnectionError, requests.Timeout):
        return False


def upload(session: requests.Session, site: str) -> str:
    """Send the bibliography through the form, as a browser does; returns the address of the job's page."""
    form = session.get(f"{site}/scholar/bibtex/", timeout=10)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form.text)
    with BIBLIOGRAPHY.open("rb") as file:
        answer = session.post(
            f"{site}/scholar/bibtex/upload/",
            data={"csrfmiddlewaretoken": token[1] if token else ""},
            files={"bibtex_file": (BIBLIOGRAPHY.name, file)},
            timeout=30,
        )
    if "/job/" not in answer.url:
        raise SystemExit(f"make demo: the upload was refused with status {answer.status_code}")
    return answer.url


def report_of(session: requests.Session, job: str) -> dict[str, Any] | None:
    """The report once the job is completed; ends the demo where the job ended otherwise."""
    # The page first: a job that ended before it was fetched has its report, or never will.
    has_ended = "data-ended=" in session.get(job, timeout=10).text
    answer = session.get(f"{job}report.json", timeout=10)
    if answer.ok:
        report: dict[str, Any] = answer.json()
        return report
    if has_ended:
        raise SystemExit(f"make demo: the job ended without a result; see {LOG}")
    return None


def table(entries: list[Mapping[str, Any]]) -> list[str]:
    """A line per entry: key, outcome, what was added."""
    width = max(len(entry["key"]) for entry in entries)
    return [
        f"  {entry['key']:{width}}  {entry['outcome']:9}  {', '.join(entry['added']) or entry['reason']}"
        for entry in entries
    ]


def show(report: Mapping[str, Any], original: bytes, enriched: bytes) -> None:
    """Print what came out."""
    say("\n".join(table(report["entries"])))
    say()
    for outcome, number in Counter(entry["outcome"] for entry in report["entries"]).most_common():
        say(f"  {number:3} {outcome:9}  {MARKS[outcome]}")
    say()
    say(f"  {len(original):,} bytes went in, {len(enriched):,} came out.")


def run_through(site: str) -> None:
    """Upload, wait, download, show."""
    wait_for("the site", lambda: is_ready(site))
    session = requests.Session()
    job = upload(session, site)
    say(f"Uploaded {BIBLIOGRAPHY.relative_to(ROOT)}; its page is {job}")
    report = wait_for("the result", lambda: report_of(session, job))
    enriched = session.get(f"{job}download/", timeout=10).content
    show(report, BIBLIOGRAPHY.read_bytes(), enriched)
    target = FOLDER / "references.enriched.bib"
    target.write_bytes(enriched)
    say(f"  The enriched file: {target.relative_to(ROOT)}")
    say(f"  The server's log:  {LOG.relative_to(ROOT)}")
    say(f"  What was added:    diff {BIBLIOGRAPHY.relative_to(ROOT)} {target.relative_to(ROOT)}")


def main() -> int:
    """Set up a fresh folder, run the service, and leave nothing running."""
    run.stop_on_signals()
    shutil.rmtree(FOLDER, ignore_errors=True)
    for folder in (FOLDER.parent, FOLDER):
        folder.mkdir(mode=0o700, exist_ok=True)
    environment = settings()
    run.prepare(environment)
    run.manage("load_catalogue", str(CATALOGUE), environment=environment)
    address = free_address()
    with LOG.open("wb") as log:
        processes = run.start(address, environment, log=log)
        try:
            run_through(f"http://{address}")
        finally:
            run.stop(processes)
    return 0


if __name__ == "__main__":
    sys.exit(main())
