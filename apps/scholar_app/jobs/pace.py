"""Large work in small batches: short enough that no other writer waits, with a breath in between."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import OperationalError


@dataclass(slots=True)
class Pace:
    """How large the batches are, and when to stop; all times in seconds.

    A batch that took longer than ``longest`` is followed by one of half its size, a quick one by a larger one; so a
    slow disk makes smaller batches, not longer waits. On SQLite everybody else waits while a batch is written.
    """

    largest: int = 1000
    smallest: int = 50
    longest: float = 0.05
    pause: float = 0.02
    #: No new batch is begun after this; what is left is for the next run.
    budget: float = 200.0
    tries: int = 5
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    size: int = field(init=False)
    began: float = field(init=False)

    def __post_init__(self) -> None:
        self.size = self.largest
        self.began = self.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since the work began."""
        return self.monotonic() - self.began

    @property
    def is_over(self) -> bool:
        """Whether the time is used up."""
        return self.elapsed >= self.budget

    def repeat(self, step: Callable[[int], int]) -> int:
        """Call ``step(size)``, which says how much it did, until that is less than ``size`` or the time is up.

        Returns how much was done in all. Raises ``OperationalError`` where the database keeps refusing a batch.
        """
        total = 0
        while not self.is_over:
            asked, done = self._timed(step)
            total += done
            if done < asked:
                break
            self.sleep(self.pause)
        return total

    def _timed(self, step: Callable[[int], int]) -> tuple[int, int]:
        """One batch, as asked for and as done; smaller and again when the database is locked."""
        for tries_left in reversed(range(self.tries)):
            began, asked = self.monotonic(), self.size
            try:
                done = step(asked)
            except OperationalError:
                if not tries_left:
                    raise
                self._shrink()
                self.sleep(self.pause)
            else:
                self._adapt(self.monotonic() - began)
                return asked, done
        raise AssertionError("the last try returns or raises")

    def _adapt(self, seconds: float) -> None:
        if seconds > self.longest:
            self._shrink()
        elif seconds < self.longest / 2:
            self.size = min(self.largest, self.size * 2)

    def _shrink(self) -> None:
        self.size = max(self.smallest, self.size // 2)
