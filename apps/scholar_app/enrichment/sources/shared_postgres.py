""":class:`~.shared.SharedState` in PostgreSQL, for sites of several machines."""

import logging
import weakref
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psycopg

from .shared import SCHEMA, Database, LimitsError, Rows, Slot

logger = logging.getLogger(__name__)
Connection = psycopg.Connection[tuple[Any, ...]]
#: Of the advisory locks: the one of all transactions, and those of the slots. Any numbers that nobody else uses.
_TRANSACTIONS, _SLOTS = 0x5C17EA, 0x5C17EB
#: Connections kept for the next call.
_MOST_IDLE = 2
#: A host that vanishes is noticed, and its slots are free again, after about a minute.
_KEEPALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}


class SharedDatabase:
    """In tables ``source_*`` of the database that ``parameters`` (libpq's names) lead to; threads may share it."""

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        self._parameters = _KEEPALIVE | dict(parameters)
        self._idle: list[Connection] = []
        weakref.finalize(self, _close_all, self._idle)
        with self.transaction() as database:
            for statement in SCHEMA:
                database.execute(statement)

    def now(self) -> float:
        """The time by the database's clock, in seconds since 1970."""
        with self._borrowed() as connection:
            row = connection.execute("SELECT extract(epoch FROM clock_timestamp())::double precision").fetchone()
        return float(row[0]) if row else 0.0

    @contextmanager
    def transaction(self) -> Iterator[Database]:
        """See :class:`~.shared.SharedState`: one lock lets one transaction in at a time, and goes with it."""
        with self._borrowed() as connection, connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_TRANSACTIONS,))
            yield _Marked(connection)

    def slot(self, name: str) -> Slot | None:
        """See :class:`~.shared.SharedState`: a lock of the session, which the server takes back when it ends."""
        key = (_SLOTS, zlib.crc32(name.encode()) - 2**31)
        connection = self._take()
        with _errors(connection):
            row = connection.execute("SELECT pg_try_advisory_lock(%s, %s)", key).fetchone()
        if row and row[0]:
            return _Held(self, connection, key)
        self.give_back(connection)
        return None

    @contextmanager
    def _borrowed(self) -> Iterator[Connection]:
        connection = self._take()
        with _errors(connection):
            yield connection
        self.give_back(connection)

    def _take(self) -> Connection:
        with suppress(IndexError):
            return self._idle.pop()
        try:
            return psycopg.connect(**self._parameters, autocommit=True)
        except psycopg.Error as error:
            raise _trouble(error) from None

    def give_back(self, connection: Connection) -> None:
        """Keep the connection for the next caller, or close it."""
        if len(self._idle) < _MOST_IDLE and not connection.closed:
            self._idle.append(connection)
        else:
            connection.close()


class _Marked:
    """Statements with ``?`` for psycopg, which writes ``%s``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def execute(self, statement: str, parameters: Sequence[Any] = (), /) -> Rows:
        return self._connection.execute(statement.replace("?", "%s").encode(), parameters)


class _Held:
    """A slot, and the session that holds it."""

    def __init__(self, database: SharedDatabase, connection: Connection, key: tuple[int, int]) -> None:
        self._database, self._connection, self._key = database, connection, key
        self._open = True

    def close(self) -> None:
        if not self._open:
            return
        self._open = False
        try:
            self._connection.execute("SELECT pg_advisory_unlock(%s, %s)", self._key)
        except psycopg.Error:
            self._connection.close()  # The lock goes with the session.
        else:
            self._database.give_back(self._connection)


@contextmanager
def _errors(connection: Connection) -> Iterator[None]:
    """Whatever goes wrong ends the connection as well; the database's own errors become ``LimitsError``."""
    try:
        yield
    except psycopg.Error as error:
        connection.close()
        raise _trouble(error) from None
    except BaseException:
        connection.close()
        raise


def _trouble(error: psycopg.Error) -> LimitsError:
    """The details are for the log: they name our machines, and the message is shown to users."""
    logger.warning("The shared limits in PostgreSQL cannot be kept: %s", error)
    return LimitsError(f"PostgreSQL: {type(error).__name__}")


def _close_all(connections: list[Connection]) -> None:
    for connection in connections:
        connection.close()
