"""The layout of the house: who may import whom, who may write job state, and what the documents say of it."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APP = ROOT / "apps" / "scholar_app"

#: Rooms from the top to the bottom of the house; a room imports from its own row and the rows below it.
ROWS: tuple[tuple[str, ...], ...] = (
    ("urls",),
    (
        "bibtex_views", "look_views", "result_views", "review_views", "account_views", "password_views", "health_views",
        "status_views", "admin", "api", "metrics", "management", "apps",
    ),
    ("templatetags", "results", "letters", "worker", "tasks", "vitals", "history", "charts"),
    ("supervision",),
    ("backup", "owners", "forms", "checks", "door", "plans", "wiring", "submissions", "sign_in", "trail"),
    ("advice", "outcomes", "uploads", "held", "reviews"),
    ("jobs", "catalogue", "keys"),
    ("models", "files"),
    (
        "lookups", "options", "differences", "pages", "access", "presence", "proxies", "broker", "object_store",
        "tallies", "wishes", "polling",
    ),
    ("clock", "review"),
    ("enrichment",),
)  # fmt: skip
ROW_OF = {room: number for number, row in enumerate(ROWS) for room in row}
#: Words that change rows: only ``jobs.py`` says them to EnrichmentJob.
WRITING = {"create", "bulk_create", "update", "bulk_update", "save", "delete", "get_or_create", "update_or_create"}


def room_of(path: Path) -> str:
    return path.relative_to(APP).parts[0].removesuffix(".py")


def modules() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(APP.rglob("*.py")):
        if "migrations" not in path.parts and path != APP / "__init__.py":
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def imported_rooms(path: Path, tree: ast.Module) -> Iterator[str]:
    package = list(path.relative_to(ROOT).with_suffix("").parts)
    if path.name == "__init__.py":
        package = package[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            depth = node.level - (path.name == "__init__.py")
            base = package[: len(package) - depth] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            names = [f"{stem}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            if parts[:2] == ["apps", "scholar_app"] and len(parts) > 2:
                yield parts[2]


def test_every_module_has_its_row() -> None:
    rooms = {room_of(path) for path, _ in modules()}
    assert rooms - set(ROW_OF) == set()


def test_no_room_imports_from_a_room_above_it() -> None:
    upward = {
        f"{path.relative_to(ROOT)} imports {room}"
        for path, tree in modules()
        for room in imported_rooms(path, tree)
        if room in ROW_OF and ROW_OF[room] < ROW_OF[room_of(path)]
    }
    assert upward == set()


def test_the_enrichment_core_knows_no_django_and_no_clock() -> None:
    forbidden = re.compile(r"\bdjango\b|datetime\.now|date\.today|time\.time\(|utcnow|random\.random")
    found = {
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in sorted((APP / "enrichment").rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if forbidden.search(line.split("#")[0]) and not line.lstrip().startswith(('"', "'", "``"))
    }
    assert found == set()


def writes_to_jobs(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr not in WRITING:
            continue
        if re.search(r"\b(EnrichmentJob|job)\b", ast.unparse(node.func.value)):
            yield node.lineno


def test_nobody_but_jobs_writes_job_state() -> None:
    writers = {
        f"{path.relative_to(ROOT)}:{line}"
        for path, tree in modules()
        if room_of(path) not in {"jobs", "models"}
        for line in writes_to_jobs(tree)
    }
    assert writers == set()


def test_the_one_writer_test_sees_a_second_writer() -> None:
    planted = ast.parse("EnrichmentJob.objects.filter(pk=1).update(status='completed')\njob.save()\nform.save()")
    assert list(writes_to_jobs(planted)) == [1, 2]


@pytest.mark.parametrize("pattern", [r"/home/\w+/", r"/root/", r"/Users/\w+/"])
def test_no_file_names_a_path_of_somebodys_machine(pattern: str) -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    found = []
    for name in listed.decode().split("\0"):
        path = ROOT / name
        if name and name != "tests/test_house.py" and path.is_file():
            text = path.read_bytes().decode("utf-8", "replace")
            found += [name] if re.search(pattern, text) else []
    assert found == []
