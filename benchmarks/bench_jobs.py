"""What the clean-up costs in a table of a million jobs, and how long others wait for it.

``python -m benchmarks jobs``; or ``python -m benchmarks.bench_jobs --rows 100000 --postgresql`` (a server of its own) or
``--database URL`` (a fresh, empty one).
Another writer, a process of its own, changes one row every few milliseconds and notes how long each change took.
"""
# ruff: noqa: PLC0415  (Django can be imported only when its settings are)

import argparse
import json
import multiprocessing
import os
import resource
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any, Final

from tests.on_postgresql import server

FOLDER = Path(__file__).resolve().parent.parent / "var" / "bench"
OUTPUT = FOLDER / "jobs.json"
ROWS: Final = 1_000_000
#: Of the rows: how many are stale, and how many are old.
STALE: Final = 10_000
OLD: Final = 100_000
ROUNDS: Final = 3
_PAUSE: Final = 0.003
_BEAT: Final = "benchmark_beat"
_spawn = multiprocessing.get_context("spawn")


def main() -> None:
    """Measure, print a table, and write ``var/bench/jobs.json``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--database", default="", help="URL; a fresh SQLite file where none is given")
    parser.add_argument("--postgresql", action="store_true", help="start a PostgreSQL server for the time of the run")
    options = parser.parse_args()
    with server(durable=True) if options.postgresql else nullcontext(options.database) as database:
        run(options.rows, database)


def run(rows: int, database: str) -> None:
    """Measure on one database."""
    folder = FOLDER / "jobs"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        _set_up(folder, database)
        measured = measure(rows)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    _print(measured)
    OUTPUT.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")


def _set_up(folder: Path, database: str) -> None:
    """A site of its own: settings from here, the log into nowhere (it is written, as always, but not shown)."""
    for name in [name for name in os.environ if name.startswith("SCITEX_")]:
        del os.environ[name]
    os.environ |= {"SCITEX_DATA_DIR": str(folder), "SCITEX_ENV_FILE": ""}
    if database:
        os.environ["SCITEX_DATABASE_URL"] = database
    os.environ["DJANGO_SETTINGS_MODULE"] = "scitex_cloud.settings"
    shown, sys.stderr = sys.stderr, open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 (for the log's whole life)
    import django

    django.setup()
    sys.stderr = shown
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def measure(rows: int) -> dict[str, Any]:
    """Build the table and run the two cases."""
    from django.db import connection

    begun = time.perf_counter()
    _build(rows)
    built = time.perf_counter() - begun
    return {
        "database": connection.vendor,
        "rows": rows,
        "build_seconds": built,
        "failing": measure_failing(min(STALE, rows // 10)),
        "deleting": measure_deleting(),
    }


def _build(rows: int) -> None:
    from datetime import timedelta

    from django.db import connection
    from django.utils import timezone

    from apps.scholar_app.models import EnrichmentJob, Status
    from benchmarks.job_rows import fill

    now, day = timezone.now(), timedelta(days=1)
    stale, old = min(STALE, rows // 10), min(OLD, rows // 10)
    fill("failed", old, at=now - 31 * day, spread=29 * day)
    fill("completed", rows - old, at=now - day, spread=28 * day)
    # Ids are random, so those with the smallest ones lie anywhere in the table.
    anywhere = EnrichmentJob.objects.filter(status=Status.COMPLETED).order_by("id").values("pk")[:stale]
    columns = {"status": Status.PROCESSING, "finished_at": None, "result_name": "", "report_name": ""}
    EnrichmentJob.objects.filter(pk__in=anywhere).update(**columns, lease_until=now)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute(f"CREATE TABLE {_BEAT} (n integer)")
        cursor.execute(f"INSERT INTO {_BEAT} VALUES (0)")


def measure_failing(stale: int) -> dict[str, Any]:
    """``fail_stale`` against one UPDATE by hand of the same rows; seconds, the best of a few rounds each."""
    from apps.scholar_app import jobs

    def ours() -> int:
        return jobs.fail_stale().processing

    times: dict[str, list[float]] = {"by_hand": [], "ours": []}
    for _ in range(ROUNDS):
        for name, act in (("by_hand", _fail_by_hand), ("ours", ours)):
            seconds, count = _timed(act)
            if count != stale:
                raise AssertionError(f"{name} failed {count} of {stale}")
            times[name].append(seconds)
            _make_stale_again()
    waits, _ = _beside_a_writer(ours)
    best = {name: min(measured) for name, measured in times.items()}
    return {"rows": stale, **best, "ratio": best["ours"] / best["by_hand"], "all": times, "others_wait": waits}


def _fail_by_hand() -> int:
    """What somebody at the database's prompt would write."""
    from apps.scholar_app.clock import clock
    from apps.scholar_app.models import EnrichmentJob, Status

    columns = {"status": Status.FAILED, "finished_at": clock(), "lease_until": None, "error_code": "by_hand"}
    stale = EnrichmentJob.objects.stale_processing().order_by()
    return stale.update(**columns, error_message="This job ran for more than 10 minutes and was stopped by hand.")


