"""When a job will be done: its own work, those before it, and the turns it gives to others."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.scholar_app import jobs, presence
from apps.scholar_app.enrichment.record import Progress
from apps.scholar_app.jobs import finishes_in, seconds_left
from apps.scholar_app.models import EnrichmentJob
from tests.jobs.making import claimed, row, submitted

pytestmark = [pytest.mark.django_db, pytest.mark.promises]


@pytest.mark.parametrize(
    ("own", "ahead", "behind", "slots", "seconds"),
    [
        pytest.param(300, [], [], 1, 300, id="alone"),
        pytest.param(300, [900], [900, 900], 4, 300, id="a place for everybody"),
        pytest.param(30, [300], [], 1, 90, id="after one turn of the other"),
        pytest.param(30, [20], [], 1, 50, id="after the other's little work"),
        pytest.param(30, [], [300], 1, 30, id="before the other"),
        pytest.param(120, [], [300], 1, 180, id="two turns and one of the other between them"),
        pytest.param(120, [], [30], 1, 150, id="the other is done after its first"),
        pytest.param(300, [], [300], 1, 540, id="turn by turn"),
        pytest.param(30, [300] * 4, [], 2, 150, id="two rounds of two before it"),
        pytest.param(0, [300], [], 1, 0, id="nothing left"),
    ],
)
def test_everybody_takes_turns_of_a_minute(own, ahead, behind, slots, seconds):
    assert finishes_in(own, ahead=ahead, behind=behind, slots=slots, turn=60.0) == seconds


def test_long_jobs_share_the_places_evenly():
    hours = finishes_in(7200.0, ahead=[], behind=[7200.0] * 7, slots=4, turn=60.0) / 3600
    assert hours == pytest.approx(4.0, rel=0.05)


def working(left: float) -> EnrichmentJob:
    """A job that is worked on, and has said how long it still takes."""
    claim = claimed()
    assert jobs.renew(claim, progress=Progress(100, 10, left=left))
    return row(claim.job_id)


def test_job_that_is_worked_on_needs_what_its_run_says():
    assert seconds_left(working(123.4)) == 123


def test_nothing_is_said_of_a_job_of_which_nothing_is_known():
    assert seconds_left(submitted()) is None
    assert seconds_left(row(claimed().job_id)) is None


def test_nothing_is_left_of_a_job_that_has_ended():
    claim = claimed()
    jobs.renew(claim, progress=Progress(100, 10, left=50.0))
    jobs.fail(claim, code="source_away", message="Crossref is away.")
    assert seconds_left(row(claim.job_id)) is None


def handed_back(left: float) -> EnrichmentJob:
    """A job that waits for its next turn."""
    claim = claimed()
    jobs.renew(claim, progress=Progress(100, 10, left=left))
    assert jobs.hand_back(claim)
    return row(claim.job_id)


def test_waiting_job_adds_the_turns_of_those_before_it(settings):
    settings.SCITEX_TURN_SECONDS = 60
    presence.beat("host:1", processes=1)
    before = working(500.0)
    waiting = handed_back(40.0)
    assert seconds_left(waiting) == 60 + 40
    assert seconds_left(before) == 500 + 40


def test_with_a_place_for_everybody_nobody_waits(settings):
    settings.SCITEX_TURN_SECONDS = 60
    presence.beat("host:1", processes=1)
    presence.beat("host:2", processes=1)
    working(500.0)
    assert seconds_left(handed_back(40.0)) == 40


def test_one_of_which_nothing_is_known_counts_for_a_turn(settings):
    settings.SCITEX_TURN_SECONDS = 60
    presence.beat("host:1", processes=1)
    first, second = submitted(), handed_back(40.0)
    EnrichmentJob.objects.filter(pk=first.pk).update(queued_at=timezone.now() - timedelta(minutes=1))
    assert seconds_left(second) == 60 + 40


def test_an_estimate_takes_two_queries_and_one_where_nobody_else_is(django_assert_num_queries):
    job = working(10.0)
    with django_assert_num_queries(1):
        seconds_left(job)
    for _ in range(5):
        submitted()
    with django_assert_num_queries(2):
        seconds_left(job)
