"""One Ctrl-C ends a command, wherever it comes; so does one SIGTERM."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interruptible() -> Iterator[Callable[[], None]]:
    """Raise ``KeyboardInterrupt`` at the first signal; the second one ends the process at once.

    Python drops what is raised while an object is being destroyed or some callback runs. So this yields a look-out to
    call between two steps, which raises ``KeyboardInterrupt`` if a signal came before. Only in the main thread.
    """
    came = False

    def first(_number: int, _frame: FrameType | None) -> None:
        nonlocal came
        came = True
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        raise KeyboardInterrupt

    def look_out() -> None:
        if came:
            raise KeyboardInterrupt

    before = {number: signal.signal(number, first) for number in _SIGNALS}
    try:
        yield look_out
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """For the moment in which half of what is done would be wrong: signals that come meanwhile have no effect."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
