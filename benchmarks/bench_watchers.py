"""200 people watch their jobs at once: a real gunicorn, a real worker, and how long any page takes them.

Everything is on this machine: the site as `make run` starts it, a worker with four jobs at a time, an index that takes
50 ms to answer, and the people in a process of their own. ``python -m benchmarks watchers``.
"""

import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from deployment.scripts.run import MANAGE, prepare, stop, web_command
from tests.indexserver import IndexServer
from tests.indexserver.works import bibliography, made

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "var" / "bench" / "watchers.json"
PEOPLE, SECONDS, ENTRIES, LATENCY = 200, 45.0, 100, 0.05
GOAL_MS = 200
ADDRESS = "127.0.0.1:18641"
#: In the site's own process: a visitor with a session and a waiting job each, made through the front door.
MAKE = """
import json, sys
from importlib import import_module
from uuid import uuid4
from django.conf import settings
from apps.scholar_app import jobs
from apps.scholar_app.jobs import Owner
data, number, entries = open(sys.argv[1], "rb").read(), int(sys.argv[2]), int(sys.argv[3])
people = {}
for _ in range(number):
    visitor = uuid4()
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session["visitor"] = str(visitor)
    session.save()
    job = jobs.submit(Owner(visitor=visitor), data=data, original_name="refs.bib", entries_total=entries)
    people[session.session_key] = f"/scholar/bibtex/job/{job.pk}/"
print(json.dumps({"name": settings.SESSION_COOKIE_NAME, "people": people}))
"""


def serve(pipe: Connection) -> None:
    """Be the index, in a process of its own."""
    with IndexServer(made(ENTRIES), latency=LATENCY) as server:
        pipe.send(server.url("crossref"))
        pipe.recv()


@contextmanager
def index() -> Iterator[str]:
    """The address of an index."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    yield ours.recv()
    ours.send(True)
    process.join()


@contextmanager
def site(environment: Mapping[str, str]) -> Iterator[None]:
    """The site and a worker, until the end of the block."""
    quiet = {
        "cwd": ROOT,
        "env": dict(environment),
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
        "start_new_session": True,
    }
    processes = [
        subprocess.Popen(command, **quiet) for command in (web_command(ADDRESS), [*MANAGE, "run_enrichment_worker"])
    ]
    try:
        until_it_answers(ADDRESS)
        yield
    finally:
        stop(processes)


def main() -> None:
    """Measure, print a table, and write ``var/bench/watchers.json``."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("SCITEX_", "DJANGO_"))}
    with tempfile.TemporaryDirectory() as folder, index() as crossref:
        environment = own | {
            "SCITEX_ENV_FILE": "", "SCITEX_DATA_DIR": folder, "SCITEX_SOURCES": "crossref", "SCITEX_CROSSREF_URL": crossref,
            "SCITEX_PENDING_TIMEOUT_MINUTES": "600", "SCITEX_CROSSREF_RATE": "100/1s", "DJANGO_SETTINGS_MODULE": "scitex_cloud.settings",
        }  # fmt: skip
        prepare(environment)
        made_up = _people(Path(folder), environment)
        with site(environment):
            client = subprocess.run(
                [sys.executable, "-m", "benchmarks.watching", f"http://{ADDRESS}", str(made_up["name"]), str(SECONDS)],
                cwd=ROOT, input=json.dumps(made_up["people"]), stdout=subprocess.PIPE, text=True, check=True,
            )  # fmt: skip
    report(json.loads(client.stdout))


def report(times: Mapping[str, list[float]]) -> None:
    """Milliseconds by kind of page, and whether the goal was reached."""
    rows = {kind: summary(found) for kind, found in times.items()}
    rows["any"] = summary([each for found in times.values() for each in found])
    for kind, row in rows.items():
        print(f"{kind:>10}: {row['requests']:6} requests, p50 {row['p50']:6.1f} ms, p95 {row['p95']:6.1f} ms")
    reached = all(row["p95"] < GOAL_MS for row in rows.values())
    print(f"{PEOPLE} people, p95 of any page below {GOAL_MS} ms: {'reached' if reached else 'missed'}")
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(json.dumps({"pages": rows, "reached": reached}, indent=1) + "\n", encoding="utf-8")


def summary(times: list[float]) -> dict[str, float]:
    """Of one kind of page."""
    cuts = statistics.quantiles(times, n=100, method="inclusive") if len(times) > 1 else times * 99
    return {"requests": len(times), "p50": 1000 * cuts[49], "p95": 1000 * cuts[94], "most": 1000 * max(times)}


def _people(folder: Path, environment: Mapping[str, str]) -> dict[str, object]:
    path = folder / "references.bib"
    path.write_bytes(bibliography(made(ENTRIES), with_doi=lambda number: number % 2 == 0))
    code = f"import django; django.setup()\n{MAKE}"
    command = [sys.executable, "-c", code, str(path), str(PEOPLE), str(ENTRIES)]
    done = subprocess.run(command, cwd=ROOT, env=dict(environment), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    people: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return people


def until_it_answers(address: str) -> None:
    """Wait for a site that is starting."""
    for _ in range(200):
        try:
            urlopen(f"http://{address}/healthz", timeout=1).close()
        except (URLError, OSError):
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the site did not come up")


if __name__ == "__main__":
    main()
