"""The polite client that every source asks through: its turn, its patience, and what an answer is worth.

A call waits for its turn under the limits that everybody here shares; it obeys the pause that an index asks for; it
tries again, with growing pauses, for as long as the patience lasts. What comes back is an answer that was understood,
or a :class:`~apps.scholar_app.enrichment.errors.SourceError`. No key and no address ever stands in an error or a log.
"""

import logging
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple, Protocol, TypeVar

from ..errors import SourceError
from . import verdicts
from .circuit import Circuits, Health
from .limits import Limits
from .manners import Call, Manners
from .parallel import abandoned
from .reading import ShapeError
from .shared import LimitsError, Slot
from .spending import Spending, dollars, opens_in
from .transport import Answer, TooLargeError, Transport, TransportError
from .verdicts import Failure, Refusal

T = TypeVar("T")
logger = logging.getLogger(__name__)

#: A longer pause is cut into pieces of this many seconds, so that whoever watches can show it, or end it.
_PIECE = 1.0
#: How long to wait before looking again for a free slot, in seconds.
_SLOT_PAUSE = 0.05
#: A call that leaves more than so many seconds after its turn began holds up those behind it by as much.
_PUNCTUAL = 0.005
#: As long as one caller may be busy finding out whether a source is back.
_PROBE_SECONDS = 90.0
_MAX_REDIRECTS = 5


class Clock(Protocol):
    """Seconds that all who share the limits agree on, and sleep."""

    def now(self) -> float:
        """Seconds since an epoch."""
        ...

    def sleep(self, seconds: float) -> None:
        """Return when they have passed."""
        ...


class OnWait(Protocol):
    """Told before and during every pause, from the thread that waits; may raise to end the call."""

    def __call__(self, seconds: float, why: str, source: str) -> None:
        """``seconds`` are still to wait for ``source``; ``why`` is for people: ``Crossref asks for a pause``."""
        ...


def no_one(seconds: float, why: str, source: str) -> None:
    """An :class:`OnWait` that nobody listens to."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What all clients of this process have in common."""

    limits: Limits
    circuits: Circuits
    spending: Spending
    clock: Clock
    #: A number from 0 to 1, another one each time.
    luck: Callable[[], float]
    #: For how many seconds to go on trying.
    patience: float = 120.0
    on_wait: OnWait = no_one


class _Sent(NamedTuple):
    method: str
    url: str


