"""What a catalogue keeps, whatever home it has."""

import itertools
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings

from apps.scholar_app.catalogue import indexing
from apps.scholar_app.catalogue.finding import records_with
from apps.scholar_app.catalogue.indexing import indexed
from apps.scholar_app.catalogue.postgres import PostgresCatalogue
from apps.scholar_app.catalogue.sqlite import SqliteCatalogue
from apps.scholar_app.catalogue.store import Added, CatalogueError, Position
from apps.scholar_app.enrichment.record import Identifier
from tests.catalogue.works import DAY, paper
from tests.enrichment.test_record_json import records

LATER = DAY + timedelta(days=1)
EARLIER = DAY - timedelta(days=1)


def doi(number):
    return Identifier("doi", f"10.1000/paper.{number}")


def stored(catalogue, number=1):
    return records_with(catalogue, [doi(number)]).get(doi(number))


def test_what_was_added_is_found_and_nothing_else(catalogue):
    assert catalogue.add([paper(1), paper(2)]) == Added(new=2)
    assert records_with(catalogue, [doi(1), doi(2), doi(3)]) == {
        doi(1): replace(paper(1), source="catalogue"),
        doi(2): replace(paper(2), source="catalogue"),
    }


def test_adding_the_same_again_changes_nothing(catalogue, home):
    catalogue.add([paper(1), paper(2)])
    before = everything(home)
    assert catalogue.add([paper(2), paper(1)]) == Added(unchanged=2)
    assert everything(home) == before


def test_a_newer_description_takes_the_place_of_an_older_one(catalogue):
    catalogue.add([paper(citation_count=1)])
    assert catalogue.add([paper(citation_count=2, retrieved=LATER)]) == Added(replaced=1)
    assert stored(catalogue) == paper(citation_count=2, retrieved=LATER, source="catalogue")
    assert catalogue.count() == 1


def test_an_older_description_does_not(catalogue):
    catalogue.add([paper(citation_count=2)])
    assert catalogue.add([paper(citation_count=1, retrieved=EARLIER)]) == Added(outdated=1)
    assert stored(catalogue).citation_count == 2


def test_of_two_descriptions_of_one_day_the_one_added_last_stays(catalogue):
    catalogue.add([paper(abstract="as an older program read it")])
    assert catalogue.add([paper(abstract="as a newer program reads it")]) == Added(replaced=1)
    assert stored(catalogue).abstract == "as a newer program reads it"


def test_a_work_twice_in_one_batch_is_one_work_and_the_newer_stays(catalogue):
    assert catalogue.add([paper(volume="2", retrieved=LATER), paper(volume="1")]) == Added(new=1, outdated=1)
    assert stored(catalogue).volume == "2"


def test_a_work_with_a_new_title_is_no_longer_found_by_the_old_one(catalogue, home):
    catalogue.add([paper(title="Mistaken zebra wording")])
    old = indexed(paper(title="Mistaken zebra wording")).keys
    new = indexed(paper(title="Corrected giraffe wording")).keys
    catalogue.add([paper(title="Corrected giraffe wording")])
    assert catalogue.ids_of(sorted(old - new)) == {}
    assert set(catalogue.ids_of(sorted(new))) == new
    assert catalogue.ids_with_words(["zebra", "wording"], at_least=2, limit=9) == []
    assert list(catalogue.ids_with_words(["giraffe", "wording"], at_least=2, limit=9)) == [1]
    assert catalogue.frequencies(["zebra", "mistaken", "giraffe", "wording"]) == {"giraffe": 1, "wording": 1}
    assert home.words_are_sound()


def test_words_are_counted_once_a_title(catalogue):
    catalogue.add([paper(1, title="Rose is a rose is a rose"), paper(2, title="The name of the rose")])
    assert catalogue.frequencies(["rose", "name", "tulip"]) == {"rose": 2, "name": 1}


def test_titles_with_so_many_of_the_words_are_found(catalogue):
    colours = ["red", "green", "blue", "grey", "pink"]
    titles = [some for number in range(1, 6) for some in itertools.combinations(colours, number)]
    catalogue.add([paper(n, title=" ".join(title)) for n, title in enumerate(titles)])
    for words in ["red"], ["red", "blue"], ["pink", "red", "grey"], ["grey", "red", "green", "blue"], colours:
        for number in range(1, len(words) + 1):
            found = catalogue.ids_with_words(words, at_least=number, limit=99)
            holding = [n for n, title in enumerate(titles, 1) if len({*title} & {*words}) >= number]
            assert sorted(found) == holding, (words, number)


