"""Word to a broker: once for each job that waits, and once more for what the broker has lost."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from apps.scholar_app import broker, jobs
from tests.jobs.making import claimed, pending_rows, put_back, submitted

pytestmark = [pytest.mark.django_db]
committing = pytest.mark.django_db(transaction=True)
SECOND = timedelta(seconds=1)


class Broker:
    """A broker that keeps what it is sent, and says how many messages nobody has taken."""

    def __init__(self) -> None:
        self.sent: list[UUID] = []
        self.messages: int | None = 0

    def send(self, job_id: UUID) -> bool:
        self.sent.append(job_id)
        return True


@pytest.fixture
def brought(monkeypatch: pytest.MonkeyPatch) -> Broker:
    there = Broker()
    monkeypatch.setattr(broker, "is_used", lambda: True)
    monkeypatch.setattr(broker, "send", there.send)
    monkeypatch.setattr(broker, "messages", lambda: there.messages)
    return there


def waiting(*seconds: int) -> list[UUID]:
    """Jobs that wait for so long."""
    found = []
    for since in seconds:
        job = submitted()
        put_back(job.pk, queued_at=since * SECOND)
        found.append(job.pk)
    return found


@committing
def test_an_upload_and_a_job_handed_back_are_told_of_once_each(brought: Broker) -> None:
    job = submitted()
    assert brought.sent == [job.pk]
    claim = claimed(job)
    assert brought.sent == [job.pk], "who takes it up needs not be told"
    assert jobs.hand_back(claim)
    assert brought.sent == [job.pk, job.pk]


def test_what_is_lost_is_sent_again_to_the_longest_waiting_first(brought: Broker) -> None:
    middle, last, first = waiting(30, 20, 40)
    brought.messages = 1
    assert jobs.deliver_again() == 2
    assert brought.sent == [first, middle]
    assert last not in brought.sent


@pytest.mark.parametrize(("since", "sent"), [(9, 0), (11, 1)])
def test_a_message_is_under_way_for_ten_seconds(since: int, sent: int, brought: Broker) -> None:
    waiting(since)
    assert jobs.deliver_again() == sent == len(brought.sent)


@pytest.mark.parametrize("messages", [1, 2, None])
def test_a_broker_that_has_them_all_or_is_away_gets_none(messages: int | None, brought: Broker) -> None:
    waiting(60)
    brought.messages = messages
    assert jobs.deliver_again() == 0
    assert brought.sent == []


def test_a_job_that_somebody_works_on_is_not_told_of(brought: Broker) -> None:
    (job_id,) = waiting(60)
    assert jobs.claim(worker="test", job_id=job_id)
    assert jobs.deliver_again() == 0


def test_a_hundred_are_sent_again_at_once(brought: Broker) -> None:
    pending_rows(101, queued_at=timezone.now() - 60 * SECOND)
    assert jobs.deliver_again() == 100


def test_without_a_broker_nobody_is_told(brought: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "is_used", lambda: False)
    waiting(60)
    assert jobs.deliver_again() == 0
    assert brought.sent == []
