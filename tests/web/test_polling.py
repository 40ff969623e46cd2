"""The pause between two looks at a job: it grows, follows the time that is left, and is spread."""

from itertools import pairwise

import pytest

from apps.scholar_app.polling import PAUSES, SPREAD, pause

MIDDLE = 0.5


def test_the_pause_grows_from_one_second_to_ten_and_stays_there() -> None:
    pauses = [pause(looks, waits=None, chance=MIDDLE) for looks in range(40)]
    assert all(earlier <= later for earlier, later in pairwise(pauses))
    assert (pauses[0], pauses[-1]) == (1_000, 10_000)


@pytest.mark.parametrize(
    ("waits", "milliseconds"), [(None, 1_000), (0, 1_000), (10, 1_000), (11, 1_100), (100, 10_000), (86_400, 10_000)]
)
def test_who_waits_for_long_looks_seldom_from_the_first_time(waits: int | None, milliseconds: int) -> None:
    assert pause(0, waits=waits, chance=MIDDLE) == milliseconds


def test_who_has_looked_often_does_not_look_more_often_when_little_is_left() -> None:
    assert pause(len(PAUSES), waits=1, chance=MIDDLE) == 10_000


@pytest.mark.parametrize(("chance", "factor"), [(0.0, 1 - SPREAD), (MIDDLE, 1), (1.0, 1 + SPREAD)])
@pytest.mark.parametrize("looks", [0, 5, 99])
def test_the_pause_is_spread_so_that_those_who_came_together_part(looks: int, chance: float, factor: float) -> None:
    middle = pause(looks, waits=None, chance=MIDDLE)
    assert pause(looks, waits=None, chance=chance) == round(middle * factor)
