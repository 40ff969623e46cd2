"""The command as an operator meets it: what it prints, how it ends, and what is left when it is killed."""

import io
import os
import re
import signal
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from django.test import override_settings

from apps.scholar_app.catalogue.sqlite import SqliteCatalogue
from apps.scholar_app.management.commands.load_catalogue import Command
from tests.catalogue.conftest import SqliteHome
from tests.catalogue.dumps import crossref_work, lines, openalex_work, write
from tests.catalogue.test_store import everything
from tests.waiting import wait_until

pytestmark = pytest.mark.processes
ROOT = Path(__file__).resolve().parents[2]


class Site:
    """A data directory, and the command run on it: here, or as a process of its own where that matters."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = SqliteHome(folder / "catalogue.sqlite3")
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("SCITEX_")} | {
            "SCITEX_DATA_DIR": str(folder),
            "SCITEX_ENV_FILE": "",
            "DJANGO_SETTINGS_MODULE": "scitex_cloud.settings",
        }

    def start(self, *arguments: object) -> subprocess.Popen[str]:
        command = [sys.executable, str(ROOT / "manage.py"), "load_catalogue", *map(str, arguments)]
        return subprocess.Popen(
            command, env=self.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def run_process(self, *arguments: object) -> tuple[int, str, str]:
        with self.start(*arguments) as process:
            output, errors = process.communicate(timeout=120)
        return process.returncode, output, errors

    def run(self, *arguments: object) -> tuple[int, str, str]:
        """As ``manage.py`` runs it, but for the start of a process."""
        code, output, errors = 0, io.StringIO(), io.StringIO()
        with override_settings(SCITEX_DATA_DIR=self.folder), redirect_stdout(output), redirect_stderr(errors):
            try:
                Command().run_from_argv(["manage.py", "load_catalogue", *map(str, arguments)])
            except SystemExit as exit_:
                code = int(exit_.code or 0)
        return code, output.getvalue(), errors.getvalue()


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path / "data")


def test_it_says_what_it_loaded_and_nothing_else(site, tmp_path):
    path = write(tmp_path / "a.jsonl.gz", lines(*(crossref_work(n) for n in range(7)), openalex_work(3)))
    said = "Loaded 8 works from 1 file: 8 new, 0 replaced, 0 unchanged, 0 older than known, 0 not loaded\n"
    assert site.run_process(path) == (0, said, "")
    code, output, errors = site.run(path)
    assert (code, errors) == (0, "")
    assert f"{path} was loaded before and has not changed" in output
    code, output, _ = site.run(path, "--again")
    assert (code, "8 unchanged" in output) == (0, True)


def test_broken_works_are_named_and_do_not_make_it_fail(site, tmp_path):
    path = write(tmp_path / "a.jsonl", lines(crossref_work(1)) + b"{oops\n" * 30)
    code, output, errors = site.run(path)
    assert code == 0
    assert "1 new" in output
    assert "30 not loaded" in output
    assert f"not loaded: {path} line 2: not JSON" in errors
    assert "... and 10 more" in errors


def test_a_file_without_any_work_is_a_failure(site, tmp_path):
    code, _, errors = site.run(write(tmp_path / "a.txt", b"Dear reader,\nthis is a letter.\n"))
    assert (code, "no work could be loaded" in errors) == (1, True)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"items": []}', b"\n\n"], ids=["empty", "list", "items", "blank"])
def test_a_file_that_holds_nothing_is_a_failure_unless_others_hold_works(site, tmp_path, content):
    nothing = write(tmp_path / "a.json", content)
    code, _, errors = site.run(nothing)
    assert (code, "no work could be loaded" in errors) == (1, True)
    assert site.run("--again", nothing, write(tmp_path / "b.jsonl", lines(crossref_work(1))))[0] == 0


def test_a_file_that_cannot_be_read_to_its_end_is_a_failure_in_one_line(site, tmp_path):
    path = write(tmp_path / "a.jsonl.gz", lines(*(crossref_work(n) for n in range(99))))
    path.write_bytes(path.read_bytes()[:-10])
    code, _, errors = site.run(path)
    assert code == 1
    assert re.fullmatch(rf"CommandError: could not read to the end: {path}: .*\n", errors)


def test_a_catalogue_that_cannot_be_opened_is_a_failure_in_one_line(site, tmp_path):
    site.folder.mkdir()
    site.home.path.write_bytes(b"This is no database at all. " * 999)
    code, _, errors = site.run(write(tmp_path / "a.jsonl", lines(crossref_work(1))))
    assert (code, errors.count("\n")) == (1, 1)
    assert "not a database" in errors


def test_a_folder_without_dumps_is_a_failure(site, tmp_path):
    (tmp_path / "empty").mkdir()
    assert site.run(tmp_path / "empty")[0] == 1


@pytest.mark.parametrize("arguments", [[], ["/nowhere.json"], ["--format", "bibtex", __file__], ["--often", __file__]])
def test_bad_arguments_are_refused_before_anything_is_done(site, arguments):
    code, output, errors = site.run(*arguments)
    assert (code, output) == (2, "")
    assert "usage:" in errors
    assert not site.home.path.exists()


def test_a_load_that_is_killed_and_done_again_gives_the_catalogue_of_one_load(site, tmp_path):
    works = [crossref_work(n % 7_000, volume=str(n), abstract="x" * 600) for n in range(8_000)]
    path = write(tmp_path / "a.jsonl", lines(*works) + b"{oops\n")
    assert path.stat().st_size > 5_000_000, "too small for processes that read ahead"
    with site.start(path) as loader:
        wait_until(lambda: items_loaded(site, path) >= 2_000, what="a part of the load")
        children = children_of(loader.pid)
        loader.send_signal(signal.SIGKILL)
    assert loader.returncode == -signal.SIGKILL
    assert children
    wait_until(lambda: not any(map(is_running, children)), what="the loader's processes to go")
    assert 2_000 <= items_loaded(site, path) < 8_000
    code, output, _ = site.run_process(path)
    assert code == 0
    assert int(re.search(r"Loaded (\d+) works", output)[1]) <= 6_000
    once = Site(tmp_path / "once")
    assert once.run_process(path)[0] == 0
    assert everything(site.home) == everything(once.home)
    assert site.home.words_are_sound()
    assert SqliteCatalogue(site.home.path).count() == 7_000


def test_one_interrupt_ends_a_load_which_says_that_it_can_go_on(site, tmp_path):
    path = write(tmp_path / "a.jsonl", lines(*(crossref_work(n, abstract="x" * 600) for n in range(8_000))))
    with site.start(path) as loader:
        wait_until(lambda: items_loaded(site, path) >= 2_000, what="a part of the load")
        for pid in (*children_of(loader.pid), loader.pid):  # a terminal's Ctrl-C reaches all of them
            os.kill(pid, signal.SIGINT)
        _, errors = loader.communicate(timeout=60)
    assert loader.returncode == 1
    assert errors == "CommandError: interrupted; the same command goes on from here\n"
    assert items_loaded(site, path) < 8_000
    assert site.run_process(path)[0] == 0
    assert SqliteCatalogue(site.home.path).count() == 8_000


def items_loaded(site: Site, path: Path) -> int:
    if not site.home.path.exists():
        return 0
    catalogue = SqliteCatalogue(site.home.path)
    position = catalogue.position(str(path.resolve()))
    catalogue.close()
    return 99_999 if position and position.done else position.items if position else 0


def children_of(parent: int) -> list[int]:
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    return [int(pid) for pid, ppid in map(str.split, listed.splitlines()) if int(ppid) == parent]


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return not state.strip().startswith("Z") and bool(state.strip())
