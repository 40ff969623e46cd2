"""A large file in small: beside other users' jobs, four children at once under one limit, a worker that dies."""

import signal
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from apps.scholar_app.models import EnrichmentJob, Status
from tests.indexserver import IndexServer, Limit, Work
from tests.jobs.making import row, submitted
from tests.waiting import wait_until
from tests.worker.engines import embedded_only, forget_limits
from tests.worker.live import LiveWorker, StartWorker

pytestmark = [pytest.mark.processes, pytest.mark.promises, pytest.mark.usefixtures("transactional_db")]

LARGE, SMALL, USERS = 110, 18, 5
#: Calls under way at Crossref, for who gives a contact address.
AT_ONCE = 3
#: Far enough from one another that no title is found for another.
WORDS = (
    "alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliett", "kilo", "lima",
    "mike", "november", "oscar", "papa", "quebec", "romeo", "sierra", "tango",
)  # fmt: skip
WORKS = [
    Work(f"{one} {other} and the {other}{one} of {number}", doi=f"10.1000/{number}")
    for number, (one, other) in enumerate((one, other) for one in WORDS for other in WORDS)
][: LARGE + SMALL * USERS]


@pytest.fixture
def server() -> Iterator[IndexServer]:
    with IndexServer(WORKS, latency=0.02) as running:
        running.limit("crossref", "list", Limit(calls=40, seconds=1.0, at_once=AT_ONCE))
        yield running


@pytest.fixture
def site(settings: Any, tmp_path: Path) -> None:
    """A site of the test's own: nobody else's limits, circuits and catalogue."""
    forget_limits(settings.SCITEX_REDIS_URL)
    folder = tmp_path / "data"
    settings.SCITEX_DATA_DIR = folder
    place = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(folder / "files")}}
    settings.STORAGES = settings.STORAGES | {"default": place}


@pytest.fixture
def worker(
    live_worker: StartWorker, server: IndexServer, site: None, engine: dict[str, str]
) -> Callable[[], LiveWorker]:
    """A worker with two children that asks the test's own Crossref, and ends turns after a second if others wait."""

    def start() -> LiveWorker:
        return live_worker(
            "--processes",
            "2",
            SCITEX_LEASE_SECONDS="3",
            SCITEX_TURN_SECONDS="1",
            SCITEX_SOURCES="crossref",
            SCITEX_CONTACT_EMAIL="op@example.org",
            SCITEX_CROSSREF_URL=server.url("crossref"),
            SCITEX_CROSSREF_RATE="40/1s",
            **engine,
        )

    return start


def uploaded(works: Sequence[Work]) -> EnrichmentJob:
    entries = (
        f"@article{{k{n},\n  title = {{{work.title}}},\n  author = {{Knuth, Donald E.}},\n  year = 2020,\n}}\n"
        for n, work in enumerate(works)
    )
    return submitted(data="".join(entries).encode(), entries_total=len(works))


def asked(server: IndexServer) -> Counter[str]:
    """How often each title was asked for."""
    queries = [call.request.params["query.bibliographic"] for call in server.calls("crossref")]
    return Counter(query.partition(" Knuth")[0] for query in queries)


# Turns are taken under Celery too (test_worker.py, test_enriching.py); so many of them take it a minute.
@embedded_only
def test_large_file_is_done_beside_others_and_survives_the_death_of_a_worker(
    worker: Callable[[], LiveWorker], server: IndexServer
) -> None:
    large = uploaded(WORKS[:LARGE])
    small = [uploaded(WORKS[start : start + SMALL]) for start in range(LARGE, len(WORKS), SMALL)]
    workers = {str(one.process.pid): one for one in (worker(), worker())}
    wait_until(lambda: all(row(job.pk).status == Status.COMPLETED for job in small), what="the small ones", seconds=180)
    assert row(large.pk).status != Status.COMPLETED
    name = wait_until(
        lambda: job.worker if (job := row(large.pk)).entries_done > LARGE // 2 else "",
        what="half of the large one",
        seconds=180,
    )
    workers[name.rpartition(":")[2]].send(signal.SIGKILL)
    wait_until(lambda: row(large.pk).status == Status.COMPLETED, what="the large one", seconds=180)
    done = row(large.pk)
    # How many turns it took depends on the machine: that they are taken is shown in test_worker.py.
    assert (done.enriched, done.rescues) == (LARGE, 1)
    assert server.violations == []
    # Each was asked for once, but for calls that were out, or whose answer stood behind such a one, at the kill.
    calls = asked(server)
    assert len(calls) == len(WORKS)
    assert sum(calls.values()) <= len(WORKS) + 2 * AT_ONCE
