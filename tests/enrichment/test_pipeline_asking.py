"""Who is asked what, in which order and how often, who stays away, and what a watcher is told meanwhile."""

import itertools
import json
from collections.abc import Sequence
from typing import Any

import pytest

from apps.scholar_app.enrichment.errors import SourceError
from apps.scholar_app.enrichment.pipeline import enrich
from apps.scholar_app.enrichment.record import Identifier, Progress
from tests.enrichment.making import TODAY, FakeSource, document_of, turing
from tests.enrichment.running import BY_DOI, BY_TITLE, MIND, entries, only, run


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


@pytest.mark.parametrize("text", [BY_DOI, BY_TITLE], ids=["by identifier", "by title"])
@pytest.mark.parametrize("fails_after", [0, 1])
def test_where_nobody_is_left_to_ask_the_run_fails_and_nothing_is_not_found(text: str, fails_after: int) -> None:
    texts = text + text.replace("turing", "other").replace(MIND, "10.1000/other").replace("Computing", "Other")
    away = [FakeSource(name=name, batch_size=1, fails_after=fails_after) for name in ("semanticscholar", "pubmed")]
    with pytest.raises(SourceError) as failure:
        run(texts, *away, optional_sources=frozenset({"semanticscholar", "pubmed"}))
    assert failure.value.source == "pubmed"


def test_where_nobody_is_left_to_search_the_run_fails_though_others_may_be_asked_by_identifier() -> None:
    away, dois = FakeSource(name="pubmed", fails_after=0), FakeSource(name="unpaywall", searches=False)
    with pytest.raises(SourceError):
        run(BY_TITLE, away, dois, optional_sources=frozenset({"pubmed"}))
    assert (
        only(BY_DOI, away, dois, FakeSource(turing()), optional_sources=frozenset({"pubmed"}))["outcome"] == "enriched"
    )


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


def test_what_is_being_done_is_told_in_the_names_people_know() -> None:
    watcher = Watcher()
    watched(watcher, FakeSource(name="catalogue"), FakeSource(turing()))
    told = {progress.activity.partition(":")[0] for progress in watcher.seen}
    assert {"Searching the local catalogue by title", "Asking Crossref by identifier"} <= told


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


def test_progress_names_the_entries_that_were_settled_last_the_newest_first() -> None:
    watcher = Watcher()
    text = "".join(f"@control{{c{number}}}\n" for number in range(8))
    enrich(document_of(text), [], today=TODAY, on_progress=watcher)
    assert watcher.seen[-1].latest == tuple((f"c{number}", "skipped") for number in (7, 6, 5, 4, 3, 2))
