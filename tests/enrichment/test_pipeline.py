"""The whole run: every entry gets exactly one outcome, nothing is asked twice, and nothing wrong is added."""

import json
from collections.abc import Sequence

import pytest

from apps.scholar_app.enrichment.document import Document
from apps.scholar_app.enrichment.record import Identifier, Name, Notice, Record
from tests.enrichment.making import TODAY, FakeSource, record, turing
from tests.enrichment.running import ATTENTION, BY_DOI, BY_TITLE, MIND, PREPRINT, TITLE, VASWANI, entries, only, run


def test_an_identifier_is_resolved_checked_and_completed_without_a_search() -> None:
    source = FakeSource(turing())
    entry = only(BY_DOI, source)
    assert entry["outcome"] == "enriched"
    assert entry["doi"] == MIND
    assert entry["added"]["journal"] == {"value": "Mind", "source": "crossref", "retrieved": "2026-03-01"}
    assert "doi" not in entry["added"]
    assert source.asked_identifiers == [Identifier("doi", MIND)]
    assert source.searched == []


def test_the_additions_stand_in_the_file_and_nothing_else_changed() -> None:
    enriched = run(BY_DOI, FakeSource(turing())).data.decode()
    lines = enriched.splitlines()
    assert "  journal = {Mind}," in lines
    assert "  month = oct," in lines
    assert [
        line.rstrip(",") for line in BY_DOI.splitlines() if line.rstrip(",") not in [one.rstrip(",") for one in lines]
    ] == []


def test_without_identifier_it_is_found_by_title() -> None:
    source = FakeSource(turing())
    entry = only(BY_TITLE, source)
    assert entry["outcome"] == "enriched"
    assert entry["added"]["doi"]["value"] == MIND
    assert entry["score"] > 0.9
    assert [query.title for query in source.searched] == ["Computing Machinery and Intelligence"]


def test_what_a_search_found_is_completed_by_the_other_sources_under_its_identifier() -> None:
    finder = FakeSource(turing(), name="crossref")
    other = FakeSource(
        turing("pubmed", pmid="15", abstract="I propose to consider the question."), name="pubmed", searches=False
    )
    entry = only(BY_TITLE, finder, other)
    assert entry["added"]["pmid"] == {"value": "15", "source": "pubmed", "retrieved": "2026-03-01"}
    assert other.asked_identifiers == [Identifier("doi", MIND)]


def test_a_source_that_comes_first_is_asked_by_what_a_later_one_told() -> None:
    first = FakeSource(turing(), name="crossref", resolves=frozenset({"doi"}), searches=False)
    later = FakeSource(turing("semanticscholar", pmid="15", container=""), name="semanticscholar", searches=False)
    entry = only(BY_TITLE.replace("year", "pmid = 15, year"), first, later)
    assert entry["added"]["journal"]["source"] == "crossref"
    assert first.asked_identifiers == [Identifier("doi", MIND)]


def test_a_record_that_contradicts_the_entry_is_a_conflict_and_adds_nothing() -> None:
    stranger = turing(
        title="On Growth and Form in Biology", authors=(Name("Thompson", "D'Arcy"),), year=1917, years=(1917,)
    )
    result = run(BY_DOI, FakeSource(stranger, searches=False))
    (entry,) = entries(result)
    assert entry["outcome"] == "conflict"
    assert entry["added"] == {}
    assert MIND in entry["reason"]
    assert result.data == BY_DOI.encode()


def test_a_conflict_offers_the_work_that_the_title_belongs_to() -> None:
    stranger = record(
        title="On Growth and Form in Biology", authors=(Name("Thompson", "D'Arcy"),), doi="10.1000/growth"
    )
    text = BY_DOI.replace(MIND, "10.1000/growth")
    entry = only(text, FakeSource(stranger, turing()))
    assert entry["outcome"] == "conflict"
    assert entry["candidates"][0]["doi"] == MIND
    assert "10.1000/growth" in [candidate["doi"] for candidate in entry["candidates"]]
    assert MIND in entry["reason"]


