"""One Ctrl-C ends a command, also one that Python drops."""

import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager

import pytest

from apps.scholar_app.management.interrupting import interruptible, uninterrupted

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Destroyed:
    """A signal comes while this is being destroyed, where nothing can be raised."""

    def __init__(self, number: signal.Signals) -> None:
        self.number = number

    def __del__(self) -> None:
        signal.raise_signal(self.number)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_interrupts_where_it_comes(number: signal.Signals) -> None:
    with pytest.raises(KeyboardInterrupt), interruptible():
        signal.raise_signal(number)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_that_python_drops_interrupts_at_the_next_step(
    monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    dropped: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda what: dropped.append(what.exc_type))
    with interruptible() as look_out:
        look_out()
        Destroyed(number)
        assert dropped == [KeyboardInterrupt]
        with pytest.raises(KeyboardInterrupt):
            look_out()


@pytest.mark.parametrize("number", SIGNALS)
def test_the_second_signal_ends_the_process_at_once(number: signal.Signals) -> None:
    with interruptible():
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
        assert [signal.getsignal(each) for each in SIGNALS] == [signal.SIG_DFL, signal.SIG_DFL]


@pytest.mark.parametrize("guard", [interruptible, uninterrupted])
def test_afterwards_signals_are_handled_as_before(guard: Callable[[], AbstractContextManager[object]]) -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with guard():
        assert [signal.getsignal(number) for number in SIGNALS] != before
    assert [signal.getsignal(number) for number in SIGNALS] == before


@pytest.mark.parametrize("number", SIGNALS)
def test_what_must_not_be_done_by_halves_is_done_wholly(number: signal.Signals) -> None:
    done = False
    with uninterrupted():
        os.kill(os.getpid(), number)
        done = True
    assert done


def test_a_command_may_run_in_a_thread_where_signals_cannot_be_handled() -> None:
    def work() -> str:
        with interruptible() as look_out, uninterrupted():
            look_out()
        return "done"

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(work).result() == "done"
