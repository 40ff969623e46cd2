"""Large work in small batches: short enough that no other writer waits, with a breath in between."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import OperationalError, connection


def _nothing() -> None:
    """What is to be done after a batch, unless something else is given."""


@dataclass(slots=True)
class Pace:
    """How large the batches are, when others get their turn, and when to stop; all times in seconds.

    On SQLite everybody else waits while a batch is written, and looks again after 1, 2, 5, 10, 15, 20, 25, 25, 25 ms
    and so on. So no more than a ``window`` is worked before a ``pause`` in which each of them has looked. A batch that
    took longer than ``longest`` is followed by one of half its size, a quick one by one of twice: a slow disk makes
    smaller batches, not longer waits. The figures are those for SQLite.
    """

    size: int = 500
    smallest: int = 100
    largest: int = 4000
    longest: float = 0.03
    window: float = 0.075
    pause: float = 0.025
    #: No new batch is begun after this; what is left is for the next run.
    budget: float = 200.0
    tries: int = 5
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    began: float = field(init=False)
    _worked: float = field(init=False, default=0.0)
    _last: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self.began = self.monotonic()

    @classmethod
    def fitting(cls) -> "Pace":
        """The one for this site's database. On PostgreSQL nobody waits for the table, at most for a row."""
        if connection.vendor == "sqlite":
            return cls()
        return cls(size=4000, longest=0.1, pause=0.0)

    @property
    def elapsed(self) -> float:
        """Seconds since the work began."""
        return self.monotonic() - self.began

    @property
    def is_over(self) -> bool:
        """Whether the time is used up."""
        return self.elapsed >= self.budget

    def repeat(self, step: Callable[[int], int], *, after: Callable[[], None] = _nothing) -> int:
        """Call ``step(size)``, which says how much it did, until that is less than ``size`` or the time is up.

        ``after`` follows each batch with what nobody waits for. Returns how much was done in all. Raises
        ``OperationalError`` where the database keeps refusing a batch.
        """
        total = 0
        while not self.is_over:
            asked, done = self._batch(step)
            ended = self.monotonic()
            after()
            total += done
            if done < asked:
                break
            self._give_way(self.monotonic() - ended)
        return total

    def _batch(self, step: Callable[[int], int]) -> tuple[int, int]:
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
        self._worked, self._last = self._worked + seconds, seconds
        if seconds > self.longest:
            self._shrink()
        elif seconds < self.longest / 2:
            self.size = min(self.largest, self.size * 2)

    def _shrink(self) -> None:
        self.size = max(self.smallest, self.size // 2)

    def _give_way(self, rested: float) -> None:
        """Before the next batch would end outside of the window; what was done without the lock counts as a rest."""
        if self._worked + self._last > self.window:
            self.sleep(max(self.pause - rested, 0.0))
            self._worked = 0.0
