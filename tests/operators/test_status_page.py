"""The operators' page and what they may do there: everything is seen, and acted on by the same guarded steps."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from apps.scholar_app import charts, history, jobs, presence, submissions
from apps.scholar_app.enrichment.errors import SourceError
from apps.scholar_app.models import EnrichmentJob
from tests.jobs.making import (
    DAY,
    MINUTE,
    claimed,
    complete,
    completed,
    names_of,
    put_back,
    row,
    stored_names,
    submitted,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.promises]
PAGE, LIST = "/admin/status/", "/admin/scholar_app/enrichmentjob/"


@pytest.fixture
def operator() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("operator"))
    return client


def page(client: Client) -> str:
    response = client.get(PAGE)
    assert response.status_code == 200
    return response.content.decode()


def test_who_is_no_operator_does_not_see_it() -> None:
    visitor, member = Client(), Client()
    member.force_login(User.objects.create_user("ada"))
    for client in (visitor, member):
        response = client.get(PAGE)
        assert (response.status_code, response["Location"]) == (302, f"/admin/login/?next={PAGE}")


def test_an_empty_site_is_shown_without_a_picture_of_nothing(operator: Client) -> None:
    text = page(operator)
    assert "Nothing yet." in text
    assert text.count("<rect") == text.count('class="strip"')


def test_outcomes_reasons_times_sources_runs_and_workers_are_shown(operator: Client, settings: Settings) -> None:
    settings.SCITEX_SOURCES = ("catalogue", "crossref", "openalex")
    assert complete(claimed(submitted()))
    assert jobs.fail(claimed(submitted()), code="source_away", message="")
    presence.beat("here:1", processes=4)
    jobs.clean_up(retention_days=30, delete_old_jobs=False, by="timer")
    text = page(operator)
    for shown in (
        "source_away",
        "1 completed",
        "1 failed",
        "Crossref",
        "OpenAlex",
        "answers",
        ">timer<",
        "0 / 4",
        "≤ ",
    ):
        assert shown in text, shown
    assert "needs a look" not in text


def test_the_list_is_cut_down_to_a_reason_that_there_was(operator: Client) -> None:
    away, other = claimed(submitted()), claimed(submitted())
    assert jobs.fail(away, code="source_away", message="")
    assert jobs.fail(other, code="no_progress", message="")
    text = operator.get(f"{LIST}?status__exact=failed&error_code=source_away").content.decode()
    assert (str(away.job_id) in text, str(other.job_id) in text) == (True, False)
    assert "error_code=no_progress" in text


@pytest.mark.parametrize("trouble", ["no_worker", "old_queue", "no_cleanup"])
def test_what_needs_somebody_is_said(operator: Client, trouble: str) -> None:
    if trouble != "no_worker":
        presence.beat("here:1", processes=4)
    if trouble != "no_cleanup":
        jobs.clean_up(retention_days=30, delete_old_jobs=False, by="timer")
    if trouble == "old_queue":
        put_back(submitted().pk, queued_at=4 * MINUTE)
    assert page(operator).count("needs a look") == 1


def test_sources_that_cannot_be_told_of_do_not_take_the_page_along(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise SourceError("limits", "the shared limits cannot be read")

    monkeypatch.setattr("apps.scholar_app.status_views.source_states", away)
    assert "the shared limits cannot be read" in page(operator)


def test_each_job_falls_into_the_stretch_in_which_it_ended() -> None:
    until = datetime(2026, 1, 1, 12, tzinfo=UTC)
    for finished in (until - timedelta(hours=1), until - timedelta(microseconds=1), until - timedelta(hours=2), until):
        EnrichmentJob.objects.filter(pk=completed().pk).update(finished_at=finished)
    assert [part.counts for part in history.ended(until=until, each=timedelta(hours=1), slices=2)] == [
        (1, 0, 0),
        (2, 0, 0),
    ]


def test_the_columns_of_a_chart_fill_it_and_stand_on_each_other() -> None:
    chart = charts.columns(("a", "b"), [("x", (3, 1)), ("y", (0, 2)), ("z", (0, 0))])
    first, second, third = chart.columns
    assert [(p.name, p.y, p.height) for p in first.pieces] == [("a", 50.0, 150.0), ("b", 0.0, 50.0)]
    assert [(p.name, p.y, p.height) for p in second.pieces] == [("b", 100.0, 100.0)]
    assert third.pieces == ()
    assert (chart.most, chart.total) == (4, 6)


def act(client: Client, action: str, *chosen: EnrichmentJob, confirmed: bool = True) -> Any:
    data = {"action": action, "_selected_action": [str(job.pk) for job in chosen]}
    return client.post(LIST, data | ({"confirmed": "yes"} if confirmed else {}), follow=True)


@pytest.mark.parametrize("action", ["stop_jobs", "retry_jobs", "delete_jobs"])
def test_an_action_asks_first(operator: Client, action: str) -> None:
    job = submitted()
    before = EnrichmentJob.objects.values().get()
    text = act(operator, action, job, confirmed=False).content.decode()
    assert str(job.pk) in text
    assert 'name="confirmed"' in text
    assert EnrichmentJob.objects.values().get() == before


def test_stopping_fails_what_is_active_and_nothing_else(operator: Client) -> None:
    waiting, working, done = submitted(), claimed(), completed()
    text = act(operator, "stop_jobs", waiting, row(working.job_id), done).content.decode()
    assert "2 jobs were stopped. 1 could not be." in text
    assert [row(pk).status for pk in (waiting.pk, working.job_id, done.pk)] == ["failed", "failed", "completed"]
    assert row(waiting.pk).error_code == "stopped_by_operator"
    assert not complete(working), "the worker has lost it"


def test_deleting_takes_the_files_along(operator: Client) -> None:
    job, other = completed(), submitted()
    act(operator, "delete_jobs", job)
    assert set(EnrichmentJob.objects.values_list("pk", flat=True)) == {other.pk}
    assert stored_names() & (names_of(job) | {other.upload_name}) == {other.upload_name}


def test_beginning_anew_is_for_the_owner_and_leaves_the_ended_job_alone(operator: Client) -> None:
    failed = row(claimed().job_id)
    put_back(failed.pk, started_at=11 * MINUTE)
    jobs.fail_stale()
    busy = submitted()
    assert "1 job was begun anew. 1 could not be." in act(operator, "retry_jobs", failed, busy).content.decode()
    assert row(failed.pk).status == "failed"
    new = EnrichmentJob.objects.exclude(pk__in=[failed.pk, busy.pk]).get()
    assert (new.status, new.visitor) == ("pending", failed.visitor)


@pytest.mark.parametrize(
    "trouble", [EnrichmentJob.DoesNotExist(), jobs.NotStored("the disk is full"), FileNotFoundError()], ids=repr
)
def test_a_job_that_cannot_be_begun_anew_stops_no_other(
    trouble: Exception, operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = completed(), completed()
    retry = submissions.retry

    def failing(job_id: Any, *rest: Any, **named: Any) -> EnrichmentJob:
        if job_id == first.pk:
            raise trouble
        return retry(job_id, *rest, **named)

    monkeypatch.setattr(submissions, "retry", failing)
    assert "1 job was begun anew. 1 could not be." in act(operator, "retry_jobs", first, second).content.decode()


@pytest.mark.parametrize("action", ["stop_jobs", "retry_jobs", "delete_jobs"])
def test_who_may_only_look_may_not_act(action: str) -> None:
    looker = User.objects.create_user("looker", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_enrichmentjob"))
    client, job = Client(), submitted()
    client.force_login(looker)
    assert str(job.pk) in client.get(LIST).content.decode()
    act(client, action, job)
    assert [row(job.pk).status, EnrichmentJob.objects.count()] == ["pending", 1]


def test_what_an_operator_did_is_on_record(operator: Client) -> None:
    job = submitted()
    act(operator, "stop_jobs", job)
    response = operator.get(f"{LIST}{job.pk}/history/")
    assert "stop_jobs" in response.content.decode()


def test_the_page_of_a_month_of_jobs_asks_few_questions(operator: Client, django_assert_max_num_queries: Any) -> None:
    completed(ago=DAY)
    with django_assert_max_num_queries(70):
        page(operator)
    assert history.cleanups(since=timezone.now(), most=5) == []
