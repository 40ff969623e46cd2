"""How fast the local catalogue is loaded and searched, and whether it finds what it holds, as it grows.

``python -m benchmarks catalogue``; or ``python -m benchmarks.bench_catalogue 10000 100000`` for these sizes only. With
``--keep FOLDER`` the dumps and catalogues made stay there, and the next run with the same folder searches them again.
"""

import argparse
import json
import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apps.scholar_app.catalogue.opening import FILE_NAME
from apps.scholar_app.catalogue.source import CatalogueSource
from apps.scholar_app.catalogue.sqlite import SqliteCatalogue
from apps.scholar_app.enrichment.matching import judge
from apps.scholar_app.enrichment.record import Identifier
from apps.scholar_app.enrichment.references import query_of
from benchmarks.catalogue_questions import CARELESS, NUMBERS, ROOT, Question, questions, works, write_dump
from benchmarks.synthesis import Synthesis

FOLDER = ROOT / "var" / "bench"
OUTPUT = FOLDER / "catalogue.json"
SIZES = (10_000, 100_000, 1_000_000)
PROCESSES = 2
GOAL = 2_000
#: Questions a process asks before it is measured: it has then read what every question needs.
WARMING = 300


@dataclass
class Tally:
    """What became of the questions of one kind; seconds are as a clock on the wall and as the CPU counts them."""

    questions: int = 0
    #: About works that the catalogue has.
    present: int = 0
    wall: float = 0.0
    cpu: float = 0.0
    searching: list[float] = field(default_factory=list)
    at_1: int = 0
    at_10: int = 0
    candidates: int = 0
    accepted: int = 0
    right: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        mine, theirs = vars(self), vars(other)
        return Tally(**{name: mine[name] + theirs[name] for name in mine})


@dataclass(frozen=True)
class Share:
    """What one process found out; kilobytes of its memory before and after."""

    tallies: dict[str, Tally]
    fetched_per_second: float
    kilobytes: tuple[int, int]


