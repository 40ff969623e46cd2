"""/metrics: figures that are true whichever process answers, cheap, and for the operators alone."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from apps.scholar_app import jobs, presence, tallies, vitals
from apps.scholar_app.enrichment.record import Progress, SourceTally
from apps.scholar_app.models import EnrichmentJob
from apps.scholar_app.supervision.run import count_questions
from benchmarks.job_rows import fill
from tests.jobs.making import DAY, MINUTE, claimed, complete, completed, put_back, submitted

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.promises]
ROOT = Path(__file__).resolve().parents[2]
TOKEN = "a-token-for-prometheus"


def scrape(**headers: str) -> dict[str, float]:
    """Every sample as ``name{label="value"}``, as Prometheus would read it."""
    response = Client().get("/metrics", headers=headers)
    assert response.status_code == 200, response.content
    samples = {}
    for family in text_string_to_metric_families(response.content.decode()):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            samples[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return samples


def test_jobs_are_told_by_state_with_the_longest_wait_and_what_is_stale() -> None:
    put_back(claimed(submitted()).job_id, started_at=3 * MINUTE)
    completed()
    first, second = submitted(), submitted()
    put_back(first.pk, queued_at=2 * MINUTE)
    put_back(second.pk, queued_at=6 * MINUTE)  # an upload would fail it, so it comes last
    told = scrape()
    assert (told["scholar_jobs{status=pending}"], told["scholar_jobs{status=processing}"]) == (2, 1)
    assert 300 < told["scholar_oldest_pending_seconds"] < 400
    assert 180 < told["scholar_longest_processing_seconds"] < 280
    assert told["scholar_jobs_stale{status=pending}"] == 1
    assert told["scholar_jobs_stale{status=processing}"] == 0


def test_ends_are_counted_and_a_deletion_takes_none_of_them_back() -> None:
    completed(ago=31 * DAY)
    assert jobs.fail(claimed(), code="source_away", message="")
    before = scrape()
    jobs.delete_old(30)
    after = scrape()
    for told in (before, after):
        assert told["scholar_jobs_ended_total{reason=completed,status=completed}"] == 1
        assert told["scholar_jobs_ended_total{reason=source_away,status=failed}"] == 1
    assert after["scholar_jobs_deleted_total{reason=old}"] == 1
    assert EnrichmentJob.objects.filter(status="completed").count() == 0


def test_durations_are_a_histogram_whose_classes_add_up() -> None:
    for minutes in (0.5, 2, 2, 90):
        job = submitted()
        put_back(job.pk, created_at=timedelta(minutes=minutes))
        assert complete(claimed(job))
    told = scrape()
    classes = [told[f"scholar_job_duration_seconds_bucket{{le={le}}}"] for le in ("30", "60", "300", "+Inf")]
    assert classes == [0, 1, 3, 4]
    assert told["scholar_job_duration_seconds_count"] == 4
    assert told["scholar_job_duration_seconds_sum"] == pytest.approx(94.5 * 60, abs=30)


def test_what_runs_asked_of_the_sources_is_summed_up() -> None:
    tally = SourceTally(asked=10, answered=9, found=7, cached=4, seconds=1.5)
    for _ in range(2):
        count_questions(Progress(entries_total=10, entries_done=10, sources={"crossref": tally}))
    told = scrape()
    kinds = ("questions", "answers", "found", "remembered", "seconds")
    assert [told[f"scholar_source_{kind}_total{{source=crossref}}"] for kind in kinds] == [20, 18, 14, 8, 3.0]


def test_workers_cleanup_sources_and_disk_are_told(settings: Settings) -> None:
    settings.SCITEX_SOURCES = ("catalogue", "crossref")
    presence.beat("here:1", processes=4)
    presence.beat("there:1", processes=2)
    jobs.clean_up(retention_days=30, delete_old_jobs=False, by="test")
    told = scrape()
    assert (told["scholar_workers"], told["scholar_worker_slots"]) == (2, 6)
    assert timezone.now().timestamp() - told["scholar_cleanup_last_run_timestamp_seconds"] < 60
    assert told["scholar_source_up{source=crossref}"] == 1
    assert told["scholar_source_calls_last_minute{source=crossref}"] == 0
    assert told["scholar_source_limit_calls_per_second{calls=list,source=crossref}"] > 0
    assert 0 < told["scholar_disk_free_bytes"] <= told["scholar_disk_size_bytes"]
    assert {value for name, value in told.items() if name.startswith("scholar_figures_up")} == {1}


def test_no_clean_up_yet_is_no_figure_and_no_zero() -> None:
    assert "scholar_cleanup_last_run_timestamp_seconds" not in scrape()


def test_a_part_that_cannot_be_read_is_left_out_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise DatabaseError

    monkeypatch.setattr(vitals, "queue", away)
    told = scrape()
    assert told["scholar_figures_up{part=jobs}"] == 0
    assert told["scholar_figures_up{part=disk}"] == 1
    assert "scholar_oldest_pending_seconds" not in told


def test_a_scrape_among_many_jobs_is_a_dozen_small_questions_each_with_its_index(settings: Settings) -> None:
    settings.SCITEX_SOURCES = ("catalogue",)
    fill("completed", 3_000, at=timezone.now() - DAY)
    submitted()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    with CaptureQueriesContext(connection) as queries:
        scrape()
    asked = [query["sql"] for query in queries if query["sql"].startswith("SELECT")]
    assert len(asked) <= 12
    of_jobs = [sql for sql in asked if "enrichmentjob" in sql]
    assert len(of_jobs) == 2
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")  # three thousand rows are soon read; a million are not
        for sql in of_jobs:
            cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{sql}")
            plan = " ".join(str(row) for row in cursor.fetchall())
            assert re.search("job_waiting|job_running", plan), plan


def refusal(address: str, **headers: str) -> Any:
    return Client().get("/metrics", REMOTE_ADDR=address, headers=headers)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.10", "::1"])
def test_without_a_token_this_machine_may_look(address: str) -> None:
    assert refusal(address).status_code == 200


@pytest.mark.parametrize("address", ["192.0.2.1", "10.0.0.1", "2001:db8::1", "", "unix:"])
def test_without_a_token_nobody_else_may_look(address: str) -> None:
    assert refusal(address).status_code == 403


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_without_a_token_nobody_looks_through_a_proxy_on_this_machine(header: str) -> None:
    assert refusal("127.0.0.1", **{header: "192.0.2.1"}).status_code == 403


@pytest.mark.parametrize("address", ["127.0.0.1", "192.0.2.1"])
def test_with_a_token_only_its_bearer_may_look(settings: Settings, address: str) -> None:
    settings.SCITEX_METRICS_TOKEN = TOKEN
    assert refusal(address, Authorization=f"Bearer {TOKEN}").status_code == 200
    for wrong in ({}, {"Authorization": f"Bearer {TOKEN}x"}, {"Authorization": TOKEN}, {"Authorization": "Bearer é"}):
        refused = refusal(address, **wrong)
        assert (refused.status_code, refused["WWW-Authenticate"]) == (401, "Bearer")
        assert b"scholar_" not in refused.content


def documented() -> set[str]:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    return set(re.findall(r"^\| `(scholar_\w+)` \|", text, re.MULTILINE))


def names() -> set[str]:
    response = Client().get("/metrics").content.decode()
    return set(re.findall(r"^# HELP (\S+) \S", response, re.MULTILINE))


def test_every_metric_is_in_the_operations_document_and_no_other() -> None:
    assert documented() == names()


def test_every_metric_says_what_it_is_and_follows_the_conventions() -> None:
    tallies.count("uploads_refused", "empty")
    text = Client().get("/metrics").content.decode()
    typed = dict(re.findall(r"^# TYPE (\S+) (\S+)", text, re.MULTILINE))
    assert typed.keys() == names()
    assert {name for name, kind in typed.items() if (kind == "counter") != name.endswith("_total")} == set()
    assert 'scholar_uploads_refused_total{reason="empty"} 1.0' in text
