"""What an entry says of its place, school or edition decides which version it cites: each "no" beside its "yes"."""

from typing import Any

import pytest

from tests.enrichment.test_adversary import BOOK, SAID, looked_up, widgets

ARTICLE: dict[str, Any] = {}
THESIS = {**BOOK, "type": "dissertation", "isbn": (), "publisher": "University of Oxford"}
CHAPTER = {"type": "book-chapter", "container": "Handbook of Widgets", "volume": "", "number": "", "pages": "5-9"}
IN_HANDBOOK = "booktitle={Handbook of Widgets}"


@pytest.mark.parametrize(
    ("place", "known"),
    [
        ("howpublished={Blog post}", ARTICLE),
        ("howpublished={Public lecture, Isaac Newton Institute}", ARTICLE),
        ("howpublished={CD ROM}", BOOK),
        ("howpublished={GitHub repository}", BOOK),
        (r"howpublished={\url{https://github.com/doe/widgets}}", ARTICLE),
        ("howpublished={https://www.youtube.com/watch?v=1}", ARTICLE),
        (r"howpublished={Slides, \url{https://example.org/x.pdf}}", ARTICLE),
        ("howpublished={Hugging Face Model Card}", THESIS),
    ],
)
def test_what_was_published_otherwise_is_only_offered(place: str, known: dict[str, Any]) -> None:
    report = looked_up(f"@misc{{k, {SAID}, year=2012, {place}}}", widgets(**known))
    assert (report["outcome"], report["added"]) == ("ambiguous", {})
    assert [candidate["doi"] for candidate in report["candidates"]] == ["10.1000/jwt.1"]


@pytest.mark.parametrize(
    ("place", "known"),
    [
        ("howpublished={J. Widget Theory}", ARTICLE),
        ("howpublished={Journal of Widget Theory 12 (2012) 100--120}", ARTICLE),
        ("howpublished={Springer-Verlag, Berlin}", BOOK),
        (r"howpublished={\url{https://example.org/widgets.pdf}}", ARTICLE),
        ("howpublished={Available online at https://example.org/w. Accessed: 2013-01-01}", ARTICLE),
        ("howpublished={Online}", BOOK),
        ("howpublished={Oxford University}", THESIS),
    ],
)
def test_what_was_published_there_or_says_nothing_is_taken(place: str, known: dict[str, Any]) -> None:
    assert looked_up(f"@misc{{k, {SAID}, year=2012, {place}}}", widgets(**known))["doi"] == "10.1000/jwt.1"


@pytest.mark.parametrize(
    "entry",
    [
        f"@mastersthesis{{k, {SAID}, year=2012}}",
        f"@mastersthesis{{k, {SAID}, year=2013, school={{University of Oxford}}}}",
        f"@mastersthesis{{k, {SAID}, year=2012, school={{University of Cambridge}}}}",
        f"@thesis{{k, {SAID}, year=2012, type={{mathesis}}}}",
        f"@thesis{{k, {SAID}, year=2012, type={{Diplomarbeit}}}}",
        f"@phdthesis{{k, {SAID}, year=2012, type={{M.Sc. thesis}}}}",
    ],
)
def test_a_masters_thesis_is_not_every_dissertation(entry: str) -> None:
    assert looked_up(entry, widgets(**THESIS))["outcome"] == "ambiguous"


@pytest.mark.parametrize(
    "entry",
    [
        f"@mastersthesis{{k, {SAID}, year=2012, school={{Oxford University}}}}",
        f"@thesis{{k, {SAID}, year=2012, type={{phdthesis}}}}",
        f"@phdthesis{{k, {SAID}, year=2012}}",
    ],
)
def test_a_thesis_of_that_school_and_year_is_taken(entry: str) -> None:
    assert looked_up(entry, widgets(**THESIS))["doi"] == "10.1000/jwt.1"


@pytest.mark.parametrize("said", ["edition={3}", "edition={Second}, year=2013", "publisher={Dover}, year=2013"])
def test_a_chapter_in_another_edition_of_the_book_is_only_offered(said: str) -> None:
    report = looked_up(f"@incollection{{k, {SAID}, {IN_HANDBOOK}, {said}}}", widgets(**CHAPTER))
    assert (report["outcome"], report["added"]) == ("ambiguous", {})


@pytest.mark.parametrize(
    "said", ["edition={3}, year=2012", "edition={1st}, year=2013", "publisher={Springer-Verlag}, year=2013"]
)
def test_a_chapter_in_that_edition_is_taken(said: str) -> None:
    report = looked_up(f"@incollection{{k, {SAID}, {IN_HANDBOOK}, {said}}}", widgets(**CHAPTER))
    assert report["doi"] == "10.1000/jwt.1"


@pytest.mark.parametrize("entry_type", ["incollection", "inbook"])
def test_the_doi_of_a_book_is_not_that_of_a_chapter_of_its_name(entry_type: str) -> None:
    title = widgets().title
    named = f"@{entry_type}{{k, {SAID}, year=2012, doi={{10.1000/jwt.1}}, booktitle={{{title}}}, pages={{5--9}}}}"
    report = looked_up(named, widgets(**BOOK))
    assert (report["outcome"], report["added"]) == ("not_found", {})
    assert "which does not show it is the entry" in report["reason"]


def test_the_doi_of_a_book_is_that_of_an_entry_with_no_other_book() -> None:
    named = f"@inbook{{k, {SAID}, year=2012, doi={{10.1000/jwt.1}}, chapter=5}}"
    assert looked_up(named, widgets(**BOOK))["outcome"] in ("enriched", "complete")
