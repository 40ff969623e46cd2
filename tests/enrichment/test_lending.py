"""How far a record may be used: what its version, place and time decide, each "no" beside its "yes"."""

from typing import Any

import pytest

from apps.scholar_app.enrichment.record import Record
from tests.enrichment.making import record, turing
from tests.enrichment.test_adversary import BOOK, DOI, SAID, added, looked_up, widgets
from tests.enrichment.test_merging import DOE, PUBLISHED
from tests.enrichment.test_merging import added as merged

SAYS = "title={On Widgets}, author={Doe, Jane}"
ARXIV = "10.48550/arxiv.2001.01234"
PREPRINT = record(
    "arxiv", type="posted-content", title="On Widgets", authors=DOE, year=2020, doi=ARXIV, arxiv="2001.01234",
    url="https://arxiv.org/abs/2001.01234", citation_count=777,
)  # fmt: skip
#: Of six telling words the first alone is ``Plasma``: a similarity of one half; of seven it is less.
HALF_ALIKE = "Plasma Sources Science Technology Engineering Applications"
THESIS = {**BOOK, "type": "dissertation", "isbn": (), "publisher": "University of Oxford"}


@pytest.mark.parametrize("entry_type", ["misc", "online", "techreport"])
@pytest.mark.parametrize(
    "number", ["eprint={2001.01234}", f"doi={{{ARXIV}}}", "url={https://arxiv.org/abs/2001.01234}"]
)
def test_what_names_but_an_arxiv_number_cites_the_preprint(entry_type: str, number: str) -> None:
    fields = merged(f"@{entry_type}{{k, {SAYS}, {number}}}", PUBLISHED, PREPRINT)
    assert fields["citation_count"] == "777"
    assert fields.get("url", PREPRINT.url) == PREPRINT.url


@pytest.mark.parametrize("number", ["eprint={2001.01234}", f"doi={{{ARXIV}}}"])
def test_what_names_but_an_arxiv_number_gets_no_address_of_what_was_printed(number: str) -> None:
    fields = merged(f"@misc{{k, {SAYS}, {number}}}", PUBLISHED)
    assert {"url", "doi", "citation_count", "year"}.isdisjoint(fields)
    assert "abstract" in fields


@pytest.mark.parametrize("number", ["eprint={2001.01234}", f"doi={{{ARXIV}}}"])
def test_an_article_in_a_journal_cites_what_the_journal_printed(number: str) -> None:
    text = f"@article{{k, {SAYS}, journal={{Widgets}}, year={{2021}}, {number}}}"
    assert merged(text, PUBLISHED)["volume"] == "7"
    assert merged(text, PUBLISHED)["citation_count"] == "12"


def test_an_article_that_names_its_preprints_number_takes_no_count_of_the_preprint() -> None:
    text = f"@article{{k, {SAYS}, journal={{Widgets}}, year={{2021}}, eprint={{2001.01234}}}}"
    assert merged(text, PREPRINT, PUBLISHED)["citation_count"] == "12"


@pytest.mark.parametrize("said", [{"doi": ""}, {"type": "journal-article"}])
def test_a_published_article_takes_no_year_of_its_preprint(said: dict[str, Any]) -> None:
    text = f"@article{{k, {SAYS}, journal={{Widgets}}, eprint={{2001.01234}}}}"
    preprint = record("arxiv", **{**_known(PREPRINT), **said})
    assert merged(text, PUBLISHED, preprint)["year"] == "2021"
    assert "year" not in merged(text, preprint)


def _known(one: Record) -> dict[str, Any]:
    names = ("type", "title", "authors", "year", "doi", "arxiv", "url", "citation_count")
    return {name: getattr(one, name) for name in names}


@pytest.mark.parametrize(
    ("said", "is_whole"),
    [
        ({}, True),
        ({"type": "journal-article"}, False),
        ({"container": "Widgets"}, False),
        ({"doi": "10.1000/w"}, False),
    ],
)
def test_a_record_that_says_nothing_of_its_version_may_be_the_preprint(said: dict[str, Any], is_whole: bool) -> None:
    text = f"@article{{p, {SAYS}, journal={{arXiv preprint arXiv:2001.01234}}, year={{2020}}}}"
    plain = record("semanticscholar", **{**_known(PREPRINT), "type": "", "doi": "", **said})
    assert ("citation_count" in merged(text, plain)) is is_whole


def test_what_does_not_say_where_it_appeared_may_be_a_preprint() -> None:
    assert merged(f"@misc{{k, {SAYS}}}", PREPRINT)["doi"] == ARXIV
    assert "doi" not in merged(f"@book{{k, {SAYS}}}", PREPRINT)


def test_another_version_lends_what_is_true_of_the_work_where_a_number_joins_them() -> None:
    text = "@article{k, title={Computing Machinery and Intelligence}, author={Turing, Alan M.}, year={1950}}"
    other = turing("openalex", doi="10.2307/2251299", pmid="7", abstract="Another text of the same work.")
    assert "abstract" in merged(text, turing(pmid="7"), other)
    assert "abstract" not in merged(text, turing(), other)


JOURNAL = "journal={Journal of Widget Theory}"
OF_THAT_PLACE = f"@article{{k, {SAID}, {DOI}, {JOURNAL}, year=2012, volume=12, number=3}}"


