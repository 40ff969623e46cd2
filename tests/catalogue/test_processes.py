"""Many processes at one catalogue: each may read, and each may write, at any time."""

import multiprocessing
from dataclasses import replace
from datetime import timedelta

import pytest

from apps.scholar_app.catalogue.finding import records_with
from apps.scholar_app.catalogue.loading import Loader
from apps.scholar_app.catalogue.searching import candidates
from apps.scholar_app.catalogue.store import CatalogueError
from apps.scholar_app.enrichment.record import Query
from tests.catalogue.conftest import Home
from tests.catalogue.dumps import crossref_work, lines, write
from tests.catalogue.test_store import everything
from tests.catalogue.works import DAY, paper

pytestmark = pytest.mark.processes
CONTEXT = multiprocessing.get_context("spawn")


def run(target, *arguments):
    """Start one process for each of the arguments, wait for all, and give what each returned."""
    with CONTEXT.Pool(len(arguments)) as pool:
        results = [pool.apply_async(target, argument) for argument in arguments]
        return [result.get(120) for result in results]


def add(home: Home, numbers):
    catalogue = home.open()
    added = [catalogue.add([paper(n)]) for n in numbers]
    catalogue.close()
    return sum(one.new for one in added)


def test_processes_that_open_a_new_catalogue_at_once_share_one(home):
    assert sum(run(add, *((home, [n]) for n in range(6)))) == 6
    catalogue = home.open()
    assert catalogue.count() == 6
    catalogue.close()


def test_processes_that_add_the_same_works_add_each_once(home):
    numbers = list(range(60))
    orders = [numbers, numbers[::-1], numbers[30:] + numbers[:30]]
    assert sum(run(add, *((home, order) for order in orders))) == 60
    catalogue = home.open()
    catalogue.add([paper(n) for n in numbers])
    assert catalogue.count() == 60
    assert catalogue.frequencies(["phenomenon", "number7"]) == {"phenomenon": 60, "number7": 1}
    catalogue.close()
    assert home.words_are_sound()


def replace_all(home: Home, rounds):
    """Every work again and again: each time all of them newer, under another title."""
    catalogue = home.open()
    for n in range(rounds):
        day = DAY + timedelta(days=n)
        catalogue.add([replace(paper(k), title=f"Common words of round{n}", retrieved=day) for k in range(10)])
    catalogue.close()
    return 0


def read(home: Home, rounds):
    """What is read is whole at any time: ten works, found by what has not changed, each with a title of some round."""
    catalogue = home.open()
    wrong = 0
    for _ in range(rounds):
        found = records_with(catalogue, [i for k in range(10) for i in paper(k).identifiers()])
        wrong += len(found) != 10 or not all(record.title.startswith("Common") for record in found.values())
        wrong += any(record.year != 2000 for record in candidates(catalogue, Query("Common words of round1")))
    catalogue.close()
    return wrong


def test_readers_beside_a_writer_see_whole_works(home):
    replace_all(home, 1)
    with CONTEXT.Pool(3) as pool:
        writer = pool.apply_async(replace_all, (home, 40))
        readers = [pool.apply_async(read, (home, 40)) for _ in range(2)]
        assert [reader.get(120) for reader in readers] == [0, 0]
        writer.get(120)
    assert home.words_are_sound()


def load(home: Home, path):
    catalogue = home.open()
    outcome = Loader(catalogue).load([path])
    catalogue.close()
    return outcome.works


def keep(home: Home, numbers):
    """Small additions, as workers make them; how many of them did not find their turn."""
    catalogue = home.open()
    late = 0
    for n in numbers:
        try:
            catalogue.add([paper(n)])
        except CatalogueError:
            late += 1
    catalogue.close()
    return late


def test_small_additions_find_their_turn_beside_a_load(home, tmp_path):
    path = write(tmp_path / "a.jsonl", lines(*(crossref_work(n) for n in range(6_000))))
    with CONTEXT.Pool(2) as pool:
        loader = pool.apply_async(load, (home, path))
        keeper = pool.apply_async(keep, (home, range(10_000, 10_020)))
        assert (loader.get(120), keeper.get(120)) == (6_000, 0)
    catalogue = home.open()
    assert catalogue.count() == 6_020
    catalogue.close()


def test_two_loads_of_the_same_files_at_once_give_the_catalogue_of_one(home, tmp_path):
    path = write(tmp_path / "a.jsonl", lines(*(crossref_work(n % 900, volume=str(n)) for n in range(1_000))))
    run(load, (home, path), (home, path))
    both = everything(home)
    catalogue = home.open()
    assert catalogue.count() == 900
    Loader(catalogue, again=True).load([path])
    catalogue.close()
    assert everything(home) == both
