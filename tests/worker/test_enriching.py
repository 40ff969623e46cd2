"""The whole way of a job: real workers, the real pipeline, and an index that answers, is slow, or stays away."""

import json
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from apps.scholar_app import files, jobs
from apps.scholar_app.lookups import Lookup
from apps.scholar_app.models import EnrichmentJob, Status
from tests.indexserver import FAULTS, IndexServer, Work
from tests.jobs.making import row, submitted, visitor
from tests.waiting import wait_until
from tests.worker.engines import forget_limits
from tests.worker.live import LiveWorker, StartWorker

pytestmark = [pytest.mark.processes, pytest.mark.promises, pytest.mark.usefixtures("transactional_db")]

#: Different enough from one another that no title is found for another.
NUMBERS = ("alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliett", "kilo", "lima")
WORKS = [
    Work(
        title=f"Measuring the {one} of {other} in {one}{other} crystals",
        doi=f"10.1000/{one}.{other}",
        pages=f"{n}-{n + 9}",
    )
    for n, (one, other) in enumerate(zip(NUMBERS, NUMBERS[5:] + NUMBERS[:5], strict=True), 100)
]

#: What was asked when a turn ended, and not remembered yet, is asked again: so many at most.
UNDER_WAY = 6


@pytest.fixture
def server() -> Iterator[IndexServer]:
    with IndexServer(WORKS) as running:
        yield running


@pytest.fixture
def data_folder(settings: Any, tmp_path: Path, transactional_db: None) -> Path:
    """A site of the test's own: nobody else's limits, circuits and catalogue."""
    forget_limits(settings.SCITEX_REDIS_URL)
    folder = tmp_path / "data"
    settings.SCITEX_DATA_DIR = folder
    place = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(folder / "files")}}
    settings.STORAGES = settings.STORAGES | {"default": place}
    return folder


@pytest.fixture
def worker(live_worker: StartWorker, server: IndexServer, data_folder: Path) -> Callable[..., LiveWorker]:
    """A live worker that asks the test's own Crossref, up to twenty times a second."""

    def start(*arguments: str, **environment: str) -> LiveWorker:
        changes = {
            "SCITEX_LEASE_SECONDS": "3",
            "SCITEX_SOURCES": "crossref",
            "SCITEX_CROSSREF_URL": server.url("crossref"),
            "SCITEX_CROSSREF_RATE": "20/1s",
        }
        return live_worker(*arguments, **changes | environment)

    return start


def bibliography(works: Sequence[Work]) -> bytes:
    fields = (
        "@article{{key{number},",
        "  title = {{{title}}},",
        "  author = {{Knuth, Donald E.}},",
        "  year = 2020,",
        "}}",
    )
    entry = "\n".join(fields) + "\n\n"
    return "".join(entry.format(number=number, title=work.title) for number, work in enumerate(works)).encode()


def uploaded(works: Sequence[Work], **more: Any) -> EnrichmentJob:
    return submitted(data=bibliography(works), entries_total=len(works), **more)


def reaches(job_id: UUID, status: Status) -> EnrichmentJob:
    wait_until(lambda: row(job_id).status == status, seconds=60, what=f"the job to be {status}")
    return row(job_id)


def searched(server: IndexServer) -> Counter[str]:
    """How often each work was searched for."""
    queries = [call.request.params.get("query.bibliographic", "") for call in server.calls("crossref")]
    return Counter(work.doi for query in queries for work in WORKS if work.title in query)


def assert_complete(job: EnrichmentJob, works: Sequence[Work]) -> None:
    enriched = files.read(job.result_name).decode()
    assert (job.enriched, job.entries_done, job.entries_total) == (len(works), len(works), len(works))
    assert [work.doi for work in works if work.doi not in enriched] == []


