"""What is wrong with a bibliography besides its gaps, in sentences that name the evidence."""

import pytest

from apps.scholar_app.enrichment import findings
from apps.scholar_app.enrichment.identifiers import identifiers_of
from apps.scholar_app.enrichment.lending import lenders_of
from apps.scholar_app.enrichment.matching import reference_of
from apps.scholar_app.enrichment.record import Name, Notice, Record
from tests.enrichment.making import TODAY, document_of, entry_of, record, turing

PREPRINT_TEXT = "@article{p, title={On Widgets}, author={Doe, J}, journal={arXiv preprint arXiv:2001.01234}, year=2020}"


def said(text: str) -> list[str]:
    entry = entry_of(text)
    return list(findings.of_entry(entry, identifiers_of(entry), today=TODAY))


@pytest.mark.parametrize(
    ("field", "word"),
    [
        ("doi = {hdl:1234/5}", "doi"), ("isbn = {9780262035614}", "isbn"), ("issn = {1234-5678}", "issn"),
        ("year = {20013}", "year"), ("year = {3020}", "year"), ("year = 0", "year"), ("year = {-5}", "year"),
        ("year = {2030}", "year"), ("doi = {10.1000/a}, url = {https://doi.org/10.1000/b}", "more than one DOI"),
    ],
)  # fmt: skip
def test_what_cannot_be_right_is_said(field: str, word: str) -> None:
    (finding,) = said(f"@article{{k, title={{T}}, {field}}}")
    assert word in finding


@pytest.mark.parametrize(
    "field",
    ["doi = {10.1000/a}", "isbn = {9780262035613}", "isbn = {0-262-03561-8}", "issn = {0028-0836}", "year = {2029}",
     "year = {in press}", "year = {2001--2003}", "year = {1687}", "year = {????}", "doi = {}", "doi = {unknown}",
     "doi = {10.1000/a}, url = {https://doi.org/10.1000/A}"],
)  # fmt: skip
def test_what_may_be_right_is_not_complained_about(field: str) -> None:
    assert said(f"@article{{k, title={{T}}, {field}}}") == []


def test_a_flaw_of_the_layout_is_said() -> None:
    document = document_of("@article{a, title={T}}\n@article{a title={T}}")
    flawed = [entry for entry in document.entries if entry.flaws]
    assert all(list(findings.of_entry(entry, (), today=TODAY)) for entry in flawed)


def duplicates(text: str) -> dict[str, list[str]]:
    document = document_of(text)
    traits = [findings.traits_of(entry, reference_of(entry), doi=None) for entry in document.entries]
    return {f"{document.entries[index].key}{index}": said for index, said in findings.duplicates(traits).items()}


ARTICLE = "@article{%s, title={The Theory of Practical Widgets}, author={Doe, Jane}, year={%s}, doi={%s}}\n"


def test_entries_of_one_doi_name_each_other() -> None:
    found = duplicates(ARTICLE % ("a", 2001, "10.1000/X") + ARTICLE % ("b", 2002, "https://doi.org/10.1000/x"))
    assert found == {
        "a0": ["It has the same DOI as 'b' (line 2)."],
        "b1": ["It has the same DOI as 'a' (line 1)."],
    }


def test_entries_of_one_title_authors_and_year_name_each_other_once() -> None:
    text = ARTICLE % ("a", 2001, "") + ARTICLE.replace("Doe, Jane", "J. Doe") % ("b", 2001, "")
    assert set(duplicates(text)) == {"a0", "b1"}
    assert len(duplicates(text)["a0"]) == 1
    assert len(duplicates(ARTICLE % ("a", 2001, "10.1000/x") + ARTICLE % ("b", 2001, "10.1000/x"))["a0"]) == 1


@pytest.mark.parametrize(
    "other",
    [
        ARTICLE % ("b", 2002, ""),
        ARTICLE.replace("Doe", "Roe") % ("b", 2001, ""),
        ARTICLE.replace("Practical", "Impractical") % ("b", 2001, ""),
        ARTICLE.replace("year", "journal={arXiv}, year") % ("b", 2001, ""),
    ],
    ids=["another year", "another author", "another title", "its preprint"],
)
def test_works_that_differ_are_no_duplicates(other: str) -> None:
    assert duplicates(ARTICLE % ("a", 2001, "") + other) == {}


def test_common_titles_make_no_duplicates() -> None:
    text = "@article{%s, title={Editorial}, author={Doe, Jane}, year={2001}}\n"
    assert duplicates(text % "a" + text % "b") == {}


def test_a_key_used_twice_is_said_with_its_places() -> None:
    found = duplicates("@misc{k, title={Some thing here now}}\n@misc{k, title={Quite another thing entirely}}\n")
    assert found == {"k0": ["Its key is also that of 'k' (line 2)."], "k1": ["Its key is also that of 'k' (line 1)."]}


def test_of_many_duplicates_a_few_are_named_and_the_rest_counted() -> None:
    (said, *_) = duplicates("".join(ARTICLE % (f"k{n}", 2001, "10.1000/x") for n in range(100))).values()
    assert "and 94 more" in said[0]


def about(text: str, *records: Record) -> list[str]:
    reference = reference_of(entry_of(text))
    return list(findings.of_work(reference, lenders_of(reference, records)))


def test_each_notice_is_said_once_whoever_tells() -> None:
    notice = Notice("retraction", "10.1000/sorry")
    text = "@article{k, title={Computing Machinery and Intelligence}, author={Turing, A.}}"
    assert about(text, turing(notices=(notice,)), turing("openalex", notices=(notice, Notice("correction")))) == [
        "It was retracted: 10.1000/sorry.",
        "A correction was published.",
    ]
    assert about(text, turing()) == []


def test_a_preprint_is_told_of_its_published_version() -> None:
    preprint = record(
        type="posted-content", arxiv="2001.01234", doi="10.48550/arxiv.2001.01234", published_as=("10.1000/w",)
    )
    assert about(PREPRINT_TEXT, preprint) == ["It is a preprint; a published version is known: 10.1000/w."]
    assert about(PREPRINT_TEXT[:-1] + ", note={https://doi.org/10.1000/w}}", preprint) == []


def test_a_record_that_holds_both_versions_tells_of_the_published_one() -> None:
    both = record("semanticscholar", arxiv="2001.01234", doi="10.1000/w", authors=(Name("Doe", "J"),))
    assert about(PREPRINT_TEXT, both) == ["It is a preprint; a published version is known: 10.1000/w."]


def test_a_published_work_is_told_of_no_version() -> None:
    text = "@article{k, title={On Widgets}, author={Doe, J}, journal={Widgets}, doi={10.1000/w}}"
    assert about(text, record(doi="10.1000/w", preprints=("10.48550/arxiv.2001.01234",))) == []
