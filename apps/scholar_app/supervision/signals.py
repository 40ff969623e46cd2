"""The first SIGTERM or SIGINT asks for an orderly end; the second one does not ask."""

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def stop_on_signals(stop: Callable[[], None]) -> Iterator[int]:
    """Call ``stop`` at the first signal, and yield a descriptor that becomes readable then, to wake a wait.

    From then on both signals have their default effect, which ends the process even in the middle of a call that does
    not return. The children die with it. Only in the main thread.
    """

    def first(_number: int, _frame: FrameType | None) -> None:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        stop()

    ours, alarm = socket.socketpair()
    with ours, alarm:
        ours.setblocking(False)
        alarm.setblocking(False)
        before = {number: signal.signal(number, first) for number in _SIGNALS}
        fd_before = signal.set_wakeup_fd(alarm.fileno(), warn_on_full_buffer=False)
        try:
            yield ours.fileno()
        finally:
            signal.set_wakeup_fd(fd_before)
            for number, handler in before.items():
                signal.signal(number, handler)
