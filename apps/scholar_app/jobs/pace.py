"""Large work in small batches: short enough that no other writer waits, with a breath in between."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from django.db import OperationalError

logger = logging.getLogger("scholar.cleanup")

T = TypeVar("T")


@dataclass(slots=True)
class Pace:
    """How large the batches are, and when to stop; all times in seconds.

    A batch that took longer than ``longest`` is followed by one of half its size, a short one by a larger one; so a
    slow disk makes smaller batches, not longer waits. On SQLite everybody else waits while a batch is written.
    """

    largest: int = 1000
    smallest: int = 50
    longest: float = 0.05
    pause: float = 0.02
    #: No new batch is begun after this; what is left is for the next run.
    budget: float = 240.0
    tries: int = 5
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    size: int = field(init=False)
    _end: float = field(init=False)

    def __post_init__(self) -> None:
        self.size = self.largest
        self._end = self.monotonic() + self.budget

    @property
    def is_over(self) -> bool:
        """Whether the time is used up."""
        return self.monotonic() >= self._end

    def batches(self, step: Callable[[int], Sequence[T]]) -> Iterator[Sequence[T]]:
        """What ``step(size)`` did, again and again, until it does less than it was asked for or the time is up.

        Raises ``OperationalError`` where the database refuses even the smallest batch.
        """
        while not self.is_over:
            asked = self.size
            done = self._timed(step)
            yield done
            if len(done) < min(asked, self.size):
                return
            self.sleep(self.pause)

    def _timed(self, step: Callable[[int], Sequence[T]]) -> Sequence[T]:
        for tries_left in reversed(range(self.tries)):
            began = self.monotonic()
            try:
                done = step(self.size)
            except OperationalError:
                if not tries_left:
                    raise
                self._shrink()
                self.sleep(self.pause)
            else:
                self._adapt(self.monotonic() - began)
                return done
        raise AssertionError("a last try either returns or raises")

    def _adapt(self, seconds: float) -> None:
        if seconds > self.longest:
            self._shrink()
        elif seconds < self.longest / 4:
            self.size = min(self.largest, self.size * 2)

    def _shrink(self) -> None:
        self.size = max(self.smallest, self.size // 2)
        logger.debug("batches are now of %d rows", self.size)
