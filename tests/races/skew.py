"""A database's clock that jumps back and forth, from one statement to the next."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final
from unittest import mock

from apps.scholar_app.clock import DatabaseClock

#: Past every limit of the product, in both directions.
_JUMPS: Final = tuple(timedelta(hours=hours) for hours in (-1000, -1, 0, 0, 1, 1000))


@contextmanager
def skewed(rng: random.Random | None) -> Iterator[None]:
    """Within this, each statement finds another time; without ``rng`` the right one."""
    if rng is None:
        yield
        return

    def jumping(self: DatabaseClock) -> str:
        right = timedelta(seconds=float(vars(self)["seconds"]))
        return f"{(right + rng.choice(_JUMPS)).total_seconds():+.6f}"

    def remember(self: DatabaseClock, seconds: str) -> None:
        vars(self)["seconds"] = seconds

    with mock.patch.object(DatabaseClock, "seconds", property(jumping, remember), create=True):
        yield
