"""PostgreSQL is stopped as by a power cut, for longer than a lease, and comes back: everybody takes it up again."""

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.test_settings import ROOT
from tests.waiting import wait_until

# The server's package warns, when imported, where there is none.
pytestmark = [pytest.mark.processes, pytest.mark.filterwarnings("ignore:XDG_RUNTIME_DIR is not set")]


class Server:
    """A PostgreSQL server, known by the address of its database."""

    def __init__(self, url: str) -> None:
        with psycopg.connect(url) as database:
            row = database.execute("SHOW data_directory").fetchone()
        assert row
        self._url, self._data = url, Path(row[0])

    def stop_at_once(self) -> None:
        """As ``pg_ctl stop -m immediate``."""
        file = self._data / "postmaster.pid"
        os.kill(int(file.read_text().split()[0]), signal.SIGQUIT)
        wait_until(lambda: not file.exists(), what="the server's end")

    def start_anew(self) -> None:
        """With the very command that started it."""
        owner = self._data.stat()
        command = shlex.split((self._data / "postmaster.opts").read_text())
        quiet: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        account = {"user": owner.st_uid, "group": owner.st_gid} if os.geteuid() == 0 else {}
        # Through a shell that ends at once: the server is nobody's child, as one that pg_ctl has started.
        start = ["/bin/sh", "-c", '"$0" "$@" &', *command]
        subprocess.run(start, cwd=self._data, start_new_session=True, check=True, **quiet, **account)
        wait_until(self._answers, what="the server to answer")

    def _answers(self) -> bool:
        try:
            psycopg.connect(self._url).close()
        except psycopg.OperationalError:
            return False
        return True


class Site:
    """``tests.deaths.site`` as a process."""

    def __init__(self, url: str, folder: Path) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("SCITEX_", "DJANGO_"))}
        self._folder, self._log = folder, folder / "log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.deaths.site"],
                env=kept | self._environment(url),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=ROOT,
                text=True,
            )

    def _environment(self, url: str) -> dict[str, str]:
        settings = "tests.deaths.site_settings"
        return {"DJANGO_SETTINGS_MODULE": settings, "SCITEX_DATABASE_URL": url, "TEST_DATA_DIR": str(self._folder)}

    def __call__(self, order: str) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        print(order, file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        assert answer, self._log.read_text()
        return json.loads(answer)

    def said(self, text: str) -> bool:
        return text in self._log.read_text()

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()
        print(self._log.read_text())


@contextmanager
def site(url: str, folder: Path) -> Iterator[Site]:
    running = Site(url, folder)
    try:
        yield running
    finally:
        running.close()


def test_a_database_that_is_away_for_longer_than_a_lease_loses_nothing(tmp_path: Path) -> None:
    from tests.on_postgresql import server

    with server(durable=True) as url, site(url, tmp_path) as ours:
        database = Server(url)
        page = ours("upload")["location"]
        ours("work")
        wait_until(lambda: ours("row")["status"] == "processing", what="the claim")
        database.stop_at_once()
        for order in (f"get {page}", "upload"):
            assert (ours(order)["status"], ours(order)["retry_after"]) == (503, "30")
        assert [ours(f"get {path}")["status"] for path in ("/healthz", "/readyz")] == [200, 503]
        wait_until(lambda: ours.said("run=lost"), what="the worker to give up a lease that it cannot renew")
        database.start_anew()
        ours("finish")
        wait_until(lambda: ours("row")["status"] == "completed", what="the job's end")
        assert ours("row") == {"status": "completed", "attempt": 2, "error_code": ""}
        assert [ours(f"get {path}")["status"] for path in (page, "/readyz")] == [200, 200]
        assert ours.said("database=away")
        assert ours.said("database=back")