def _make_stale_again() -> None:
    from django.db.models import F

    from apps.scholar_app.models import EnrichmentJob, Status

    columns = {"status": Status.PROCESSING, "finished_at": None, "error_code": "", "error_message": ""}
    failed = EnrichmentJob.objects.filter(error_code__in=("by_hand", "processing_timeout"), finished_at__isnull=False)
    failed.update(**columns, lease_until=F("started_at"))


def measure_deleting() -> dict[str, Any]:
    """``delete_old`` of every old job beside a writer; milliseconds that it waited, megabytes over the start."""
    from apps.scholar_app import jobs
    from apps.scholar_app.models import EnrichmentJob

    quiet, _ = _beside_a_writer(lambda: time.sleep(3))
    old = EnrichmentJob.objects.old(30).count()
    jobs.delete_old(36_500)
    before = _megabytes(reset=True)
    waits, seconds = _beside_a_writer(lambda: jobs.delete_old(30))
    grown = _megabytes() - before
    if EnrichmentJob.objects.old(30).exists():
        raise AssertionError("old jobs were left")
    return {"rows": old, "seconds": seconds, "memory_mb": grown, "others_wait": waits, "others_wait_for_nothing": quiet}


def _beside_a_writer(act: Callable[[], object]) -> tuple[dict[str, float], float]:
    """How long another writer waited while ``act`` ran (milliseconds), and how long that took (seconds)."""
    from django.db import connection

    ready, stop, answers = _spawn.Event(), _spawn.Event(), _spawn.Queue()
    parameters = {key: value for key, value in connection.get_connection_params().items() if key in _SHARED}
    writer = _spawn.Process(target=write_often, args=(connection.vendor, parameters, ready, stop, answers))
    writer.start()
    try:
        ready.wait(30)
        seconds, _ = _timed(act)
    finally:
        stop.set()
    waits = sorted(answers.get(timeout=60))
    writer.join()
    return {
        "writes": len(waits),
        "median": 1000 * statistics.median(waits),
        "p99": 1000 * waits[int(0.99 * len(waits))],
        "longest": 1000 * waits[-1],
    }, seconds


#: What the other writer connects with.
_SHARED: Final = {"database", "dbname", "host", "port", "user", "password"}


def write_often(vendor: str, parameters: dict[str, Any], ready: Event, stop: Event, answers: Any) -> None:
    """Change one row every few milliseconds until told to stop; answers with the seconds that each change took."""
    beat = _sqlite_beat(parameters) if vendor == "sqlite" else _postgresql_beat(parameters)
    beat()
    ready.set()
    waits = []
    while not stop.is_set():
        waits.append(_timed(beat)[0])
        time.sleep(_PAUSE)
    answers.put(waits)


def _sqlite_beat(parameters: dict[str, Any]) -> Callable[[], object]:
    import sqlite3

    connection = sqlite3.connect(parameters["database"], timeout=60, isolation_level=None)
    connection.execute("PRAGMA synchronous=NORMAL")
    return lambda: connection.execute(f"UPDATE {_BEAT} SET n = n + 1")


def _postgresql_beat(parameters: dict[str, Any]) -> Callable[[], object]:
    import psycopg

    connection = psycopg.connect(**parameters, autocommit=True)
    return lambda: connection.execute(f"UPDATE {_BEAT} SET n = n + 1")


def _timed(act: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    answer = act()
    return time.perf_counter() - begun, answer


def _megabytes(*, reset: bool = False) -> float:
    """The most memory this process took, since the last reset where the system can tell (Linux)."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    if reset:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    (line,) = [line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1000


def _print(measured: dict[str, Any]) -> None:
    failing, deleting = measured["failing"], measured["deleting"]
    rows: Sequence[tuple[str, str, str]] = (
        (f"failing {failing['rows']:,} stale jobs, by hand", f"{failing['by_hand']:.2f} s", ""),
        (f"failing {failing['rows']:,} stale jobs", f"{failing['ours']:.2f} s", f"{failing['ratio']:.2f} x (<= 1.5)"),
        ("  another writer waits at most", f"{failing['others_wait']['longest']:.0f} ms", "(<= 100)"),
        (f"deleting {deleting['rows']:,} old jobs", f"{deleting['seconds']:.1f} s", ""),
        ("  another writer waits at most", f"{deleting['others_wait']['longest']:.0f} ms", "(<= 100)"),
        ("  another writer waits at the 99th percentile", f"{deleting['others_wait']['p99']:.0f} ms", ""),
        ("  with nobody beside it, at most", f"{deleting['others_wait_for_nothing']['longest']:.0f} ms", ""),
        ("  memory over the start", f"{deleting['memory_mb']:.0f} MB", "(< 100)"),
    )
    print(f"{measured['rows']:,} jobs in {measured['database']}, built in {measured['build_seconds']:.0f} s")
    for what, value, goal in rows:
        print(f"{what:50} {value:>10}  {goal}")


if __name__ == "__main__":
    main()
