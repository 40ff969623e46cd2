"""Look for bytes that break a promise: ``python -m tests.fuzz [TARGET ...] --minutes 5`` (``make fuzz MINUTES=5``).

Each target runs in a process of its own, one after the other. What reached new branches is kept in ``var/fuzz`` and
goes on from there the next time; what broke a promise is kept beside it, and this ends with 1.
"""

import argparse
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import atheris

from tests.shared_data import SHARED_DATA

with atheris.instrument_imports(include=["apps.scholar_app.enrichment"]):
    from .targets import TARGETS, Target

FOLDER = Path(__file__).resolve().parent.parent.parent / "var" / "fuzz"
LONGEST, SLOWEST_SECONDS, MEMORY_MB = 20_000, 10, 2_048
#: Where recorded answers and real files of a target are, below the shared data; they are read where they are.
RECORDED = {"document": "bib/nasty"}


def _corpus(name: str, target: Target) -> Path:
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds):
        (folder / f"seed-{number}").write_bytes(seed)
    return folder


def _dictionary(target: Target, folder: Path) -> list[str]:
    if not target.pieces:
        return []
    words = "".join('"' + "".join(map("\\x{:02x}".format, piece)) + '"\n' for piece in target.pieces)
    path = folder / "words"
    path.write_text(words, encoding="ascii")
    return [f"-dict={path}"]


def _fuzz(name: str, *, seconds: int, words: Path) -> None:
    """Never returns: the fuzzer ends the process."""
    target = TARGETS[name]
    folders = [str(_corpus(name, target))]
    recorded = SHARED_DATA / RECORDED.get(name, f"api/{name}") if SHARED_DATA else FOLDER
    folders += [str(recorded)] if recorded.is_dir() and recorded != FOLDER else []
    limits = [f"-max_total_time={seconds}", f"-max_len={LONGEST}", f"-timeout={SLOWEST_SECONDS}"]
    limits += [f"-rss_limit_mb={MEMORY_MB}", "-print_final_stats=1", f"-artifact_prefix={FOLDER}/{name}-"]
    mutate = target.mutate

    def mutated(data: bytes, most: int, seed: int) -> bytes:
        chance = random.Random(seed)
        changed = mutate(data, chance) if mutate and chance.random() < 0.8 else data
        return changed if changed != data and len(changed) <= most else atheris.Mutate(data, most)

    more = {"custom_mutator": mutated} if mutate else {}
    atheris.Setup([name, *limits, *_dictionary(target, words), *folders], target.check, **more)
    atheris.Fuzz()


def main() -> int:
    """Fuzz each target for its share of the time; 1 if anything was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.partition("\n")[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)} (all of them)")
    parser.add_argument("--minutes", type=float, default=1.0, help="for each target (1)")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if unknown := set(given.targets) - set(TARGETS):
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    if given.here:
        with tempfile.TemporaryDirectory() as words:
            _fuzz(given.targets[0], seconds=round(60 * given.minutes), words=Path(words))
    again = [sys.executable, "-m", "tests.fuzz", "--here", "--minutes", str(given.minutes)]
    found = [name for name in given.targets or TARGETS if subprocess.run([*again, name], check=False).returncode]
    print(f"Broken: {', '.join(found)}; the inputs are in {FOLDER}." if found else "Nothing broke.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
