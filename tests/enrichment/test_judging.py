"""Which of several records is taken, offered or ruled out: at the thresholds, among equals, and without a title."""

import math
from itertools import permutations
from typing import Any

import pytest

from apps.scholar_app.enrichment import matching
from apps.scholar_app.enrichment.features import Comparison, title_similarity
from apps.scholar_app.enrichment.forms import Form
from apps.scholar_app.enrichment.guards import UNLIKE_TITLES
from apps.scholar_app.enrichment.matching import Reference, Score, is_hopeless, judge, score_of
from apps.scholar_app.enrichment.record import Record
from apps.scholar_app.enrichment.references import form_of
from apps.scholar_app.enrichment.weights import ACCEPT, OFFER, probability

from .pairs import PLACE, PREPRINT, TITLE, article, best_of, record

BARE = {"number": "", "pages": "", "volume": ""}
#: Years apart: a work that may well be meant, and is not sure.
VAGUE = article(year="2017", without=PLACE)


def twins(count: int, **changes: Any) -> list[Record]:
    return [record(doi=f"10.1000/{number}", **changes) for number in range(count)]


def test_of_many_works_that_may_be_meant_five_are_offered_best_first() -> None:
    best = record(doi="10.1000/zzz", pages="64-84", number="1")
    judgement = judge(article(), [*twins(6, **BARE), best])
    shown = [score.record.doi for score in judgement.candidates]
    assert shown == ["10.1000/zzz", "10.1000/0", "10.1000/1", "10.1000/2", "10.1000/3"]


def test_a_score_is_sure_from_the_threshold_on_and_without_doubt() -> None:
    assert Score(record(), ACCEPT).is_sure
    assert not Score(record(), math.nextafter(ACCEPT, 0.0)).is_sure
    assert not Score(record(), 0.999, doubt="it may be another version").is_sure


@pytest.mark.parametrize(
    ("second", "several"), [(Score(record(), ACCEPT), True), (Score(record(), 0.5), False), (None, False)]
)
def test_several_fit_if_more_than_one_would_be_taken(second: Score | None, several: bool) -> None:
    candidates = (Score(record(), 0.99), *([second] if second else []))
    judgement = matching.Judgement("ambiguous", candidates[0], candidates)
    assert judgement.fits_several is several


def test_a_work_is_offered_and_explained_from_its_threshold_on(monkeypatch: pytest.MonkeyPatch) -> None:
    value = score_of(VAGUE, record()).value
    assert OFFER < value < ACCEPT
    monkeypatch.setattr(matching, "OFFER", value)
    judgement = judge(VAGUE, [record()])
    assert judgement.verdict == "ambiguous"
    assert best_of(judgement).reasons[0] == "same title"
    monkeypatch.setattr(matching, "OFFER", math.nextafter(value, 1.0))
    assert judge(VAGUE, [record()]).verdict == "refused"
    assert score_of(VAGUE, record()).reasons == ()


def test_the_best_has_to_be_clear_of_the_next_by_the_margin(monkeypatch: pytest.MonkeyPatch) -> None:
    reference, records = article(), [record(), record(doi="10.1000/twin", pages="", year=2011)]
    ours, theirs = (score_of(reference, one).value for one in records)
    margin = math.log(ours / (1 - ours)) - math.log(theirs / (1 - theirs))
    monkeypatch.setattr(matching, "MARGIN", margin)
    assert judge(reference, records).verdict == "accepted"
    monkeypatch.setattr(matching, "MARGIN", math.nextafter(margin, math.inf))
    assert judge(reference, records).verdict == "ambiguous"


def test_what_is_ruled_out_has_no_probability_and_is_named_only_if_it_came_near() -> None:
    reply = record(doi="10.1000/reply", title=f"Reply to {TITLE}")
    judgement = judge(article(), [reply, record(doi="10.1000/birds", title="Birds of the savanna in winter")])
    assert judgement.verdict == "refused"
    (near,) = judgement.ruled_out
    assert (near.record.doi, near.value) == ("10.1000/reply", 0.0)
    far = score_of(article(), record(title="Birds of the savanna in winter"))
    assert (far.refused, far.value) == (UNLIKE_TITLES, 0.0)


def test_a_place_in_print_without_title_is_no_near_miss_of_another() -> None:
    assert judge(article(without=("title",)), [record(pages="99")]).ruled_out == ()


INDEXED: dict[str, dict[str, Any]] = {
    "a preprint": {"doi": "10.48550/arxiv.1001.00001", **PREPRINT},
    "one not sure enough": {"doi": "10.1000/vague", "year": 2019, **BARE},
}


@pytest.mark.parametrize("changes", INDEXED.values(), ids=INDEXED)
def test_what_is_not_sure_does_not_take_the_place_of_what_an_index_knows_without_identifier(
    changes: dict[str, Any],
) -> None:
    judgement = judge(article(), [record(source="dblp", doi=""), record(**changes)])
    assert (judgement.verdict, best_of(judgement).record.source) == ("accepted", "dblp")


