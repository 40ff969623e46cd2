"""Waiting for a condition in another process, instead of sleeping and hoping."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(predicate: Callable[[], T], *, seconds: float = 60, every: float = 0.02, what: str = "") -> T:
    """The first truthy answer of ``predicate``; raises ``AssertionError`` when there is none within ``seconds``."""
    end = time.monotonic() + seconds
    pause = threading.Event()
    while not (answer := predicate()):
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s in vain for {what or predicate}")
        pause.wait(every)
    return answer
