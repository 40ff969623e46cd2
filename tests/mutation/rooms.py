"""What is tested by mutation, and which tests have to notice."""

from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[2]
_APP: Final = "apps/scholar_app"
_SEE_JOBS: Final = ("operators/test_metrics", "operators/test_refusals", "operators/test_tallies", "web/test_letters")
_CORE: Final = f"{_APP}/enrichment"


class Room(NamedTuple):
    """Patterns of its code and of its tests."""

    code: tuple[str, ...]
    tests: tuple[str, ...]

    def files(self) -> list[Path]:
        return sorted(path for pattern in self.code for path in ROOT.glob(pattern))

    def test_files(self) -> list[Path]:
        """Without whole real files: they take long, and hardly ever see what the others do not."""
        found = sorted({path for pattern in self.tests for path in ROOT.glob(pattern)})
        return [path for path in found if not path.stem.endswith(("_real_files", "_purity"))]


def _core(code: str, tests: str) -> Room:
    """Modules of the core, and how the names of their tests begin."""
    return Room(
        tuple(f"{_CORE}/{name}.py" for name in code.split()),
        tuple(f"tests/enrichment/test_{name}*.py" for name in tests.split()),
    )


ROOMS: Final[dict[str, Room]] = {
    "jobs": Room(
        (f"{_APP}/jobs/*.py",),
        ("tests/jobs/test_*.py", *(f"tests/{name}.py" for name in _SEE_JOBS)),
    ),
    "merging": _core(
        "merging settling offering lending facts fields",
        "merging offering settling lending facts findings explaining verification cited pipeline adversary",
    ),
    "document": _core("document bibtex/*", "document"),
    "matching": _core(
        "matching guards doubts features weights",
        "matching judging guards doubts features weights hard authorship containers cited verification adversary",
    ),
}
