"""The whole run: every entry gets exactly one outcome, nothing is asked twice, and nothing wrong is added."""

import itertools
import json
from collections.abc import Sequence
from typing import Any

import pytest

from apps.scholar_app.enrichment.document import Document
from apps.scholar_app.enrichment.errors import SourceError
from apps.scholar_app.enrichment.pipeline import Enrichment, Options, enrich
from apps.scholar_app.enrichment.record import Identifier, Name, Notice, Progress, Record
from tests.enrichment.making import TODAY, FakeSource, document_of, record, turing

MIND = "10.1093/mind/lix.236.433"
BY_DOI = f"""@article{{turing,
  doi = {{{MIND}}},
  title = {{Computing Machinery and Intelligence}},
  author = {{A. M. Turing}},
  year = 1950
}}
"""
BY_TITLE = BY_DOI.replace(f"  doi = {{{MIND}}},\n", "")
VASWANI = (Name("Vaswani", "Ashish"), Name("Shazeer", "Noam"))
TITLE = "Attention Is All You Need for Widgets"
ATTENTION = f"@article{{p, title={{{TITLE}}}, author={{A. Vaswani and N. Shazeer}}, year=2017, journal={{arXiv}}}}"
PREPRINT = record(type="posted-content", title=TITLE, authors=VASWANI, year=2017, years=(2017,), arxiv="1706.03762",
                  doi="10.48550/arxiv.1706.03762", published_as=("10.5555/3295222",))  # fmt: skip


def run(text: str | bytes, *sources: FakeSource, **options: Any) -> Enrichment:
    return enrich(document_of(text), sources, today=TODAY, options=Options(**options))


def entries(enrichment: Enrichment) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = enrichment.report.to_json()["entries"]
    return listed


def only(text: str | bytes, *sources: FakeSource, **options: Any) -> dict[str, Any]:
    (entry,) = entries(run(text, *sources, **options))
    return entry


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


def test_identifiers_go_out_in_full_batches_and_each_once() -> None:
    text = "".join(BY_DOI.replace("turing", f"k{n}").replace(MIND, f"10.1000/{n}") for n in range(7)) + BY_DOI + BY_DOI
    source = FakeSource(batch_size=3, searches=False)
    run(text, source)
    assert [len(batch) for batch in source.fetched] == [3, 3, 2]


@pytest.mark.parametrize("text", [BY_DOI, BY_TITLE], ids=["by identifier", "by title"])
def test_an_entry_is_settled_while_others_are_still_asked_for(text: str) -> None:
    settled: list[int] = []
    records = [turing(doi=f"10.1000/{n}", title=f"Computing Machinery and Intelligence in Country {n}") for n in "abc"]
    texts = [
        text.replace("turing", record.doi[-1]).replace(MIND, record.doi).replace("Intelligence", record.title[24:])
        for record in records
    ]
    source = FakeSource(*records, batch_size=1, found_by=lambda query, record: query.title == record.title)
    enrich(
        document_of("".join(texts)),
        [source],
        today=TODAY,
        on_progress=lambda told: settled.append(sum(told.outcomes.values())),
    )
    assert settled == [0, 0, 1, 2, 3]


def test_an_entry_that_another_source_may_complete_is_not_settled_before_that_was_asked() -> None:
    first, second = FakeSource(turing(doi=MIND, abstract="")), FakeSource(turing("openalex"), name="openalex")
    entry = only(BY_DOI, first, second)
    assert second.asked_identifiers == [Identifier("doi", MIND)]
    assert entry["outcome"] == "enriched"


def test_the_same_title_is_searched_once() -> None:
    source = FakeSource(turing())
    run(BY_TITLE + BY_TITLE.replace("turing", "again"), source)
    assert len(source.searched) == 1


def test_what_a_first_source_found_by_search_is_not_searched_in_the_next() -> None:
    first, second = FakeSource(turing("catalogue"), name="catalogue"), FakeSource(turing())
    run(BY_TITLE, first, second)
    assert second.searched == []


def test_a_required_source_that_stays_away_fails_the_run() -> None:
    with pytest.raises(SourceError) as failure:
        run(BY_DOI, FakeSource(turing(), name="catalogue"), FakeSource(name="crossref", fails_after=0))
    assert failure.value.source == "crossref"


