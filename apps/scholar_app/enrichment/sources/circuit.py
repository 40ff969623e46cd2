"""Whether a source is away, as all who share a :class:`~.shared.SharedState` have found out together.

A source that fails is asked again after growing pauses, by one caller at a time, whoever comes first; all others wait
or give up. So an index that is down, or asked for a pause, sees one call every now and then instead of everybody's.
"""

from typing import NamedTuple, Protocol

from .shared import Database, SharedState

#: The pause after the first failure, in seconds; it doubles with each further one up to the longest.
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 20.0
#: A source that asks for a longer pause than this is asked again all the same, once: it may have meant another unit.
LONGEST_ASKED_PAUSE = 3600.0


class Health(NamedTuple):
    """How a source is doing. Times are in seconds, of the clock that all who share it have."""

    source: str
    failures: int = 0
    failed_at: float = 0.0
    #: Since when every call failed; ``None``: the last one was answered.
    down_since: float | None = None
    #: When it may be asked again.
    retry_at: float = 0.0
    #: Until when the one caller who may try has the right to.
    probed_until: float = 0.0
    answered_at: float | None = None
    #: What was wrong last, for people.
    reason: str = ""

    def is_away(self, *, now: float, patience: float) -> bool:
        """Whether it has been failing, again and again, for so long that waiting for it has no point."""
        return self.failures > 1 and self.down_since is not None and now - self.down_since >= patience

    def wait(self, *, now: float) -> float:
        """The seconds until somebody may ask it again; 0.0 if somebody may now."""
        if self.down_since is None:
            return 0.0
        wait = max(0.0, self.retry_at - now, self.probed_until - now)
        return wait if wait <= LONGEST_ASKED_PAUSE else 0.0  # The clock was set back: no pause is that long.

    def after_answer(self, *, started: float, now: float) -> "Health":
        """A call that started at ``started`` was answered."""
        # An answer to a call from before the failure does not take back the pause that was asked for since.
        is_up = self.down_since is None or started >= self.failed_at
        return (Health(self.source) if is_up else self)._replace(answered_at=now)

    def after_failure(
        self, *, started: float, now: float, asked_pause: float | None, luck: float, reason: str
    ) -> "Health":
        """A call that started at ``started`` failed."""
        # Calls that were under way together fail together, and say one thing, not three.
        failures = self.failures + (1 if started >= self.failed_at else 0)
        pause = _growing(failures, luck) if asked_pause is None else min(asked_pause, LONGEST_ASKED_PAUSE)
        return self._replace(
            failures=failures,
            failed_at=now,
            down_since=now if self.down_since is None else self.down_since,
            retry_at=now + max(pause, self._replace(probed_until=0.0).wait(now=now)),
            probed_until=0.0,
            reason=reason,
        )


class Circuits(Protocol):
    """What the client needs of circuit breakers."""

    def health(self, source: str) -> Health:
        """How the source is doing."""
        ...

    def all(self) -> list[Health]:
        """Every source that was ever asked, by name."""
        ...

    def try_at(self, source: str, *, now: float, until: float) -> bool:
        """Whether the caller may send a call now; while the source is down only one may, until ``until``."""
        ...

    def answered(self, source: str, *, started: float, now: float) -> None:
        """A call that started at ``started`` was answered."""
        ...

    def failed(
        self, source: str, *, started: float, now: float, asked_pause: float | None, luck: float, reason: str
    ) -> Health:
        """A call that started at ``started`` failed; ``asked_pause`` is what the source itself asked for.

        ``luck``, from 0 to 1, spreads those who come back.
        """
        ...


class SharedCircuits:
    """:class:`Circuits` in a :class:`~.shared.SharedState`."""

    def __init__(self, state: SharedState) -> None:
        self._state = state

    def health(self, source: str) -> Health:
        """See :class:`Circuits`."""
        with self._state.transaction() as database:
            return _read(database, source)

    def all(self) -> list[Health]:
        """See :class:`Circuits`."""
        with self._state.transaction() as database:
            names = database.execute("SELECT source FROM source_circuit ORDER BY source").fetchall()
            return [_read(database, name) for (name,) in names]

    def try_at(self, source: str, *, now: float, until: float) -> bool:
        """See :class:`Circuits`."""
        with self._state.transaction() as database:
            health = _read(database, source)
            if health.wait(now=now) > 0:
                return False
            if health.down_since is not None:
                _write(database, health._replace(probed_until=until))
        return True

    def answered(self, source: str, *, started: float, now: float) -> None:
        """See :class:`Circuits`."""
        with self._state.transaction() as database:
            _write(database, _read(database, source).after_answer(started=started, now=now))

    def failed(
        self, source: str, *, started: float, now: float, asked_pause: float | None, luck: float, reason: str
    ) -> Health:
        """See :class:`Circuits`."""
        with self._state.transaction() as database:
            health = _read(database, source).after_failure(
                started=started, now=now, asked_pause=asked_pause, luck=luck, reason=reason
            )
            _write(database, health)
        return health


def _growing(failures: int, luck: float) -> float:
    """Half to one and a half of the pause that is due after so many failures."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(failures - 1, 10)) * (0.5 + luck)


def _read(database: Database, source: str) -> Health:
    row = database.execute(
        "SELECT source, failures, failed_at, down_since, retry_at, probed_until, answered_at, reason"
        " FROM source_circuit WHERE source = ?",
        (source,),
    ).fetchone()
    return Health(*row) if row else Health(source)


def _write(database: Database, health: Health) -> None:
    database.execute(
        "INSERT INTO source_circuit"
        " (source, failures, failed_at, down_since, retry_at, probed_until, answered_at, reason)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source) DO UPDATE SET failures = excluded.failures,"
        " failed_at = excluded.failed_at, down_since = excluded.down_since, retry_at = excluded.retry_at,"
        " probed_until = excluded.probed_until, answered_at = excluded.answered_at, reason = excluded.reason",
        health,
    )
