"""``make bench``: every benchmark of this folder, one after the other; each prints a table and writes ``var/bench``.

``python -m benchmarks load --minutes 1`` runs one, with its options.
"""

import importlib
import itertools
import pkgutil
import sys

import benchmarks


def main() -> None:
    """Run ``main()`` of each ``bench_*`` module, or of those named on the command line, before the first option."""
    names = [module.name for module in pkgutil.iter_modules(benchmarks.__path__) if module.name.startswith("bench_")]
    named = list(itertools.takewhile(lambda argument: not argument.startswith("-"), sys.argv[1:]))
    wanted = [f"bench_{name}" for name in named] or sorted(names)
    sys.argv[1:] = sys.argv[1 + len(named) :]
    for name in wanted:
        print(f"\n== {name.removeprefix('bench_')}", flush=True)
        importlib.import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main()
