"""Several records for one reference: which is the work, which are one work, and when nobody can tell."""

from dataclasses import replace
from itertools import permutations

import pytest

from apps.scholar_app.enrichment.matching import judge

from .pairs import PLACE, PREPRINT, TITLE, article, best_of, record


def test_nothing_found_is_refused():
    assert judge(article(), []).verdict == "refused"
    assert judge(article(), []).candidates == ()


def test_two_records_that_fit_equally_well_are_ambiguous():
    judgement = judge(article(), [record(), record(doi="10.1000/twin")])
    assert judgement.verdict == "ambiguous"
    assert {score.record.doi for score in judgement.candidates} == {"10.1000/true", "10.1000/twin"}


def test_the_page_decides_between_two_works_of_one_title():
    judgement = judge(article(), [record(doi="10.1000/other", volume="83", pages="7", year=2011), record()])
    assert (judgement.verdict, best_of(judgement).record.doi) == ("accepted", "10.1000/true")


def test_sources_that_tell_of_one_doi_are_one_candidate():
    sparse = record(source="openalex", volume="", pages="", container="")
    judgement = judge(article(), [sparse, record()])
    assert judgement.verdict == "accepted"
    assert len(judgement.candidates) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"pmid": "7"}, {"doi": "", "pmid": "7"}),
        ({"doi": "10.48550/arxiv.1001.00001", **PREPRINT}, {"doi": "", "arxiv": "1001.00001", **PREPRINT}),
    ],
)
def test_records_that_share_another_identifier_are_one_candidate(one, other):
    reference = article(without=PLACE, journal="arXiv") if "type" in one else article()
    records = [record(**one), record(source="pubmed", **other)]
    judgement = judge(reference, records)
    assert (judgement.verdict, len(judgement.candidates)) == ("accepted", 1)


def test_an_index_without_identifiers_is_no_rival_to_one_that_has_them():
    records = [record(pages="", volume=""), record(source="dblp", doi="")]
    judgement = judge(article(), records)
    assert (judgement.verdict, best_of(judgement).record.doi) == ("accepted", "10.1000/true")


def test_a_work_that_only_an_index_without_identifiers_knows_is_accepted():
    assert judge(article(), [record(source="dblp", doi="")]).verdict == "accepted"


def test_two_works_of_one_index_without_identifiers_are_ambiguous_and_one_work_of_two_is_not():
    known = record(source="dblp", doi="", number="", pages="")
    again = record(source="dblp", doi="", number="", pages="99-120")
    reference = article(without=("number", "pages"))
    assert judge(reference, [known, again]).verdict == "ambiguous"
    assert judge(reference, [known, replace(again, source="openalex")]).verdict == "accepted"
    assert judge(reference, [known, again, record()]).verdict == "accepted"


def test_what_one_source_rules_out_is_ruled_out():
    notice = record(source="openalex", title=f"Correction to: {TITLE}")
    assert judge(article(), [record(), notice]).verdict == "refused"


@pytest.mark.parametrize(
    "changes", [{"title": "Verfeinerung von Stoßwellen"}, {"authors": "张, 伟"}, {"authors": "", "title": "乱流"}]
)
def test_a_source_with_a_translated_title_or_authors_does_not_rule_the_work_out(changes):
    judgement = judge(article(), [record(), record(source="openalex", **changes)])
    assert (judgement.verdict, best_of(judgement).record.source) == ("accepted", "crossref")


def test_versions_of_one_preprint_are_one_candidate_and_the_one_without_version_stands_for_them():
    preprints = [
        record(type="posted-content", container="", volume="", pages="", doi=f"10.36227/x.1{suffix}")
        for suffix in (".v1", "", ".v2")
    ]
    judgement = judge(article(journal="TechRxiv", without=PLACE), preprints)
    assert (judgement.verdict, best_of(judgement).record.doi) == ("accepted", "10.36227/x.1")
    assert best_of(judge(article(journal="TechRxiv", without=PLACE), preprints[::2])).record.doi == "10.36227/x.1.v2"


def test_the_preprint_beside_the_published_version_is_offered_and_does_not_stand_in_its_way():
    preprint = record(doi="10.48550/arxiv.1001.00001", type="posted-content", container="", volume="", pages="")
    judgement = judge(article(), [preprint, record()])
    assert (judgement.verdict, best_of(judgement).record.doi) == ("accepted", "10.1000/true")
    assert [score.record.doi for score in judgement.candidates] == ["10.1000/true", "10.48550/arxiv.1001.00001"]
    assert judgement.candidates[1].doubt == "the record is a preprint, the entry cites a published work"


def test_the_order_of_the_records_changes_nothing():
    records = [
        record(),
        record(source="openalex", pages=""),
        record(doi="10.1000/twin"),
        record(doi="10.1000/other", title=f"Reply to {TITLE}"),
        record(doi="", source="dblp"),
    ]
    judgements = {repr(judge(article(), order)) for order in permutations(records)}
    assert len(judgements) == 1
