"""Who is let in: refused at the door rather than failed in the queue, and only so many uploads an hour."""

from contextlib import nullcontext
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from apps.scholar_app import jobs
from apps.scholar_app.jobs.admission import ASSUMED_SLOTS, _usual_turn, expected_wait, upload_keys
from apps.scholar_app.management.commands import run_enrichment_worker
from apps.scholar_app.models import EnrichmentJob, UploadAttempt
from tests.jobs.making import (
    MINUTE,
    claimed,
    completed,
    pending_rows,
    processing_rows,
    put_back,
    stored_names,
    submitted,
    visitor,
)

pytestmark = [pytest.mark.django_db, pytest.mark.promises]
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("ahead", "slots", "working", "turn", "seconds"),
    [
        (0, 4, 0, 60, 0),  # nobody here: at once
        (0, 4, 3, 60, 0),  # the last free slot
        (0, 4, 4, 60, 60),  # all taken: after one turn
        (3, 4, 4, 60, 60),
        (4, 4, 4, 60, 120),  # the second round
        (3, 4, 0, 60, 0),  # the others ahead take slots as well
        (4, 4, 0, 60, 60),
        (19, 4, 4, 60, 300),
        (0, 1, 1, 60, 60),
        (9, 1, 1, 3, 30),
        (0, 4, 9, 60, 60),  # more at work than slots: a worker is being replaced
    ],
)
def test_who_finds_a_free_slot_starts_at_once_and_the_others_go_in_rounds(
    ahead: int, slots: int, working: int, turn: float, seconds: float
) -> None:
    assert expected_wait(ahead=ahead, slots=slots, working=working, turn=turn) == seconds


def test_uploads_are_taken_as_long_as_they_could_start_in_time_and_refused_after() -> None:
    """Four slots, turns of a minute as nothing is known yet: four rounds fit into four fifths of five minutes."""
    processing_rows(ASSUMED_SLOTS, started_at=timezone.now())
    pending_rows(4 * ASSUMED_SLOTS - 1, queued_at=timezone.now())
    submitted()
    before = stored_names()
    with pytest.raises(jobs.QueueFull) as refusal:
        submitted()
    assert refusal.value.retry_after == 60
    assert stored_names() == before


def test_a_queue_of_short_jobs_may_be_longer() -> None:
    for _ in range(3):
        job = completed()
        put_back(job.pk, started_at=10 * SECOND)
    pending_rows(60, queued_at=timezone.now())
    submitted()


def test_when_somebody_has_waited_all_slots_are_those_at_work() -> None:
    processing_rows(1, started_at=timezone.now())
    pending_rows(3, queued_at=timezone.now() - 20 * SECOND)
    submitted()
    with pytest.raises(jobs.QueueFull):
        submitted()


def test_slots_are_assumed_to_be_those_of_one_worker() -> None:
    assert run_enrichment_worker._PROCESSES == ASSUMED_SLOTS


@pytest.mark.parametrize(("since", "is_full"), [(9, False), (11, True)])
def test_who_waits_ten_seconds_finds_all_slots_taken(since: int, is_full: bool) -> None:
    processing_rows(1, started_at=timezone.now())
    pending_rows(4, queued_at=timezone.now() - since * SECOND)
    with pytest.raises(jobs.QueueFull) if is_full else nullcontext():
        submitted()


@pytest.mark.parametrize(("lasted", "turn"), [(0, 1.0), (10, 10.0), (60, 60.0), (100, 60.0)])
def test_a_turn_takes_what_the_last_jobs_took_between_a_second_and_a_whole_turn(lasted: int, turn: float) -> None:
    jobs.fail(claimed(), code="hard_timeout", message="")
    assert _usual_turn() == 60.0, "as long as none was completed"
    put_back(completed().pk, started_at=lasted * SECOND)
    assert _usual_turn() == pytest.approx(turn, abs=0.5)


def test_of_all_completed_jobs_the_last_twenty_say_how_long_a_turn_is() -> None:
    for _ in range(20):
        put_back(completed().pk, started_at=10 * SECOND)
    put_back(completed(ago=MINUTE).pk, started_at=3 * MINUTE)
    assert _usual_turn() == pytest.approx(10, abs=0.9)


def test_stale_jobs_do_not_keep_anybody_out() -> None:
    pending_rows(300, queued_at=timezone.now() - 6 * MINUTE)
    submitted()


def submitted_until_full() -> list[UUID]:
    let_in = []
    try:
        while True:
            let_in.append(submitted().pk)
    except jobs.QueueFull:
        return let_in


def test_a_backlog_that_was_let_in_is_worked_off_before_it_is_stale() -> None:
    """The promise behind the estimate, played through: four slots, each turn a full minute, nobody fails."""
    let_in = submitted_until_full()
    waited = 0
    while EnrichmentJob.objects.waiting().exists():
        for _ in range(ASSUMED_SLOTS):
            jobs.claim(worker="w")
        for job_id in let_in:
            put_back(job_id, queued_at=MINUTE)
        waited += 1
        assert jobs.fail_stale().pending == 0
    assert len(let_in) > ASSUMED_SLOTS
    assert waited <= 5


