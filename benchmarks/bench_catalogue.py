"""How fast the local catalogue is loaded and searched, and whether it finds what it holds, as it grows.

``python -m benchmarks catalogue``; or ``python -m benchmarks.bench_catalogue 10000 100000`` for these sizes only.
"""

import gzip
import itertools
import json
import multiprocessing
import os
import random
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from apps.scholar_app.catalogue.indexing import hash_of
from apps.scholar_app.catalogue.source import CatalogueSource
from apps.scholar_app.catalogue.sqlite import SqliteCatalogue
from apps.scholar_app.enrichment import record_json
from apps.scholar_app.enrichment.matching import judge
from apps.scholar_app.enrichment.record import Identifier, Record
from apps.scholar_app.enrichment.references import Reference, query_of, reference_of
from apps.scholar_app.enrichment.sources import crossref
from apps.scholar_app.enrichment.text import normalise_title, squeeze
from benchmarks.matching_noise import Noise
from benchmarks.synthesis import Synthesis, Work, real_works

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data" / "catalogue"
FOLDER = ROOT / "var" / "bench"
OUTPUT = FOLDER / "catalogue.json"
SIZES = (10_000, 100_000, 1_000_000)
QUESTIONS = 4_000
PROCESSES = 2
#: The share of questions about works that the catalogue does not have.
ABSENT = 0.3
GOAL = 2_000


@dataclass(frozen=True)
class Question:
    """What a bibliography says of a work; ``doi`` is empty where the catalogue does not have it."""

    reference: Reference
    doi: str


@dataclass(frozen=True)
class Searched:
    """One process's share of the questions. Seconds are of its own CPU; kilobytes at the beginning and at the end."""

    questions: int
    wall: float
    cpu: float
    judged_wall: float
    judged_cpu: float
    hash_wall: float
    fetch_wall: float
    p50: float
    p95: float
    p99: float
    present: int
    found: int
    accepted: int
    right: int
    candidates: int
    kilobytes: tuple[int, int]


def works() -> Synthesis:
    """Works made of the shared data, or of the examples where those are absent."""
    if DATA.is_dir():
        return Synthesis(real_works(DATA))
    lines = (ROOT / "examples" / "catalogue.jsonl").read_text("utf-8").splitlines()
    return Synthesis([work for work in map(json.loads, lines) if work.get("author")])


def write_dump(path: Path, stream: Iterator[Work]) -> None:
    """The works as a public dump has them."""
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=1) as out:
        for work in stream:
            out.write(json.dumps(work) + "\n")


def load(dump: Path, folder: Path) -> dict[str, float]:
    """Load the dump with the command; seconds, and the most memory that one of its processes took."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SCITEX_")}
    environment |= {"SCITEX_DATA_DIR": str(folder), "SCITEX_ENV_FILE": ""}
    begun = time.perf_counter()
    command = [sys.executable, str(ROOT / "manage.py"), "load_catalogue", str(dump)]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    size = (folder / "catalogue.sqlite3").stat().st_size
    return {"seconds": seconds, "peak_mb": peak / 1000, "file_mb": size / 1e6}


def questions(catalogue: SqliteCatalogue, synthesis: Synthesis) -> list[Question]:
    """Entries about works of the catalogue, and about works that are not in it, as careless people write them."""
    chance = random.Random(7)
    noise = Noise(chance)
    absent = int(QUESTIONS * ABSENT)
    ids = sorted(chance.sample(range(1, catalogue.count() + 1), min(QUESTIONS - absent, catalogue.count())))
    asked = [
        Question(reference_of(noise.entry(record)), record.doi)
        for record in (record_json.loads(row.text) for row in catalogue.rows(ids))
    ]
    asked += [Question(reference_of(noise.entry(record)), "") for record in others(synthesis, absent)]
    chance.shuffle(asked)
    return asked


def others(synthesis: Synthesis, count: int) -> list[Record]:
    """Works made like the catalogue's near-duplicates, and not among them."""
    stream = Synthesis(synthesis.real, seed=99).works(len(synthesis.real) + count)
    made = itertools.islice(stream, len(synthesis.real), None)
    return [crossref.record_of(work, retrieved=date(2024, 1, 1)) for work in made]


