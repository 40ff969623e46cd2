"""``make bench``: every benchmark of this folder, one after the other; each prints a table and writes ``var/bench``."""

import importlib
import pkgutil
import sys

import benchmarks


def main() -> None:
    """Run ``main()`` of each ``bench_*`` module, or of those named on the command line."""
    names = [module.name for module in pkgutil.iter_modules(benchmarks.__path__) if module.name.startswith("bench_")]
    wanted = [f"bench_{name}" for name in sys.argv[1:]] or sorted(names)
    sys.argv[1:] = []
    for name in wanted:
        print(f"\n== {name.removeprefix('bench_')}", flush=True)
        importlib.import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main()
