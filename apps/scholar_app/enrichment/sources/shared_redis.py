"""What all workers know together about the indexes, in Redis (6.2 or newer) or Valkey, for sites of several machines.

Everything is a small JSON document under a key of its own. It is read, changed and written as one step: Redis refuses
the write if somebody changed the document meanwhile, and then it is done again. The rules are those of the other homes.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from uuid import uuid4

import redis

from .circuit import Health
from .keeping import Keepers
from .limits import SAID_EVERY, Budget, Rate, Standing, standing
from .shared import LimitsError, Slot
from .spending import DAY_SECONDS, Purse, day_of
from .turns import KEPT, Turn, is_turn_of

T = TypeVar("T")
#: A document as read, ``{}`` where there is none, and what it is to become; ``None``: it stays as it is.
Document = dict[str, Any]
Change = Callable[[Document], tuple[T, Document | None]]

PREFIX: Final = "scitex:sources:"
#: What nobody touched for so many seconds is forgotten.
_KEPT_SECONDS: Final = 2 * DAY_SECONDS
_SECONDS: Final = 10.0
_MINUTES_OF_DAY: Final = 1440


class SharedRedis:
    """Documents behind ``url`` (``redis://``, ``rediss://`` or ``unix://``); threads may share it, forks may not."""

    def __init__(self, url: str) -> None:
        with _errors():
            self._redis = redis.Redis.from_url(url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS)
            # Its connection stands for this process: what it holds is free again when the connection ends.
            self._life = redis.Redis.from_url(
                url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS, single_connection_client=True
            )

    def now(self) -> float:
        """The time by the server's clock, in seconds since 1970."""
        with _errors():
            seconds, millionths = self._redis.time()
        return float(seconds) + float(millionths) / 1_000_000

    def change(self, name: str, change: Change[T]) -> T:
        """Change the document of this name as one step; ``change`` may be called again, with what it is by then."""
        key = PREFIX + name
        with _errors(), self._redis.pipeline() as pipe:
            while True:
                pipe.watch(key)  # type: ignore[no-untyped-call]
                result, document = change(_read(pipe.get(key)))
                if document is None:
                    return result
                pipe.multi()
                pipe.set(key, json.dumps(document), ex=_KEPT_SECONDS)
                try:
                    pipe.execute()
                except redis.WatchError:
                    continue
                return result

    def read(self, *names: str) -> list[Document]:
        """The documents of these names."""
        with _errors():
            return [_read(value) for value in self._redis.mget([PREFIX + name for name in names])]

    def names(self, beginning: str) -> list[str]:
        """The names that begin like this."""
        with _errors():
            keys = self._redis.scan_iter(match=f"{PREFIX}{beginning}*", count=1000)
            return sorted(key.decode().removeprefix(PREFIX) for key in keys)

    def count(self, name: str, *, kept: int) -> None:
        """One more of this name, which is forgotten after ``kept`` seconds."""
        with _errors():
            pipe = self._redis.pipeline()
            pipe.incr(PREFIX + name)
            pipe.expire(PREFIX + name, kept)
            pipe.execute()

    def life(self) -> int:
        """The number of the connection that stands for this process."""
        with _errors():
            return int(self._life.client_id())

    def alive(self, lives: set[int]) -> set[int]:
        """Those of them whose connection still is."""
        if not lives:
            return set()
        with _errors():
            return {int(client["id"]) for client in self._redis.client_list(client_id=[*lives])}


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

    def _held(self, document: Document) -> dict[str, int]:
        held: dict[str, int] = document.get("held", {})
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


def _read(value: Any) -> Document:
    """A document; of a count, which Redis keeps as a bare number, ``{"count": 3}``."""
    said = json.loads(value) if value else {}
    return said if isinstance(said, dict) else {"count": said}


@contextmanager
def _errors() -> Iterator[None]:
    """Whatever goes wrong becomes a ``LimitsError``, without the address: it may hold a password."""
    reason = ""
    try:
        yield
    except redis.RedisError as error:
        reason = type(error).__name__
    except (ValueError, TypeError) as error:
        reason = f"what is kept cannot be understood ({type(error).__name__})"
    if reason:
        raise LimitsError(f"Redis: {reason}")
