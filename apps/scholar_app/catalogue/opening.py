"""The catalogue of this site, as the settings say: beside the data in a SQLite file, or in the site's PostgreSQL."""

import logging
import weakref
from collections.abc import Callable, Sequence

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections

from ..enrichment.record import Record
from .postgres import PostgresCatalogue
from .sqlite import SqliteCatalogue
from .store import PATIENCE, Catalogue, CatalogueError

logger = logging.getLogger(__name__)
#: Seconds that a job waits to keep something, at most once.
_KEEPERS_PATIENCE = 5.0
#: What Django adds to the parameters of a connection for its own use.
_OF_DJANGO = {"cursor_factory", "context"}
FILE_NAME = "catalogue.sqlite3"


def open_catalogue(*, cache_kilobytes: int = 64_000, mapped: bool = False, patience: float = PATIENCE) -> Catalogue:
    """A new catalogue object for this thread; raises :class:`~.store.CatalogueError` when it cannot be opened."""
    database = connections[DEFAULT_DB_ALIAS]
    if database.vendor == "postgresql":
        parameters = database.get_connection_params()
        own = {name: parameters[name] for name in parameters.keys() - _OF_DJANGO}
        return PostgresCatalogue(own, patience=patience)
    path = settings.SCITEX_DATA_DIR / FILE_NAME
    return SqliteCatalogue(path, cache_kilobytes=cache_kilobytes, mapped=mapped, patience=patience)


def closed_with(user: object, catalogue: Catalogue) -> Catalogue:
    """The catalogue, which is closed when nothing holds its user any more, at the latest when the process ends."""
    weakref.finalize(user, catalogue.close)
    return catalogue


def _open_to_keep() -> Catalogue:
    return open_catalogue(patience=_KEEPERS_PATIENCE)


class Keeper:
    """Puts what sources answered into the catalogue, as a courtesy: a catalogue that is busy or broken stops no job.

    Handed to :class:`~.memory.Remembering` as ``keep``. After one failure it keeps nothing more.
    """

    def __init__(self, open_: Callable[[], Catalogue] = _open_to_keep) -> None:
        self._open = open_
        self._catalogue: Catalogue | None = None
        self._gave_up = False

    def __call__(self, records: Sequence[Record]) -> None:
        """Add the records; what fails is logged, not raised."""
        if self._gave_up:
            return
        try:
            if self._catalogue is None:
                self._catalogue = closed_with(self, self._open())
            self._catalogue.add(records)
        except CatalogueError as error:
            self._gave_up = True
            logger.warning("the catalogue keeps nothing more of what sources answer: %s", error)

    def close(self) -> None:
        """Let go of the catalogue."""
        if self._catalogue is not None:
            self._catalogue.close()
            self._catalogue = None
