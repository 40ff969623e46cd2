"""What is added: what is missing, from the first source that has it, never from another version of the work."""

from datetime import date, timedelta
from typing import Any

import pytest

from apps.scholar_app.enrichment.fields import holdings_of
from apps.scholar_app.enrichment.lending import lenders_of
from apps.scholar_app.enrichment.matching import reference_of
from apps.scholar_app.enrichment.merging import Addition, Merge, Wishes, merge
from apps.scholar_app.enrichment.record import Name, Record
from tests.enrichment.making import TODAY, TURING, entry_of, record, turing

TITLED = "@article{k, title={Computing Machinery and Intelligence}, author={Turing, Alan M.}, year={1950}}"
PREPRINT = "@article{p, title={On Widgets}, author={Doe, Jane}, journal={arXiv preprint arXiv:2001.01234}, year={2020}}"
DOE = (Name("Doe", "Jane"),)
PUBLISHED = record(
    title="On Widgets", authors=DOE, year=2021, month=5, doi="10.1000/w", container="Widgets", volume="7", pages="1",
    arxiv="2001.01234", abstract="We study widgets at considerable length.", citation_count=12,
    url="https://doi.org/10.1000/w", pdf="https://w.org/1", publisher="W", issn=("0028-0836",), keywords=("widgets",),
)  # fmt: skip


def merged(text: str, *records: Record, **wishes: Any) -> Merge:
    entry = entry_of(text)
    reference = reference_of(entry)
    lenders, holdings = lenders_of(reference, records), holdings_of(entry)
    return merge(entry, reference, lenders, today=TODAY, wishes=Wishes(**wishes), holdings=holdings)


def added(text: str, *records: Record, **wishes: Any) -> dict[str, str]:
    return {addition.field: addition.value for addition in merged(text, *records, **wishes).added}


def test_everything_that_is_missing_is_added_in_one_order() -> None:
    assert list(added(TITLED, turing()).items()) == [
        ("journal", "Mind"), ("publisher", "Oxford University Press"), ("volume", "LIX"), ("number", "236"),
        ("pages", "433--460"), ("month", "oct"), ("doi", "10.1093/mind/lix.236.433"),
        ("url", "https://doi.org/10.1093/mind/lix.236.433"), ("issn", "1460-2113"), ("citation_count", "5000"),
        ("citation_count_date", "2026-03-01"), ("citation_count_source", "crossref"),
    ]  # fmt: skip


def test_what_the_user_wrote_is_never_among_the_changes() -> None:
    text = (
        "@article{k, title={Computing machinery}, author={A. Turing}, journal={mind}, year={1951}, url={x}, pages={1}}"
    )
    result = merged(text, turing())
    assert {"title", "author", "journal", "year", "url", "pages"}.isdisjoint(added(text, turing()))
    assert result.refreshed == result.replaced == ()


def test_nothing_is_added_from_nothing() -> None:
    assert merged(TITLED) == Merge()


def test_each_value_comes_from_the_first_source_that_has_it_and_says_so() -> None:
    yesterday = TODAY - timedelta(days=1)
    first = turing(abstract="", citation_count=None)
    second = turing("openalex", retrieved=yesterday, container="MIND", abstract="I propose to consider the question.")
    by_field = {addition.field: addition for addition in merged(TITLED, first, second).added}
    assert by_field["journal"] == Addition("journal", "Mind", "crossref", TODAY)
    assert by_field["abstract"].source == "openalex"
    assert by_field["abstract"].retrieved == yesterday
    assert by_field["citation_count"].source == by_field["citation_count_source"].value == "openalex"
    assert by_field["citation_count_date"].value == "2026-02-28"


def test_a_count_of_zero_is_information() -> None:
    assert added(TITLED, turing(citation_count=0))["citation_count"] == "0"


def test_a_count_nobody_gives_is_not_added() -> None:
    assert "citation_count" not in added(TITLED, turing(citation_count=None))


def test_a_stale_count_gives_way_to_a_fresh_one_and_is_used_where_there_is_none() -> None:
    stale = turing("catalogue", retrieved=TODAY - timedelta(days=31), citation_count=1)
    assert added(TITLED, stale, turing(citation_count=2))["citation_count"] == "2"
    assert added(TITLED, stale)["citation_count"] == "1"


COUNTED = TITLED[:-1] + ", citation_count={4}, citation_count_date={2025-01-01}, citation_count_source={crossref}}"


def test_citation_counts_are_made_new() -> None:
    result = merged(COUNTED, turing())
    assert [(change.field, change.was, change.value) for change in result.refreshed] == [
        ("citation_count", "4", "5000"),
        ("citation_count_date", "2025-01-01", "2026-03-01"),
    ]
    assert not [change for change in result.added if change.field.startswith("citation")]


def test_a_count_without_date_gets_one() -> None:
    result = merged(TITLED[:-1] + ", citation_count=4}", turing())
    assert [change.field for change in result.refreshed] == ["citation_count"]
    assert {"citation_count_date", "citation_count_source"} <= {change.field for change in result.added}