def test_a_doi_nobody_knows_beside_a_work_with_another_is_a_conflict() -> None:
    text = BY_DOI.replace(MIND, "10.1000/invented")
    result = run(text, FakeSource(turing()))
    (entry,) = entries(result)
    assert entry["outcome"] == "conflict"
    assert "10.1000/invented" in entry["reason"]
    assert result.data == text.encode()


def test_two_identifiers_of_two_works_are_a_conflict() -> None:
    stranger = record(
        title="On Growth and Form in Biology", authors=(Name("Thompson", "D'Arcy"),), pmid="99", year=1917
    )
    entry = only(BY_DOI.replace("year", "pmid = 99, year"), FakeSource(turing(), stranger))
    assert entry["outcome"] == "conflict"
    assert "99" in entry["reason"]
    assert MIND in entry["reason"]


def test_another_pubmed_number_than_the_works_own_is_a_conflict() -> None:
    entry = only(BY_DOI.replace("year", "pmid = 99, year"), FakeSource(turing(pmid="15")))
    assert entry["outcome"] == "conflict"
    assert "99" in entry["reason"]
    assert "15" in entry["reason"]


def test_one_sources_wrong_record_does_not_outweigh_anothers_right_one() -> None:
    wrong = turing("catalogue", title="Table of contents of the issue", authors=(Name("Nobody", "N."),))
    entry = only(BY_DOI, FakeSource(wrong, name="catalogue"), FakeSource(turing()))
    assert entry["outcome"] == "enriched"
    assert {addition["source"] for addition in entry["added"].values()} == {"crossref"}


def test_a_wrong_record_without_identifiers_does_not_outweigh_a_right_one_either() -> None:
    class Confused(FakeSource):
        def fetch(self, identifiers: Sequence[Identifier]) -> dict[Identifier, Record]:
            nothing = turing("catalogue", doi="", title="Table of contents", authors=(Name("Nobody", "N."),))
            return dict.fromkeys(identifiers, nothing)

    entry = only(BY_DOI, Confused(name="catalogue", searches=False), FakeSource(turing()))
    assert entry["outcome"] == "enriched"
    assert {addition["source"] for addition in entry["added"].values()} == {"crossref"}


def test_a_preprint_that_was_published_under_another_title_is_no_conflict() -> None:
    renamed = record("arxiv", type="posted-content", title="Imitation games", authors=(Name("Turing", "A."),),
                     year=1948, arxiv="2001.01234", doi=MIND)  # fmt: skip
    text = BY_DOI.replace("year", "eprint = {2001.01234}, archiveprefix = {arXiv}, year")
    entry = only(text, FakeSource(turing(), resolves=frozenset({"doi"})), FakeSource(renamed, name="arxiv"))
    assert entry["outcome"] == "enriched"


def test_two_works_that_fit_are_offered_and_neither_is_taken() -> None:
    twin = turing(doi="10.1000/reprint", container="Mind", volume="", pages="", number="")
    result = run(BY_TITLE, FakeSource(turing(volume="", pages="", number=""), twin))
    (entry,) = entries(result)
    assert entry["outcome"] == "ambiguous"
    assert {candidate["doi"] for candidate in entry["candidates"]} == {MIND, "10.1000/reprint"}
    assert result.data == BY_TITLE.encode()


def test_an_unknown_work_is_not_found_and_the_reason_names_who_was_asked() -> None:
    entry = only(BY_TITLE, FakeSource(name="catalogue"), FakeSource(name="crossref"))
    assert entry["outcome"] == "not_found"
    assert "catalogue, crossref" in entry["reason"]
    assert entry["doi"] is None
    assert entry["score"] is None


def test_nothing_missing_is_complete_and_the_file_stays_as_it_is() -> None:
    first = run(BY_DOI, FakeSource(turing()))
    again = run(first.data, FakeSource(turing()))
    (entry,) = entries(again)
    assert entry["outcome"] == "complete"
    assert entry["added"] == entry["refreshed"] == {}
    assert again.data == first.data


