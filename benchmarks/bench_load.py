"""A bad quarter of an hour: 200 watchers, 20 uploads a minute, four workers, a faulty index, and two ``kill -9``.

Everything is on this machine: the site with two web processes, four workers with one job at a time, a clean-up every
minute, and an index that fails one call in twelve and is away for 30 s. A worker and a web process are killed in the
middle. Afterwards every upload is accounted for. ``python -m benchmarks load --minutes 10``; ``var/bench/load.log``
is what the site said.
"""

import argparse
import json
import os
import platform
import random
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from deployment.scripts.run import MANAGE, prepare, stop, web_command

from .bench_watchers import summary, until_it_answers
from .load_index import Away, index
from .loading import UPLOADS_A_MINUTE, WATCHERS

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "var" / "bench" / "load.json"
ADDRESS = "127.0.0.1:18643"
WORKERS, CLEANUP_SECONDS, AWAY_SECONDS = 4, 60.0, 30.0
#: What systemd waits before it starts a worker again.
RESTART_SECONDS = 5.0
#: How long the last jobs may take after the people have gone: as long as a wait may be, and a lease.
PATIENCE = 360


class Site:
    """The processes of a site, and who kills them."""

    def __init__(self, environment: Mapping[str, str], log: IO[bytes]) -> None:
        self._how: dict[str, Any] = {
            "cwd": ROOT, "env": dict(environment), "stdout": log, "stderr": log, "start_new_session": True,
        }  # fmt: skip
        self.web = subprocess.Popen(web_command(ADDRESS), **self._how)
        self.workers = [self._worker() for _ in range(WORKERS)]
        self.cleanups: Counter[int] = Counter()
        self.killed: list[str] = []

    def _worker(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen([*MANAGE, "run_enrichment_worker", "--processes", "1"], **self._how)

    def clean_up(self) -> None:
        """As the timer does."""
        self.cleanups[subprocess.run([*MANAGE, "cleanup_stale_jobs"], check=False, **self._how).returncode] += 1

    def kill_worker(self, chance: random.Random) -> None:
        """``kill -9`` of one; another is there some seconds later."""
        victim = chance.randrange(WORKERS)
        self.workers[victim].kill()
        self.workers[victim].wait()
        self.killed.append("worker")
        threading.Event().wait(RESTART_SECONDS)
        self.workers[victim] = self._worker()

    def kill_web(self, chance: random.Random) -> None:
        """``kill -9`` of one of the two; gunicorn puts another in its place."""
        children = Path(f"/proc/{self.web.pid}/task/{self.web.pid}/children").read_text(encoding="ascii").split()
        os.kill(int(chance.choice(children)), signal.SIGKILL)
        self.killed.append("web")

    def stop(self) -> None:
        stop([self.web, *self.workers])


@contextmanager
def site(environment: Mapping[str, str], log: IO[bytes]) -> Iterator[Site]:
    """A running site, until the end of the block."""
    running = Site(environment, log)
    try:
        yield running
    finally:
        running.stop()


@contextmanager
def trouble(running: Site, *, seconds: float, seed: int) -> Iterator[None]:
    """Clean-ups every minute, and the two deaths at 40 % and 60 % of the time, beside the block."""
    over, chance = threading.Event(), random.Random(seed)

    def clean() -> None:
        while not over.wait(CLEANUP_SECONDS):
            running.clean_up()

    def kill() -> None:
        for at, strike in ((0.4, running.kill_worker), (0.2, running.kill_web)):
            if not over.wait(at * seconds):
                strike(chance)

    threads = [threading.Thread(target=each) for each in (clean, kill)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def main() -> None:
    """Run it, print the figures, write them to ``var/bench/load.json``, and end with 1 where anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks load", description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    figures = measured(seconds=60 * given.minutes, seed=given.seed)
    OUTPUT.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    report(figures)
    if figures["breaches"]:
        raise SystemExit(1)


def measured(*, seconds: float, seed: int) -> dict[str, Any]:
    """The whole run."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("SCITEX_", "DJANGO_"))}
    away = Away(0.5 * seconds, 0.5 * seconds + min(AWAY_SECONDS, 0.1 * seconds))
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    log_path = OUTPUT.with_suffix(".log")
    with tempfile.TemporaryDirectory() as folder, index(seed=seed, away=away) as faulty, log_path.open("wb") as log:
        environment = own | {
            "SCITEX_ENV_FILE": "", "SCITEX_DATA_DIR": folder, "SCITEX_SOURCES": "crossref", "SCITEX_CROSSREF_URL": faulty.url,
            "SCITEX_CROSSREF_RATE": "50/1s", "SCITEX_UPLOADS_PER_HOUR": "100000", "SCITEX_WORKERS_EXPECTED": str(WORKERS),
            "DJANGO_SETTINGS_MODULE": "scitex_cloud.settings",
        }  # fmt: skip
        prepare(environment)
        began = datetime.now(UTC)
        with site(environment, log) as running:
            until_it_answers(ADDRESS)
            with trouble(running, seconds=seconds, seed=seed):
                people = _people(seconds, seed)
                checked = _checked(environment, people, seed=seed, deaths=len(running.killed))
        cleanups = {str(code): times for code, times in running.cleanups.items()}
    tracebacks = log_path.read_text("utf-8", "replace").count("Traceback (most recent call last)")
    return {
        "began": began.isoformat(timespec="minutes"), "seconds": seconds, "seed": seed, "watchers": WATCHERS,
        "uploads_a_minute": UPLOADS_A_MINUTE, "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "pages": {kind: summary(found) for kind, found in sorted(people["times"].items())},
        "statuses": people["statuses"], "uploads": Counter(_answer(upload) for upload in people["uploads"]),
        "downloads": people["right_downloads"], "index": faulty.failed, "cleanup_exits": cleanups,
        "killed": running.killed, "tracebacks": tracebacks, **checked,
        "breaches": checked["breaches"] + [f"wrong download: {path}" for path in people["wrong_downloads"]],
    }  # fmt: skip


def _answer(upload: Mapping[str, Any]) -> str:
    return "a job" if upload["job"] else str(upload["status"] or "broken off")


def _people(seconds: float, seed: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.loading", f"http://{ADDRESS}", str(seconds), str(seed)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    people: dict[str, Any] = json.loads(done.stdout)
    return people


def _checked(environment: Mapping[str, str], people: Mapping[str, Any], *, seed: int, deaths: int) -> dict[str, Any]:
    given = json.dumps({"seed": seed, "uploads": people["uploads"], "patience": PATIENCE, "deaths": deaths})
    command = [sys.executable, "-m", "benchmarks.load_checks"]
    done = subprocess.run(
        command, cwd=ROOT, env=dict(environment), input=given, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    checked: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return checked


def report(figures: Mapping[str, Any]) -> None:
    """For people."""
    print(f"{'page':>16} {'requests':>9} {'p50 ms':>8} {'p95 ms':>8} {'most ms':>8}  answers")
    for kind, row in figures["pages"].items():
        answers = ", ".join(f"{status}: {times}" for status, times in sorted(figures["statuses"][kind].items()))
        print(f"{kind:>16} {row['requests']:9} {row['p50']:8.0f} {row['p95']:8.0f} {row['most']:8.0f}  {answers}")
    for name in ("uploads", "jobs", "failures", "index", "cleanup_exits", "killed"):
        print(f"{name:>16} {figures[name]}")
    for name in ("entries", "added", "rescues", "downloads", "files", "tracebacks"):
        print(f"{name:>16} {figures[name]}")
    print(
        "\n".join(
            ["Nothing lost, nothing wrong, nothing left over."] if not figures["breaches"] else figures["breaches"]
        )
    )


if __name__ == "__main__":
    main()
