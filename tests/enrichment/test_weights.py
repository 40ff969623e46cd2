"""Pairs close to a threshold: twice or half of any one weight would decide one of them otherwise.

They hold the table of ``weights`` where it was fitted to be. Who fits it anew looks at each pair that moves and asks
whether its new verdict is the better one.
"""

import math
from typing import Any

import pytest

from apps.scholar_app.enrichment.matching import Reference, Verdict, judge, score_of
from apps.scholar_app.enrichment.weights import MARGIN

from .pairs import TITLE, article, record

MAIN = TITLE.split(":", maxsplit=1)[0]
HEAD = "Adaptive refinement of shock waves"
DUSTY = "Shock waves in turbulent dusty plasmas"
FIVE_MEN = "Karl Müller and Wei Zhang and Ann O'Brien and Li Na and Jane Roe"
FOUR_OF_THEM = "Müller, Karl and Zhang, Wei and O'Brien, Ann and Na, Li and Poe, Rae"
SLIPS = TITLE.replace("shock", "shok").replace("turbulent", "turbulant")
FIRST = "Müller, Karl"

NEAR: dict[str, tuple[Verdict, Reference, dict[str, Any]]] = {
    "the head of a title in the place, the next year": ("accepted", article(title=HEAD, year="2011"), {}),
    "small words and no authors, in the place, another issue": (
        "accepted",
        article(title=TITLE.replace("of shock", "on the shock"), number="2", without=("year",)),
        {"authors": ""},
    ),
    "nobody named, a subtitle of the entry alone, in the place, the next year": (
        "accepted", article(number="2", year="2011", without=("author",)), {"title": MAIN, "authors": ""},
    ),
    "slips, and the first author alone, in the place, years apart": (
        "accepted", article(title=SLIPS, year="2015"), {"authors": FIRST},
    ),
    "slips and no authors, in the place, years apart": (
        "ambiguous", article(title=SLIPS, year="2015", without=("author",)), {},
    ),
    "nobody named, words before the title, in the place, the next year": (
        "ambiguous",
        article(title=DUSTY, year="2011", without=("author",)), {"title": f"Strong and weak {DUSTY}", "authors": ""},
    ),
    "the first author alone, a subtitle of the entry alone, a journal much alike": (
        "ambiguous", article(title=MAIN, journal="J. Comp. Science and Physics"), {"authors": FIRST},
    ),
    "four authors of five, the title goes on, the page of an unknown journal": (
        "ambiguous",
        article("misc", title=f"{DUSTY} in practice", author=FIVE_MEN, without=("journal", "volume")),
        {"title": DUSTY, "authors": FOUR_OF_THEM},
    ),
    "other words, in the place, years apart": (
        "ambiguous", article(title="Shock waves in magnetic iron plasmas", year="2015"), {"title": DUSTY},
    ),
    "the first author alone, a subtitle left out, another page of the volume": (
        "ambiguous", article(title=MAIN, pages="65"), {"authors": FIRST},
    ),
    "a namesake, a word missing, a journal much alike, another volume, years apart": (
        "ambiguous",
        article(title=TITLE.replace("turbulent ", ""), author="Hans Müller and Wei Zhang", year="2015",
                journal="J. Comp. Science and Physics", volume="83", number="2"),
        {},
    ),
    "an invented author, the title goes on, no journal, years apart": (
        "ambiguous",
        article("misc", title=f"{DUSTY} and of tokamaks", author="Karl Müller and Jane Roe", year="2012",
                without=("journal",)),
        {"title": DUSTY},
    ),
    "a namesake, the head of a title, another journal, years apart": (
        "refused",
        article(title=HEAD, author="Hans Müller and Wei Zhang", year="2012", journal="Plasma Physics"), {},
    ),
    "a subtitle of the entry alone, all of the place another": (
        "refused", article(volume="83", number="2", pages="65", without=("year",)), {"title": MAIN},
    ),
    "another word, on another page, years apart": (
        "refused", article(title=TITLE.replace("turbulent", "magnetic"), year="2012", pages="65"), {},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("verdict", "reference", "changes"), NEAR.values(), ids=NEAR)
def test_a_pair_near_a_threshold_is_decided_as_it_was_fitted(
    verdict: Verdict, reference: Reference, changes: dict[str, Any]
) -> None:
    assert judge(reference, [record(**changes)]).verdict == verdict


def logit(reference: Reference, **changes: Any) -> float:
    value = score_of(reference, record(**changes)).value
    return math.log(value / (1 - value))


@pytest.mark.parametrize(
    ("nearest", "verdict"), [({"number": "2", "year": 2011}, "accepted"), ({"year": 2011}, "ambiguous")]
)
def test_a_rival_within_the_margin_leaves_the_choice_to_a_person(nearest: dict[str, Any], verdict: Verdict) -> None:
    reference = article(without=("volume", "pages"))
    apart = logit(reference) - logit(reference, **nearest)
    assert MARGIN / 2 < apart < MARGIN * 2
    assert judge(reference, [record(), record(doi="10.1000/rival", **nearest)]).verdict == verdict
