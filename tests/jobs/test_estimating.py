"""When a job will be done: its own work, those before it, and the turns it gives to others."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.scholar_app import jobs, presence
from apps.scholar_app.enrichment.forecast import Forecast
from apps.scholar_app.enrichment.planning import Plan, Round, SourcePlan
from apps.scholar_app.enrichment.record import Progress, Searches, SourceTally, Steps
from apps.scholar_app.enrichment.sources.base import Pace
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


TURN = 60.0


def test_time_left_is_right_within_a_fifth_while_others_take_turns():
    """5,000 titles at three a second, in turns with two other files on one place; each turn goes on from memory."""
    works, planned = Work(), Plan(5000, 5000, (CROSSREF,), (Round(500, 0),) * 10)
    others = [400.0, 1200.0]
    told: list[tuple[float, float]] = []
    while works.searched < 5000:
        forecast, ends = Forecast(planned), works.now + TURN
        for progress in works.turn(until=ends):
            left = forecast.note(progress, now=works.now).left or 0.0
            if progress.entries_done < works.searched:
                continue  # As ``jobs.renew`` does: until a run has caught up, what was told before stays.
            told.append((works.now, finishes_in(left, ahead=[], behind=others, slots=1, turn=TURN)))
        for place, left in enumerate(others):
            worked = min(left, TURN)
            works.now, others[place] = works.now + worked, left - worked
        others = [left for left in others if left > 0]
    end = told[-1][0]
    worst = max(abs(left - (end - at)) / max(end - at, TURN) for at, left in told if at > TURN)
    assert end == pytest.approx(5000 * 0.35 + 1600, rel=0.02)
    assert worst < 0.2


PACE = Pace(per_call=50, batch_seconds=0.35, search_seconds=0.35)
CROSSREF = SourcePlan("crossref", 0, 0, 5000, 5000, 0, 1750.0, 1750.0, pace=PACE, is_searched=True)


class Work:
    """A job's work on a clock of the test's: what was searched is remembered from one turn to the next."""

    def __init__(self) -> None:
        self.now, self.searched = 0.0, 0

    def turn(self, *, until: float) -> Iterator[Progress]:
        """What the run tells in one turn: first all that is remembered, at once."""
        remembered = self.searched
        yield self._progress(0, asked=0)
        for done in range(remembered, 5000):
            yield self._progress(done, asked=done - remembered)
            if self.now >= until:
                return
            self.now, self.searched = self.now + 0.35, done + 1

    def _progress(self, done: int, *, asked: int) -> Progress:
        rounds = done // 500 + 1
        searches = {"crossref": Searches(rounds * 500, done, 0)}
        steps = Steps(rounds, "crossref", is_searching=True, searches=searches)
        tally = SourceTally(asked=done, cached=done - asked)
        return Progress(5000, done, sources={"crossref": tally}, steps=steps)


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