def test_what_an_index_has_once_more_without_identifier_is_no_rival() -> None:
    judgement = judge(article(), [record(), record(doi="", container="J. Comput. Phys.")])
    assert (judgement.verdict, best_of(judgement).record.doi) == ("accepted", "10.1000/true")


def test_articles_without_doi_are_told_apart_by_their_pubmed_numbers() -> None:
    records = [record(source="pubmed", doi="", pmid=number) for number in ("7", "8")]
    judgement = judge(article(), records)
    assert (judgement.verdict, len(judgement.candidates)) == ("ambiguous", 2)


def test_an_article_that_names_its_preprint_is_not_one_with_it() -> None:
    preprint = record(source="arxiv", doi="", arxiv="1001.00001", **PREPRINT)
    judgement = judge(article(), [record(arxiv="1001.00001"), preprint])
    assert judgement.verdict == "accepted"
    assert [score.record.source for score in judgement.candidates] == ["crossref", "arxiv"]


def test_records_of_one_doi_that_name_several_numbers_are_one_candidate() -> None:
    records = [record(pmid="7", pmcid="9"), record(source="pubmed", doi="", pmid="7")]
    records.append(record(source="europepmc", doi="", pmcid="9"))
    for order in permutations(records):
        judgement = judge(article(), order)
        assert (judgement.verdict, len(judgement.candidates)) == ("accepted", 1)


def test_of_records_that_fit_equally_well_the_same_stands_for_them_in_any_order() -> None:
    records = [record(url=f"https://example.org/{number}") for number in range(3)]
    chosen = {best_of(judge(article(), order)).record.url for order in permutations(records)}
    assert chosen == {"https://example.org/0"}


def titled(title: str) -> Form:
    return Form(title=title)


@pytest.mark.parametrize("pair", [("", TITLE), (TITLE, ""), ("", ""), ("???", "???")])
def test_without_a_title_on_both_sides_there_is_nothing_to_look_at(pair: tuple[str, str]) -> None:
    assert is_hopeless(titled(pair[0]), titled(pair[1]))


SHORT = "Shock waves in turbulent plasmas"


@pytest.mark.parametrize(
    ("one", "other", "hopeless"),
    [
        (SHORT, "Shock waves in laminar flames", False),
        (SHORT, "Sound waves of a church bell", True),
        (SHORT, f"{SHORT}: a theory of almost everything and some experiments", False),
        (f"{SHORT}: a theory of almost everything and some experiments", SHORT, False),
        (f"{SHORT}s", f"{SHORT}: a theory of almost everything and some experiments", False),
        (SHORT, "Short waves on a ruled pond: a theory of almost everything and some experiments", True),
        ("Shock waves", "On the origin of very strong shock waves", True),
    ],
)
def test_titles_are_worth_a_look_if_they_are_alike_or_begin_alike(one: str, other: str, hopeless: bool) -> None:
    assert is_hopeless(titled(one), titled(other)) is hopeless


def test_titles_are_worth_a_look_from_their_threshold_on(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = titled(SHORT), titled("Shock waves in laminar flames")
    monkeypatch.setattr(matching, "_HOPELESS", title_similarity(ours, theirs))
    assert not is_hopeless(ours, theirs)


UNTITLED: dict[str, tuple[Reference, dict[str, Any], bool]] = {
    "everything": (article(without=("title",)), {}, True),
    "the next year": (article(without=("title",), year="2011"), {}, True),
    "the year after that": (article(without=("title",), year="2012"), {}, False),
    "no year": (article(without=("title", "year")), {}, False),
    "a year off by two": (article(without=("title",), year="2008"), {}, False),
    "another author": (article(without=("title",), author="Karl Müller and Jane Roe"), {}, False),
    "some of the authors": (article(without=("title",), author="Karl Müller"), {}, True),
    "no author": (article(without=("title", "author")), {}, False),
    "no author on either side": (article(without=("title", "author")), {"authors": ""}, False),
    "no volume": (article(without=("title", "volume")), {}, False),
    "another page": (article(without=("title",), pages="65"), {}, False),
    "no journal": (article(without=("title", "journal")), {}, False),
    "a journal whose name goes on": (
        article(without=("title",), journal="Plasma Physics"),
        {"container": "Plasma Physics Letters"},
        True,
    ),
    "another journal": (article(without=("title",), journal="Physics of Fluids"), {}, False),
}


@pytest.mark.parametrize(("reference", "changes", "taken"), UNTITLED.values(), ids=UNTITLED)
def test_without_title_only_the_whole_place_in_print_will_do(
    reference: Reference, changes: dict[str, Any], taken: bool
) -> None:
    judgement = judge(reference, [record(**changes)])
    assert judgement.verdict == ("accepted" if taken else "refused")
    if taken:
        assert best_of(judgement).value == pytest.approx(0.999)


def test_a_reference_with_a_title_is_scored_by_it_also_in_the_same_place() -> None:
    score = score_of(article(), record())
    pair = Comparison(article().form, form_of(record()))
    assert (score.value, score.refused, score.doubt) == (probability(pair), "", "")