@pytest.mark.parametrize(
    ("said", "lends"),
    [
        ({}, True), ({"volume": ""}, True), ({"number": ""}, True), ({"year": None, "years": ()}, True),
        ({"volume": "13"}, False), ({"number": "4"}, False), ({"year": 2014, "years": (2014,)}, False),
        ({"year": 2014, "years": ()}, False), ({"year": 2013, "years": ()}, True),
        ({"year": 2014, "years": (2014, 2013)}, True),
    ],
)  # fmt: skip
def test_what_a_record_does_not_say_does_not_place_it_elsewhere(said: dict[str, Any], lends: bool) -> None:
    assert ("pages" in added(OF_THAT_PLACE, widgets(**said))) is lends


def test_the_publisher_of_an_article_does_not_place_it_elsewhere() -> None:
    assert "pages" in added(f"{OF_THAT_PLACE[:-1]}, publisher={{Dover}}}}", widgets())


def test_an_entry_that_does_not_say_what_it_is_may_be_a_book() -> None:
    assert added(f"@misc{{k, {SAID}, {DOI}}}", widgets(**BOOK))["year"] == "2012"
    assert "year" not in added(f"@article{{k, {SAID}, {DOI}}}", widgets(**BOOK))


@pytest.mark.parametrize(("container", "lends"), [(HALF_ALIKE, True), (f"{HALF_ALIKE} Reports", False)])
def test_a_journal_half_alike_is_the_same_and_one_less_alike_is_not(container: str, lends: bool) -> None:
    text = f"@article{{k, {SAID}, {DOI}, journal={{Plasma}}, year=2012}}"
    assert ("pages" in added(text, widgets(container=container))) is lends


@pytest.mark.parametrize(("container", "outcome"), [(HALF_ALIKE, "enriched"), (f"{HALF_ALIKE} Reports", "ambiguous")])
def test_proceedings_half_alike_are_the_same_and_less_alike_ones_are_not(container: str, outcome: str) -> None:
    text = f"@inproceedings{{k, {SAID}, booktitle={{Plasma}}, year=2012, volume=12, pages={{100--120}}}}"
    assert looked_up(text, widgets(container=container))["outcome"] == outcome


def test_a_placeholder_for_the_journal_contradicts_nothing() -> None:
    assert "pages" in added(f"@article{{k, {SAID}, {DOI}, year=2012, journal={{N/A}}}}", widgets())


def test_an_article_may_say_how_it_was_published_besides() -> None:
    text = f"@article{{k, {SAID}, {JOURNAL}, year=2012, howpublished={{Blog post}}}}"
    assert added(text, widgets())["doi"] == "10.1000/jwt.1"


@pytest.mark.parametrize(
    ("said", "publisher", "outcome"),
    [
        ("year=2012, school={University of Oxford}", "University of Oxford", "enriched"),
        ("year=2012, school={University of Oxford}", "", "ambiguous"),
        ("school={University of Oxford}", "University of Oxford", "ambiguous"),
        ("year=2012", "University of Oxford", "ambiguous"),
    ],
)
def test_a_masters_thesis_has_to_be_of_a_known_school_and_year(said: str, publisher: str, outcome: str) -> None:
    thesis = widgets(**{**THESIS, "publisher": publisher})
    assert looked_up(f"@mastersthesis{{k, {SAID}, {said}}}", thesis)["outcome"] == outcome


@pytest.mark.parametrize(
    ("entry", "known", "taken"),
    [
        (f"@book{{k, {SAID}, edition={{3}}}}", BOOK, False),
        (f"@book{{k, {SAID}, edition={{3}}, isbn={{9783161484100}}}}", BOOK, True),
        (f"@book{{k, {SAID}, edition={{1}}}}", {**BOOK, "year": None, "years": ()}, True),
        (f"@article{{k, {SAID}, {JOURNAL}, edition={{3}}, year=2013}}", {}, True),
        (f"@book{{k, {SAID}, publisher={{Dover}}, year=2013}}", BOOK, False),
        (f"@book{{k, {SAID}, publisher={{Dover}}, year=2013}}", {**BOOK, "publisher": "University Press"}, True),
        (f"@book{{k, {SAID}, publisher={{University Press}}, year=2013}}", BOOK, True),
        (f"@book{{k, {SAID}, publisher={{Dover}}, year=2013}}", {**BOOK, "publisher": ""}, True),
        (f"@book{{k, {SAID}, publisher={{Springer Verlag}}, year=2013}}", BOOK, True),
        (f"@book{{k, {SAID}, publisher={{AMS}}, year=2013}}",
         {**BOOK, "publisher": "American Mathematical Society"}, True),
        (f"@book{{k, {SAID}, publisher={{AMS}}, year=2013}}", {**BOOK, "publisher": "Society of Dyers"}, False),
    ],
)  # fmt: skip
def test_another_edition_or_publisher_is_not_taken_for_the_book(entry: str, known: dict[str, Any], taken: bool) -> None:
    report = looked_up(entry, widgets(**known))
    if taken:
        assert (report["outcome"], report["doi"]) == ("enriched", "10.1000/jwt.1")
    else:
        assert (report["outcome"], report["added"]) == ("ambiguous", {})


def test_of_a_thesis_the_acronym_of_its_school_will_do() -> None:
    text = f"@phdthesis{{k, {SAID}, year=2012, school={{MIT}}}}"
    known = widgets(**{**THESIS, "publisher": "Massachusetts Institute of Technology"})
    assert looked_up(text, known)["doi"] == "10.1000/jwt.1"
    assert looked_up(text, widgets(**THESIS))["outcome"] == "ambiguous"