def test_a_refreshed_count_alone_leaves_the_entry_complete_and_says_what_was() -> None:
    first = run(BY_DOI, FakeSource(turing()))
    again = run(first.data, FakeSource(turing(citation_count=5001)))
    (entry,) = entries(again)
    assert entry["outcome"] == "complete"
    assert entry["refreshed"]["citation_count"]["was"] == "5000"
    assert again.data == first.data.replace(b"5000", b"5001")


def test_placeholders_stay_with_a_warning_or_are_replaced_on_request() -> None:
    text = BY_DOI.replace("year", "journal = {??}, year")
    kept = run(text, FakeSource(turing()))
    assert b"journal = {??}" in kept.data
    assert "journal" in " ".join(entries(kept)[0]["warnings"])
    replaced = run(text, FakeSource(turing()), replace_placeholders=True)
    assert b"journal = {Mind}" in replaced.data
    assert entries(replaced)[0]["replaced"]["journal"]["was"] == "??"


def test_what_is_no_reference_or_damaged_is_skipped_with_line_and_cause() -> None:
    text = "@set{s, entryset={a}}\n@misc{m, note={x}}\n@article{broken, title = {unclosed\n\n@article{k, title={T} }\n"
    listed = entries(run(text, FakeSource()))
    assert [(entry["line"], entry["outcome"]) for entry in listed] == [
        (1, "skipped"), (2, "skipped"), (3, "skipped"), (5, "not_found"),
    ]  # fmt: skip
    assert "@set" in listed[0]["reason"]
    assert "identifier" in listed[1]["reason"]
    assert listed[2]["key"] == "broken"


def test_every_entry_has_one_of_the_six_outcomes_and_they_add_up() -> None:
    text = BY_DOI + BY_TITLE.replace("turing", "b") + "@set{s, entryset={a}}\n@misc{z, title={Something unheard of}}\n"
    totals = run(text, FakeSource(turing())).report.to_json()["totals"]
    assert totals["entries"] == 4
    assert (
        sum(totals[outcome] for outcome in ("enriched", "complete", "not_found", "ambiguous", "conflict", "skipped"))
        == 4
    )
    assert totals["fields"]["doi"] == {"before": 1, "after": 2}
    assert totals["fields"]["journal"] == {"before": 0, "after": 2}


def test_a_preprint_is_told_of_its_published_version_and_keeps_what_it_cites() -> None:
    text = ATTENTION.replace("{arXiv}", "{arXiv preprint arXiv:1706.03762}")
    entry = only(text, FakeSource(PREPRINT, name="arxiv", searches=False))
    assert entry["doi"] == "10.48550/arxiv.1706.03762"
    assert "10.5555/3295222" in " ".join(entry["warnings"])
    assert "10.5555/3295222" not in json.dumps(entry["added"])


def test_a_published_work_found_for_a_preprint_is_offered_only() -> None:
    published = record(title=TITLE, authors=VASWANI, year=2017, years=(2017,), doi="10.5555/3295222", container="NIPS")
    result = run(ATTENTION, FakeSource(published))
    assert entries(result)[0]["outcome"] == "ambiguous"
    assert result.data == ATTENTION.encode()


def test_a_retraction_is_a_warning_that_names_its_notice() -> None:
    entry = only(BY_DOI, FakeSource(turing(notices=(Notice("retraction", "10.1000/sorry"), Notice("concern")))))
    assert [warning for warning in entry["warnings"] if "10.1000/sorry" in warning and "retracted" in warning]
    assert [warning for warning in entry["warnings"] if "concern" in warning]


def test_an_isbn_names_the_book_and_not_the_chapter_in_it() -> None:
    book = record(type="book", title="Advances in Widgets", authors=(Name("Editor", "E."),), isbn=("9780262035613",))
    text = "@incollection{c, title={A chapter on gadgets and things}, author={Writer, W.}, isbn={9780262035613}}"
    source = FakeSource(book, searches=False)
    assert only(text, source)["outcome"] != "conflict"
    assert source.fetched == []


