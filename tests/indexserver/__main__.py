"""The indexes of the tests, by hand: ``python -m tests.indexserver --help``. Ctrl-C ends it."""

import argparse
import sys
import threading
import time

from . import options
from .server import INDEXES, IndexServer
from .watching import table
from .works import made


def _say(*lines: str) -> None:
    print("\n".join(lines), flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.indexserver", description=__doc__)
    parser.add_argument("--port", type=int, default=8999, help="on 127.0.0.1 (8999)")
    parser.add_argument("--works", type=int, default=1000, metavar="NUMBER", help="of made works to know (1000)")
    options.add(parser)
    return parser


def _watch(server: IndexServer) -> None:
    """A table every second in which something was asked."""
    seen = 0
    while not threading.Event().wait(1):
        if len(server.log) > seen:
            seen = len(server.log)
            _say("", *table(server, now=time.monotonic()))


def main() -> int:
    """Run until Ctrl-C; 1 if anybody broke a limit."""
    given = _parser().parse_args()
    with IndexServer(made(given.works), latency=given.latency, port=given.port) as server:
        options.apply(given, server)
        _say("Each index has an address of its own; a site asks it there with these settings:", "")
        _say(*(f"  SCITEX_{name.upper()}_URL={server.url(name)}" for name in INDEXES))
        try:
            _watch(server)
        except KeyboardInterrupt:
            _say("", f"{len(server.log)} calls, {len(server.violations)} of them over a limit")
        return 1 if server.violations else 0


if __name__ == "__main__":
    sys.exit(main())