def test_uploaded_bibliography_comes_back_enriched(worker: Callable[..., LiveWorker], server: IndexServer) -> None:
    job = uploaded(WORKS[:3])
    worker()
    assert_complete(reaches(job.pk, Status.COMPLETED), WORKS[:3])
    assert searched(server) == {work.doi: 1 for work in WORKS[:3]}


def test_large_job_goes_on_where_its_last_turn_ended(worker: Callable[..., LiveWorker], server: IndexServer) -> None:
    server.latency = 0.3
    large = uploaded(WORKS)
    worker("--processes", "1", SCITEX_TURN_SECONDS="1", SCITEX_CROSSREF_RATE="3/1s")
    wait_until(lambda: row(large.pk).status == Status.PROCESSING)
    small = uploaded(WORKS[:1])
    assert_complete(reaches(small.pk, Status.COMPLETED), WORKS[:1])
    assert row(large.pk).status in {Status.PENDING, Status.PROCESSING}
    finished = reaches(large.pk, Status.COMPLETED)
    assert_complete(finished, WORKS)
    assert finished.attempt > 1
    assert sum(searched(server).values()) <= len(WORKS) + UNDER_WAY * (finished.attempt - 1)


def test_job_of_a_killed_worker_is_finished_by_another(worker: Callable[..., LiveWorker], server: IndexServer) -> None:
    server.latency = 0.2
    job = uploaded(WORKS)
    killed = worker(SCITEX_CROSSREF_RATE="5/1s")
    wait_until(lambda: Lookup.objects.count() > 3, what="a few answers to be remembered")
    killed.send(signal.SIGKILL)
    worker()
    assert_complete(reaches(job.pk, Status.COMPLETED), WORKS)
    assert sum(searched(server).values()) <= len(WORKS) + UNDER_WAY
    assert row(job.pk).rescues == 1


def test_source_that_stays_away_fails_the_job_and_is_no_answer(
    worker: Callable[..., LiveWorker], server: IndexServer
) -> None:
    server.always("crossref", FAULTS["status_503"])
    job = uploaded(WORKS[:2])
    worker(SCITEX_SOURCE_PATIENCE_SECONDS="2")
    failed = reaches(job.pk, Status.FAILED)
    assert failed.error_code == "source_away"
    assert failed.error_message.startswith("Crossref could not be asked (")
    assert (failed.result_name, failed.not_found, Lookup.objects.count()) == ("", 0, 0)


def test_job_without_money_for_a_required_source_fails_and_says_when_there_is_more(
    worker: Callable[..., LiveWorker], server: IndexServer
) -> None:
    job = uploaded(WORKS[:2])
    worker(SCITEX_SOURCES="openalex", SCITEX_OPENALEX_URL=server.url("openalex"), SCITEX_OPENALEX_DAILY_BUDGET="0.0005")
    failed = reaches(job.pk, Status.FAILED)
    told = "OpenAlex could not be asked (its budget of $0.0005 a day is used up; it opens again at midnight UTC, in "
    assert failed.error_message.startswith(told)
    assert server.calls("openalex") == []
    assert (failed.result_name, failed.not_found, Lookup.objects.count()) == ("", 0, 0)


def test_optional_source_that_stays_away_fails_nothing(worker: Callable[..., LiveWorker], server: IndexServer) -> None:
    server.always("openalex", FAULTS["status_503"])
    job = uploaded(WORKS[:2])
    worker(
        SCITEX_SOURCES="crossref,openalex",
        SCITEX_OPTIONAL_SOURCES="openalex",
        SCITEX_OPENALEX_URL=server.url("openalex"),
        SCITEX_SOURCE_PATIENCE_SECONDS="2",
    )
    assert_complete(reaches(job.pk, Status.COMPLETED), WORKS[:2])


