"""What keeps the table fast and the rules whole, held to by counting and by asking the database."""

import logging
import tracemalloc
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.conf import settings as site
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models import CASCADE, QuerySet
from django.db.models.signals import post_delete, pre_delete
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.scholar_app import jobs
from apps.scholar_app.jobs.pace import Pace
from apps.scholar_app.models import EnrichmentJob
from benchmarks.job_rows import fill
from tests.jobs.making import DAY, NOW, pending_rows, processing_rows, visitor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.promises]
TRANSACTION = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")


def steady(size: int = 1000) -> Pace:
    return Pace(size=size, largest=size, monotonic=lambda: 0.0, sleep=lambda _: None)


def statements(act: Callable[[], object]) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        act()
    return [query["sql"] for query in queries if not query["sql"].startswith(TRANSACTION)]


def test_ten_thousand_stale_jobs_are_failed_in_at_most_thirteen_statements(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="scholar.jobs")
    fill("processing", 10_000, at=timezone.now() - DAY)
    said = statements(lambda: jobs.fail_stale(pace=steady()))
    assert EnrichmentJob.objects.filter(error_code="processing_timeout").count() == 10_000
    # Ten batches, one for each rule that finds nothing more, and one that counts.
    assert len(said) <= 13


def test_failing_with_nothing_to_do_takes_one_statement_for_each_rule() -> None:
    assert len(statements(jobs.fail_stale)) == 2


def test_a_claim_and_a_renewal_are_one_statement_each() -> None:
    pending_rows(3, queued_at=timezone.now())
    claims: list[jobs.Claim | None] = []
    assert len(statements(lambda: claims.append(jobs.claim(worker="w")))) == 1
    (claim,) = claims
    assert claim
    assert len(statements(lambda: jobs.renew(claim))) == 1


def test_memory_does_not_grow_with_the_number_of_rows(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="scholar.jobs")

    def peak(count: int) -> int:
        fill("failed", count, at=timezone.now() - 60 * DAY)
        tracemalloc.start()
        assert jobs.delete_old(30, pace=steady()).jobs == count
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(1_000)  # what is imported and cached at the first time
    few, many = peak(1_000), peak(30_000)
    assert many < few + 2_000_000  # sixty bytes a row: not even their names


OWNER = visitor()
PLANS: dict[str, tuple[Callable[[], QuerySet[Any]], str]] = {
    "claim": (lambda: EnrichmentJob.objects.waiting()[:1], "job_waiting"),
    "queue_position": (
        lambda: EnrichmentJob.objects.waiting().filter(queued_at__lt=NOW).values("pk"),
        "job_waiting",
    ),
    "stale_pending": (lambda: EnrichmentJob.objects.stale_pending()[:1000], "job_waiting"),
    "stale_processing": (lambda: EnrichmentJob.objects.stale_processing()[:1000], "job_running"),
    "lease_expired": (EnrichmentJob.objects.lease_expired, "job_running"),
    "old": (lambda: EnrichmentJob.objects.old(30)[:1000], "job_finished"),
    "jobs_of_visitor": (lambda: jobs.jobs_of(OWNER)[:20], "job_of_visitor"),
    "jobs_of_user": (lambda: jobs.jobs_of(jobs.Owner(user_id=1))[:20], "job_of_user"),
    "newest": (lambda: EnrichmentJob.objects.order_by("-created_at")[:50], "job_created"),
}


@pytest.mark.parametrize("query", PLANS)
def test_each_query_has_its_index(query: str) -> None:
    rows, index = PLANS[query]
    fill("completed", 3_000, at=timezone.now() - DAY)
    processing_rows(5, started_at=timezone.now())
    pending_rows(5, queued_at=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    assert index in rows().explain()


def test_the_counts_of_the_status_can_be_read_from_the_index_alone() -> None:
    fill("completed", 3_000, at=timezone.now() - DAY)
    (said,) = [sql for sql in statements(EnrichmentJob.objects.status_counts) if "GROUP BY" in sql]
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # a table as small as this one it would rather read
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{said}")
        plan = str(cursor.fetchall())
    assert "COVERING INDEX job_finished" in plan or "Index Only Scan using job_finished" in plan


def test_a_renewal_touches_no_index() -> None:
    indexed = {name for index in EnrichmentJob._meta.indexes for name in index.fields}
    constrained = {name for constraint in EnrichmentJob._meta.constraints for name in getattr(constraint, "fields", ())}
    assert not {"lease_until", "entries_done", "progress"} & (indexed | constrained)


def test_nobody_listens_for_the_deletion_of_a_job_and_nothing_hangs_on_it() -> None:
    """With a listener or a cascade each deleted row would be loaded: thirty times as slow, and not flat memory."""
    assert not pre_delete.has_listeners(EnrichmentJob)
    assert not post_delete.has_listeners(EnrichmentJob)
    cascades = [field for field in EnrichmentJob._meta.related_objects if getattr(field, "on_delete", None) is CASCADE]
    assert cascades == []


def test_somebody_listens_for_the_deletion_of_a_user() -> None:
    assert pre_delete.has_listeners(User)


#: Models whose rows do not grow by themselves, or whose deletion is somebody's decision.
DECIDED_BY_PEOPLE = {"User", "Group", "Permission", "ContentType", LogEntry.__name__}


def test_each_table_that_grows_with_use_is_pruned_or_is_a_known_exception() -> None:
    pruned = {EnrichmentJob, *jobs.EXPIRED}
    left = {model.__name__ for model in apps.get_models() if model not in pruned} - DECIDED_BY_PEOPLE
    assert left == KEPT_ON_PURPOSE


#: Each with its reason: API keys are revoked by their owners; tallies have one row for each kind of event.
KEPT_ON_PURPOSE = {"ApiKey", "Tally"}


def test_sessions_are_pruned_in_batches() -> None:
    over = timezone.now() - timedelta(days=1)
    Session.objects.bulk_create([Session(session_key=str(uuid4()), expire_date=over) for _ in range(25)])
    assert steady(10).repeat(jobs.EXPIRED[Session]) == 25


@pytest.mark.skipif(site.DATABASES["default"]["ENGINE"] != "django.db.backends.sqlite3", reason="about SQLite alone")
def test_sqlite_waits_for_a_writer_and_takes_its_lock_at_once() -> None:
    with connection.cursor() as cursor:
        pragmas = [cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
    assert pragmas == ["wal", 1]
    assert connection.settings_dict["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
