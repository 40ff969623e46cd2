"""How fast 1,000 entries are looked up at an index that takes 100 ms to answer and limits its callers.

A server of this machine plays Crossref, counts the calls, and notes whoever goes over the limit. ``python -m benchmarks
sources``.
"""

import json
import logging
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from apps.scholar_app.enrichment import Document, enrich
from apps.scholar_app.enrichment.record import Identifier
from apps.scholar_app.enrichment.sources import registry
from apps.scholar_app.enrichment.sources.circuit import SharedCircuits
from apps.scholar_app.enrichment.sources.http import Access, Shared
from apps.scholar_app.enrichment.sources.limits import Rate, SharedLimits
from apps.scholar_app.enrichment.sources.remote import RemoteSource
from apps.scholar_app.enrichment.sources.shared import SharedFile
from apps.scholar_app.enrichment.sources.spending import SharedSpending
from tests.indexserver import IndexServer, Limit, Work

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


def works() -> list[Work]:
    """Works whose titles have nothing in common that a search could mistake."""
    return [
        Work(f"Alpha{number} beta{number * 7} of gamma{number * 13}", doi=f"10.1000/{number}")
        for number in range(ENTRIES)
    ]


def bibliography(line: Callable[[int, Work], str]) -> bytes:
    """An entry of each work, with one line of its own."""
    return "".join(
        f"@article{{k{number},\n  title = {{{work.title}}},\n  author = {{Knuth, Donald E.}},\n"
        f"  {line(number, work)},\n}}\n"
        for number, work in enumerate(works())
    ).encode()


@contextmanager
def crossref(rate: Rate) -> Any:
    """A source and the server it asks, which lets nobody go faster than ``rate``."""
    with tempfile.TemporaryDirectory() as folder, IndexServer(works(), latency=LATENCY) as server:
        for budget in ("list", "single"):
            server.limit("crossref", budget, Limit(rate.calls, rate.seconds, AT_ONCE))
        state = SharedFile(Path(folder) / "limits.sqlite3")
        shared = Shared(SharedLimits(state), SharedCircuits(state), SharedSpending(state), RealClock(), lambda: 0.5)
        access = Access(contact="bench@example.org", base_url=server.url("crossref"), rate=rate)
        yield registry.build("crossref", access, agent="bench", shared=shared, today=TODAY), server


def timed(work: Callable[[], Any]) -> float:
    """The seconds that it takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def run(data: bytes, source: RemoteSource) -> None:
    """Enrich, and see that everything was found."""
    report = enrich(Document.read(data), [source], today=TODAY).report
    if report.outcomes["enriched"] != ENTRIES:
        raise SystemExit(f"not everything was found: {report.outcomes}")


def by_doi() -> dict[str, Any]:
    """Batches against one call for each entry, under the same limit."""
    with crossref(DOI_RATE) as (source, _):
        singly = timed(lambda: [source.fetch([Identifier("doi", f"10.1000/{n}")]) for n in range(SINGLY)])
    with crossref(DOI_RATE) as (source, server):
        seconds = timed(lambda: run(bibliography(lambda _, work: f"doi = {{{work.doi}}}"), source))
    times = singly / SINGLY * ENTRIES / seconds
    return {
        "what": f"{ENTRIES} DOIs, {LATENCY * 1000:.0f} ms an answer, {DOI_RATE.calls}/s",
        "seconds": seconds, "calls": len(server.log), "violations": len(server.violations),
        "ratio": times, "goal": f">= {DOI_GOAL} x faster than one by one", "reached": times >= DOI_GOAL,
    }  # fmt: skip


def by_title() -> dict[str, Any]:
    """Searches against the time that the limit alone would take."""
    with crossref(TITLE_RATE) as (source, server):
        seconds = timed(lambda: run(bibliography(lambda *_: "year = {2020}"), source))
    ratio = seconds / (ENTRIES / TITLE_RATE.calls)
    return {
        "what": f"{ENTRIES} titles, {LATENCY * 1000:.0f} ms an answer, {TITLE_RATE.calls}/s",
        "seconds": seconds, "calls": len(server.log), "violations": len(server.violations),
        "ratio": ratio, "goal": f"<= {TITLE_GOAL} x what the limit takes", "reached": ratio <= TITLE_GOAL,
    }  # fmt: skip


def main() -> None:
    """Measure, print a table, write ``var/bench/sources.json``."""
    logging.disable(logging.WARNING)
    results = [by_doi(), by_title()]
    for result in results:
        verdict = "reached" if result["reached"] and not result["violations"] else "MISSED"
        calls = f"{result['calls']:5} calls, {result['violations']} of them too soon"
        print(f"{result['what']:<40} {result['seconds']:7.2f} s {calls}")
        print(f"{'':<40} {result['ratio']:7.2f}   {result['goal']}: {verdict}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "sources.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
