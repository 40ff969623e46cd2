"""What reading and writing a bibliography costs, beside bibtexparser's parse alone, and how both grow.

``python -m benchmarks.bench_document``. Each measurement is CPU seconds of a fresh process, the median of five; the
ways take turns, so that whatever else the machine does hits all of them alike. Only the ratios of one run are claims.
"""

import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bibtexparser.entrypoint import parse_string

from apps.scholar_app.enrichment.document import Document, EntryChange, Value, glance

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "var" / "bench"
SIZES = (2_500, 10_000)
TURNS = 5
GOAL_RATIO = 1.3
GOAL_MEGABYTES = 300

_WORDS = (
    "the", "of", "a", "for", "neural", "protein", "quantum", "climate", "graph", "learning", "analysis", "theory",
    "cells", "networks", "random", "adaptive", "data", "measurement", "structure", "dynamics", "sequence",
    "imaging", "large", "scale", "models", "patients", "evidence", "review", "brain", "ocean", "transport",
    "optimal", "stochastic", "inference", "evolution", "genome", "catalysis", "materials", "turbulence",
    "language",
)  # fmt: skip
_NAMES = ("Smith, John", 'M{\\"u}ller, Jörg', "García, Ana", "van der Berg, Pieter", "Zhang, Wei", "{\\'E}mile Durand")
#: (opening of a field, its closing, what stands before the end, quotation marks) as different programs write it.
_LAYOUTS = (
    ("\n  {name} = ", ",", "\n", "{}"),
    ("\n\t{name} = ", ",", "\n", "{}"),
    ("\n  {name:<12} = ", ",", "\n", "{}"),
    ("\n    {name} = ", ",", "\n", '""'),
    (" {name}=", ",", "", "{}"),
)


def bibliography(size: int) -> str:
    """A bibliography of this many entries, about 1 kB each; the same at every call."""
    chance = random.Random(size)
    return "@string{jcp = {Journal of Chemical Physics}}\n\n" + "".join(_entry(n, chance) for n in range(size))


def _entry(number: int, chance: random.Random) -> str:
    before, comma, end, marks = chance.choice(_LAYOUTS)
    fields = {name: f"{marks[0]}{value}{marks[1]}" for name, value in _fields(number, chance)}
    fields |= {"month": "mar", "journal": "jcp"} if number % 3 else {"year": str(1990 + number % 35)}
    body = comma.join(before.format(name=name) + value for name, value in fields.items())
    return f"@article{{key{number},{body}{end}}}\n\n"


def _fields(number: int, chance: random.Random) -> Iterator[tuple[str, str]]:
    def words(count: int) -> str:
        return " ".join(chance.choices(_WORDS, k=count))

    yield "author", " and ".join(chance.sample(_NAMES, 3))
    yield "title", f"{{{words(1).title()}}} {words(8)} $x_{{{number % 9}}}$"
    yield "journal", f"Journal of {words(3).title()}"
    yield "year", str(1990 + number % 35)
    yield "volume", str(number % 90)
    yield "pages", f"{number}--{number + 9}"
    yield "publisher", "Elsevier {\\&} Sons"
    yield "keywords", words(8)
    yield "abstract", words(70)


def parse(data: bytes) -> None:
    """What everybody else's program does to begin with."""
    parse_string(data.decode())


def locate(data: bytes) -> None:
    """The parser without its middleware."""
    parse_string(data.decode(), parse_stack=[])


def round_trip(data: bytes) -> None:
    """Read and write, nothing to add."""
    assert Document.read(data).prove_and_render({}) == data


def all_values(data: bytes) -> None:
    """Read, look at every value, and write."""
    document = Document.read(data)
    assert all(dict(entry.fields) for entry in document.entries)
    assert document.prove_and_render({}) == data


def add_to_all(data: bytes) -> None:
    """Read, add three fields to every entry, prove and write."""
    document = Document.read(data)
    names = {"doi": "10.1000/xyz.123", "url": "https://doi.org/10.1000/xyz.123", "citation_count": "12"}
    change = EntryChange(add=tuple((name, Value.text(value)) for name, value in names.items()))
    document.prove_and_render({entry.index: change for entry in document.entries})


def look(data: bytes) -> None:
    """The quick count at the door."""
    assert glance(data) == data.count(b"@article")


WAYS: dict[str, Callable[[bytes], None]] = {
    "bibtexparser: parse": parse,
    "bibtexparser: parse without middleware": locate,
    "read + write, nothing to add": round_trip,
    "read + every value + write": all_values,
    "read + 3 fields to each entry + proof + write": add_to_all,
    "count at the door": look,
}


def measure(way: str, path: Path) -> dict[str, float]:
    """CPU seconds and peak memory of one way, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.bench_document", "--measure", way, str(path)]
    return dict(json.loads(subprocess.run(command, check=True, capture_output=True, cwd=ROOT).stdout))


def measured(way: str, path: Path) -> dict[str, float]:
    """Called in that process."""
    data = path.read_bytes()
    start = time.process_time()
    WAYS[way](data)
    return {"seconds": time.process_time() - start, "megabytes": _peak_megabytes()}


def _peak_megabytes() -> float:
    """Of this process alone: ``ru_maxrss`` would begin with the parent's."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def run(size: int) -> dict[str, Any]:
    """All ways on one bibliography, with the ratio to the parse of the same run."""
    path = FOLDER / f"document-{size}.bib"
    path.write_text(bibliography(size), encoding="utf-8")
    turns: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for _ in range(TURNS):
        for way, results in turns.items():
            results.append(measure(way, path))
    ways = {
        way: {key: statistics.median(r[key] for r in results) for key in results[0]} for way, results in turns.items()
    }
    parse_seconds = ways["bibtexparser: parse"]["seconds"]
    for result in ways.values():
        result["ratio"] = result["seconds"] / parse_seconds
    return {"entries": size, "bytes": path.stat().st_size, "ways": ways}


def show(result: dict[str, Any]) -> None:
    """One size as a table."""
    print(f"\n{result['entries']:,} entries, {result['bytes'] / 1e6:.1f} MB{'':>27} CPU s   ratio    peak MB")
    for way, figures in result["ways"].items():
        print(f"  {way:<46} {figures['seconds']:>8.2f} {figures['ratio']:>7.2f} {figures['megabytes']:>10.0f}")


def main() -> None:
    """Measure, print, and write ``var/bench/document.json``."""
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(measured(sys.argv[2], Path(sys.argv[3]))))
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    results = []
    for size in SIZES:
        results.append(run(size))
        show(results[-1])
    goal = results[-1]["ways"]["read + write, nothing to add"]
    reached = goal["ratio"] <= GOAL_RATIO and goal["megabytes"] < GOAL_MEGABYTES
    print(
        f"\nGoal: at most {GOAL_RATIO} x the parse and below {GOAL_MEGABYTES} MB: "
        f"{goal['ratio']:.2f} x, {goal['megabytes']:.0f} MB: {'reached' if reached else 'MISSED'}"
    )
    (FOLDER / "document.json").write_text(json.dumps({"results": results, "reached": reached}, indent=2) + "\n")


if __name__ == "__main__":
    main()
