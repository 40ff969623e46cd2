"""The index of ``bench_load``: now and then it fails as real ones do, by the seed, and once it is away for a while."""

import functools
import json
import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from tests.indexserver import IndexServer, faults, works
from tests.indexserver.faults import Fault

from .load_files import WORKS, work

LATENCY = 0.05
#: One call in so many ends in a fault.
ONE_IN = 12


def slow(handler: Any, reply: Any) -> None:
    """The honest answer, two seconds late."""
    handler.server.site.stopping.wait(2.0)
    handler.say(reply)


FAULTS: tuple[Fault, ...] = (
    faults.retry_after("1"), faults.retry_at(2), faults.status(500), faults.status(503), faults.html,
    faults.html_that_claims_to_be_json, faults.cut_off, faults.broken_off, faults.reset, slow, slow,
)  # fmt: skip


@dataclass(frozen=True)
class Away:
    """From when until when, in seconds from the beginning, the index answers 503 to everybody."""

    begin: float
    end: float


class FaultyServer(IndexServer):
    """Fails by itself."""

    def __init__(self, *, seed: int, away: Away) -> None:
        super().__init__([work(number) for number in range(WORKS)], latency=LATENCY)
        self._chance = random.Random(seed)
        self._away, self._began = away, time.monotonic()
        self.failed: Counter[str] = Counter()

    def next_fault(self, index: str) -> Fault | None:  # noqa: ARG002
        if self._away.begin <= time.monotonic() - self._began < self._away.end:
            self.failed["outage"] += 1
            return faults.status(503)
        fault = self._chance.choice(FAULTS) if self._chance.randrange(ONE_IN) == 0 else None
        self.failed[fault.__name__ if fault else "none"] += 1
        return fault


def _serve(pipe: Connection, seed: int, away: Away) -> None:
    """Be the index, in a process of its own."""
    works.words = functools.cache(works.words)  # else the index would need more time than the site
    with FaultyServer(seed=seed, away=away) as server:
        pipe.send(server.url("crossref"))
        pipe.recv()
        pipe.send(json.dumps(server.failed))


class Index:
    """Where it is, and how it failed once it has been stopped."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.failed: dict[str, int] = {}


@contextmanager
def index(*, seed: int, away: Away) -> Iterator[Index]:
    """The index, until the end of the block."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(theirs, seed, away), daemon=True)
    process.start()
    running = Index(ours.recv())
    try:
        yield running
    finally:
        ours.send("stop")
        running.failed = json.loads(ours.recv())
        process.join()
