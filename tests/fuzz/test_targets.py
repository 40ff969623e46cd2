"""Some inputs for every target of the fuzzer, the same ones in each run; the fuzzer itself goes on from here."""

import random

import pytest

from tests.web.test_mutated_uploads import mutate

from .targets import TARGETS

ROUNDS = {"document": 120, "identifiers": 800, "latex": 250, "names": 500}
READER_ROUNDS = 100


@pytest.mark.parametrize("name", TARGETS)
def test_no_input_breaks_the_promise_of_its_reader(name: str) -> None:
    target, chance = TARGETS[name], random.Random(name)
    for seed in target.seeds:
        target.check(seed)
    for _ in range(ROUNDS.get(name, READER_ROUNDS)):
        seed = chance.choice(target.seeds)
        target.check(target.mutate(seed, chance) if target.mutate else mutate(seed, chance))


def test_every_target_begins_with_honest_inputs() -> None:
    assert all(target.seeds and all(target.seeds) for target in TARGETS.values())
