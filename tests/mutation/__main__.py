"""``make mutants MODULE=jobs``, or ``python -m tests.mutation jobs [--sample 200] [--only FILE[:LINE]]``."""

import argparse
import os
import random
import secrets
import sys
import tempfile
import time
from collections.abc import Sequence

import pytest

from .campaign import Campaign, Planned, planned
from .explained import explained
from .rooms import ROOMS


def main(arguments: Sequence[str]) -> int:
    """Plant the faults and tell who survived; 1 if one did that docs/mutation.md does not explain."""
    options = _options(arguments)
    room, began = ROOMS[options.module], time.monotonic()
    faults = [fault for fault in planned(room) if _chosen(fault, options.only)]
    total = len(faults)
    if options.sample and options.sample < total:
        chosen = set(random.Random(options.seed).sample(range(total), options.sample))
        faults = [fault for number, fault in enumerate(faults) if number in chosen]
    campaign = Campaign(room, faults)
    with tempfile.TemporaryDirectory(prefix="scholar-mutants-") as folder:
        quiet = ["-q", "-s", "-p", "no:cacheprovider", f"--basetemp={folder}/tmp"]
        failed = pytest.main([*quiet, *map(str, room.test_files())], plugins=[campaign])
    left = [fault for fault in campaign.survivors if fault.where not in explained()]
    known = len(campaign.survivors) - len(left)
    of_all = f" of {total} (seed {options.seed})" if len(faults) < total else ""
    print(
        f"{options.module}: {len(faults)} mutants{of_all}, {campaign.killed} killed "
        f"({campaign.timeouts} by the clock), {known} explained, {len(left)} survive; {time.monotonic() - began:.0f} s"
    )
    for fault in left:
        print(f"| {' | '.join(part.replace('|', chr(92) + '|') for part in fault.where)} | |")
    return int(bool(left)) or int(failed == 3)


def _chosen(fault: Planned, only: str) -> bool:
    file, _, line = only.partition(":")
    return fault.where[0].endswith(file) and (not line or fault.mutant.line == int(line))


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.mutation", description=__doc__)
    parser.add_argument("module", choices=ROOMS)
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="plant only N faults, chosen by the seed")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--only", default="", metavar="FILE[:LINE]", help="plant only those of this file, of this line")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    # The lines that the service logs in these tests.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    sys.exit(main(sys.argv[1:]))
