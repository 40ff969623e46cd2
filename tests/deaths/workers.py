"""A worker that is the real one but for its children: those say what a child says, without being a process."""

import itertools
import socket
from collections import deque
from collections.abc import Iterator
from typing import Any

from apps.scholar_app.enrichment.record import Progress
from apps.scholar_app.supervision.process import Delivery
from apps.scholar_app.supervision.protocol import Moved, Order
from apps.scholar_app.worker import Worker
from tests.deaths.mortals import say
from tests.web.making import ENRICHED, added, entry, report

_REPORT = report(entry(added=added(doi="10.48550/arXiv.1706.03762")))
PRODUCT = Delivery(ENRICHED, _REPORT.to_json(), dict(_REPORT.outcomes))
#: Progress is written once a second: at each look of the worker's, then.
_BETWEEN_LOOKS = 1.1


class ScriptedChild:
    """Moves on twice, and delivers."""

    pid = 1

    def __init__(self) -> None:
        self._ours, theirs = socket.socketpair()
        with theirs:
            theirs.send(b"\n")  # so that nobody waits for it to speak
        self._says = deque([Moved(Progress(1, 0, activity="Reading the file")), Moved(Progress(1, 1))])

    def fileno(self) -> int:
        return self._ours.fileno()

    @property
    def is_running(self) -> bool:
        return bool(self._says)

    def give(self, _order: Order) -> None:
        say("order given")

    def read(self) -> Iterator[Moved]:
        if self._says:
            yield self._says.popleft()

    def conclude(self) -> Delivery:
        say("product handed over")
        return PRODUCT

    def beat(self) -> None: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...

    def close(self) -> None:
        self._ours.close()


class ScriptedNursery:
    """Has a child for everybody."""

    def take(self) -> Any:
        return ScriptedChild()

    def refill(self) -> None: ...
    def close(self) -> None: ...


def work_off() -> None:
    """What a worker that comes by does with everything that waits."""
    seconds = itertools.count(0.0, _BETWEEN_LOOKS)
    worker = Worker(processes=1, clock=lambda: next(seconds))
    worker._nursery = ScriptedNursery()  # type: ignore[assignment]
    worker.drain()