def test_a_younger_count_is_not_replaced_by_an_older_one() -> None:
    older = turing(retrieved=date(2024, 12, 31))
    assert merged(COUNTED, older).refreshed == ()
    assert merged(COUNTED, turing(retrieved=date(2025, 1, 2))).refreshed != ()


HOLDING = TITLED[:-1] + ", doi={unknown}, journal={??}, volume={}}"


def test_a_placeholder_stays_and_is_named() -> None:
    result = merged(HOLDING, turing())
    assert result.kept == ("journal", "volume", "doi")
    assert result.replaced == ()
    assert {"doi", "journal", "volume"}.isdisjoint(change.field for change in result.added)


def test_a_placeholder_is_replaced_on_request_under_its_own_name() -> None:
    result = merged(HOLDING.replace("journal=", "journaltitle="), turing(), replace_placeholders=True)
    assert [(change.field, change.was, change.value) for change in result.replaced] == [
        ("journaltitle", "??", "Mind"), ("volume", "", "LIX"), ("doi", "unknown", "10.1093/mind/lix.236.433"),
    ]  # fmt: skip
    assert result.kept == ()


def test_a_placeholder_for_which_nothing_is_known_is_not_named() -> None:
    assert merged(TITLED[:-1] + ", abstract={n/a}}", turing()).kept == ()


def test_only_the_wished_fields_are_added() -> None:
    assert set(added(TITLED, turing(), fields=frozenset({"doi", "month"}))) == {"doi", "month"}


def test_a_month_stands_bare_and_as_a_number_where_the_file_has_numbers() -> None:
    month = next(change for change in merged(TITLED, turing()).added if change.field == "month")
    assert (month.value, month.bare) == ("oct", True)
    assert added(TITLED, turing(), numeric_months=True)["month"] == "10"


@pytest.mark.parametrize("said", [{"year": 1951, "years": (1950, 1951)}, {"month": 13}, {"month": 0}, {"year": None}])
def test_a_month_of_another_year_or_none_is_not_added(said: dict[str, Any]) -> None:
    assert "month" not in added(TITLED, turing(**said))


@pytest.mark.parametrize("said", [{"volume": "60"}, {"year": 1960, "years": (1960,)}])
def test_a_record_printed_elsewhere_says_nothing_about_the_place(said: dict[str, Any]) -> None:
    text = TITLED[:-1] + ", volume={59}}"
    fields = added(text, turing(**said))
    assert {"pages", "number", "journal", "issn", "month"}.isdisjoint(fields)
    assert "doi" in fields


def test_an_online_year_beside_the_printed_one_is_no_contradiction() -> None:
    assert "pages" in added(TITLED, turing(year=1952, years=(1952, 1951)))


def test_a_preprint_keeps_what_it_cites_and_borrows_only_what_is_true_of_both() -> None:
    fields = added(PREPRINT, PUBLISHED)
    assert set(fields) == {"eprint", "archiveprefix", "abstract", "keywords"}
    assert fields["eprint"] == "2001.01234"


def test_a_preprint_gets_everything_of_the_preprints_own_record() -> None:
    own = record("arxiv", type="posted-content", title="On Widgets", authors=DOE, year=2020, month=1, container="arXiv",
                 doi="10.48550/arxiv.2001.01234", arxiv="2001.01234", arxiv_class="cs.LG",
                 url="https://arxiv.org/abs/2001.01234", pdf="https://arxiv.org/pdf/2001.01234")  # fmt: skip
    assert added(PREPRINT, PUBLISHED, own) | {} == {
        "doi": "10.48550/arxiv.2001.01234", "url": "https://arxiv.org/abs/2001.01234", "eprint": "2001.01234",
        "archiveprefix": "arXiv", "primaryclass": "cs.LG", "pdf": "https://arxiv.org/pdf/2001.01234",
        "abstract": "We study widgets at considerable length.", "keywords": "widgets",
    }  # fmt: skip


def test_a_published_work_never_gets_the_preprints_doi() -> None:
    preprint = record(type="posted-content", title="On Widgets", authors=DOE, year=2020, doi="10.1101/2020.01.01.1")
    text = "@article{k, title={On Widgets}, author={Doe, Jane}, journal={Widgets}, year={2021}}"
    assert added(text, preprint) == {}
    assert added(text, PUBLISHED, preprint)["doi"] == "10.1000/w"


def test_the_entrys_own_doi_decides_which_version_it_cites() -> None:
    text = PREPRINT[:-1] + ", doi={10.1000/w}}"
    assert added(text, PUBLISHED)["url"] == "https://doi.org/10.1000/w"


