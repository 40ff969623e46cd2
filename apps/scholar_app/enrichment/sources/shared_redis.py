"""What all workers know together about the indexes, in Redis (6.2 or newer) or Valkey, for sites of several machines.

Everything is a small JSON document under a key of its own. It is read, changed and written as one step: Redis refuses
the write if somebody changed the document meanwhile, and then it is done again. The rules are those of the other homes.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar
from uuid import uuid4

import redis

from .shared import LimitsError
from .spending import DAY_SECONDS

T = TypeVar("T")
#: A document as read, ``{}`` where there is none, and what it is to become; ``None``: it stays as it is.
Document = dict[str, Any]
Change = Callable[[Document], tuple[T, Document | None]]

PREFIX: Final = "scitex:sources:"
#: What nobody touched for so many seconds is forgotten.
_KEPT_SECONDS: Final = 2 * DAY_SECONDS
_SECONDS: Final = 10.0


class SharedRedis:
    """Documents behind ``url`` (``redis://``, ``rediss://`` or ``unix://``); threads may share it, forks may not."""

    def __init__(self, url: str) -> None:
        with _errors():
            self._redis = redis.Redis.from_url(url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS)
            # Its connection stands for this process: what it holds is free again when the connection ends.
            self._name = uuid4().hex
            self._life = redis.Redis.from_url(
                url,
                socket_timeout=_SECONDS,
                socket_connect_timeout=_SECONDS,
                single_connection_client=True,
                client_name=self._name,
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

    def life(self) -> str:
        """The connection that stands for this process; its number alone would come again after a restart of Redis."""
        with _errors():
            return f"{self._life.client_id()}:{self._name}"

    def alive(self, lives: set[str]) -> set[str]:
        """Those of them whose connection still is."""
        if not lives:
            return set()
        numbers = [int(life.partition(":")[0]) for life in lives]
        with _errors():
            clients = self._redis.client_list(client_id=[*numbers])
        return lives & {f"{client['id']}:{client['name']}" for client in clients}


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
