"""Limits, circuit breakers and money in Redis: the rules of the other homes, on documents of :mod:`.shared_redis`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from .circuit import Health
from .keeping import Keepers
from .limits import SAID_EVERY, Budget, Rate, Standing, standing
from .shared import Slot
from .shared_redis import Document, SharedRedis
from .spending import DAY_SECONDS, Purse, day_of
from .turns import KEPT, Turn, is_turn_of

_MINUTES_OF_DAY: Final = 1440


class RedisLimits:
    """:class:`~.limits.Limits` in Redis."""

    def __init__(self, shared: SharedRedis, *, asker: str = "") -> None:
        """``asker`` is who takes turns with others: a job."""
        self._shared, self._asker = shared, asker

    def take(self, budget: str, *, rate: Rate, now: float) -> float:
        """See :class:`~.limits.Limits`."""

        def taking(document: Document) -> tuple[float, Document | None]:
            wait, taken = Budget(**document).take(rate, now=now)
            return wait, None if taken is None else taken._asdict()

        wait = self._shared.change(f"budget:{budget}", taking)
        if not wait:
            self._shared.count(f"calls:{budget}:{int(now // 60)}", kept=DAY_SECONDS)
        return wait

    def late(self, budget: str, *, seconds: float) -> None:
        """See :class:`~.limits.Limits`."""

        def delaying(document: Document) -> tuple[None, Document | None]:
            known = Budget(**document)
            return None, known._replace(next_at=known.next_at + seconds)._asdict()

        self._shared.change(f"budget:{budget}", delaying)

    def told(self, budget: str, *, rate: Rate, now: float) -> None:
        """See :class:`~.limits.Limits`."""

        def hearing(document: Document) -> tuple[None, Document | None]:
            heard = Budget(**document)._replace(told_calls=rate.calls, told_seconds=rate.seconds, told_at=now)
            return None, heard._asdict()

        self._shared.change(f"budget:{budget}", hearing)

    def slot(self, source: str, *, at_once: int, now: float) -> Slot | None:
        """See :class:`~.limits.Limits`. Who waits is served in turn, least recently served first."""
        life, token = self._shared.life(), uuid4().hex

        def holding(document: Document) -> tuple[Slot | None, Document | None]:
            held = self._held(document)
            turns = {name: Turn(*turn) for name, turn in document.get("turns", {}).items()}
            turns = {name: turn for name, turn in turns.items() if max(turn) >= now - KEPT}
            is_free = len(held) < at_once and is_turn_of(self._asker, turns, now=now)
            own = turns.get(self._asker, Turn())
            if not is_free and abs(now - own.waits_at) < SAID_EVERY:
                return None, None
            turns[self._asker] = Turn(0.0, now) if is_free else own._replace(waits_at=now)
            if is_free:
                held[token] = life
            return _Held(self._shared, source, token) if is_free else None, {"held": held, "turns": turns}

        return self._shared.change(f"slots:{source}", holding)

    def _held(self, document: Document) -> dict[str, str]:
        held: dict[str, str] = document.get("held", {})
        alive = self._shared.alive(set(held.values()))
        return {token: life for token, life in held.items() if life in alive}

    def standing(self, budget: str, *, now: float) -> Standing:
        """See :class:`~.limits.Limits`."""
        [document] = self._shared.read(f"budget:{budget}")
        minutes = range(int(now // 60) - _MINUTES_OF_DAY + 1, int(now // 60) + 1)
        counts = self._shared.read(*(f"calls:{budget}:{minute}" for minute in minutes))
        calls = {minute: int(count["count"]) for minute, count in zip(minutes, counts, strict=True) if count}
        return standing(calls, told=Budget(**document).told(now=now), now=now)


@dataclass
class _Held:
    """A slot."""

    shared: SharedRedis
    source: str
    token: str

    def close(self) -> None:
        def freeing(document: Document) -> tuple[None, Document | None]:
            held = {token: life for token, life in document.get("held", {}).items() if token != self.token}
            return None, document | {"held": held}

        self.shared.change(f"slots:{self.source}", freeing)


class RedisCircuits:
    """:class:`~.circuit.Circuits` in Redis."""

    def __init__(self, shared: SharedRedis) -> None:
        self._shared = shared

    def health(self, source: str) -> Health:
        """See :class:`~.circuit.Circuits`."""
        [document] = self._shared.read(f"circuit:{source}")
        return _health(source, document)

    def all(self) -> list[Health]:
        """Every source that was ever asked, by name."""
        return [self.health(name.removeprefix("circuit:")) for name in self._shared.names("circuit:")]

    def try_at(self, source: str, *, now: float, until: float) -> bool:
        """See :class:`~.circuit.Circuits`."""

        def trying(document: Document) -> tuple[bool, Document | None]:
            health = _health(source, document)
            if health.wait(now=now) > 0:
                return False, None
            return True, None if health.down_since is None else health._replace(probed_until=until)._asdict()

        return self._shared.change(f"circuit:{source}", trying)

    def answered(self, source: str, *, started: float, now: float) -> None:
        """See :class:`~.circuit.Circuits`."""
        self._note(source, lambda health: health.after_answer(started=started, now=now))

    def failed(
        self, source: str, *, started: float, now: float, asked_pause: float | None, luck: float, reason: str
    ) -> Health:
        """See :class:`~.circuit.Circuits`."""
        return self._note(
            source,
            lambda health: health.after_failure(
                started=started, now=now, asked_pause=asked_pause, luck=luck, reason=reason
            ),
        )

    def _note(self, source: str, learn: Callable[[Health], Health]) -> Health:
        def noting(document: Document) -> tuple[Health, Document | None]:
            health = learn(_health(source, document))
            return health, health._asdict()

        return self._shared.change(f"circuit:{source}", noting)


class RedisSpending:
    """:class:`~.spending.Spending` in Redis."""

    def __init__(self, shared: SharedRedis) -> None:
        self._shared = shared

    def pay(self, source: str, *, price: int, budget: int, now: float) -> bool:
        """See :class:`~.spending.Spending`."""

        def paying(document: Document) -> tuple[bool, Document | None]:
            purse = Purse(**document)
            return (False, None) if price > purse.left(budget) else (True, purse.after(price)._asdict())

        return self._shared.change(_purse_of(source, now), paying)

    def correct(self, source: str, *, by: int, told_left: int | None, now: float) -> None:
        """See :class:`~.spending.Spending`."""

        def correcting(document: Document) -> tuple[None, Document | None]:
            return None, Purse(**document).after(by, told_left=told_left)._asdict()

        self._shared.change(_purse_of(source, now), correcting)

    def purse(self, source: str, *, now: float) -> Purse:
        """See :class:`~.spending.Spending`."""
        [document] = self._shared.read(_purse_of(source, now))
        return Purse(**document)


def keepers_in_redis(shared: SharedRedis, *, asker: str = "") -> Keepers:
    """All three in Redis; ``asker`` is who takes turns with others: a job."""
    return Keepers(RedisLimits(shared, asker=asker), RedisCircuits(shared), RedisSpending(shared))


def _purse_of(source: str, now: float) -> str:
    return f"spending:{source}:{day_of(now)}"


def _health(source: str, document: Mapping[str, Any]) -> Health:
    return Health(**document) if document else Health(source)
