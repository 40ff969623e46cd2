"""Names, pages, addresses and keywords in the form BibTeX wants."""

import pytest

from apps.scholar_app.enrichment.names import parse_names
from apps.scholar_app.enrichment.record import Name
from apps.scholar_app.enrichment.writing import address_of, keywords_to_latex, names_to_latex, pages_to_latex


@pytest.mark.parametrize(
    ("names", "latex"),
    [
        pytest.param([Name("Müller", "Jörg")], "Müller, Jörg", id="a person"),
        pytest.param([Name("van Beethoven", "Ludwig")], "van Beethoven, Ludwig", id="a particle"),
        pytest.param([Name("King", "Martin Luther", "Jr.")], "King, Jr., Martin Luther", id="a suffix"),
        pytest.param([Name("CERN", literal=True)], "{CERN}", id="a body"),
        pytest.param([Name("Barnes and Noble", literal=True)], "{Barnes and Noble}", id="a body with an and"),
        pytest.param([Name("Rand and Sons", "A.")], "{Rand and Sons}, A.", id="an and within a name"),
        pytest.param([Name("Anderson", "Andy")], "Anderson, Andy", id="an and within a word is none"),
        pytest.param([Name("Smith, Inc.", "")], "{Smith, Inc.}", id="a comma within a name"),
        pytest.param([Name("Plato")], "Plato", id="one word"),
        pytest.param([Name("", "Madonna")], "Madonna", id="a given name alone"),
        pytest.param([Name("Wei Zhang")], "{Wei Zhang}", id="two words that nobody divided"),
        pytest.param([Name("A", "B"), Name("et al.")], "A, B and others", id="et al."),
        pytest.param([Name("others", literal=True)], "", id="nobody but others"),
        pytest.param([Name("O&#39;Neil", "P. &amp; Q.")], r"O'Neil, P. \& Q.", id="entities"),
        pytest.param([Name("Evil}, url={x}", "")], "{Evil, url=x}", id="braces go"),
        pytest.param([Name("M\ufffdller", "J"), Name("B", "C")], "", id="one damaged name spoils the list"),
        pytest.param([Name("")], "", id="a name without letters"),
        pytest.param([], "", id="nobody"),
    ],
)
def test_names_are_written_last_first(names: list[Name], latex: str) -> None:
    assert names_to_latex(names) == latex


@pytest.mark.parametrize(
    "name", [Name("de la Cruz", "Ana"), Name("King", "Martin Luther", "Jr."), Name("World Health Office", literal=True)]
)
def test_a_written_name_reads_back_as_the_same_person(name: Name) -> None:
    assert parse_names(names_to_latex([name])).people == (name,)


@pytest.mark.parametrize(
    ("pages", "latex"),
    [
        ("12-34", "12--34"), ("12–34", "12--34"), ("12 — 34", "12--34"), ("12--34", "12--34"), ("e123", "e123"),
        ("S12-S18", "S12--S18"), ("3-12-3-15", "3-12--3-15"), ("B3-12–B3-15", "B3-12--B3-15"), ("7", "7"),
        ("1-2, 5-7", "1--2, 5--7"), ("100-", "100"), ("n/a-n/a", ""), ("N/A", ""), ("-", ""), ("", ""),
        ("1\u20102", "1--2"), ("xii&#8211;xv", "xii--xv"),
    ],
)  # fmt: skip
def test_page_ranges_have_two_hyphens(pages: str, latex: str) -> None:
    assert pages_to_latex(pages) == latex


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://a.org/b_c%20d#e~f&g", "https://a.org/b_c%20d#e~f&g"),
        ("http://dx.doi.org/10.1/a", "https://doi.org/10.1/a"),
        ("https://a.org/?x=1&amp;y=2", "https://a.org/?x=1&y=2"),
        ("javascript:alert(1)", ""), ("data:text/html,x", ""), ("file:///etc/passwd", ""), ("//a.org", ""),
        ("https://user:secret@a.org/", ""), ("https://a.org/{x}", ""), ("https://a.org/\\x", ""),
        ("https://a.org/a b", ""), ("https://a.org/\u202ex", ""), ("https://[", ""), ("https://", ""),
        ("https://a.org/" + "x" * 2000, ""), ("", ""),
    ],
)  # fmt: skip
def test_an_address_is_raw_and_one_that_can_be_opened(text: str, address: str) -> None:
    assert address_of(text) == address


def test_keywords_are_separated_by_commas_and_each_stands_once() -> None:
    assert keywords_to_latex(["A", "b &amp; c", "A", "", "Cells, Cultured"]) == r"A, b \& c, {Cells, Cultured}"