def test_an_owner_has_so_many_uploads_an_hour_and_not_one_more(settings: Any) -> None:
    settings.SCITEX_UPLOADS_PER_HOUR = 3
    owner = visitor()
    for _ in range(3):
        jobs.cancel(submitted(owner).pk, [owner])
    with pytest.raises(jobs.TooManyUploads) as refusal:
        submitted(owner)
    assert 3590 <= refusal.value.retry_after <= 3600
    submitted(visitor())


def test_the_hour_is_counted_back_from_now(settings: Any) -> None:
    settings.SCITEX_UPLOADS_PER_HOUR = 2
    owner = visitor()
    for minutes in (61, 59, 10):
        jobs.cancel(submitted(owner).pk, [owner])
        UploadAttempt.objects.filter(at__gt=timezone.now() - MINUTE).update(at=timezone.now() - minutes * MINUTE)
    with pytest.raises(jobs.TooManyUploads) as refusal:
        submitted(owner)
    assert refusal.value.retry_after == pytest.approx(60, abs=5)


def test_an_address_has_so_many_uploads_an_hour_however_many_visitors_it_claims_to_be(settings: Any) -> None:
    settings.SCITEX_UPLOADS_PER_HOUR = 2
    for _ in range(2):
        submitted(address="192.0.2.7")
    with pytest.raises(jobs.TooManyUploads):
        submitted(address="192.0.2.7")
    submitted(address="192.0.2.8")
    submitted(address="")


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("192.0.2.7", "192.0.2.7", True),
        ("192.0.2.7", "192.0.2.8", False),
        ("192.0.2.7", "::ffff:192.0.2.7", True),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("not an address", "not an address", True),
    ],
)
def test_an_ipv6_network_counts_as_one_address(first: str, second: str, same: bool) -> None:
    owner = visitor()
    assert (upload_keys(owner, first)[1] == upload_keys(owner, second)[1]) == same


def test_addresses_and_owners_are_stored_only_as_salted_hashes(settings: Any) -> None:
    owner = visitor()
    submitted(owner, address="192.0.2.7")
    stored = str(list(UploadAttempt.objects.values()))
    assert "192.0.2.7" not in stored
    assert str(owner.visitor) not in stored
    before = upload_keys(owner, "192.0.2.7")
    settings.SECRET_KEY = "another"
    assert not set(before) & set(upload_keys(owner, "192.0.2.7"))


def test_a_user_and_a_visitor_are_counted_apart() -> None:
    user = User.objects.create_user("ada")
    assert len({*upload_keys(jobs.Owner(user_id=user.pk), ""), *upload_keys(visitor(), "")}) == 2


def test_a_refused_upload_is_not_counted() -> None:
    owner = visitor()
    submitted(owner)
    count = UploadAttempt.objects.count()
    with pytest.raises(jobs.ActiveJobExists):
        submitted(owner, address="192.0.2.7")
    assert UploadAttempt.objects.count() == count


def test_a_retry_is_counted_as_an_upload(settings: Any) -> None:
    settings.SCITEX_UPLOADS_PER_HOUR = 1
    owner = visitor()
    job = submitted(owner)
    jobs.cancel(job.pk, [owner])
    with pytest.raises(jobs.TooManyUploads):
        jobs.retry(job.pk, [owner])


@pytest.mark.parametrize(("kept", "times"), [(False, 10), (True, 1)])
@pytest.mark.parametrize("who", ["owner", "address"])
def test_looks_are_allowed_ten_times_as_often_as_uploads_and_kept_ones_as_often(
    who: str, kept: bool, times: int, settings: Any
) -> None:
    settings.SCITEX_UPLOADS_PER_HOUR = 1
    owner = visitor()
    for _ in range(times):
        jobs.count_look([owner], "192.0.2.7", kept=kept)
    with pytest.raises(jobs.TooManyUploads):
        jobs.count_look([owner if who == "owner" else visitor()], "" if who == "owner" else "192.0.2.7", kept=kept)
    jobs.count_look([visitor()], "192.0.2.8", kept=kept)
    submitted(owner, address="192.0.2.7")


def test_what_is_left_is_that_of_the_owner_or_the_address_whoever_has_less(settings: Any) -> None:
    settings.SCITEX_UPLOADS_PER_HOUR = 3
    owner = visitor()
    assert jobs.allowance(owner, "192.0.2.7") == jobs.Allowance(3, 3, 0)
    submitted(address="192.0.2.7")
    UploadAttempt.objects.update(at=timezone.now() - 20 * MINUTE)
    submitted(address="192.0.2.7")
    submitted(owner)
    mine, both = jobs.allowance(owner, ""), jobs.allowance(owner, "192.0.2.7")
    assert (mine.limit, mine.remaining, both.remaining) == (3, 2, 1)
    assert mine.reset == pytest.approx(3600, abs=5)
    assert both.reset == pytest.approx(40 * 60, abs=5)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:0:1::7", "2001:db8:0:1::/64"),
        ("behind the proxy", "behind the proxy"),
    ],
)
def test_network_of_an_address(address: str, network: str) -> None:
    assert jobs.network_of(address) == network
