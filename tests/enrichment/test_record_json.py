import json
from dataclasses import fields, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.scholar_app.enrichment import record_json
from apps.scholar_app.enrichment.record import Name, Notice, Record
from apps.scholar_app.enrichment.record_json import RecordFormatError

# Lone surrogates included: a JSON answer may hold ``\ud800``.
texts = st.text(st.characters(), max_size=30)
names = st.builds(Name, family=texts, given=texts, suffix=texts, literal=st.booleans())
notices = st.builds(Notice, kind=st.sampled_from(["retraction", "correction", "concern"]), doi=texts)
_BY_TYPE = {
    "str": texts,
    "int | None": st.none() | st.integers(),
    "date": st.dates(),
}


def tuples(elements):
    return st.lists(elements, max_size=4).map(tuple)


def _strategy(field):
    if field.name in {"authors", "editors"}:
        return tuples(names)
    if field.name == "notices":
        return tuples(notices)
    if field.name == "years":
        return tuples(st.integers(0, 3000))
    kind = field.type if isinstance(field.type, str) else getattr(field.type, "__name__", str(field.type))
    kind = "int | None" if "None" in str(field.type) else kind
    return _BY_TYPE[kind] if kind in _BY_TYPE else tuples(texts)


records = st.builds(Record, **{field.name: _strategy(field) for field in fields(Record)})

PAPER = Record(
    source="crossref",
    retrieved=date(2024, 5, 6),
    title="On <i>Things</i>",
    authors=(Name("van Berg", "Ada", "Jr"), Name("The Group", literal=True), Name("Plato")),
    year=2020,
    years=(2019, 2020),
    notices=(Notice("retraction", "10.1/r"),),
    citation_count=0,
)


@given(records)
def test_a_record_comes_back_as_it_was(record):
    assert record_json.loads(record_json.dumps(record)) == record


@given(records)
def test_the_text_is_one_line_that_any_database_can_keep(record):
    text = record_json.dumps(record)
    assert text.isascii()
    assert text.isprintable()


def test_what_the_source_did_not_say_takes_no_room():
    assert json.loads(record_json.dumps(Record("crossref", date(2024, 1, 2)))) == {
        "v": 1,
        "source": "crossref",
        "retrieved": "2024-01-02",
    }


def test_a_count_of_zero_is_something_the_source_said():
    assert record_json.loads(record_json.dumps(PAPER)).citation_count == 0
    assert record_json.loads(record_json.dumps(replace(PAPER, citation_count=None))).citation_count is None


def test_the_stored_form_is_this_one():
    """What older versions of the program stored must stay readable: change it only together with ``VERSION``."""
    assert record_json.to_json(PAPER) == {
        "v": 1,
        "source": "crossref",
        "retrieved": "2024-05-06",
        "title": "On <i>Things</i>",
        "authors": [["van Berg", "Ada", "Jr"], ["The Group", "", "", "literal"], ["Plato"]],
        "year": 2020,
        "years": (2019, 2020),
        "notices": [["retraction", "10.1/r"]],
        "citation_count": 0,
    }


def test_a_field_of_a_later_program_is_left_out():
    value = record_json.to_json(PAPER) | {"colour": "red"}
    assert record_json.from_json(value) == PAPER


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        '{"v":1}',
        '{"v":2,"source":"crossref","retrieved":"2024-01-02"}',
        '{"v":1,"source":"crossref","retrieved":"yesterday"}',
        '{"v":1,"source":"crossref","retrieved":5}',
        '{"v":1,"source":"crossref","retrieved":"2024-01-02","authors":[[]]}',
        '{"v":1,"source":"crossref","retrieved":"2024-01-02","authors":7}',
        '{"v":1,"source":"crossref","retrieved":"2024-01-02","notices":[["retraction"]]}',
        b"\xff\xfe\x00",
    ],
)
def test_what_is_not_a_record_is_refused(text):
    with pytest.raises(RecordFormatError):
        record_json.loads(text)
