"""One Ctrl-C ends a command, wherever it comes; so does one SIGTERM."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

Handler = Callable[[int, FrameType | None], object] | signal.Handlers
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interruptible() -> Iterator[Callable[[], None]]:
    """Raise ``KeyboardInterrupt`` at the first signal; the second one ends the process at once.

    Python drops what is raised while an object is being destroyed or some callback runs. So this yields a look-out to
    call between two steps, which raises ``KeyboardInterrupt`` if a signal came before. In other threads
    than the main one, where no signal comes, this does nothing.
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

    with _handled_by(first):
        yield look_out


@contextmanager
def uninterrupted() -> Iterator[None]:
    """For the moment in which half of what is done would be wrong: signals that come meanwhile have no effect."""
    with _handled_by(signal.SIG_IGN):
        yield


@contextmanager
def _handled_by(handler: Handler) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():  # signals do not come here, and cannot be set here
        yield
        return
    before = {number: signal.signal(number, handler) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, signal.SIG_DFL if earlier is None else earlier)
