"""One run: the tests once as they are, to know which runs what; then once more for each fault, until one notices.

Each fault is planted in a fork of the process that has everything loaded, so it costs what the tests cost that run the
changed line, the quickest first. What nothing noticed is planted anew in a fresh process before it counts as survivor.
"""

import ast
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, NamedTuple

import coverage
import pytest
from _pytest.runner import runtestprotocol

from .forking import in_a_fork
from .operators import Mutant, mutants_of
from .planting import Running, constant_of, memories
from .rooms import ROOT, Room

#: Seconds of work; what takes longer runs in the fresh process only.
_SLOW: Final = 0.7


class Planned(NamedTuple):
    """A fault, and where it is: the file, its tree, and the how-manieth of this file it is."""

    path: Path
    tree: ast.Module
    number: int
    mutant: Mutant

    @property
    def where(self) -> tuple[str, str, str]:
        """What names it, also after lines have moved."""
        return str(self.path.relative_to(ROOT)), self.mutant.scope, self.mutant.change


def planned(room: Room) -> list[Planned]:
    """Every fault of a room."""
    trees = [(path, ast.parse(path.read_bytes())) for path in room.files()]
    return [
        Planned(path, tree, number, mutant) for path, tree in trees for number, mutant in enumerate(mutants_of(tree))
    ]


