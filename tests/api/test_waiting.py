"""Waiting for the end of a job within one call, and when that ends."""

from typing import Any

import pytest
from django.test import Client

from apps.scholar_app import jobs
from apps.scholar_app.api import waiting
from apps.scholar_app.models import EnrichmentJob
from tests.api.making import accepted, error, send
from tests.web.making import ENRICHED, complete, content, fail

pytestmark = pytest.mark.django_db


class Clock:
    """Time that passes when somebody sleeps; after so many looks something happens."""

    def __init__(self, *happenings: Any) -> None:
        self.now, self.slept = 0.0, list[float]()
        self.happenings = list(happenings)

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept.append(seconds)
        if self.happenings:
            self.happenings.pop(0)()


def nothing() -> None:
    """Happens."""


def wait(job: EnrichmentJob, clock: Clock, seconds: float = 60) -> EnrichmentJob:
    owner = jobs.Owner.of(job)
    return waiting.wait_for_end(job.pk, owner, seconds=seconds, monotonic=clock.monotonic, sleep=clock.sleep)


def test_waiting_ends_with_the_job(ada: Client) -> None:
    job = accepted(ada)
    clock = Clock(nothing, nothing, lambda: complete(job))
    assert wait(job, clock).status == "completed"
    assert len(clock.slept) == 3


@pytest.mark.parametrize(("asked", "waited"), [(0, 0), (5, 5), (60, 60), (3600, 60)])
def test_nobody_waits_longer_than_asked_or_a_minute(asked: int, waited: int, ada: Client) -> None:
    clock = Clock()
    assert wait(accepted(ada), clock, asked).status == "pending"
    assert sum(clock.slept) == pytest.approx(waited)
    assert clock.slept == [] or max(clock.slept) <= 2
    assert len(clock.slept) < 45, "the pauses grow"


def test_waiting_for_a_job_that_is_deleted_ends(ada: Client) -> None:
    job = accepted(ada)
    clock = Clock(lambda: jobs.delete(job.pk, [jobs.Owner.of(job)]))
    with pytest.raises(EnrichmentJob.DoesNotExist):
        wait(job, clock)


def test_when_many_wait_the_next_does_not(ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    job, clock = accepted(ada), Clock()
    for _ in range(waiting.SEATS):
        assert waiting._seats.acquire(blocking=False)
    try:
        assert wait(job, clock).status == "pending"
    finally:
        waiting._seats.release(waiting.SEATS)
    assert clock.slept == []
    wait(job, clock)
    assert clock.slept, "with a seat one waits"


def test_enrich_answers_202_when_it_takes_longer(ada: Client) -> None:
    response = send(ada, to="enrich?wait=0")
    assert (response.status_code, response.json()["status"]) == (202, "pending")
    assert response["Location"] == response.json()["links"]["self"]


def test_enrich_gives_the_enriched_file(ada: Client, worker_in_between: Any) -> None:
    worker_in_between(complete)
    response = send(ada, to="enrich")
    assert (response.status_code, content(response)) == (200, ENRICHED)
    assert response["Scitex-Job"] == str(EnrichmentJob.objects.get().pk)


def test_enrich_says_why_a_job_failed(ada: Client, worker_in_between: Any) -> None:
    worker_in_between(fail)
    response = send(ada, to="enrich")
    assert error(response) == (502, "source_away")
    assert response.json()["job"]["status"] == "failed"


@pytest.mark.parametrize("query", ["wait=-1", "wait=x"])
def test_a_wait_that_makes_no_sense_starts_nothing(query: str, ada: Client) -> None:
    assert error(send(ada, to=f"enrich?{query}")) == (422, "invalid_parameter")
    assert not EnrichmentJob.objects.exists()
