"""Which catalogue a site has, and how what sources answered gets into it."""

import logging
import resource

import pytest

from apps.scholar_app.catalogue.finding import records_with
from apps.scholar_app.catalogue.opening import Keeper, open_catalogue
from apps.scholar_app.catalogue.postgres import PostgresCatalogue
from apps.scholar_app.catalogue.sqlite import SqliteCatalogue
from apps.scholar_app.catalogue.store import CatalogueError
from tests.catalogue.works import paper


@pytest.mark.promises
@pytest.mark.django_db
def test_the_catalogue_lives_where_the_sites_data_are(settings, tmp_path):
    settings.SCITEX_DATA_DIR = tmp_path / "data"
    postgres = settings.DATABASES["default"]["ENGINE"].endswith("postgresql")
    for _ in range(2):
        catalogue = open_catalogue()
        assert isinstance(catalogue, PostgresCatalogue if postgres else SqliteCatalogue)
        catalogue.add([paper(1)])
        assert catalogue.count() == 1
        catalogue.close()
    assert (tmp_path / "data" / "catalogue.sqlite3").exists() == (not postgres)


def test_what_sources_answered_is_found_in_the_catalogue(home):
    keeper = Keeper(home.open)
    keeper([paper(1), paper(2, doi="", title="")])
    keeper([paper(1), paper(3)])
    keeper.close()
    catalogue = home.open()
    identifiers = [i for n in (1, 3) for i in paper(n).identifiers()]
    assert set(records_with(catalogue, identifiers)) == set(identifiers)
    catalogue.close()


def test_what_was_opened_to_keep_answers_is_closed_with_the_keeper(home):
    opened = []

    def open_():
        opened.append(home.open())
        return opened[0]

    keeper = Keeper(open_)
    keeper([paper(1)])
    assert opened[0].count() == 1
    del keeper
    with pytest.raises(CatalogueError, match="closed"):
        opened[0].count()


def test_a_catalogue_that_cannot_be_written_stops_no_job_and_is_not_tried_again(caplog):
    tries = []

    def fail():
        tries.append(1)
        raise CatalogueError("the disk is full")

    keeper = Keeper(fail)
    with caplog.at_level(logging.WARNING):
        keeper([paper(1)])
        keeper([paper(2)])
    keeper.close()
    assert len(tries) == 1
    assert "the disk is full" in caplog.text


def test_a_writer_that_never_ends_is_waited_for_only_so_long(sqlite_home, postgres_home):
    for patient in (SqliteCatalogue(sqlite_home.path, patience=0.05),
                    PostgresCatalogue(postgres_home.parameters, patience=0.05)):  # fmt: skip
        busy = (sqlite_home if isinstance(patient, SqliteCatalogue) else postgres_home).open()
        with busy._writing(), pytest.raises(CatalogueError):
            patient.add([paper(1)])
        assert patient.add([paper(1)]).new == 1
        busy.close()
        patient.close()


@pytest.mark.parametrize(
    ("limit", "is_mapped"), [(resource.RLIM_INFINITY, True), (1024 * 1024 * 1024, False)], ids=["unlimited", "limited"]
)
def test_the_file_is_read_in_place_where_that_does_not_count_as_memory(sqlite_home, monkeypatch, limit, is_mapped):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limit, limit))
    assert _mapped_bytes(sqlite_home.path, mapped=True) == (0x7FFF0000 if is_mapped else 0)
    assert _mapped_bytes(sqlite_home.path, mapped=False) == 0


def _mapped_bytes(path, *, mapped):
    catalogue = SqliteCatalogue(path, mapped=mapped)
    [(size,)] = catalogue._connection.execute("PRAGMA mmap_size").fetchall()
    catalogue.close()
    return size
