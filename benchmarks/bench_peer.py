"""Beside a peer, bibtexautocomplete: the same files read and written with nothing to add, and the same titles looked up.

The peer is installed into an environment of its own below ``var/bench``; where it cannot be, the benchmark says so.
"""

import json
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.shared_data import SHARED_DATA

from . import peer_lookups
from .bench_document import bibliography

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "var" / "bench"
PEER = ("bibtexautocomplete==1.4.3", "bibtexparser<2")
ENTRIES = 1_000
ROUNDS = 3
OURS = (
    "import sys; from apps.scholar_app.enrichment import Document; from pathlib import Path;"
    "Path(sys.argv[2]).write_bytes(Document.read(Path(sys.argv[1]).read_bytes()).prove_and_render({}))"
)


def install() -> Path | None:
    """The peer's command, or ``None`` where it cannot be installed."""
    environment = FOLDER / "peer"
    command = environment / "bin" / "btac"
    if not command.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        steps: tuple[Sequence[str], ...] = (
            [sys.executable, "-m", "venv", str(environment)],
            [str(environment / "bin" / "python"), "-m", "pip", "install", "--quiet", *PEER],
        )
        if any(subprocess.run(step, check=False, capture_output=True).returncode for step in steps):
            return None
    return command


def run(command: Sequence[str]) -> tuple[bool, float]:
    """Whether it succeeded, and the CPU seconds it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done.returncode == 0, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def ours(source: Path, target: Path) -> list[str]:
    """Our reader and writer, in a process of its own as the peer is."""
    return [sys.executable, "-c", OURS, str(source), str(target)]


def theirs(btac: Path, source: Path, target: Path) -> list[str]:
    """The peer, told to look up an entry that is not there."""
    return [str(btac), "--silent", "-q", "researchr", "-e", "no-such-entry", "-o", str(target), str(source)]


def seconds(command: Sequence[str]) -> float:
    """The median CPU time of some runs."""
    return statistics.median(run(command)[1] for _ in range(ROUNDS))


def kept(make: Any, sources: Sequence[Path], target: Path) -> int:
    """How many files come back with every byte."""
    same = 0
    for source in sources:
        target.unlink(missing_ok=True)
        worked, _ = run(make(source, target))
        same += worked and target.exists() and target.read_bytes() == source.read_bytes()
    return same


def compare(btac: Path) -> dict[str, Any]:
    """Speed on one made file, faithfulness on real ones."""
    with tempfile.TemporaryDirectory() as folder:
        made, target = Path(folder) / "made.bib", Path(folder) / "out.bib"
        made.write_text(bibliography(ENTRIES), encoding="utf-8")
        files = [ROOT / "examples" / "references.bib"]
        if SHARED_DATA is not None:
            files += sorted((SHARED_DATA / "bib" / "real").glob("*.bib"), key=lambda path: path.stat().st_size)[:20]
        peer = lambda source, out: theirs(btac, source, out)  # noqa: E731
        return {
            "entries": ENTRIES,
            "cpu_seconds": {"ours": seconds(ours(made, target)), "peer": seconds(peer(made, target))},
            "files": len(files),
            "files_with_every_byte": {"ours": kept(ours, files, target), "peer": kept(peer, files, target)},
        }


def main() -> None:
    """Print the table and write ``var/bench/peer.json``."""
    btac = install()
    if btac is None:
        print(f"{PEER[0]} cannot be installed here; nothing was compared.")
        return
    result = compare(btac)
    cpu, same = result["cpu_seconds"], result["files_with_every_byte"]
    print(f"{'':42}{'ours':>8}{PEER[0].split('=')[0]:>22}")
    print(f"{f'read and write {ENTRIES:,} entries, CPU s':42}{cpu['ours']:8.2f}{cpu['peer']:22.2f}")
    print(f"{'files with every byte, of ' + str(result['files']):42}{same['ours']:8}{same['peer']:22}")
    (FOLDER / "peer.json").write_text(json.dumps(result, indent=2), encoding="utf-8")
    peer_lookups.main(btac, FOLDER)


if __name__ == "__main__":
    main()
