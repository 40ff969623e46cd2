"""The server's options on a command line: latency, limits, faults."""

import argparse
import re

from .faults import FAULTS
from .server import INDEXES, IndexServer, Limit
from .watching import usual_limits

_LIMIT = re.compile(r"(?P<index>\w+):(?P<budget>\w+)=(?P<calls>\d+)/(?P<seconds>[\d.]+)s(?::(?P<at_once>\d+))?")
_FAULT = re.compile(r"(?P<index>\w+)=(?P<name>\w+)(?::(?P<times>\d+))?")


def add(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument("--latency", type=float, default=0.1, metavar="SECONDS", help="of every answer (0.1)")
    parser.add_argument(
        "--limit", type=_limit, action="append", default=[], metavar="INDEX:BUDGET=CALLS/SECONDSs[:AT_ONCE]",
        help="like crossref:list=3/1s:3; each index has its usual limits otherwise",
    )  # fmt: skip
    parser.add_argument(
        "--fault", type=_fault, action="append", default=[], metavar="INDEX=FAULT[:TIMES]",
        help="what goes wrong, so many times or always; one of: " + ", ".join(sorted(FAULTS)),
    )  # fmt: skip


def apply(options: argparse.Namespace, server: IndexServer) -> None:
    """Make the server behave as asked."""
    for (index, budget), limit in {**usual_limits(), **dict(options.limit)}.items():
        server.limit(index, budget, limit)
    for index, name, times in options.fault:
        if times:
            server.plan(index, [FAULTS[name]] * times)
        else:
            server.always(index, FAULTS[name])


def _limit(text: str) -> tuple[tuple[str, str], Limit]:
    said = _LIMIT.fullmatch(text)
    if said is None or (said["index"], said["budget"]) not in usual_limits():
        raise argparse.ArgumentTypeError(f"{text!r} is not like crossref:list=3/1s:3")
    return (said["index"], said["budget"]), Limit(int(said["calls"]), float(said["seconds"]), int(said["at_once"] or 0))


def _fault(text: str) -> tuple[str, str, int]:
    said = _FAULT.fullmatch(text)
    if said is None or said["index"] not in INDEXES or said["name"] not in FAULTS:
        raise argparse.ArgumentTypeError(f"{text!r} is not like crossref=status_503:2")
    return said["index"], said["name"], int(said["times"] or 0)
