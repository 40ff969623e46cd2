"""Several questions under way at once, answered in the order in which they were asked."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from threading import Event
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")

#: Set in the threads of :func:`in_order`: whoever waits there looks at it, and gives up when nobody wants the answer.
abandoned: ContextVar[Event | None] = ContextVar("abandoned", default=None)


def in_order(ask: Callable[[A], B], questions: Sequence[A], *, at_once: int) -> Iterator[B]:
    """The answers in the order of the questions, at most ``at_once`` of them in the making.

    An error comes in its place, and ends it. Whoever stops listening does not wait for what is under way.
    """
    if at_once == 1 or len(questions) == 1:
        yield from map(ask, questions)
        return
    given_up = Event()
    pool = ThreadPoolExecutor(at_once, thread_name_prefix="asking")
    try:
        yield from _answers(pool, ask, questions, given_up=given_up, ahead=2 * at_once)
    finally:
        given_up.set()
        pool.shutdown(wait=False, cancel_futures=True)


def _answers(
    pool: ThreadPoolExecutor, ask: Callable[[A], B], questions: Sequence[A], *, given_up: Event, ahead: int
) -> Iterator[B]:
    under_way: deque[Future[B]] = deque()
    for question in questions:
        under_way.append(pool.submit(_ask, ask, question, given_up))
        if len(under_way) == ahead:
            yield under_way.popleft().result()
    while under_way:
        yield under_way.popleft().result()


def _ask(ask: Callable[[A], B], question: A, given_up: Event) -> B:
    abandoned.set(given_up)
    return ask(question)