class HttpClient:
    """Asks one index. Threads may share it."""

    def __init__(self, manners: Manners, *, transport: Transport, shared: Shared) -> None:
        self.manners = manners
        self._transport = transport
        self._limits, self._circuits, self._spending = shared.limits, shared.circuits, shared.spending
        self._clock, self._on_wait, self._luck = shared.clock, shared.on_wait, shared.luck
        self._patience = shared.patience
        self._at_once = manners.at_once

    def ask(self, call: Call[T]) -> T:
        """The answer, understood. Raises ``SourceError`` when there is none within the patience."""
        try:
            return self._ask(call)
        except LimitsError as error:
            raise SourceError(self.manners.source, f"not asked, since the limits cannot be kept: {error}") from error

    def _ask(self, call: Call[T]) -> T:
        spent = 0.0
        while True:
            spent += self._wait_until_up(self._patience - spent)
            with self._turn(call.budget) as began:
                self._pay(call.price)
                if not self._circuits.try_at(self.manners.source, now=began, until=began + _PROBE_SECONDS):
                    self._correct(-call.price)
                    continue
                result = self._try(call, began)
            if not isinstance(result, Failure):
                return result
            spent += self._clock.now() - began

    def _try(self, call: Call[T], began: float) -> T | Failure:
        """One attempt, and what everybody learns from it."""
        try:
            result = self._once(call, began)
        except Failure as failure:
            logger.warning("%s %s", self.manners.title, failure)
            self._failed(failure, began)
            return failure
        except Refusal as refusal:
            self._circuits.answered(self.manners.source, started=began, now=self._clock.now())
            raise SourceError(self.manners.source, str(refusal), retryable=False) from None
        self._circuits.answered(self.manners.source, started=began, now=self._clock.now())
        return result

    def _once(self, call: Call[T], began: float) -> T:
        """Raises ``Failure`` for what may be over soon, ``Refusal`` for what will not."""
        answer = self._follow(call, began)
        if answer.status not in call.accepts:
            raise verdicts.of_status(answer, limit_statuses=self.manners.limit_statuses, now=self._clock.now())
        try:
            return call.read(answer)
        except ShapeError as error:
            reason = str(error)
        raise Failure(reason)

    def _follow(self, call: Call[T], began: float) -> Answer:
        """The answer at the end of all redirects, each of which is a call of its own."""
        sent = _Sent("GET" if call.form is None and call.payload is None else "POST", self.manners.base_url + call.path)
        answer = self._send(sent, call, call.params, began)
        for _ in range(_MAX_REDIRECTS):
            if not 300 <= answer.status < 400:
                return answer
            sent = sent._replace(url=verdicts.redirect(sent.url, answer))
            answer = self._send(sent, call, {}, self._await_turn(call.budget))
        raise Failure("sends its callers in circles")

    def _send(self, sent: _Sent, call: Call[T], params: Mapping[str, str], began: float) -> Answer:
        budget = f"{self.manners.source}:{call.budget}"
        form = None if call.form is None else {**self.manners.params, **call.form}
        try:
            answer = self._transport.send(
                sent.method,
                sent.url,
                params={**params, **self.manners.params} if sent.method == "GET" else params,
                data=form,
                payload=call.payload,
                on_departure=lambda: self._departs(budget, began),
            )
        except TooLargeError as error:
            raise Refusal(str(error)) from None  # Trying again would fetch it all again.
        except TransportError as error:
            reason = str(error)
        else:
            self._listen(budget, answer, price=call.price)
            return answer
        raise Failure(reason)

    def _departs(self, budget: str, began: float) -> None:
        """The call goes out only now: a connection had to be made, say, or the machine has much else to do."""
        late = self._clock.now() - began
        if late > _PUNCTUAL:
            self._limits.late(budget, seconds=late)

    def _listen(self, budget: str, answer: Answer, *, price: int) -> None:
        """Take in what the answer says of the index's limits, and of money."""
        if told := verdicts.told_rate(answer):
            self._limits.told(budget, rate=told, now=self._clock.now())
        if at_once := verdicts.told_at_once(answer):
            self._at_once = min(self.manners.at_once, at_once)
        cost, left = verdicts.told_money(answer)
        self._correct(0 if cost is None else cost - price, told_left=left)

    def _pay(self, price: int) -> None:
        """Raises ``SourceError`` when the money of the day is used up; what costs nothing may still be asked."""
        budget, now = self.manners.daily_budget, self._clock.now()
        if budget is None or not price or self._spending.pay(self.manners.source, price=price, budget=budget, now=now):
            return
        wait = opens_in(now)
        reason = f"its budget of {dollars(budget)} a day is used up; it opens again at midnight UTC, in {_hours(wait)}"
        raise SourceError(self.manners.source, reason, retry_after=wait)

    def _correct(self, by: int, *, told_left: int | None = None) -> None:
        """Set right what is known of the money spent."""
        if self.manners.daily_budget is not None and (by or told_left is not None):
            self._spending.correct(self.manners.source, by=by, told_left=told_left, now=self._clock.now())

    @contextmanager
    def _turn(self, budget: str) -> Iterator[float]:
        """A slot and a place under the rate; gives the time of departure."""
        while (slot := self._slot()) is None:
            self._pause(_SLOT_PAUSE * (0.5 + self._luck()), f"waiting for a turn at {self.manners.title}")
        try:
            yield self._await_turn(budget)
        finally:
            slot.close()

    def _slot(self) -> Slot | None:
        return self._limits.slot(self.manners.source, at_once=self._at_once, now=self._clock.now())

    def _await_turn(self, budget: str) -> float:
        """The moment at which the turn came."""
        name, rate = f"{self.manners.source}:{budget}", self.manners.rates[budget]
        while wait := self._limits.take(name, rate=rate, now=(now := self._clock.now())):
            self._pause(wait, f"waiting for a turn at {self.manners.title}")
        return now

    def _wait_until_up(self, left: float) -> float:
        """Wait while the source is to be left alone, and return the seconds. Raises ``SourceError`` if that is long."""
        now = self._clock.now()
        health = self._circuits.health(self.manners.source)
        wait = health.wait(now=now)
        if wait > 0 and (wait > left or health.is_away(now=now, patience=self._patience)):
            raise SourceError(self.manners.source, self._away(health, wait), retry_after=wait)
        if wait > 0:
            self._pause(wait, f"{self.manners.title} {health.reason}")
        return wait

    def _failed(self, failure: Failure, began: float) -> None:
        self._circuits.failed(
            self.manners.source,
            started=began,
            now=self._clock.now(),
            asked_pause=failure.pause,
            luck=self._luck(),
            reason=str(failure),
        )

    def _away(self, health: Health, wait: float) -> str:
        """``answered 503; away since 14:05 UTC, tried 7 times, not to be asked before 14:07:12 UTC``.

        It may be read much later, so it names times, not how long they are off.
        """
        since = datetime.fromtimestamp(health.down_since or 0, UTC)
        until = datetime.fromtimestamp(round(self._clock.now() + wait), UTC)
        tried = "once" if health.failures == 1 else f"{health.failures} times"
        times = f"away since {since:%H:%M} UTC, tried {tried}, not to be asked before {until:%H:%M:%S} UTC"
        return f"{health.reason}; {times}"

    def _pause(self, seconds: float, why: str) -> None:
        left, given_up = seconds, abandoned.get()
        while left > 0:
            if given_up is not None and given_up.is_set():
                raise SourceError(self.manners.source, "nobody waits for the answer any more")
            self._on_wait(left, why, self.manners.source)
            self._clock.sleep(min(left, _PIECE))
            left -= _PIECE


def _hours(seconds: float) -> str:
    """``5 h 12 min``."""
    hours, minutes = divmod(math.ceil(seconds / 60), 60)
    return f"{hours} h {minutes} min"
