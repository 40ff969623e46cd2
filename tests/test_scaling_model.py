"""The arithmetic behind docs/scaling.md: its limits, and that more users never ask less."""

import dataclasses

import pytest

from benchmarks.scaling_model import Costs, Demand, Habits, Index, carries, demand, remembered

HABITS = Habits()
INDEX = Index("any", per_call=50, batch_seconds=0.5, search_seconds=0.5)
COSTS = Costs(
    cpu_per_entry=0.001, cpu_per_job=0.5, cpu_per_page=0.005, bytes_per_answer=1000, bytes_per_job=2000,
    bytes_per_entry=500, database_seconds_per_job=0.01,
)  # fmt: skip


def use(users: float, habits: Habits = HABITS) -> Demand:
    return demand(users, habits=habits, costs=COSTS, index=INDEX)


def test_nothing_is_remembered_of_what_is_hardly_asked_and_everything_of_what_is_asked_always() -> None:
    rare, _ = remembered(1e-3, HABITS)
    often, kept = remembered(1e15, HABITS)
    assert rare == pytest.approx(0, abs=1e-4)
    assert often == pytest.approx(1, abs=1e-3)
    assert kept == pytest.approx(HABITS.works, rel=1e-2)


def test_the_bands_of_popularity_hold_every_work_once() -> None:
    for works in (1, 2, 10, 1000, 12345):
        _, kept = remembered(1e30, dataclasses.replace(HABITS, works=works + 1, skew=0))
        assert kept == pytest.approx(works, rel=1e-6)


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Demand)])
def test_more_users_never_ask_for_less(name: str) -> None:
    asked = [getattr(use(10.0**power), name) for power in range(1, 8)]
    assert asked == sorted(asked)


def test_the_database_takes_as_many_jobs_as_it_has_seconds() -> None:
    # A hundred jobs a second at the busiest hour, three times the mean, 1.2 jobs a user.
    users = 100 * 86_400 / 3 / 1.2
    assert use(users).database_use == pytest.approx(1)
    assert carries(lambda users: use(users).database_use) == pytest.approx(users, rel=0.01)


def test_what_never_gives_out_carries_the_most_that_was_asked_for() -> None:
    assert carries(lambda _: 0.5, most=1e6) == 1e6


def test_what_the_catalogue_knows_is_not_asked_for() -> None:
    nine_in_ten = dataclasses.replace(HABITS, known_locally=0.9)
    assert use(1000, nine_in_ten).index_use < use(1000).index_use / 5
    assert use(1000, dataclasses.replace(HABITS, known_locally=1)).index_use == 0