@pytest.mark.parametrize(("words", "at_least"), [(["red", "violet"], 2), (["red"], 2), (["red"], 0), ([], 1), ([], 0)])
def test_titles_with_fewer_of_the_words_are_not(catalogue, words, at_least):
    catalogue.add([paper(title="red green")])
    assert list(catalogue.ids_with_words(words, at_least=at_least, limit=9)) == []


def test_no_more_are_given_than_asked_for(catalogue):
    catalogue.add([paper(n, title="Editorial") for n in range(1, 8)])
    key = indexing.hash_of("t:editorial")
    assert len(catalogue.ids_of([key], limit=3)[key]) == 3
    assert len(catalogue.ids_of([key])[key]) == 7
    assert len(catalogue.ids_with_words(["editorial"], at_least=1, limit=4)) == 4


def test_what_nothing_would_find_again_is_left_out(catalogue):
    nothing = paper(doi="", title="")
    assert catalogue.add([nothing, replace(nothing, title="?!"), paper(2)]) == Added(new=1)


def test_a_work_without_identifier_is_kept_by_its_description(catalogue):
    nameless = paper(doi="", source="dblp")
    catalogue.add([nameless])
    assert catalogue.add([replace(nameless, volume="13"), replace(nameless, year=2001)]) == Added(new=1, replaced=1)


def test_each_origin_has_its_own_row_and_the_order_of_loading_changes_nothing(home):
    said = [
        paper(abstract="", citation_count=5),
        paper(source="openalex", title="PHENOMENON", abstract="We saw.", citation_count=7, retrieved=EARLIER),
        paper(source="dblp", title="A phenomenon", authors=(), retrieved=LATER),
    ]
    answers = set()
    for number, order in enumerate(itertools.permutations(said)):
        catalogue = home.open()
        moved = [replace(record, doi=f"10.1000/paper.{number}") for record in order]
        for record in moved:
            catalogue.add([record])
        answers.add(replace(stored(catalogue, number), doi=""))
        catalogue.close()
    (answer,) = answers
    assert answer.title == "Observations concerning phenomenon number1"
    assert (answer.abstract, answer.citation_count) == ("We saw.", 5)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records)
def test_whatever_a_source_says_can_be_kept(catalogue, record):
    record = replace(record, source="crossref", retrieved=date.max)
    catalogue.add([record])
    entry = indexed(record)
    if entry is not None:
        ids = catalogue.ids_of([indexing.hash_of(entry.identity)])
        texts = [row.text for found in ids.values() for row in catalogue.rows(found)]
        assert entry.text in texts


def test_a_position_is_noted_together_with_the_records(catalogue):
    position = Position("1:2", part=3, items=4)
    assert catalogue.position("dump.tar") is None
    catalogue.add_indexed([indexed(paper())], note=("dump.tar", position))
    assert catalogue.position("dump.tar") == position
    catalogue.add_indexed([], note=("dump.tar", Position("1:2", done=True)))
    assert catalogue.position("dump.tar") == Position("1:2", done=True)
    assert catalogue.position("other.tar") is None


def test_a_batch_is_added_whole_or_not_at_all(catalogue, home, monkeypatch):
    catalogue.add([paper(1)])
    before = everything(home)

    def fail(*args):
        raise RuntimeError("the power went")

    monkeypatch.setattr(catalogue, "_note", fail)
    with pytest.raises(RuntimeError):
        catalogue.add_indexed([indexed(paper(2)), indexed(paper(1, volume="9"))], note=("x", Position("")))
    assert everything(home) == before
    monkeypatch.undo()
    assert catalogue.add([paper(2)]) == Added(new=1)


def test_a_catalogue_of_another_version_is_refused_in_words(home, monkeypatch):
    home.open().close()
    for module in (SqliteCatalogue, PostgresCatalogue):
        monkeypatch.setattr(f"{module.__module__}._VERSION", 99999)
    with pytest.raises(CatalogueError, match="another version"):
        home.open()


def test_tidying_changes_no_answer(catalogue, home):
    for number in range(40):
        catalogue.add([paper(number)])
    before = everything(home)
    catalogue.tidy()
    catalogue.tidy()
    assert everything(home) == before
    assert home.words_are_sound()
    assert list(catalogue.ids_with_words(["number7", "phenomenon"], at_least=2, limit=9)) == [8]


def everything(home):
    """All that the catalogue knows, without the numbers of rows."""
    works = "SELECT w.origin, w.identity, w.retrieved, w.title, w.record, k.key FROM catalogue_works w"
    return (
        sorted(home.select(f"{works} JOIN catalogue_keys k ON k.work = w.id")),
        sorted(home.select("SELECT word, works FROM catalogue_words WHERE works <> 0")),
    )
