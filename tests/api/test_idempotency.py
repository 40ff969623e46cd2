"""Ten requests with one key at the same instant are one job, on every database."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from apps.scholar_app import jobs
from apps.scholar_app.models import EnrichmentJob, Submission
from tests.api.making import bearing, program, send
from tests.web.making import stored_files, user

pytestmark = [pytest.mark.promises, pytest.mark.django_db(transaction=True)]
AT_ONCE = 10


def at_once(ask: Callable[[int], Any]) -> list[Any]:
    """The answers of ten threads that set off together, each with a connection of its own."""
    start = Barrier(AT_ONCE)

    def run(number: int) -> Any:
        start.wait()
        try:
            return ask(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(run, range(AT_ONCE)))


def test_ten_posts_with_one_key_at_the_same_instant_are_one_job() -> None:
    client = program()
    before = stored_files()
    answers = at_once(lambda _: send(client, headers={"Idempotency-Key": "one"}))
    assert [(a.status_code, a.json().get("error")) for a in answers] == [(202, None)] * AT_ONCE
    job = EnrichmentJob.objects.get()
    assert {answer.json()["id"] for answer in answers} == {str(job.pk)}
    assert Submission.objects.get().job_id == job.pk
    assert stored_files() - before == {job.upload_name}


def test_ten_posts_without_a_key_are_one_job_and_nine_refusals_that_name_it() -> None:
    client = program()
    answers = at_once(lambda _: send(client))
    job = EnrichmentJob.objects.get()
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [202, *[409] * (AT_ONCE - 1)]
    named = {a.json()["job"]["id"] for a in answers if a.status_code == 409}
    assert named == {str(job.pk)}


def test_waiting_holds_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.scholar_app.api.waiting import wait_for_end
    from apps.scholar_app.keys import issue

    account = user()
    _, key = issue(account.pk, name="waits")
    job = EnrichmentJob.objects.get(pk=send(bearing(key)).json()["id"])
    held: list[bool] = []
    owner = jobs.Owner(user_id=account.pk)
    times = iter(range(100))
    wait_for_end(
        job.pk,
        owner,
        seconds=5,
        monotonic=lambda: float(next(times)),
        sleep=lambda _: held.append(connection.connection is not None),
    )
    assert held == [False] * len(held)
    assert held
