"""Races by the thousand: ``nice python -m tests.races --rounds 5000 --seed 1 --database postgresql``.

Prints a line for each race. A round in which something did not hold is told step by step, with the command that
repeats it.
"""

import argparse
import logging
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Final
from unittest import mock

from tests.on_postgresql import server

if TYPE_CHECKING:
    from tests.races.interleaving import Stage
    from tests.races.races import Round

_MOST_TOLD: Final = 3


def main(arguments: Sequence[str]) -> int:
    """Run them; 1 where something did not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.races", description=__doc__)
    parser.add_argument("--rounds", type=int, default=1000, help="rounds of any actors in any order (1000)")
    parser.add_argument("--seed", type=int, default=1, help="of the first round; each has the next one (1)")
    parser.add_argument("--race", default="", help="only rounds of this race, as docs/reliability.md calls it")
    parser.add_argument("--freely", action="store_true", help="all actors at once instead of step by step")
    parser.add_argument("--every", type=int, metavar="N", help="every order with at most N switches, of every race")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    chosen = parser.parse_args(arguments)
    with _database(chosen.database), _stage() as stage:
        faults = [_told(name, rounds, chosen) for name, rounds in _rounds(stage, chosen)]
    return int(any(faults))


@contextmanager
def _database(name: str) -> Iterator[None]:
    """A new one, with files in a folder of their own."""
    with (
        server() if name == "postgresql" else nullcontext("") as url,
        tempfile.TemporaryDirectory(prefix="scholar-races-") as folder,
    ):
        os.environ |= {"TEST_DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "tests.settings"}
        os.environ["SCITEX_DATABASE_URL"] = url or f"sqlite:///{Path(folder) / 'races.sqlite3'}"
        import django

        django.setup()
        logging.disable()
        from django.db import connection

        connection.creation.create_test_db(verbosity=0, autoclobber=True)
        yield
        connection.creation.destroy_test_db(connection.settings_dict["NAME"], verbosity=0)


@contextmanager
def _stage() -> "Iterator[Stage]":
    from tests.races import interleaving

    # What is tested is how statements behave beside each other, not the disk.
    with mock.patch("os.fsync"), interleaving.opened() as stage:
        yield stage


def _rounds(stage: "Stage", chosen: argparse.Namespace) -> "Iterator[tuple[str, Iterator[Round]]]":
    from tests.races import races

    if chosen.every is None:
        seeds = range(chosen.seed, chosen.seed + chosen.rounds)
        rounds = (races.random_round(stage, seed, freely=chosen.freely, race=chosen.race) for seed in seeds)
        yield chosen.race or "any x any", rounds
        return
    for name in [chosen.race] if chosen.race else races.RACES:
        cases = [case for race in races.RACES[name] for case in race.cases()]
        yield name, (one for case in cases for one in races.every_round(stage, case, switches=chosen.every))


def _told(name: str, rounds: "Iterator[Round]", chosen: argparse.Namespace) -> int:
    """One line, and the story of the first few rounds in which something broke; how many these were."""
    began, count, failed = process_time(), 0, []
    for count, one in enumerate(rounds, start=1):  # noqa: B007
        if one.faults:
            failed.append(one)
            if len(failed) <= _MOST_TOLD:
                print(one.story(), "", f"  again: {_command(name, one, chosen)}", sep="\n", flush=True)
    seconds = process_time() - began
    print(f"{name:26} {chosen.database:10} {count:7} rounds {len(failed):5} faults {seconds:7.1f} s CPU", flush=True)
    return len(failed)


def _command(name: str, one: "Round", chosen: argparse.Namespace) -> str:
    command = f"python -m tests.races --database {chosen.database}"
    if chosen.every is not None:
        return f'{command} --every {chosen.every} --race "{name}"  (order {one.played.order})'
    race = f' --race "{chosen.race}"' if chosen.race else ""
    return f"{command} --rounds 1 --seed {one.seed}{race}{' --freely' * chosen.freely}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
