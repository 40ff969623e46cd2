"""What a person who chooses among the works of an ambiguous entry gets, known before they choose."""

from datetime import date
from typing import Any

import pytest

from apps.scholar_app.enrichment import findings
from apps.scholar_app.enrichment.document import Document, EntryChange
from apps.scholar_app.enrichment.pipeline import Options, enrich
from apps.scholar_app.enrichment.record import Notice, Record
from apps.scholar_app.enrichment.written import value_of
from tests.enrichment.making import TODAY, FakeSource, document_of, is_input_with_insertions, record, turing

MIND = "10.1093/mind/lix.236.433"
BY_TITLE = (
    "@article{turing,\n  title = {Computing Machinery and Intelligence},\n  author = {Alan M. Turing},\n"
    "  year = 1950,\n}\n"
)
BARE = {"volume": "", "pages": "", "number": ""}
TWIN = turing(doi="10.1000/reprint", container="Mind", **BARE)


def run(text: str, *records: Record, options: Options | None = None) -> dict[str, Any]:
    """What the report says of the only entry."""
    result = enrich(document_of(text), [FakeSource(*records)], today=TODAY, options=options or Options())
    (entry,) = result.report.to_json()["entries"]
    return dict(entry)


def by_doi(entry: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {candidate["doi"]: candidate for candidate in entry["candidates"]}


def test_each_candidate_says_what_it_would_add_with_source_and_date() -> None:
    offered = by_doi(run(BY_TITLE, turing(**BARE), TWIN))
    assert offered[MIND]["added"]["doi"] == {"value": MIND, "source": "crossref", "retrieved": "2026-03-01"}
    assert offered["10.1000/reprint"]["added"]["doi"]["value"] == "10.1000/reprint"
    assert offered[MIND]["added"]["journal"]["value"] == "Mind"


def test_what_a_candidate_adds_can_be_written_and_the_entry_stays_as_it_was() -> None:
    (entry,) = (run(BY_TITLE, turing(**BARE), TWIN),)
    document = Document.read(BY_TITLE.encode())
    for candidate in entry["candidates"]:
        add = tuple((field, value_of(field, one["value"])) for field, one in candidate["added"].items())
        written = document.prove_and_render({0: EntryChange(add=add)}).decode()
        assert is_input_with_insertions(BY_TITLE, written)
        assert candidate["doi"] in written


def test_a_candidate_offers_nothing_that_the_entry_has() -> None:
    for candidate in run(BY_TITLE, turing(**BARE), TWIN)["candidates"]:
        assert not {"title", "author", "year"} & set(candidate["added"])
        assert candidate["replaced"] == {}


def test_placeholders_give_way_to_a_candidate_only_where_that_was_asked_for() -> None:
    text = BY_TITLE.replace("  year", "  doi = {unknown},\n  year")
    kept = by_doi(run(text, turing(**BARE), TWIN))[MIND]
    assert "doi" not in {**kept["added"], **kept["replaced"]}
    wished = by_doi(run(text, turing(**BARE), TWIN, options=Options(replace_placeholders=True)))[MIND]
    assert wished["replaced"]["doi"]["was"] == "unknown"


def test_a_published_version_that_is_offered_brings_its_doi_if_it_is_chosen() -> None:
    text = "@article{a, title={Attention is all you need}, author={Vaswani, A.}, journal={arXiv:1706.03762}, year=2017}"
    published = record(
        title="Attention is all you need", authors=(), year=2017, years=(2017,), doi="10.5555/3295222", container="NIPS"
    )
    (candidate,) = run(text, published)["candidates"]
    assert candidate["added"]["doi"]["value"] == "10.5555/3295222"


def test_a_candidate_from_another_volume_lends_no_place() -> None:
    text = BY_TITLE.replace("  year", "  volume = {12},\n  year")
    for candidate in run(text, turing(), turing(doi="10.1000/reprint", volume="13"))["candidates"]:
        assert not {"pages", "number", "issn"} & set(candidate["added"])


def test_a_retracted_candidate_is_said_to_be_retracted_before_it_is_chosen() -> None:
    offered = by_doi(run(BY_TITLE, turing(**BARE, notices=(Notice("retraction"),)), TWIN))
    assert offered[MIND]["warnings"] == ["It was retracted."]
    assert offered["10.1000/reprint"]["warnings"] == []


def test_an_accepted_work_and_a_conflict_offer_nothing_to_choose() -> None:
    assert run(BY_TITLE, turing())["candidates"] == []
    conflict = run(BY_TITLE.replace("  year", "  doi = {10.1000/other},\n  year"), turing(), record(
        title="Something else entirely about birds", authors=(), doi="10.1000/other", year=2001
    ))  # fmt: skip
    assert conflict["outcome"] == "conflict"
    assert all(candidate["added"] == {} for candidate in conflict["candidates"])


@pytest.mark.parametrize(("length", "kept"), [(300, 5), (1_300, 3), (4_000, 1), (4_001, 0)])
def test_long_values_are_kept_as_far_as_there_is_room(length: int, kept: int) -> None:
    text = "word " * 1000
    twins = [turing(doi=f"10.1000/{n}", abstract=text[: length - 1] + "x", **BARE) for n in range(5)]
    offered = run(BY_TITLE, *twins)["candidates"]
    assert sum("abstract" in candidate["added"] for candidate in offered) == kept
    assert all("doi" in candidate["added"] for candidate in offered)


def test_short_values_are_kept_when_the_room_is_full() -> None:
    text = "word " * 1000
    twins = [
        turing(doi=f"10.1000/{n}", abstract=text[: length - 1] + "x", **BARE)
        for n, length in enumerate((4_000, 300, 301))
    ]
    offered = by_doi(run(BY_TITLE, *twins))
    assert ["abstract" in offered[f"10.1000/{n}"]["added"] for n in range(3)] == [True, True, False]


def test_a_count_that_the_choice_would_make_new_is_told() -> None:
    text = BY_TITLE.replace("  year", "  citation_count = 4,\n  year")
    refreshed = by_doi(run(text, turing(**BARE), TWIN))[MIND]["refreshed"]
    assert (refreshed["citation_count"]["was"], refreshed["citation_count"]["value"]) == ("4", "5000")


def test_a_candidate_without_doi_gets_nothing_of_another_without() -> None:
    silent = turing("dblp", doi="", url="https://dblp.org/1", citation_count=None, **BARE)
    other = turing("dblp", doi="", url="https://dblp.org/2", abstract="A text that is long enough to stand.", **BARE)
    candidates = run(BY_TITLE, silent, other)["candidates"]
    offered = {candidate["url"]: candidate["added"] for candidate in candidates}
    assert "abstract" not in offered["https://dblp.org/1"]
    assert "abstract" in offered["https://dblp.org/2"]


def test_what_several_sources_found_of_a_candidate_is_taken_in_their_order() -> None:
    known = [turing(source, abstract=f"What {source} says of it at length.", **BARE) for source in ("dblp", "openalex")]
    sources = [FakeSource(turing(**BARE), TWIN), *(FakeSource(one, name=one.source) for one in reversed(known))]
    (entry,) = enrich(document_of(BY_TITLE), sources, today=TODAY).report.to_json()["entries"]
    assert by_doi(entry)[MIND]["added"]["abstract"]["source"] == "openalex"


def test_the_report_repeats_by_what_its_reader_knows_the_entry() -> None:
    entry = run(BY_TITLE, turing(**BARE), TWIN)
    assert (entry["title"], entry["authors"], entry["year"]) == (
        "Computing Machinery and Intelligence", ["Turing, Alan M."], 1950,
    )  # fmt: skip


def test_a_month_stands_bare_and_whatever_is_none_is_refused() -> None:
    assert value_of("month", "mar").bare
    assert not value_of("volume", "12").bare
    with pytest.raises(ValueError, match="macro"):
        value_of("month", "} evil")


@pytest.mark.parametrize(
    ("notices", "kind"),
    [((Notice("retraction"),), "retracted"), ((Notice("concern", "10.1/x"),), "concern"),
     ((Notice("correction"),), "corrected")],
)  # fmt: skip
def test_the_kind_of_a_notice_is_told_from_its_sentence(notices: tuple[Notice, ...], kind: str) -> None:
    entry = run(BY_TITLE, turing(notices=notices))
    assert [findings.kind_of(warning) for warning in entry["warnings"]] == [kind]


def test_the_kind_of_every_duplicate_is_told_from_its_sentence() -> None:
    text = BY_TITLE + BY_TITLE
    result = enrich(document_of(text), [FakeSource(turing())], today=date(2026, 3, 1))
    kinds = [findings.kind_of(warning) for entry in result.report.entries for warning in entry.warnings]
    assert kinds
    assert set(kinds) == {"duplicate"}
    assert findings.kind_of("year = '20013': no year.") == "other"
