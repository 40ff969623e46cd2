"""Precision and recall of accepted DOIs, by kind of question; ``python -m benchmarks.bench_matching [--fitting-half]``.

Catalogue questions: real works perturbed into entries, a third of the works taken out of the catalogue, look-alikes of
all kinds put in, references invented. Only the half of the works that ``fit_matching`` never sees is counted. Truth
questions: real entries with known DOIs, and references invented for another benchmark. Every false acceptance is
listed. Writes ``var/bench/matching.json``.
"""

import json
import math
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apps.scholar_app.enrichment.matching import Judgement, judge, reference_of

from .matching_cases import Case, World, build_world, truth_world
from .matching_index import Index
from .matching_works import DATA

OUTPUT = Path(__file__).resolve().parent.parent / "var" / "bench" / "matching.json"
_SEED = 7


@dataclass
class Tally:
    """What became of the questions of one kind."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[dict[str, Any]] = field(default_factory=list)
    noise_missed: Counter[str] = field(default_factory=Counter)
    missed: list[dict[str, Any]] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Takes the other's counts in."""
        self.counts += other.counts
        self.wrong += other.wrong
        self.noise_missed += other.noise_missed

    def summary(self) -> dict[str, Any]:
        """Precision with its Wilson interval, recall, and recall with an offered work counting half."""
        n = self.counts
        accepted = n["right"] + n["tolerated"] + n["wrong"]
        present = n["present"]
        return {
            "questions": n["questions"],
            "present": present,
            **{name: n[name] for name in ("right", "tolerated", "wrong", "offered", "ambiguous", "refused")},
            "precision": 1.0 if not accepted else (n["right"] + n["tolerated"]) / accepted,
            "precision_interval": wilson(n["right"] + n["tolerated"], accepted),
            "precision_strict": 1.0 if not accepted else n["right"] / accepted,
            "recall": n["right"] / present if present else None,
            "recall_with_offers": (n["right"] + n["offered"] / 2) / present if present else None,
        }


def wilson(successes: int, trials: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share."""
    if trials == 0:
        return 0.0, 1.0
    share, scale = successes / trials, 1 + z * z / trials
    middle = (share + z * z / (2 * trials)) / scale
    half = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials)) / scale
    return max(0.0, middle - half), min(1.0, middle + half)


def measure(world: World, *, fitting_half: bool | None) -> tuple[dict[str, Tally], float]:
    """A tally per kind of question, and judgements a second of one process. ``None`` takes both halves."""
    index = Index(world.records)
    cases = [case for case in world.cases if fitting_half is None or case.is_for_fitting == fitting_half]
    tallies: dict[str, Tally] = defaultdict(Tally)
    seconds = 0.0
    for case in cases:
        candidates = index.candidates(reference_of(case.entry))
        start = time.perf_counter()
        judgement = judge(reference_of(case.entry), candidates)
        seconds += time.perf_counter() - start
        _count(tallies[case.kind], case, judgement)
    return tallies, len(cases) / seconds


def _count(tally: Tally, case: Case, judgement: Judgement) -> None:
    tally.counts["questions"] += 1
    tally.counts["present"] += case.present
    doi = judgement.best.record.doi if judgement.best else ""
    if judgement.verdict != "accepted":
        offered = case.present and any(score.record.doi in case.right for score in judgement.candidates)
        tally.counts[judgement.verdict] += 1
        tally.counts["offered"] += offered
        if case.present:
            tally.noise_missed.update(case.entry.noise or ("none",))
            tally.missed.append(_line(case, judgement))
    else:
        outcome = "right" if doi in case.right else "tolerated" if doi in case.tolerated else "wrong"
        tally.counts[outcome] += 1
        if outcome == "wrong":
            tally.wrong.append(_line(case, judgement))


def _line(case: Case, judgement: Judgement) -> dict[str, Any]:
    best = judgement.best
    found = {} if best is None else {
        "found": best.record.doi, "found_title": best.record.title, "value": round(best.value, 4), "doubt": best.doubt,
        "reasons": best.reasons,
    }  # fmt: skip
    return {"kind": case.kind, "work": case.work, "noise": case.entry.noise, "entry": dict(case.entry.fields), **found}


def report(name: str, tallies: dict[str, Tally], rate: float) -> dict[str, Any]:
    """Prints the table and gives what goes into the file."""
    total = Tally()
    for tally in tallies.values():
        total.add(tally)
    print(f"\n{name} ({rate:,.0f} judgements/s)")
    print(
        f"{'kind':42} {'asked':>6} {'right':>6} {'toler.':>6} {'WRONG':>6} {'offered':>7} {'precision':>9} {'recall':>7} {'+offers':>7}"
    )
    for kind, tally in [*sorted(tallies.items()), ("all", total)]:
        s = tally.summary()
        recall = "" if s["recall"] is None else f"{s['recall']:7.3f} {s['recall_with_offers']:7.3f}"
        print(
            f"{kind:42} {s['questions']:6} {s['right']:6} {s['tolerated']:6} {s['wrong']:6} {s['offered']:7} {s['precision']:9.4f} {recall}"
        )
    low, high = total.summary()["precision_interval"]
    print(f"precision of what was accepted: 95 % interval {low:.4f} to {high:.4f}")
    for line in total.wrong:
        print(f"  WRONG {json.dumps(line, ensure_ascii=False)}")
    summaries = {kind: tally.summary() for kind, tally in tallies.items()}
    return {"all": total.summary(), "kinds": summaries, "wrong": total.wrong, "judgements_per_second": round(rate)}


def main() -> None:
    """Measures on the half that was not fitted on, and on the truth."""
    if not DATA.is_dir():
        print("not measured: the folder ../shared/data with real works is not beside this checkout")
        return
    world = build_world(_SEED)
    half = "--fitting-half" in sys.argv
    results = {
        "catalogue": report("catalogue questions, held-out half", *measure(world, fitting_half=half)),
        "truth": report("truth questions", *measure(truth_world(world), fitting_half=None)),
    }
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(json.dumps(results, indent=1, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
