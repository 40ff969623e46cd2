"""When a child is stopped or killed: each limit, on either side of it."""

import pytest

from apps.scholar_app.enrichment.record import Progress, SourceTally
from apps.scholar_app.supervision.watchdog import Terms, Verdict, Watch

TERMS = Terms(lease=60, turn=60, long_turn=480, no_progress=180)
START = 1000.0
A_MILLISECOND = 0.001


def progress(*, done: int = 0, answered: int = 0, source: str = "crossref", **more: object) -> Progress:
    tally = SourceTally(asked=answered, answered=answered)
    return Progress(entries_total=100, entries_done=done, sources={source: tally}, **more)  # type: ignore[arg-type]


def watch_at(now: float, *, learned: bool = True) -> Watch:
    """A run that is healthy at ``now``: the lease was renewed and something moved just then."""
    watch = Watch(started=START, renewed=now)
    watch.note(progress(answered=1 if learned else 0), now=now)
    return watch


def test_healthy_child_carries_on() -> None:
    assert watch_at(START).judge(TERMS, now=START) is Verdict.CARRY_ON


@pytest.mark.parametrize(
    ("seconds", "verdict"), [(60, Verdict.CARRY_ON), (60 + A_MILLISECOND, Verdict.YIELD), (480, Verdict.YIELD)]
)
def test_turn_is_over_for_others_after_a_minute(seconds: float, verdict: Verdict) -> None:
    now = START + seconds
    assert watch_at(now).judge(TERMS, now=now) is verdict


def test_turn_is_over_in_any_case_after_eight_minutes() -> None:
    now = START + 480 + A_MILLISECOND
    assert watch_at(now).judge(TERMS, now=now) is Verdict.STOP


@pytest.mark.parametrize(
    ("seconds", "verdict"),
    [(60 + A_MILLISECOND, Verdict.CARRY_ON), (480, Verdict.CARRY_ON), (480 + A_MILLISECOND, Verdict.HARD_TIMEOUT)],
)
def test_turn_that_learned_nothing_is_not_repeated_for_ever(seconds: float, verdict: Verdict) -> None:
    now = START + seconds
    assert watch_at(now, learned=False).judge(TERMS, now=now) is verdict


def test_what_the_local_catalogue_says_is_not_learned() -> None:
    watch = Watch(started=START, renewed=START)
    watch.note(progress(answered=1000, source="catalogue"), now=START)
    assert not watch.learned


def test_what_memory_says_is_not_learned() -> None:
    watch = Watch(started=START, renewed=START)
    watch.note(Progress(1, 0, sources={"crossref": SourceTally(asked=5, answered=5, found=5, cached=5)}), now=START)
    assert not watch.learned
    assert not watch.learned_from("crossref")


@pytest.mark.parametrize(("seconds", "verdict"), [(60, Verdict.CARRY_ON), (60 + A_MILLISECOND, Verdict.LOST)])
def test_unrenewed_lease_loses_the_job(seconds: float, verdict: Verdict) -> None:
    watch = watch_at(START)
    watch.note(progress(done=1), now=START + seconds)
    assert watch.judge(TERMS, now=START + seconds) is verdict


@pytest.mark.parametrize(("seconds", "verdict"), [(180, Verdict.CARRY_ON), (180 + A_MILLISECOND, Verdict.NO_PROGRESS)])
def test_child_without_progress_is_stuck(seconds: float, verdict: Verdict) -> None:
    watch = watch_at(START, learned=False)
    watch.renewed = START + seconds
    assert watch.judge(TERMS, now=START + seconds) is verdict


@pytest.mark.parametrize(
    "moved",
    [
        progress(done=1),
        progress(answered=1),
        progress(activity="Asking OpenAlex"),
        Progress(100, 0, sources={"crossref": SourceTally(cached=1)}),
    ],
)
def test_any_movement_is_progress(moved: Progress) -> None:
    watch = watch_at(START, learned=False)
    watch.note(moved, now=START + 100)
    assert watch.moved == START + 100


@pytest.mark.parametrize(
    "still",
    [
        progress(),
        Progress(100, 0, sources={"crossref": SourceTally(asked=9)}),
        Progress(100, 0, sources={"crossref": SourceTally(seconds=90.0)}),
    ],
)
def test_repeating_oneself_and_asking_in_vain_is_no_progress(still: Progress) -> None:
    watch = watch_at(START, learned=False)
    watch.note(still, now=START + 100)
    assert watch.moved == START


@pytest.mark.parametrize(("seconds", "verdict"), [(10, Verdict.CARRY_ON), (10 + A_MILLISECOND, Verdict.KILL)])
def test_child_that_does_not_stop_is_killed(seconds: float, verdict: Verdict) -> None:
    watch = watch_at(START + seconds)
    watch.tell_to_stop(now=START, grace=10)
    assert watch.judge(TERMS, now=START + seconds) is verdict


def test_shutdown_shortens_the_time_to_stop() -> None:
    watch = watch_at(START + 5)
    watch.tell_to_stop(now=START, grace=10)
    watch.tell_to_stop(now=START + 1, grace=3)
    assert watch.judge(TERMS, now=START + 4 + A_MILLISECOND) is Verdict.KILL


def test_asking_again_does_not_lengthen_the_time_to_stop() -> None:
    watch = watch_at(START + 5)
    watch.tell_to_stop(now=START, grace=3)
    watch.tell_to_stop(now=START + 2, grace=10)
    assert watch.judge(TERMS, now=START + 3 + A_MILLISECOND) is Verdict.KILL


def test_lost_job_is_lost_even_while_stopping() -> None:
    watch = watch_at(START)
    watch.tell_to_stop(now=START + 60, grace=10)
    assert watch.judge(TERMS, now=START + 60 + A_MILLISECOND) is Verdict.LOST
