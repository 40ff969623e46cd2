"""Whatever the order of their statements: who races for a job leaves it, its files and the counters as they must be.

Thousands of rounds, and every order instead of some: ``python -m tests.races --help``.
"""

from itertools import islice

import pytest

from apps.scholar_app.models import EnrichmentJob
from tests.races.interleaving import Script, Stage, every_order
from tests.races.planted import PLANTED
from tests.races.races import RACES, Case, every_round, one_round, random_round

pytestmark = [pytest.mark.promises]

_ROUNDS = 4
_ANY_ROUNDS = 45
_MOST_TO_SEE_IT = 400


@pytest.mark.parametrize("race", RACES)
def test_nothing_breaks_whoever_comes_first(stage: Stage, race: str) -> None:
    for seed in range(_ROUNDS):
        played = random_round(stage, seed, race=race)
        assert not played.faults, f"--rounds 1 --seed {seed} --race {race!r}\n{played.story()}"


def test_an_upload_while_its_account_goes_breaks_neither(stage: Stage) -> None:
    """PostgreSQL once refused to delete the account, in some orders only: so here are all with one switch."""
    for played in every_round(stage, Case(("leave", "upload"), "none", "none", "account"), switches=1):
        assert not played.faults, played.story()


@pytest.mark.parametrize("part", range(3))
def test_nothing_breaks_whoever_it_is(stage: Stage, part: int) -> None:
    for seed in range(part * _ANY_ROUNDS // 3, (part + 1) * _ANY_ROUNDS // 3):
        played = random_round(stage, seed)
        assert not played.faults, f"--rounds 1 --seed {seed}\n{played.story()}"


def test_nothing_breaks_at_full_speed(stage: Stage) -> None:
    for seed in range(10):
        played = random_round(stage, seed, freely=True)
        assert not played.faults, f"--rounds 1 --seed {seed} --freely\n{played.story()}"


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_seen(stage: Stage, fault: str) -> None:
    planted = PLANTED[fault]
    with planted.plant():
        rounds = (one for case in planted.cases() for one in every_round(stage, case, switches=2))
        faults = (fault for one in islice(rounds, _MOST_TO_SEE_IT) for fault in one.faults)
        assert any(planted.seen in fault for fault in faults)


def look_twice() -> None:
    for _ in range(2):
        EnrichmentJob.objects.exists()


@pytest.mark.parametrize(("switches", "orders"), [(0, 2), (1, 6), (9, 20)])
def test_every_order_is_played_once(stage: Stage, switches: int, orders: int) -> None:
    """Of twice three steps, the first of which is to begin, there are 20."""
    played = [one.order for one in every_order(lambda choose: stage.play([look_twice] * 2, choose), switches=switches)]
    assert len(set(played)) == len(played) == orders


def test_the_same_order_is_the_same_story_again(stage: Stage) -> None:
    first = random_round(stage, 7, race="cancel x complete")
    case, order = first.case, [int(turn) for turn in first.played.order]
    assert random_round(stage, 7, race="cancel x complete").story() == first.story()
    assert one_round(stage, case, seed=7, choose=Script(order)).story() == first.story()


def test_what_goes_wrong_in_an_actor_is_told(stage: Stage) -> None:
    case = Case(("work",), "nowhere", "none", "account")
    with pytest.raises(KeyError):
        one_round(stage, case, seed=1, choose=Script([]))
