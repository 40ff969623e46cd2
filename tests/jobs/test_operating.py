"""What an operator does with anybody's job, and what is taken up after a backup was put back."""

from uuid import uuid4

import pytest

from apps.scholar_app import files, jobs
from apps.scholar_app.jobs import operating
from apps.scholar_app.models import EnrichmentJob, Status
from apps.scholar_app.tallies import tallies
from tests.jobs.making import (
    MINUTE,
    claimed,
    complete,
    completed,
    names_of,
    put_back,
    row,
    statuses,
    stored_names,
    submitted,
)

pytestmark = [pytest.mark.django_db, pytest.mark.promises]
committing = pytest.mark.django_db(transaction=True)


def test_operator_stops_the_active_jobs_that_are_named_and_no_other() -> None:
    waiting, working, other, ended = submitted(), claimed(), submitted(), completed()
    stopped = operating.stop([waiting.pk, working.job_id, ended.pk, uuid4()])
    assert set(stopped) == {waiting.pk, working.job_id}
    assert row(waiting.pk).error_code == row(working.job_id).error_code == "stopped_by_operator"
    assert "An operator of this site stopped the job." in row(waiting.pk).error_message
    assert (row(other.pk).status, row(ended.pk).status) == (Status.PENDING, Status.COMPLETED)
    assert not complete(working)


@committing
def test_operator_removes_the_named_jobs_with_their_files_and_no_other() -> None:
    one, two, other = completed(), submitted(), completed()
    assert operating.remove([one.pk, two.pk, uuid4()]) == 2
    assert [job.pk for job in EnrichmentJob.objects.all()] == [other.pk]
    assert stored_names() == names_of(row(other.pk))
    assert tallies()["jobs_deleted"] == {"operator": 2}


def test_after_a_restoration_what_was_under_way_waits_anew_and_nobodys_wait_counts() -> None:
    claim, waiting, ended = claimed(), submitted(), completed()
    put_back(waiting.pk, queued_at=6 * MINUTE)
    assert jobs.take_up_restored() == jobs.Restored(kept=3, dropped=0)
    assert statuses([claim.job_id, waiting.pk, ended.pk]) == ["pending", "pending", "completed"]
    assert jobs.fail_stale() == (0, 0)
    assert not complete(claim)


@committing
@pytest.mark.parametrize("lost", ["upload_name", "result_name", "report_name"])
def test_a_restored_job_that_lacks_a_file_goes_with_those_it_has(lost: str) -> None:
    whole, broken = completed(), completed()
    files.delete([getattr(broken, lost)])
    assert jobs.take_up_restored() == jobs.Restored(kept=1, dropped=1)
    assert [job.pk for job in EnrichmentJob.objects.all()] == [whole.pk]
    assert stored_names() == names_of(whole)
