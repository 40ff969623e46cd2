"""The catalogue of this site, as the settings say: beside the data in a SQLite file, or in the site's PostgreSQL."""

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections

from .postgres import PostgresCatalogue
from .sqlite import SqliteCatalogue
from .store import Catalogue

#: What Django adds to the parameters of a connection for its own use.
_OF_DJANGO = {"cursor_factory", "context"}
FILE_NAME = "catalogue.sqlite3"


def open_catalogue(*, cache_kilobytes: int = 64_000) -> Catalogue:
    """A new catalogue object for this thread; raises :class:`~.store.CatalogueError` when it cannot be opened."""
    database = connections[DEFAULT_DB_ALIAS]
    if database.vendor == "postgresql":
        parameters = database.get_connection_params()
        return PostgresCatalogue({name: parameters[name] for name in parameters.keys() - _OF_DJANGO})
    return SqliteCatalogue(settings.SCITEX_DATA_DIR / FILE_NAME, cache_kilobytes=cache_kilobytes)