def load(dump: Path, folder: Path) -> dict[str, float]:
    """Load the dump with the command; seconds, and the most memory that one of its processes took."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SCITEX_")}
    environment |= {"SCITEX_DATA_DIR": str(folder), "SCITEX_ENV_FILE": ""}
    begun, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, str(ROOT / "manage.py"), "load_catalogue", str(dump)]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    seconds, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "seconds": seconds,
        "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "peak_mb": after.ru_maxrss / 1000,
        "file_mb": (folder / FILE_NAME).stat().st_size / 1e6,
    }


def search(path: Path, asked: Sequence[Question]) -> Share:
    """Find and judge, one after the other, as a job does."""
    catalogue = SqliteCatalogue(path, mapped=True)
    source = CatalogueSource(catalogue)
    for question in asked[:WARMING]:
        ask(source, question, Tally())
    before, tallies = _kilobytes(), {kind: Tally() for kind in NUMBERS}
    for question in asked[WARMING:]:
        ask(source, question, tallies[question.kind])
    after = _kilobytes()
    dois = [Identifier("doi", question.doi) for question in asked if question.doi]
    seconds = _timed(lambda: _fetch(source, dois))
    catalogue.close()
    return Share(tallies, len(dois) / seconds, (before, after))


def ask(source: CatalogueSource, question: Question, tally: Tally) -> None:
    """Find and judge one entry, and count what came of it."""
    cpu, begun = time.process_time(), time.perf_counter()
    records = source.search(query_of(question.reference))
    searched = time.perf_counter()
    judgement = judge(question.reference, records)
    tally.wall += time.perf_counter() - begun
    tally.cpu += time.process_time() - cpu
    tally.searching.append(searched - begun)
    tally.questions += 1
    tally.present += bool(question.doi)
    tally.candidates += len(records)
    tally.at_1 += bool(records) and records[0].doi == question.doi
    tally.at_10 += question.doi in {record.doi for record in records}
    if judgement.verdict == "accepted" and judgement.best:
        tally.accepted += 1
        tally.right += judgement.best.record.doi == question.doi


def _fetch(source: CatalogueSource, dois: Sequence[Identifier]) -> None:
    for start in range(0, len(dois), source.batch_size):
        source.fetch(dois[start : start + source.batch_size])


def _timed(action: Callable[[], object]) -> float:
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def _kilobytes() -> int:
    """Memory of its own: what is read in place of the file is the system's."""
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("RssAnon"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def measure(size: int, synthesis: Synthesis, folder: Path) -> dict[str, Any]:
    """Make and load a catalogue of this size, unless the folder holds one, and search it."""
    loaded = made(size, synthesis, folder)
    catalogue = SqliteCatalogue(folder / FILE_NAME)
    asked = questions(catalogue, synthesis)
    known = catalogue.count()
    catalogue.close()
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        shares = pool.starmap(search, [(folder / FILE_NAME, asked[n::PROCESSES]) for n in range(PROCESSES)])
    kinds = {kind: summary(share.tallies[kind] for share in shares) for kind in NUMBERS}
    careless = summary(share.tallies["noisy"] + share.tallies["absent"] for share in shares)
    grown = max(share.kilobytes[1] - share.kilobytes[0] for share in shares) / 1000
    fetched = sum(share.fetched_per_second for share in shares)
    return {
        "works": known, "load": loaded, "kinds": kinds, "careless": careless, "grown_mb": grown, "fetched_per_second": fetched,
    }  # fmt: skip


def made(size: int, synthesis: Synthesis, folder: Path) -> dict[str, float]:
    """What loading the catalogue in the folder took, now or when it was made."""
    notes = folder / "load.json"
    if not notes.exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        dump = folder / "works.jsonl.gz"
        seconds = _timed(lambda: write_dump(dump, synthesis.works(size)))
        notes.write_text(json.dumps({"making_the_dump": seconds, **load(dump, folder)}), "utf-8")
    found: dict[str, float] = json.loads(notes.read_text("utf-8"))
    return found


def summary(tallies: Iterable[Tally]) -> dict[str, float]:
    """The processes' shares as one: rates add up, shares are of all."""
    parts = list(tallies)
    whole = sum(parts[1:], parts[0])
    times = sorted(whole.searching)
    return {
        "questions": whole.questions,
        "searched_per_second": sum(part.questions / sum(part.searching) for part in parts),
        "judged_per_second": sum(part.questions / part.wall for part in parts),
        "judged_per_cpu_second": whole.questions / whole.cpu,
        **{f"p{share}_ms": times[len(times) * share // 100] * 1e3 for share in (50, 95, 99)},
        "at_1": whole.at_1 / max(1, whole.present),
        "at_10": whole.at_10 / max(1, whole.present),
        "candidates": whole.candidates / whole.questions,
        "accepted": whole.accepted / whole.questions,
        "right_of_accepted": whole.right / max(1, whole.accepted),
    }


_COLUMNS = (
    "   works", "    kind", "found/s", "and judged/s", "per CPU s", "p50 ms", "p95 ms", "p99 ms",
    " at 1", "at 10", "candidates", "accepted", " right",
)  # fmt: skip
_FORMATS = "searched_per_second:.0f judged_per_second:.0f judged_per_cpu_second:.0f p50_ms:.2f p95_ms:.2f p99_ms:.2f"
_FORMATS += " at_1:.3f at_10:.3f candidates:.2f accepted:.3f right_of_accepted:.4f"


def report(result: dict[str, Any]) -> None:
    """One line on the catalogue, and one for each kind of question."""
    loaded = result["load"]
    rate = result["works"] / loaded["seconds"]
    print(
        f"{result['works']} works: loaded in {loaded['seconds']:.0f} s, {rate:.0f} a second ({loaded['cpu']:.0f} s of CPU), "
        f"at most {loaded['peak_mb']:.0f} MB a process; file {loaded['file_mb']:.0f} MB; "
        f"{result['fetched_per_second']:.0f} DOIs a second; a searching process grew by {result['grown_mb']:.0f} MB"
    )
    for kind, found in {**result["kinds"], "careless": result["careless"]}.items():
        cells = [format(found[name], how) for name, how in (part.split(":") for part in _FORMATS.split())]
        row = zip(_COLUMNS, (str(result["works"]), kind, *cells), strict=True)
        print(" ".join(f"{cell:>{len(name)}}" for name, cell in row), flush=True)


def arguments() -> argparse.Namespace:
    """The sizes, and where to keep what is made."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES, metavar="SIZE", help="works in a catalogue")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the catalogues there, and use them again")
    return parser.parse_args()


def main() -> None:
    """Measure each size, print a table, write ``var/bench/catalogue.json``."""
    options, synthesis = arguments(), works()
    results = {}
    print(" ".join(_COLUMNS))
    for size in options.sizes:
        folder = (options.keep or FOLDER) / f"catalogue-{size}"
        try:
            results[str(size)] = measure(size, synthesis, folder)
        finally:
            if options.keep is None:
                shutil.rmtree(folder, ignore_errors=True)
        report(results[str(size)])
    conclude(results)
    FOLDER.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(json.dumps(results, indent=1), encoding="utf-8")


def conclude(results: dict[str, dict[str, Any]]) -> None:
    """The goal, and how the catalogue's size tells."""
    smallest, largest = (results[str(size)]["careless"] for size in (min(map(int, results)), max(map(int, results))))
    rate, by_cpu = largest["judged_per_second"], largest["judged_per_cpu_second"] * PROCESSES
    print(
        f"careless entries ({' and '.join(CARELESS)}) found and judged by {PROCESSES} processes: {rate:.0f} a second, "
        f"{by_cpu:.0f} in {PROCESSES} seconds of CPU; goal {GOAL}: {rate / GOAL:.2f} of it"
    )
    if len(results) > 1:
        slower = smallest["judged_per_cpu_second"] / largest["judged_per_cpu_second"]
        print(f"{slower:.2f} times the CPU of the smallest catalogue")


if __name__ == "__main__":
    main()