def test_an_entry_with_nothing_but_a_doi_is_completed_by_it() -> None:
    entry = only(f"@article{{k, doi = {{{MIND}}}}}", FakeSource(turing()))
    assert entry["added"]["title"]["value"] == "Computing Machinery and Intelligence"
    assert entry["added"]["author"]["value"] == "Turing, Alan M."


def test_an_entry_without_title_that_nobody_knows_says_that_it_could_not_be_searched() -> None:
    entry = only("@article{k, doi = {10.1000/unknown}}", FakeSource())
    assert entry["outcome"] == "not_found"
    assert "title" in entry["reason"]


def test_values_go_into_the_files_own_encoding() -> None:
    text = BY_TITLE.replace("A. M. Turing", "A. M. Türing").encode("latin-1")
    data = run(text, FakeSource(turing(container="Mïnd", publisher="Łódź"))).data
    assert "journal = {Mïnd}".encode("latin-1") in data
    assert rb"publisher = {{\L}" in data
    assert Document.read(data).encoding == Document.read(text).encoding


@pytest.mark.parametrize("months", ["3", "{03}"])
def test_months_are_numbers_where_the_file_writes_numbers(months: str) -> None:
    other = f"@misc{{o, title={{Something unheard of}}, month={months}}}\n"
    assert (
        b"month = 10" in run(other + BY_TITLE, FakeSource(turing(), found_by=lambda q, _: "Computing" in q.title)).data
    )


def test_months_are_macros_otherwise() -> None:
    other = "@misc{o, title={Something unheard of}, month=mar}\n"
    assert b"month = oct" in run(other + BY_DOI, FakeSource(turing())).data


def test_records_without_title_prove_nothing() -> None:
    nameless = Record("crossref", TODAY, doi=MIND, authors=(Name("Turing", "A. M."),), year=1950, volume="59")
    entry = only(BY_DOI, FakeSource(nameless, searches=False))
    assert entry["outcome"] == "not_found"
    assert entry["added"] == {}


def test_a_doi_that_is_an_alias_completes_the_entry_without_another_doi() -> None:
    class Following(FakeSource):
        def fetch(self, identifiers: Sequence[Identifier]) -> dict[Identifier, Record]:
            super().fetch(identifiers)
            return {identifier: turing(abstract="I propose to consider the question.") for identifier in identifiers}

    entry = only(BY_DOI.replace(MIND, "10.1000/alias"), Following(searches=False))
    assert entry["outcome"] == "enriched"
    assert entry["doi"] == "10.1000/alias"
    assert "abstract" in entry["added"]
    assert MIND not in json.dumps(entry["added"])


def test_the_doi_of_the_book_a_chapter_is_in_is_neither_a_conflict_nor_unknown() -> None:
    book = record(type="book", title="Advances in Widgets", authors=(Name("Editor", "E."),), doi="10.1000/book")
    text = "@incollection{c, title={A chapter on gadgets and other things}, author={Writer, W.}, doi={10.1000/book}}"
    entry = only(text, FakeSource(book, searches=False))
    assert entry["outcome"] == "not_found"
    assert "Advances in Widgets" in entry["reason"]
    assert "No source" not in entry["reason"]


def test_the_doi_of_an_arxiv_identifier_is_proved_with_it() -> None:
    text = ATTENTION.replace("{arXiv}", "{arXiv preprint arXiv:1706.03762}, doi={10.48550/arXiv.1706.03762}")
    known = record("arxiv", type="posted-content", title=TITLE, authors=VASWANI, year=2017, arxiv="1706.03762")
    entry = only(text, FakeSource(known, name="arxiv", searches=False))
    assert entry["outcome"] == "enriched"
    assert entry["warnings"] == []


def test_another_arxiv_identifier_than_the_works_own_is_a_conflict() -> None:
    text = ATTENTION.replace("{arXiv}", "{Widgets}, eprint={2001.99999}")
    known = record(title=TITLE, authors=VASWANI, year=2017, years=(2017,), arxiv="1706.03762", container="Widgets")
    assert only(text, FakeSource(known, resolves=frozenset({"doi"})))["outcome"] == "conflict"
