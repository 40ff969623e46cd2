"""How fast 1,000 entries are looked up at an index that takes 100 ms to answer and limits its callers.

A server of this machine, in a process of its own, plays Crossref, counts the calls, and notes whoever goes over the
limit. ``python -m benchmarks sources``.
"""

import json
import logging
import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from apps.scholar_app.enrichment import Document, enrich
from apps.scholar_app.enrichment.record import Identifier
from apps.scholar_app.enrichment.sources import registry
from apps.scholar_app.enrichment.sources.http import Shared
from apps.scholar_app.enrichment.sources.keeping import keepers_in
from apps.scholar_app.enrichment.sources.limits import Rate
from apps.scholar_app.enrichment.sources.manners import Access
from apps.scholar_app.enrichment.sources.remote import RemoteSource
from apps.scholar_app.enrichment.sources.shared import SharedFile
from tests.indexserver import IndexServer, Limit
from tests.indexserver.works import bibliography, made

FOLDER = Path(__file__).resolve().parent.parent / "var" / "bench"
ENTRIES = 1_000
#: One call for each entry takes long; so many of them show the pace.
SINGLY = 100
LATENCY = 0.1
AT_ONCE = 3
DOI_RATE, TITLE_RATE = Rate(50, 1.0), Rate(25, 1.0)
DOI_GOAL, TITLE_GOAL = 50, 1.1
TODAY = date(2026, 1, 1)


class RealClock:
    """The clock of this machine."""

    now = staticmethod(time.time)
    sleep = staticmethod(time.sleep)


def serve(pipe: Connection, rate: Rate) -> None:
    """Be the index, in a process of its own: tell the address, and when asked, how it was treated."""
    with IndexServer(made(ENTRIES), latency=LATENCY) as server:
        for budget in ("list", "single"):
            server.limit("crossref", budget, Limit(rate.calls, rate.seconds, AT_ONCE))
        pipe.send(server.url("crossref"))
        while pipe.recv():
            pipe.send((len(server.log), len(server.violations)))


@contextmanager
def crossref(rate: Rate) -> Iterator[tuple[RemoteSource, Callable[[], tuple[int, int]]]]:
    """A source that asks a server of this machine; and how many calls that took, and how many came too soon."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=serve, args=(theirs, rate), daemon=True)
    process.start()
    access = Access(contact="bench@example.org", base_url=ours.recv(), rate=rate)

    def treated() -> tuple[int, int]:
        ours.send(True)
        calls: tuple[int, int] = ours.recv()
        return calls

    with tempfile.TemporaryDirectory() as folder:
        keepers = keepers_in(SharedFile(Path(folder) / "limits.sqlite3"))
        shared = Shared(*keepers, RealClock(), luck=lambda: 0.5)
        yield registry.build("crossref", access, agent="bench", shared=shared, today=TODAY), treated
    ours.send(False)
    process.join()


class Measured(NamedTuple):
    """Seconds on the clock, and of our own work on a CPU."""

    seconds: float
    cpu: float


def timed(work: Callable[[], Any]) -> Measured:
    """What it takes."""
    began, cpu = time.perf_counter(), time.process_time()
    work()
    return Measured(time.perf_counter() - began, time.process_time() - cpu)


def run(data: bytes, source: RemoteSource) -> None:
    """Enrich, and see that everything was found."""
    report = enrich(Document.read(data), [source], today=TODAY).report
    if report.outcomes["enriched"] != ENTRIES:
        raise SystemExit(f"not everything was found: {report.outcomes}")


def by_doi() -> dict[str, Any]:
    """Batches against one call for each entry, under the same limit."""
    data = bibliography(made(ENTRIES), with_doi=lambda _: True)
    with crossref(DOI_RATE) as (source, _):
        singly = timed(lambda: [source.fetch([Identifier("doi", f"10.1000/{n}")]) for n in range(SINGLY)]).seconds
    with crossref(DOI_RATE) as (source, treated):
        measured, (calls, violations) = timed(lambda: run(data, source)), treated()
    times = singly / SINGLY * ENTRIES / measured.seconds
    return {
        "what": f"{ENTRIES} DOIs, {LATENCY * 1000:.0f} ms an answer, {DOI_RATE.calls}/s",
        **measured._asdict(), "calls": calls, "violations": violations,
        "ratio": times, "goal": f">= {DOI_GOAL} x faster than one by one", "reached": times >= DOI_GOAL,
    }  # fmt: skip


def by_title() -> dict[str, Any]:
    """Searches against the time that the limit alone would take."""
    data = bibliography(made(ENTRIES), with_doi=lambda _: False)
    with crossref(TITLE_RATE) as (source, treated):
        measured, (calls, violations) = timed(lambda: run(data, source)), treated()
    ratio = measured.seconds / (ENTRIES / TITLE_RATE.calls)
    return {
        "what": f"{ENTRIES} titles, {LATENCY * 1000:.0f} ms an answer, {TITLE_RATE.calls}/s",
        **measured._asdict(), "calls": calls, "violations": violations,
        "ratio": ratio, "goal": f"<= {TITLE_GOAL} x what the limit takes", "reached": ratio <= TITLE_GOAL,
    }  # fmt: skip


def main() -> None:
    """Measure, print a table, write ``var/bench/sources.json``."""
    logging.disable(logging.WARNING)
    results = [by_doi(), by_title()]
    for result in results:
        verdict = "reached" if result["reached"] and not result["violations"] else "MISSED"
        calls = f"{result['calls']:5} calls, {result['violations']} of them too soon"
        print(f"{result['what']:<40} {result['seconds']:7.2f} s {calls}, {result['cpu']:.2f} s of CPU")
        print(f"{'':<40} {result['ratio']:7.2f}   {result['goal']}: {verdict}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "sources.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