def test_an_optional_source_that_stays_away_is_asked_no_more_and_its_entries_are_named() -> None:
    text = "".join(BY_DOI.replace("turing", f"k{n}").replace(MIND, f"10.1000/{n}") for n in range(3))
    optional = FakeSource(name="semanticscholar", batch_size=1, fails_after=1)
    known = FakeSource(*(turing(doi=f"10.1000/{n}") for n in range(3)))
    result = run(text, known, optional, optional_sources=frozenset({"semanticscholar"}))
    source = result.report.to_json()["sources"]["semanticscholar"]
    assert source["not_asked"] == ["k1", "k2"]
    assert source["away"] == "did not answer for 120 s"
    assert (optional.calls, optional.attempts) == (1, 2)
    assert [bool([w for w in entry["warnings"] if "semanticscholar" in w]) for entry in entries(result)] == [
        False,
        True,
        True,
    ]
    assert {entry["outcome"] for entry in entries(result)} == {"enriched"}


def test_an_optional_source_away_at_a_search_is_no_not_found_of_its_own() -> None:
    optional = FakeSource(name="semanticscholar", fails_after=0)
    result = run(BY_TITLE, FakeSource(name="crossref"), optional, optional_sources=frozenset({"semanticscholar"}))
    (entry,) = entries(result)
    assert "semanticscholar" not in entry["reason"]
    assert "semanticscholar" in entry["warnings"][0]
    assert result.report.sources["semanticscholar"].not_asked == ("turing",)


def test_the_order_of_answers_does_not_matter() -> None:
    twin = turing(doi="10.1000/reprint", container="Other", year=1990, years=(1990,), volume="3")
    results = {
        run(BY_TITLE, FakeSource(*found)).data
        for found in itertools.permutations([turing(), twin, turing(doi="", pmid="1")])
    }
    assert len(results) == 1


def test_the_same_input_and_answers_give_the_same_bytes_and_report() -> None:
    one, other = (run(BY_DOI + BY_TITLE, FakeSource(turing())) for _ in range(2))
    assert one.data == other.data
    assert json.dumps(one.report.to_json()) == json.dumps(other.report.to_json())


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


class Watcher:
    def __init__(self, *, stop_after: int | None = None) -> None:
        self.seen: list[Progress] = []
        self.stop_after = stop_after

    def __call__(self, progress: Progress) -> None:
        self.seen.append(progress)
        if self.stop_after is not None and len(self.seen) > self.stop_after:
            raise KeyboardInterrupt


def watched(watcher: Watcher, *sources: FakeSource) -> None:
    text = "@set{s, entryset={a}}\n" + "".join(
        BY_TITLE.replace("turing", f"k{n}").replace("and", f"and {n}") for n in range(4)
    )
    enrich(document_of(text + BY_DOI + "@article{broken, title={"), sources, today=TODAY, on_progress=watcher)


def test_progress_never_falls_and_ends_with_every_entry_done() -> None:
    watcher = Watcher()
    watched(watcher, FakeSource(turing()), FakeSource(name="openalex"))
    done = [progress.entries_done for progress in watcher.seen]
    assert done == sorted(done)
    assert done[-1] == watcher.seen[-1].entries_total == 7
    assert len(set(done)) > 3
    assert all(progress.activity for progress in watcher.seen)
    assert set(watcher.seen[-1].sources) == {"crossref", "openalex"}
    assert sum(watcher.seen[-1].outcomes.values()) == 7


@pytest.mark.parametrize("stop_after", range(6))
def test_a_watcher_may_end_the_run_at_any_point(stop_after: int) -> None:
    with pytest.raises(KeyboardInterrupt):
        watched(Watcher(stop_after=stop_after), FakeSource(turing()), FakeSource(name="openalex"))


class SeveralAtOnce(FakeSource):
    def search_many(self, queries: Sequence[Any]) -> Any:
        self.together = len(queries)
        return map(self.search, queries)


def test_a_source_that_can_is_given_all_searches_together() -> None:
    source = SeveralAtOnce(turing())
    run(BY_TITLE + BY_TITLE.replace("and", "or"), source)
    assert source.together == 2


def test_known_answers_of_a_large_file_are_the_same_as_of_its_pieces() -> None:
    pieces = [BY_DOI.replace("turing", f"k{n}").replace(MIND, f"10.1000/{n}") for n in range(1100)]
    source = FakeSource(*(turing(doi=f"10.1000/{n}") for n in range(1100)))
    whole = run("".join(pieces), source).report.outcomes
    assert whole["enriched"] == 1100
    assert len(set(source.asked_identifiers)) == len(source.asked_identifiers) == 1100


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


def test_progress_names_the_entries_that_were_settled_last_the_newest_first() -> None:
    watcher = Watcher()
    text = "".join(f"@control{{c{number}}}\n" for number in range(8))
    enrich(document_of(text), [], today=TODAY, on_progress=watcher)
    assert watcher.seen[-1].latest == tuple((f"c{number}", "skipped") for number in (7, 6, 5, 4, 3, 2))
