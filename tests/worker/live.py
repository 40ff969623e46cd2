"""Real workers in processes of their own, on the database and the files of the running test.

Any room may use them: ``from tests.worker.live import live_worker`` in its ``conftest.py`` makes the fixture known, and
a test that asks for it gets a database whose contents other processes see.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection

from tests.waiting import wait_until
from tests.worker.processes import children_of

ROOT = Path(__file__).resolve().parents[2]
WORKER = (str(ROOT / "manage.py"), "run_enrichment_worker")


def site_environment(**changes: str) -> dict[str, str]:
    """The environment in which another process is the same site as this test: its database, its files."""
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "scitex_cloud.settings",
        "SCITEX_ENV_FILE": "",
        "SCITEX_DATA_DIR": str(settings.SCITEX_DATA_DIR),
        "SCITEX_DATABASE_URL": database_url(),
        **changes,
    }


def database_url() -> str:
    """The address of the test's own database."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    login = f"{quote(database['USER'])}:{quote(database['PASSWORD'])}"
    return f"postgres://{login}@{quote(database['HOST'], safe='')}:{database['PORT']}/{database['NAME']}"


class LiveWorker:
    """A worker in a process group of its own, in a folder that is not the project's."""

    def __init__(self, command: Sequence[str], *, environment: Mapping[str, str], log: Path) -> None:
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, *command],
                env=environment,
                stdout=output,
                stderr=output,
                cwd=log.parent,
                start_new_session=True,
            )

    def send(self, number: signal.Signals) -> None:
        """Send the worker, and it alone, a signal."""
        self.process.send_signal(number)

    def wait(self) -> int:
        """Its exit status, when it has ended."""
        return self.process.wait(timeout=30)

    def said(self, text: str) -> bool:
        """Whether its log holds ``text``."""
        return text in self.log.read_text()

    def wait_until_said(self, text: str) -> None:
        """Wait for ``text`` in its log."""
        wait_until(lambda: self.said(text), what=f"{text!r} in the worker's log")

    def children(self) -> list[int]:
        """The ids of its child processes, those that stand by among them."""
        return children_of(self.process.pid)

    def close(self) -> None:
        """Kill it with its group, if it still runs."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        print(f"--- {self.log.name}\n{self.log.read_text()}")


StartWorker = Callable[..., LiveWorker]


@pytest.fixture
def live_worker(transactional_db: None, tmp_path: Path) -> Iterator[StartWorker]:
    """``live_worker("--processes", "2", SCITEX_LEASE_SECONDS="3")`` starts a worker; it is gone when the test is over.

    Its log is printed, and so is shown where a test fails. ``command`` is another one to start than manage.py's.
    """
    workers: list[LiveWorker] = []

    def start(*arguments: str, command: Sequence[str] = WORKER, **environment: str) -> LiveWorker:
        log = tmp_path / f"worker{len(workers)}.log"
        whole = [*command, *arguments]
        workers.append(LiveWorker(whole, environment=site_environment(**environment), log=log))
        return workers[-1]

    yield start
    for worker in workers:
        worker.close()
