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

#: pytest says 5 where it ran no test itself: the campaign runs them.
_FINE = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)


def main(arguments: Sequence[str]) -> int:
    """Plant the faults and tell who survived; 1 if one did that docs/mutation.md does not explain."""
    options, began = _options(arguments), time.monotonic()
    faults = {
        module: [fault for fault in planned(ROOMS[module]) if _chosen(fault, options.only)] for module in options.module
    }
    chosen = {module: _sample(of_module, options) for module, of_module in faults.items()}
    campaign = Campaign([fault for module in chosen for fault in chosen[module]], makes_sure=not options.quick)
    tests = options.tests or sorted({str(path) for module in chosen for path in ROOMS[module].test_files()})
    with tempfile.TemporaryDirectory(prefix="scholar-mutants-") as folder:
        quiet = ["-q", "-s", "-p", "no:cacheprovider", f"--basetemp={folder}/tmp"]
        failed = pytest.main([*quiet, *tests], plugins=[campaign])
    for module, planted in chosen.items():
        of_all = f"{len(planted)} of {len(faults[module])}"
        survivors = [fault for fault in campaign.survivors if fault in planted]
        known = sum(fault.where in explained() for fault in survivors)
        killed = len(planted) - len(survivors)
        print(f"{module}: {of_all} planted, {killed} killed, {known} explained, {len(survivors) - known} survive")
    print(f"{campaign.timeouts} were ended by the clock; seed {options.seed}; {time.monotonic() - began:.0f} s")
    left = [fault for fault in campaign.survivors if fault.where not in explained()]
    for fault in left:
        print(f"| {' | '.join(part.replace('|', chr(92) + '|') for part in fault.where)} | |")
    return 2 if failed not in _FINE else int(bool(left))


def _sample(faults: list[Planned], options: argparse.Namespace) -> list[Planned]:
    if not 0 < options.sample < len(faults):
        return faults
    numbers = random.Random(options.seed).sample(range(len(faults)), options.sample)
    return [faults[number] for number in sorted(numbers)]


def _chosen(fault: Planned, only: str) -> bool:
    file, _, line = only.partition(":")
    return fault.where[0].endswith(file) and (not line or fault.mutant.line == int(line))


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.mutation", description=__doc__)
    parser.add_argument("module", nargs="+", choices=ROOMS)
    parser.add_argument(
        "--sample", type=int, default=0, metavar="N", help="plant only N faults of each, chosen by the seed"
    )
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--only", default="", metavar="FILE[:LINE]", help="plant only those of this file, of this line")
    parser.add_argument("--quick", action="store_true", help="do not make sure of survivors in a fresh process")
    parser.add_argument("--tests", nargs="+", metavar="FILE", help="run these in place of all tests of the module")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    # The lines that the service logs in these tests.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    sys.exit(main(sys.argv[1:]))
