"""The catalogue as one of the pipeline's sources."""

from datetime import date

import psycopg
import pytest

from apps.scholar_app.catalogue.postgres import PostgresCatalogue
from apps.scholar_app.catalogue.source import CatalogueSource
from apps.scholar_app.catalogue.store import CatalogueError
from apps.scholar_app.enrichment.errors import SourceError
from apps.scholar_app.enrichment.record import Identifier, Query, SourceTally
from tests.catalogue.works import paper

KNOWN = Identifier("doi", "10.1000/paper.1")
UNKNOWN = Identifier("doi", "10.1000/paper.2")


@pytest.fixture
def source(catalogue):
    catalogue.add([paper(1)])
    seconds = iter(range(100))
    return CatalogueSource(catalogue, timer=lambda: next(seconds))


def test_its_records_are_called_the_catalogues_and_keep_the_date_of_the_dump(source):
    record = source.fetch([KNOWN])[KNOWN]
    assert (record.source, record.retrieved) == ("catalogue", date(2024, 5, 6))


def test_what_it_does_not_have_is_left_out(source):
    assert source.fetch([UNKNOWN]) == {}
    assert source.search(Query("Quite another thing")) == []


def test_it_tallies_what_was_asked_answered_and_found(source):
    assert source.tally() == SourceTally()
    source.fetch([KNOWN, UNKNOWN])
    source.search(Query(paper(1).title))
    source.search(Query("Quite another thing"))
    assert source.tally() == SourceTally(asked=4, answered=4, found=2, seconds=3)


def test_a_catalogue_that_cannot_be_read_is_no_empty_catalogue(source, home):
    destroy(home)
    with pytest.raises(SourceError, match="catalogue") as caught:
        source.search(Query(paper(1).title))
    assert caught.value.retryable
    with pytest.raises(SourceError):
        source.fetch([KNOWN])
    tally = source.tally()
    assert (tally.asked, tally.answered) == (2, 0)


def test_a_catalogue_that_is_none_cannot_be_opened(sqlite_home):
    sqlite_home.path.write_bytes(b"This is not a database, but some text of more than a hundred bytes. " * 99)
    with pytest.raises(CatalogueError, match="not a database"):
        sqlite_home.open()


def test_a_server_that_is_away_is_said_to_be(postgres_home):
    away = {**postgres_home.parameters, "host": "/nowhere"}
    with pytest.raises(CatalogueError, match="PostgreSQL"):
        PostgresCatalogue(away)


def destroy(home):
    if hasattr(home, "path"):
        home.select("DROP TABLE catalogue_works")
    else:
        with psycopg.connect(home.url) as connection:
            connection.execute(f"DROP SCHEMA {home.schema} CASCADE")
