"""Decisions about a completed job: one statement, upon the version seen, by the owner alone, and gone with the job."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.scholar_app import files, jobs
from apps.scholar_app.models import EnrichmentJob, Status
from tests.jobs.making import DAY, claimed, complete, completed, row, stored_names, submitted, visitor

pytestmark = [pytest.mark.django_db, pytest.mark.promises]
committing = pytest.mark.django_db(transaction=True)

SAID = {"everywhere": ["abstract"], "entries": {}, "history": []}
COUNTS = {"complete": 1}


def decide(job: EnrichmentJob, *owners: jobs.Owner, version: int = 0) -> bool:
    return jobs.decide(job.pk, owners, version=version, decisions=SAID, outcomes=COUNTS)


def test_a_decision_is_one_statement_that_counts_the_version_up_and_the_outcomes_anew() -> None:
    owner = visitor()
    job = completed(owner)
    with CaptureQueriesContext(connection) as queries:
        assert decide(job, owner)
    assert len([query for query in queries if query["sql"].startswith("UPDATE")]) == len(queries) == 1
    assert jobs.decisions_of(job) == jobs.Decided(1, SAID)
    assert (row(job.pk).complete, row(job.pk).enriched) == (1, 0)


def test_deciding_ends_nothing_anew() -> None:
    owner = visitor()
    job = completed(owner)
    before = row(job.pk)
    assert decide(job, owner)
    after = row(job.pk)
    for name in ("status", "token", "finished_at", "started_at", "result_name", "report_name", "entries_total"):
        assert getattr(after, name) == getattr(before, name)


@pytest.mark.parametrize("version", [0, 2])
def test_a_decision_upon_another_version_changes_nothing(version: int) -> None:
    owner = visitor()
    job = completed(owner)
    assert decide(job, owner)
    before = row(job.pk)
    assert not decide(job, owner, version=version)
    assert jobs.decisions_of(job) == jobs.Decided(1, SAID)
    assert row(job.pk).complete == before.complete


def test_nobody_else_decides_and_nobody_about_a_job_that_is_not_there() -> None:
    job = completed(visitor())
    for owners in ((), (jobs.NOBODY,), (visitor(),), (jobs.Owner(user_id=1), visitor())):
        assert not decide(job, *owners)
    assert not jobs.decide(uuid4(), [jobs.Owner.of(job)], version=0, decisions=SAID, outcomes=COUNTS)
    assert jobs.decisions_of(job) == jobs.Decided(0, None)


@pytest.mark.parametrize("status", ["pending", "processing", "failed", "cancelled"])
def test_only_a_completed_job_is_decided_on(status: str) -> None:
    owner = visitor()
    job = submitted(owner)
    if status == "cancelled":
        jobs.cancel(job.pk, [owner])
    elif status != "pending":
        claim = claimed(job)
        _ = status == "failed" and jobs.fail(claim, code="hard_timeout", message="")
    assert row(job.pk).status == status
    assert not decide(job, owner)
    with pytest.raises(IntegrityError), transaction.atomic():
        EnrichmentJob.objects.filter(pk=job.pk).update(decisions=SAID, decisions_version=1)


def test_finding_and_listing_jobs_does_not_load_what_was_decided() -> None:
    owner = visitor()
    job = completed(owner)
    assert decide(job, owner)
    assert jobs.find(job.pk, [owner]).get_deferred_fields() == {"decisions"}
    assert jobs.jobs_of(owner)[0].get_deferred_fields() == {"decisions"}


def test_a_job_taken_along_at_sign_in_keeps_its_decisions(django_user_model: type) -> None:
    owner = visitor()
    job = completed(owner)
    assert decide(job, owner)
    user = django_user_model.objects.create_user("ada")  # type: ignore[attr-defined]
    assert owner.visitor
    jobs.adopt(owner.visitor, user.pk)
    assert jobs.decisions_of(job) == jobs.Decided(1, SAID)
    assert not decide(job, owner, version=1)
    assert decide(job, jobs.Owner(user_id=user.pk), version=1)


@committing
@pytest.mark.parametrize("how", ["delete", "old", "account"])
def test_with_the_job_go_its_decisions_and_the_files_that_follow_from_them(how: str, django_user_model: type) -> None:
    user = django_user_model.objects.create_user("ada")  # type: ignore[attr-defined]
    owner = jobs.Owner(user_id=user.pk)
    job = completed(owner, ago=31 * DAY)
    assert decide(job, owner)
    files.write(files.reviewed_name(job.result_name), b"1\n@article{k}")
    if how == "delete":
        assert jobs.delete(job.pk, [owner])
    elif how == "old":
        assert jobs.delete_old(30).jobs == 1
    else:
        user.delete()
    assert stored_names() == set()
    assert not EnrichmentJob.objects.exists()


@committing
def test_what_follows_from_a_job_that_is_there_is_no_orphan_and_is_one_without_it(settings: object) -> None:
    job = completed(visitor())
    reviewed = files.reviewed_name(job.result_name)
    files.write(reviewed, b"1\nx")
    later = row(job.pk).finished_at
    assert later
    assert jobs.sweep_orphans(now=later + DAY).found == 0
    EnrichmentJob.objects.all().delete()
    assert jobs.sweep_orphans(now=later + DAY) == (3, 3, 0)
    assert stored_names() == set()


@committing
def test_a_worker_that_lost_its_job_leaves_no_index_behind() -> None:
    claim = claimed()
    jobs.hand_back(claim)
    assert not complete(claim)
    assert stored_names() == {row(claim.job_id).upload_name}


@pytest.mark.parametrize("report", [{"entries": [1]}, {"entries": [{}]}, {"entries": ["x"], "totals": None}])
def test_a_report_without_sense_is_published_without_an_index(report: dict[str, object]) -> None:
    claim = claimed()
    assert jobs.complete(claim, result=b"", report=report, outcomes={})
    job = row(claim.job_id)
    assert job.status == Status.COMPLETED
    assert files.read(job.report_name)
    with pytest.raises(FileNotFoundError):
        files.read(files.index_name(job.report_name))
