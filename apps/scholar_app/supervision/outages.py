"""Living through an outage of the database: new connections, with growing pauses in between."""

import logging
from collections.abc import Callable

from django.db import InterfaceError, OperationalError, ProgrammingError, connections

logger = logging.getLogger("scholar.worker")

#: ProgrammingError is how PostgreSQL says that a table is missing: the migrations may be on their way.
AWAY = (OperationalError, InterfaceError, ProgrammingError)
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0


class Database:
    """The way to it. While it is away, nothing is tried more often than the pauses allow."""

    def __init__(self) -> None:
        self._pause = 0.0
        self._back_at = 0.0

    def attempt(self, work: Callable[[], None], *, now: float) -> bool:
        """Do ``work``; ``False`` if the database was away, or was a moment ago and is not asked again yet."""
        if now < self._back_at:
            return False
        try:
            work()
        except AWAY as error:
            self._note_outage(error, now)
            return False
        if self._pause:
            logger.info("database=back")
        self._pause = 0.0
        return True

    def _note_outage(self, error: Exception, now: float) -> None:
        if not self._pause:
            logger.warning("database=away error=%s: %s", type(error).__name__, error)
        self._pause = min(max(self._pause * 2, _FIRST_PAUSE), _LONGEST_PAUSE)
        self._back_at = now + self._pause
        connections.close_all()
