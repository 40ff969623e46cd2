"""A worker's hold on a job: the token decides, and who lost it publishes nothing."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from unittest import mock

import pytest
from django.conf import settings
from django.db import OperationalError

from apps.scholar_app import files, jobs
from apps.scholar_app.enrichment.record import Progress, SourceTally
from apps.scholar_app.models import EnrichmentJob, Status
from tests.jobs.making import (
    BIBTEX,
    MINUTE,
    claimed,
    complete,
    in_turn,
    names_of,
    put_back,
    row,
    stored_names,
    submitted,
)

pytestmark = [pytest.mark.django_db, pytest.mark.promises]


def test_the_one_that_waits_longest_is_claimed_first() -> None:
    first, second, third = submitted(), submitted(), submitted()
    in_turn(third, first, second)
    assert [claimed_id() for _ in range(4)] == [third.pk, first.pk, second.pk, None]


def claimed_id() -> object:
    claim = jobs.claim(worker="w")
    return claim and claim.job_id


def test_a_claim_begins_a_stretch_with_a_new_token_and_a_lease() -> None:
    claim = jobs.claim(worker="host:1")
    assert claim is None
    submitted()
    claim = jobs.claim(worker="host:1")
    assert claim
    job = row(claim.job_id)
    assert (job.status, job.worker, job.token, job.attempt) == (Status.PROCESSING, "host:1", 1, 1)
    assert lease_of(job) == pytest.approx(settings.SCITEX_LEASE_SECONDS, abs=5)


def lease_of(job: EnrichmentJob) -> float:
    """Seconds from the start of the stretch to the end of the lease."""
    assert job.started_at
    assert job.lease_until
    return (job.lease_until - job.started_at).total_seconds()


def test_a_job_that_does_not_wait_cannot_be_claimed_by_its_id() -> None:
    claim = claimed()
    assert jobs.claim(worker="other", job_id=claim.job_id) is None
    complete(claim)
    assert jobs.claim(worker="other", job_id=claim.job_id) is None


def test_renewing_extends_the_lease() -> None:
    claim = claimed()
    put_back(claim.job_id, lease_until=MINUTE)
    before = lease_of(row(claim.job_id))
    assert jobs.renew(claim)
    assert lease_of(row(claim.job_id)) >= before + 60


def test_progress_is_written_with_the_renewal() -> None:
    claim = claimed()
    tally = SourceTally(asked=10, answered=9, found=8, cached=1, seconds=0.5)
    progress = Progress(20, 7, {"enriched": 5, "not_found": 2}, {"crossref": tally}, "Asking Crossref for 10 DOIs")
    assert jobs.renew(claim, progress=progress)
    job = row(claim.job_id)
    assert (job.entries_total, job.entries_done, job.enriched, job.not_found, job.complete) == (20, 7, 5, 2, 0)
    assert job.progress["activity"] == "Asking Crossref for 10 DOIs"
    assert job.progress["sources"]["crossref"]["asked"] == 10


def test_progress_that_is_behind_what_was_shown_renews_the_lease_and_shows_nothing() -> None:
    claim = claimed()
    jobs.renew(claim, progress=Progress(20, 15))
    put_back(claim.job_id, lease_until=MINUTE)
    before = lease_of(row(claim.job_id))
    assert jobs.renew(claim, progress=Progress(20, 3))
    assert row(claim.job_id).entries_done == 15
    assert lease_of(row(claim.job_id)) >= before + 60


def test_a_job_handed_back_queues_anew_behind_those_that_wait() -> None:
    claim = claimed()
    other = submitted()
    # SQLite's clock counts milliseconds, and all of this can happen within one.
    put_back(claim.job_id, created_at=2 * MINUTE, queued_at=2 * MINUTE)
    put_back(other.id, created_at=MINUTE, queued_at=MINUTE)
    other.refresh_from_db()
    assert jobs.hand_back(claim, reason="turn_over")
    job = row(claim.job_id)
    assert (job.status, job.worker, job.started_at, job.lease_until) == (Status.PENDING, "", None, None)
    assert job.queued_at > other.queued_at
    assert job.created_at < other.created_at


def test_completing_publishes_result_and_report_in_one_step() -> None:
    claim = claimed()
    assert jobs.complete(claim, result=BIBTEX + b"x", report={"entries": ["é"]}, outcomes={"enriched": 2, "skipped": 1})
    job = row(claim.job_id)
    assert files.read(job.result_name) == BIBTEX + b"x"
    assert json.loads(files.read(job.report_name)) == {"entries": ["é"]}
    assert (job.enriched, job.skipped, job.entries_total, job.entries_done) == (2, 1, 3, 3)
    assert job.error_code == ""


def test_failing_tells_the_reason_and_offers_nothing() -> None:
    claim = claimed()
    assert jobs.fail(claim, code="source_away", message="Crossref did not answer." + "." * 1000)
    job = row(claim.job_id)
    assert (job.status, job.error_code, job.result_name) == (Status.FAILED, "source_away", "")
    assert job.error_message.startswith("Crossref did not answer.")


def late(claim: jobs.Claim) -> Iterator[bool]:
    """Everything a late worker may try."""
    yield jobs.renew(claim)
    yield jobs.renew(claim, progress=Progress(1, 1))
    yield jobs.hand_back(claim)
    yield jobs.fail(claim, code="hard_timeout", message="")
    yield complete(claim)


ENDINGS = ("rescued", "claimed_again", "completed_by_another", "failed", "cancelled", "deleted")


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_worker_that_lost_its_job_can_do_nothing_to_it_and_leaves_no_file(ending: str) -> None:
    job = submitted()
    claim = claimed(job)
    lose(claim, ending)
    before = EnrichmentJob.objects.filter(pk=job.pk).values().first()
    assert not any(late(claim))
    assert EnrichmentJob.objects.filter(pk=job.pk).values().first() == before
    kept = names_of(row(job.pk)) if before else {job.upload_name}
    assert stored_names() == kept


def lose(claim: jobs.Claim, ending: str) -> None:
    job = row(claim.job_id)
    if ending in {"rescued", "claimed_again", "completed_by_another"}:
        put_back(job.pk, lease_until=2 * MINUTE)
        assert jobs.rescue_expired() == 1
    if ending in {"claimed_again", "completed_by_another"}:
        again = claimed(job)
        assert ending == "claimed_again" or complete(again)
    if ending == "failed":
        put_back(job.pk, started_at=11 * MINUTE)
        assert jobs.fail_stale().processing == 1
    if ending == "cancelled":
        assert jobs.cancel(job.pk, [jobs.Owner.of(job)])
    if ending == "deleted":
        assert jobs.delete(job.pk, [jobs.Owner.of(job)])


def test_completing_again_after_an_answer_got_lost_keeps_the_published_files() -> None:
    claim = claimed()
    assert complete(claim)
    assert complete(claim)
    job = row(claim.job_id)
    assert stored_names() == names_of(job)


def full_disk() -> AbstractContextManager[mock.Mock]:
    return mock.patch("os.fsync", side_effect=OSError(28, "No space left on device"))


def test_a_full_disk_leaves_no_half_result_and_the_job_as_it_was() -> None:
    claim = claimed()
    with full_disk(), pytest.raises(OSError, match="space"):
        complete(claim)
    assert row(claim.job_id).status == Status.PROCESSING
    assert stored_names() == {row(claim.job_id).upload_name}


def test_a_full_disk_at_a_second_call_keeps_what_the_first_one_published() -> None:
    claim = claimed()
    assert complete(claim)
    with full_disk(), pytest.raises(OSError, match="space"):
        complete(claim)
    assert stored_names() == names_of(row(claim.job_id))


def test_when_the_database_is_away_the_files_stay_for_the_next_try() -> None:
    claim = claimed()
    away = mock.patch("apps.scholar_app.jobs.running.move", side_effect=OperationalError("away"))
    with away, pytest.raises(OperationalError):
        complete(claim)
    assert complete(claim)
    assert stored_names() == names_of(row(claim.job_id))


def test_a_silent_workers_job_is_rescued_three_times_and_then_failed() -> None:
    job = submitted()
    for rescue in range(1, 4):
        claim = claimed(job)
        assert jobs.rescue_expired() == 0
        put_back(claim.job_id, lease_until=2 * MINUTE)
        assert jobs.rescue_expired() == 1
        assert (row(job.pk).status, row(job.pk).rescues) == (Status.PENDING, rescue)
    put_back(claimed(job).job_id, lease_until=2 * MINUTE)
    assert jobs.rescue_expired() == 1
    assert (row(job.pk).status, row(job.pk).error_code) == (Status.FAILED, "lease_expired")


def test_a_stale_job_is_not_rescued_but_left_to_be_failed() -> None:
    claim = claimed()
    put_back(claim.job_id, started_at=11 * MINUTE, lease_until=10 * MINUTE)
    assert jobs.rescue_expired() == 0
    assert jobs.fail_stale().processing == 1


def test_a_large_job_in_many_turns_is_never_stale() -> None:
    job = submitted()
    for _ in range(5):
        claim = claimed(job)
        put_back(job.pk, created_at=9 * MINUTE, started_at=9 * MINUTE)
        assert jobs.fail_stale() == (0, 0)
        assert jobs.hand_back(claim)
        put_back(job.pk, created_at=4 * MINUTE, queued_at=4 * MINUTE)
        assert jobs.fail_stale() == (0, 0)
    assert row(job.pk).attempt == 5
    assert complete(claimed(job))