def search(path: Path, asked: Sequence[Question]) -> Searched:
    """Ask the questions, then judge the answers; for comparison, look up the title's hash alone, and the DOIs."""
    catalogue = SqliteCatalogue(path)
    source = CatalogueSource(catalogue)
    for question in asked[:100]:
        judge(question.reference, source.search(query_of(question.reference)))
    before = _kilobytes()
    times, answers, cpu = [], [], time.process_time()
    for question in asked:
        begun = time.perf_counter()
        answers.append(source.search(query_of(question.reference)))
        times.append(time.perf_counter() - begun)
    cpu = time.process_time() - cpu
    begun, judged_cpu = time.perf_counter(), time.process_time()
    judged = [judge(question.reference, answer) for question, answer in zip(asked, answers, strict=True)]
    judged_wall, judged_cpu = time.perf_counter() - begun, time.process_time() - judged_cpu
    present = [n for n, question in enumerate(asked) if question.doi]
    accepted = [n for n, judgement in enumerate(judged) if judgement.verdict == "accepted"]
    times.sort()
    result = Searched(
        questions=len(asked),
        wall=sum(times),
        cpu=cpu,
        judged_wall=judged_wall,
        judged_cpu=judged_cpu,
        hash_wall=_timed(lambda: [_by_hash(catalogue, question) for question in asked]),
        fetch_wall=_timed(lambda: _fetch(source, asked)),
        p50=times[len(times) // 2],
        p95=times[int(len(times) * 0.95)],
        p99=times[int(len(times) * 0.99)],
        present=len(present),
        found=sum(asked[n].doi in {record.doi for record in answers[n]} for n in present),
        accepted=len(accepted),
        right=sum(judged[n].best.record.doi == asked[n].doi for n in accepted),  # type: ignore[union-attr]
        candidates=sum(map(len, answers)),
        kilobytes=(before, _kilobytes()),
    )
    catalogue.close()
    return result


def _by_hash(catalogue: SqliteCatalogue, question: Question) -> object:
    key = hash_of(f"t:{squeeze(normalise_title(question.reference.title))}")
    return catalogue.rows(catalogue.ids_of([key], limit=50).get(key, ()))


def _fetch(source: CatalogueSource, asked: Sequence[Question]) -> None:
    dois = [Identifier("doi", question.doi) for question in asked if question.doi]
    for start in range(0, len(dois), source.batch_size):
        source.fetch(dois[start : start + source.batch_size])


def _timed(action: Any) -> float:
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def _kilobytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def measure(size: int, synthesis: Synthesis) -> dict[str, Any]:
    """Make, load and search a catalogue of this size."""
    folder = FOLDER / f"catalogue-{size}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        dump = folder / "works.jsonl.gz"
        write_dump(dump, synthesis.works(size))
        loaded = load(dump, folder)
        catalogue = SqliteCatalogue(folder / "catalogue.sqlite3")
        asked = questions(catalogue, synthesis)
        works_known = catalogue.count()
        catalogue.close()
        with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
            shares = [(folder / "catalogue.sqlite3", asked[n::PROCESSES]) for n in range(PROCESSES)]
            parts = pool.starmap(search, shares)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {"works": works_known, "load": loaded, **summary(parts), "parts": [asdict(part) for part in parts]}


def summary(parts: Sequence[Searched]) -> dict[str, float]:
    """The processes' shares as one: rates add up, shares are of all."""
    present, accepted = sum(p.present for p in parts), sum(p.accepted for p in parts)
    return {
        "searches_per_second": sum(p.questions / p.wall for p in parts),
        "judged_per_second": sum(p.questions / (p.wall + p.judged_wall) for p in parts),
        "judged_per_cpu_second": sum(p.questions for p in parts) / sum(p.cpu + p.judged_cpu for p in parts),
        "search_to_hash": sum(p.wall for p in parts) / sum(p.hash_wall for p in parts),
        "fetched_per_second": sum(p.present / p.fetch_wall for p in parts),
        "p50_ms": max(p.p50 for p in parts) * 1e3,
        "p95_ms": max(p.p95 for p in parts) * 1e3,
        "p99_ms": max(p.p99 for p in parts) * 1e3,
        "recall": sum(p.found for p in parts) / present,
        "accepted_right": sum(p.right for p in parts) / max(1, accepted),
        "accepted_of_present": sum(p.right for p in parts) / present,
        "candidates": sum(p.candidates for p in parts) / sum(p.questions for p in parts),
        "grown_mb": max(p.kilobytes[1] - p.kilobytes[0] for p in parts) / 1000,
    }


_COLUMNS = (
    "  works", "load s", "works/s", "peak MB", "file MB", "searches/s", "judged/s", "judged/CPU s", "x one hash",
    "p50 ms", "p95 ms", "p99 ms", "recall", "right", "grown MB", "fetched/s",
)  # fmt: skip


def _cells(result: dict[str, Any]) -> list[str]:
    loaded, rate = result["load"], result["works"] / result["load"]["seconds"]
    whole = (result["works"], loaded["seconds"], rate, loaded["peak_mb"], loaded["file_mb"])
    rates = ("searches_per_second", "judged_per_second", "judged_per_cpu_second")
    fine = ("search_to_hash", "p50_ms", "p95_ms", "p99_ms")
    shares = ("recall", "accepted_right")
    return [
        *(f"{value:.0f}" for value in (*whole, *(result[name] for name in rates))),
        *(f"{result[name]:.2f}" for name in fine),
        *(f"{result[name]:.4f}" for name in shares),
        *(f"{result[name]:.0f}" for name in ("grown_mb", "fetched_per_second")),
    ]


def main() -> None:
    """Measure each size, print a table, write ``var/bench/catalogue.json``."""
    sizes = [int(argument) for argument in sys.argv[1:]] or list(SIZES)
    synthesis = works()
    results = {}
    print(" ".join(f"{name:>{len(name)}}" for name in _COLUMNS))
    for size in sizes:
        result = results[str(size)] = measure(size, synthesis)
        print(" ".join(f"{cell:>{len(name)}}" for name, cell in zip(_COLUMNS, _cells(result), strict=True)), flush=True)
    fastest, largest = results[str(min(sizes))], results[str(max(sizes))]
    rate = largest["judged_per_second"]
    print(
        f"search and judge, {PROCESSES} processes: {rate:.0f} entries per second; goal {GOAL}: {rate / GOAL:.2f} of it"
    )
    print(f"slower at {max(sizes)} works than at {min(sizes)}: {fastest['judged_per_second'] / rate:.2f} times")
    FOLDER.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