def test_optional_source_that_goes_away_in_the_middle_is_named_with_the_entries_it_was_not_asked_for(
    worker: Callable[..., LiveWorker], server: IndexServer
) -> None:
    server.plan("openalex", [None])
    server.always("openalex", FAULTS["status_503"])
    data = bibliography(WORKS[:4])
    for work in WORKS[:2]:
        title = f"  title = {{{work.title}}},"
        data = data.replace(title.encode(), f"{title}\n  doi = {{{work.doi}}},".encode())
    job = submitted(data=data, entries_total=4)
    worker(
        SCITEX_SOURCES="crossref,openalex",
        SCITEX_OPTIONAL_SOURCES="openalex",
        SCITEX_OPENALEX_URL=server.url("openalex"),
        SCITEX_SOURCE_PATIENCE_SECONDS="2",
    )
    completed = reaches(job.pk, Status.COMPLETED)
    assert_complete(completed, WORKS[:4])
    report = json.loads(files.read(completed.report_name))
    assert report["sources"]["openalex"]["not_asked"] == ["key2", "key3"]
    assert "away since" in report["sources"]["openalex"]["away"]
    warned = {
        entry["key"] for entry in report["entries"] if "openalex could not be asked" in " ".join(entry["warnings"])
    }
    assert warned == {"key2", "key3"}


def test_retried_job_asks_only_for_what_is_missing(worker: Callable[..., LiveWorker], server: IndexServer) -> None:
    owner = visitor()
    job = uploaded(WORKS, owner=owner)
    server.plan("crossref", [None] * 4)
    server.always("crossref", FAULTS["status_503"])
    assert worker("--drain", SCITEX_SOURCE_PATIENCE_SECONDS="2").wait() == 0
    assert row(job.pk).error_code == "source_away"
    answered = [call.fault for call in server.calls("crossref")].count("say")
    assert Lookup.objects.count() == answered == 4
    server.always("crossref", None)
    retried = jobs.retry(job.pk, [owner])
    worker(SCITEX_SOURCE_PATIENCE_SECONDS="600")
    assert_complete(reaches(retried.pk, Status.COMPLETED), WORKS)
    answered = [call.fault for call in server.calls("crossref")].count("say")
    assert answered == len(WORKS)


def test_waiting_for_a_source_ends_with_the_worker(worker: Callable[..., LiveWorker], server: IndexServer) -> None:
    server.always("crossref", FAULTS["retry_after_seconds"])
    job = uploaded(WORKS[:2])
    running = worker(SCITEX_SOURCE_PATIENCE_SECONDS="4000")
    wait_until(lambda: "pause" in str(row(job.pk).progress.get("waiting")), what="the page to tell of the pause")
    running.send(signal.SIGTERM)
    assert running.wait() == 0
    assert running.said("reason=shutdown")
    assert not running.said("from=processing to=failed")
    assert row(job.pk).status == Status.PENDING


@pytest.mark.parametrize(
    ("data", "code"), [(b"", "empty"), (b"Dear Sir or Madam", "not_bibtex"), (b"%PDF-1.4", "binary")]
)
def test_file_that_is_no_bibliography_fails_with_its_reason(
    worker: Callable[..., LiveWorker], data: bytes, code: str
) -> None:
    job = submitted(data=data, entries_total=0)
    assert worker("--drain").wait() == 0
    assert (row(job.pk).error_code, row(job.pk).result_name) == (code, "")


def test_upload_that_is_gone_fails_with_its_reason(worker: Callable[..., LiveWorker]) -> None:
    job = submitted()
    files.delete([job.upload_name])
    assert worker("--drain").wait() == 0
    assert row(job.pk).error_code == "upload_missing"


def test_placeholders_are_replaced_when_asked_for(worker: Callable[..., LiveWorker]) -> None:
    data = bibliography(WORKS[:1]).replace(b"year = 2020", b"doi = {unknown},\n  year = 2020")
    left, replaced = (submitted(data=data, options={"replace_placeholders": wanted}) for wanted in (False, True))
    assert worker("--drain").wait() == 0
    assert b"{unknown}" in files.read(row(left.pk).result_name)
    assert b"{unknown}" not in files.read(row(replaced.pk).result_name)