def test_what_stands_on_a_preprint_server_gets_no_volume_whatever_its_doi() -> None:
    text = PREPRINT[:-1] + ", doi={10.1000/w}}"
    assert {"volume", "number", "pages", "issn", "publisher", "month"}.isdisjoint(added(text, PUBLISHED))
    assert added(text.replace("journal={arXiv preprint arXiv:2001.01234}, ", ""), PUBLISHED)["volume"] == "7"


def test_a_second_doi_is_another_version_and_lends_nothing() -> None:
    other = turing("openalex", doi="10.2307/2251299", abstract="Another text under another DOI entirely.", pmid="1")
    fields = added(TITLED, turing(), other)
    assert fields["doi"] == "10.1093/mind/lix.236.433"
    assert {"abstract", "pmid"}.isdisjoint(fields)


def test_a_record_without_doi_lends_what_it_has() -> None:
    assert added(TITLED, turing(), turing("pubmed", doi="", pmid="15"))["pmid"] == "15"


def test_the_container_goes_where_the_types_of_entry_and_record_agree() -> None:
    text = "@inproceedings{k, title={On Widgets}, author={Doe, Jane}, year={2021}}"
    paper = record(
        type="proceedings-article", title="On Widgets", container="Proc. of Widgets", year=2021, doi="10.1000/p"
    )
    assert added(text, paper)["booktitle"] == "Proc. of Widgets"
    assert "booktitle" not in added(text, PUBLISHED)
    assert "journal" not in added(text.replace("inproceedings", "article"), paper)


def test_an_eprint_field_of_another_archive_is_left_alone() -> None:
    text = "@article{k, title={On Widgets}, author={Doe, Jane}, journal={W}, eprint={hal-0001}}"
    assert {"eprint", "archiveprefix", "primaryclass"}.isdisjoint(added(text, PUBLISHED))


def test_an_arxiv_eprint_gets_its_archive_and_class() -> None:
    text = "@article{k, title={On Widgets}, author={Doe, Jane}, journal={W}, eprint={2001.01234v2}}"
    fields = added(text, PUBLISHED, record("arxiv", type="posted-content", arxiv="2001.01234", arxiv_class="cs.LG"))
    assert (fields["archiveprefix"], fields["primaryclass"]) == ("arXiv", "cs.LG")
    assert "eprint" not in fields


def test_without_an_address_the_dois_own_is_given() -> None:
    assert added(TITLED, turing(url=""))["url"] == "https://doi.org/10.1093/mind/lix.236.433"
    assert "url" not in added(TITLED, turing(url="", doi=""))


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"doi": "10.1000/a}b"}, "doi"), ({"doi": "not a doi"}, "doi"), ({"issn": ("1234-5678",)}, "issn"),
        ({"pages": "n/a-n/a"}, "pages"), ({"volume": "??"}, "volume"), ({"container": "Journal f\ufffdr"}, "journal"),
        ({"abstract": "No abstract available."}, "abstract"), ({"abstract": "Short."}, "abstract"),
        ({"pdf": "javascript:alert(1)"}, "pdf"), ({"pmid": "x"}, "pmid"), ({"isbn": ("123",)}, "isbn"),
        ({"arxiv": "nonsense"}, "eprint"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_right_is_not_added(said: dict[str, Any], field: str) -> None:
    assert field not in added(TITLED, turing(**said))


def test_a_damaged_value_gives_way_to_the_next_sources() -> None:
    assert added(TITLED, turing(container="M\ufffdnd"), turing("openalex"))["journal"] == "Mind"


def test_markup_becomes_latex_and_identifiers_stay_raw() -> None:
    fields = added(
        "@article{k, doi={10.1093/mind/lix.236.433}, pmcid={PMC1}}",
        turing(title="A <i>DNA</i> &amp; 5% test", subtitle="Of x_y", abstract="<p>50% of A&amp;B in the test.</p>",
               url="https://a.org/x_y%20z#q&r"),
    )  # fmt: skip
    assert fields["title"] == r"A \emph{DNA} \& 5\% test: Of x\_y"
    assert fields["abstract"] == r"50\% of A\&B in the test."
    assert fields["url"] == "https://a.org/x_y%20z#q&r"
    assert fields["author"] == "Turing, Alan M."
    assert "pmcid" not in fields


def test_the_prefix_of_a_pubmed_central_number_is_written() -> None:
    assert added(TITLED, turing(pmcid="42"))["pmcid"] == "PMC42"
    assert added(TITLED, turing(pmcid="PMC42"))["pmcid"] == "PMC42"


def test_old_arxiv_identifiers_have_no_class_beside_them() -> None:
    assert "primaryclass" not in added(TITLED, turing(arxiv="hep-th/9901001", arxiv_class="hep-th"))


def test_the_order_of_sources_decides_and_nothing_else() -> None:
    one, other = turing(authors=(TURING,), abstract="x" * 50), turing("openalex", abstract="y" * 50, keywords=("a",))
    first, second = merged(TITLED, one, other), merged(TITLED, one, other)
    assert first == second
    assert added(TITLED, other, one)["abstract"] == "y" * 50