class Campaign:
    """The pytest plugin that does it; afterwards ``survivors`` are those that no test noticed."""

    def __init__(self, faults: Sequence[Planned], *, makes_sure: bool) -> None:
        self._makes_sure = makes_sure
        self._faults, self._files = faults, sorted({fault.path for fault in faults})
        self.survivors: list[Planned] = []
        self.timeouts = 0
        self._items: list[pytest.Item] = []
        self._took: dict[int, float] = {}
        self._running: defaultdict[tuple[str, int], set[int]] = defaultdict(set)
        self._slow: set[int] = set()
        self._trusted: set[int] = set()
        self._failing_in_forks: set[int] = set()

    @staticmethod
    def pytest_configure() -> None:
        """The same examples each time, and none wasted on making a failure smaller."""
        from hypothesis import HealthCheck, Phase, settings

        phases, checks = [Phase.explicit, Phase.generate], list(HealthCheck)
        settings.register_profile(
            "mutation", database=None, derandomize=True, phases=phases, suppress_health_check=checks
        )
        settings.load_profile("mutation")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._items = [item for item in session.items if not item.get_closest_marker("processes")]
        self._neighbour: Any = SimpleNamespace(listchain=lambda: [session])
        self._memories = memories()
        self._learn()
        self._code = Running(self._files)
        database = _Database()
        for number, fault in enumerate(self._faults, 1):
            database.restore()
            self._try(fault)
            if number % 100 == 0:
                print(f"{number} of {len(self._faults)}: {len(self.survivors)} survive", flush=True)
        return True

    def _learn(self) -> None:
        """Run every test once: which lines it runs, and how long it takes. All have to pass."""
        recorder = coverage.Coverage(data_file=None, include=[str(path) for path in self._files], config_file=False)
        recorder.start()
        for number, item in enumerate(self._items):
            self._forget()
            recorder.switch_context(str(number))
            began, worked = time.monotonic(), time.process_time()
            if self._fails(number):
                pytest.exit(f"{item.nodeid} fails without any fault planted", returncode=3)
            self._took[number] = time.monotonic() - began
            if time.process_time() - worked > _SLOW:
                self._slow.add(number)
        recorder.stop()
        data = recorder.get_data()
        for name in data.measured_files():
            for line, contexts in data.contexts_by_lineno(name).items():
                self._running[name, line] |= {int(context) for context in contexts if context}
        print(f"{len(self._items)} tests pass in {self._seconds(self._took):.0f} s", flush=True)

    def _forget(self) -> None:
        """Empty what functions remember: it was made without the fault."""
        for function in self._memories:
            function.cache_clear()

    def _fails(self, number: int) -> bool:
        # With the session named as the neighbour, what all tests share stays set up, and nothing else does.
        reports = runtestprotocol(self._items[number], log=False, nextitem=self._neighbour)
        return any(report.failed for report in reports)

    def _seconds(self, tests: Iterable[int]) -> float:
        return sum(self._took[number] for number in tests)

    def _try(self, fault: Planned) -> None:
        tests = self._tests_of(fault)
        can_be_changed = bool(fault.mutant.scope or constant_of(fault.tree, fault.mutant.statement))
        quick = [number for number in tests if number not in self._slow]
        if can_be_changed and self._notices(fault, quick):
            return
        if tests and (self._makes_sure or not can_be_changed) and self._notices_anew(fault, tests):
            return
        self.survivors.append(fault)
        file, scope, change = fault.where
        print(f"SURVIVED {file}:{fault.mutant.line} {scope} | {change} | {len(tests)} tests", flush=True)

    def _notices(self, fault: Planned, tests: Sequence[int]) -> bool:
        """Whether one of the tests fails in a fork that has the fault, or takes much too long."""
        while True:
            with fault.mutant.planted():
                found = self._first_failing(tests, fault)
            if found is None:
                self.timeouts += 1
            if not found or self._can_be_trusted(found):
                return found != []
            tests = [number for number in tests if number not in self._failing_in_forks]

    def _can_be_trusted(self, found: Sequence[int]) -> bool:
        """A test that fails in a fork without any fault has noticed none."""
        for number in found:
            if number not in self._trusted:
                kind = self._failing_in_forks if self._first_failing([number]) != [] else self._trusted
                kind.add(number)
        return self._trusted.issuperset(found)

    def _first_failing(self, tests: Sequence[int], fault: Planned | None = None) -> list[int] | None:
        """The first of them that fails in a fork, if one does; ``None`` where that takes much too long."""

        def first_failing() -> bytes:
            self._forget()
            if fault and not self._code.change(fault.path, fault.tree, fault.mutant):
                return b""
            return next((str(number).encode() for number in tests if self._fails(number)), b"")

        found = in_a_fork(first_failing, seconds=10 + 5 * self._seconds(tests))
        return None if found is None else [int(number) for number in found.split()]

    def _tests_of(self, fault: Planned) -> list[int]:
        """Those that run the changed statement, the quickest first."""
        name = constant_of(fault.tree, fault.mutant.statement)
        if fault.mutant.scope:
            lines = {(str(fault.path), line) for line in fault.mutant.lines}
        else:
            lines = set(self._lines_that_name(name)) if name else set()
        found = {number for line in lines for number in self._running.get(line, ())}
        if not found and not fault.mutant.scope:
            of_file = [numbers for (path, _), numbers in self._running.items() if path == str(fault.path)]
            found = set().union(*of_file)
        return sorted(found - self._failing_in_forks, key=lambda number: self._took[number])

    def _lines_that_name(self, constant: str) -> Iterable[tuple[str, int]]:
        for path, tree in {fault.path: fault.tree for fault in self._faults}.items():
            for node in ast.walk(tree):
                if constant in (getattr(node, "id", None), getattr(node, "attr", None)):
                    yield str(path), node.lineno

    def _notices_anew(self, fault: Planned, tests: Sequence[int]) -> bool:
        """The same in a process of its own."""
        seconds = 60 + 5 * self._seconds(tests)
        with tempfile.TemporaryDirectory(prefix="scholar-mutant-") as folder:
            chosen = Path(folder) / "tests"
            chosen.write_text("\n".join(self._items[number].nodeid for number in tests))
            options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "tests.mutation.anew", f"--basetemp={folder}/tmp"]
            environment = os.environ | {"MUTANT": f"{fault.path}:{fault.number}", "TEST_DATA_DIR": folder}
            command = [sys.executable, "-m", "pytest", *options, f"@{chosen}"]
            try:
                ended = subprocess.run(
                    command, cwd=ROOT, env=environment, capture_output=True, timeout=seconds, check=False
                )
            except subprocess.TimeoutExpired:
                self.timeouts += 1
                return True
            if b"ERROR: not found" in ended.stdout + ended.stderr:
                print(f"could not be started by name: {self._items[tests[0]].nodeid} or another", flush=True)
                return False
            return ended.returncode != 0


class _Database:
    """The file of the tests' database, put back before each fault: a test that fails may leave rows behind."""

    def __init__(self) -> None:
        from django.conf import settings
        from django.db import connections

        connections.close_all()
        engine: dict[str, Any] = settings.DATABASES["default"]
        self._path = Path(engine["NAME"])
        self._content = self._path.read_bytes() if self._path.is_file() else b""

    def restore(self) -> None:
        if self._content:
            for suffix in ("-wal", "-shm", "-journal"):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
            self._path.write_bytes(self._content)
