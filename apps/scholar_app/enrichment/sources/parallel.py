"""Several questions under way at once, answered in the order in which they were asked."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import ContextVar
from threading import Event
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")

#: Set in the threads of :func:`in_order`: whoever waits there looks at it, and gives up when nobody wants the answer.
abandoned: ContextVar[Event | None] = ContextVar("abandoned", default=None)
#: How long to wait for calls that are out when nobody listens any more: less than a child has to end its turn.
_LATE_SECONDS = 2.0


def in_order(
    ask: Callable[[A], B], questions: Sequence[A], *, at_once: int, late: Callable[[A, B], None] | None = None
) -> Generator[B, None, None]:
    """The answers in the order of the questions, at most ``at_once`` of them in the making.

    An error comes in its place, and ends it. Whoever stops listening does not wait for what is under way, unless there
    is ``late``: it is handed the answers that still come, and their questions, within a moment.
    """
    if at_once == 1 or len(questions) == 1:
        yield from map(ask, questions)
        return
    given_up = Event()
    under_way: deque[tuple[A, Future[B]]] = deque()
    pool = ThreadPoolExecutor(at_once, thread_name_prefix="asking")
    try:
        for question in questions:
            under_way.append((question, pool.submit(_ask, ask, question, given_up)))
            if len(under_way) == 2 * at_once:
                yield under_way.popleft()[1].result()
        while under_way:
            yield under_way.popleft()[1].result()
    finally:
        given_up.set()
        pool.shutdown(wait=False, cancel_futures=True)
        if late is not None:
            _hand_over(under_way, late)


def _hand_over(under_way: Iterable[tuple[A, Future[B]]], late: Callable[[A, B], None]) -> None:
    """Hand over what comes of the calls that are out. Whoever waits for a turn gives up, and nothing new begins."""
    begun = [(question, future) for question, future in under_way if not future.cancelled()]
    done = wait([future for _, future in begun], timeout=_LATE_SECONDS).done
    for question, future in begun:
        if future in done and future.exception() is None:
            late(question, future.result())


def _ask(ask: Callable[[A], B], question: A, given_up: Event) -> B:
    abandoned.set(given_up)
    return ask(question)
