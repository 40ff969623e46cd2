"""The same answers give the same judgement, in whatever order, however often, and beside whatever else."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from apps.scholar_app.enrichment.matching import Reference, judge, score_of
from apps.scholar_app.enrichment.record import Record

from .pairs import PLACE, TITLE, article, record

REFERENCES = (
    article(), article(without=PLACE), article("misc", without=(*PLACE, "journal", "author")),
    article(without=("title",)), article(journal="arXiv preprint arXiv:1001.00001", without=PLACE),
    article(title="Editorial"),
)  # fmt: skip
_CHANGES: dict[str, tuple[Any, ...]] = {
    "source": ("crossref", "openalex", "dblp"),
    "doi": ("10.1000/true", "10.1000/twin", "10.1000/true.v2", "10.48550/arxiv.1001.00001", ""),
    "pmid": ("", "7", "8"), "arxiv": ("", "1001.00001"),
    "title": (
        TITLE, TITLE.split(":", maxsplit=1)[0], f"Reply to {TITLE}", f"{TITLE}. Part II", "Editorial", TITLE.upper()
    ),
    "authors": ("Müller, Karl and Zhang, Wei and O'Brien, Ann", "Müller, Karl", "", "Roe, Richard"),
    "year": (2010, 2011, 2017, None), "volume": ("82", "83", ""), "pages": ("64-84", "7", ""),
    "type": ("journal-article", "posted-content", "proceedings-article", "dissertation"),
    "container": ("Journal of Computational Physics", "Plasma Letters", ""),
}  # fmt: skip
answers = st.lists(
    st.builds(lambda said: record(**said), st.fixed_dictionaries({}, optional={
        name: st.sampled_from(values) for name, values in _CHANGES.items()
    })),
    max_size=7,
)  # fmt: skip
STRANGER = record(doi="10.1000/stranger", title="The breeding of cats and dogs", authors="Poe, Edgar")


@given(st.sampled_from(REFERENCES), answers, st.randoms(use_true_random=False))
def test_the_order_of_the_answers_changes_nothing(reference: Reference, records: list[Record], random: Any) -> None:
    shuffled = list(records)
    random.shuffle(shuffled)
    assert judge(reference, shuffled) == judge(reference, records)


@given(st.sampled_from(REFERENCES), answers)
def test_an_answer_given_twice_and_a_stranger_change_nothing(reference: Reference, records: list[Record]) -> None:
    judgement = judge(reference, records)
    assert judge(reference, [*records, *records]) == judgement
    assert judge(reference, [STRANGER, *records]) == judgement


@given(st.sampled_from(REFERENCES), answers)
def test_what_is_accepted_is_the_best_of_its_candidates_and_ruled_out_by_nothing(
    reference: Reference, records: list[Record]
) -> None:
    judgement = judge(reference, records)
    assert (judgement.verdict == "refused") == (judgement.best is None) == (not judgement.candidates)
    assert all(not score.refused and score == score_of(reference, score.record) for score in judgement.candidates)
    assert judgement.best is None or judgement.best in judgement.candidates
    assert judgement.verdict != "accepted" or (judgement.best is not None and not judgement.best.doubt)
