"""Catalogues to measure with, and what bibliographies say of their works, exactly or carelessly, and of others."""

import gzip
import itertools
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from apps.scholar_app.catalogue.sqlite import SqliteCatalogue
from apps.scholar_app.enrichment import record_json
from apps.scholar_app.enrichment.record import Record
from apps.scholar_app.enrichment.references import Reference, reference_of
from apps.scholar_app.enrichment.sources import crossref
from benchmarks.matching_noise import Noise, NoisyEntry
from benchmarks.synthesis import Synthesis, Work, real_works

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data" / "catalogue"
#: Questions of each kind. Of the careless ones (``noisy`` and ``absent``) three in ten are about works it has not.
NUMBERS: Mapping[str, int] = {"exact": 2_000, "noisy": 2_800, "absent": 1_200}
CARELESS = ("noisy", "absent")


@dataclass(frozen=True)
class Question:
    """What a bibliography says of a work; ``doi`` is empty where the catalogue does not have it."""

    kind: str
    reference: Reference
    doi: str


def works() -> Synthesis:
    """Works made of the shared data, or of the examples where those are absent."""
    if DATA.is_dir():
        return Synthesis(real_works(DATA))
    lines = (ROOT / "examples" / "catalogue.jsonl").read_text("utf-8").splitlines()
    return Synthesis([work for work in map(json.loads, lines) if work.get("author")])


def write_dump(path: Path, stream: Iterator[Work]) -> None:
    """The works as a public dump has them; the file appears complete."""
    draft = path.with_suffix(".part")
    with gzip.open(draft, "wt", encoding="utf-8", compresslevel=1) as out:
        for work in stream:
            out.write(json.dumps(work) + "\n")
    draft.rename(path)


def questions(catalogue: SqliteCatalogue, synthesis: Synthesis) -> list[Question]:
    """Of every kind in turn: who asks for one never has the answer to another of the same at hand."""
    chance = random.Random(7)
    noise = Noise(chance)
    known = _known(catalogue, NUMBERS["exact"] + NUMBERS["noisy"], chance)
    exact, noisy = known[: NUMBERS["exact"]], known[NUMBERS["exact"] :]
    asked = [Question("exact", reference_of(_exact(record)), record.doi) for record in exact]
    asked += [Question("noisy", reference_of(noise.entry(record)), record.doi) for record in noisy]
    absent = _others(synthesis, NUMBERS["absent"])
    asked += [Question("absent", reference_of(noise.entry(record)), "") for record in absent]
    chance.shuffle(asked)
    return asked


def _known(catalogue: SqliteCatalogue, number: int, chance: random.Random) -> list[Record]:
    ids = chance.choices(range(1, catalogue.count() + 1), k=number)
    rows = {row.id: row for row in catalogue.rows(set(ids))}
    return [record_json.loads(rows[id_].text) for id_ in ids]


def _exact(record: Record) -> NoisyEntry:
    """Title, authors and year as the index has them, and no more."""
    title = f"{record.title}: {record.subtitle}" if record.subtitle else record.title
    authors = " and ".join(f"{name.family}, {name.given}" if name.given else name.family for name in record.authors)
    said = {"title": title, "author": authors, "year": str(record.year or "")}
    return NoisyEntry("article", {name: value for name, value in said.items() if value})


def _others(synthesis: Synthesis, count: int) -> Sequence[Record]:
    """Works made like the catalogue's near-duplicates, and not among them."""
    stream = Synthesis(synthesis.real, seed=99).works(len(synthesis.real) + count)
    made = itertools.islice(stream, len(synthesis.real), None)
    return [crossref.record_of(work, retrieved=date(2024, 1, 1)) for work in made]
