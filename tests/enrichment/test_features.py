"""What each number of the score measures, at both of its ends: all that a pair has beyond one that agrees in all."""

from typing import Any

import pytest

from apps.scholar_app.enrichment.features import Comparison, features_of, title_similarity
from apps.scholar_app.enrichment.forms import Form
from apps.scholar_app.enrichment.matching import Reference
from apps.scholar_app.enrichment.references import form_of

from .pairs import PLACE, TITLE, article, record

MAIN, SUB = TITLE.split(": ")
SEVEN = "Shock waves in hot turbulent dusty iron plasmas"
SIX, FIVE = (f"Shock waves in {words} plasmas" for words in ("hot turbulent dusty", "turbulent dusty"))
TEN = f"{SEVEN} inside old tokamaks"
FIVE_MEN = "Karl Müller and Wei Zhang and Ann O'Brien and Jane Roe and Li Na"


def compared(reference: Reference, changes: dict[str, Any]) -> Comparison:
    return Comparison(reference.form, form_of(record(**changes)))


PERFECT = features_of(compared(article(), {}))


def beyond(reference: Reference, changes: dict[str, Any]) -> dict[str, float]:
    """The features in which a pair differs from one that agrees in all."""
    features = features_of(compared(reference, changes))
    assert features.keys() == PERFECT.keys()
    return {name: round(value, 4) for name, value in features.items() if value != PERFECT[name]}


def titles(ours: str, theirs: str, **changes: Any) -> dict[str, float]:
    """The same of two titles, but for how far their letters are apart."""
    features = beyond(article(title=ours), {"title": theirs, **changes})
    return {name: value for name, value in features.items() if name != "title_distance"}


def test_of_a_pair_that_agrees_in_all_only_agreement_is_said() -> None:
    said = {name: value for name, value in PERFECT.items() if value}
    assert said == {"first_author": 1.0, "volume_same": 1.0, "page_same": 1.0, "place_same": 1.0}


@pytest.mark.parametrize(
    ("reference", "changes", "features"),
    [
        (article(title=MAIN), {}, {"subtitle_left_out": 1.0}),
        (article(title=MAIN), {"title": MAIN, "subtitle": SUB}, {"subtitle_left_out": 1.0}),
        (article(), {"title": MAIN}, {"subtitle_not_in_record": 0.5}),
        (article(title=f"{MAIN}: a review"), {"title": MAIN}, {"subtitle_not_in_record": 1.0}),
        (article(author=""), {}, {"authors_unknown": 1.0, "first_author": 0.0}),
        (article(), {"authors": ""}, {"authors_unknown": 1.0, "first_author": 0.0}),
        (article(author=""), {"authors": ""}, {"nobody_named": 1.0, "first_author": 0.0}),
        (article(), {"authors": "Müller, Karl"}, {"first_author_alone": 1.0}),
        (article(), {"authors": "Zhang, Wei"}, {"authors_strange": 0.6667, "first_author": 0.0}),
        (article(author="Karl Müller"), {"authors": "Müller, Karl"}, {}),
        (article(author="Karl Müller"), {}, {"authors_left_out": 0.6667}),
        (article(author="Karl Müller and others"), {}, {}),
        (article(author=FIVE_MEN), {}, {"authors_strange": 0.4}),
        (article(author="Wei Zhang and Karl Müller and Ann O'Brien"), {}, {"first_author": 0.5}),
        (article(author="Karl Müller and Wei Zhang and Bob O'Brien"), {}, {"initials_differ": 0.3333}),
        (article(without=("year",)), {}, {"year_unknown": 1.0}),
        (article(), {"year": None}, {"year_unknown": 1.0}),
        (article(year="2011"), {}, {"year_near": 1.0}),
        (article(year="2012"), {}, {"year_far": 1.0}),
        (article(year="2013"), {"years": (2010, 2012)}, {"year_near": 1.0}),
        (article(without=("journal",)), {}, {"container_unknown": 1.0}),
        (article(journal="Plasma Physics"), {"container": "Plasma Physics Letters"}, {"container_distance": 0.2}),
        (article(volume="83"), {}, {"volume_same": 0.0, "volume_differs": 1.0, "place_same": 0.0}),
        (article(without=("volume",)), {}, {"volume_same": 0.0, "place_same": 0.0}),
        (article(number="2"), {}, {"number_differs": 1.0}),
        (article(without=("number",)), {}, {}),
        (article(pages="65"), {}, {"page_same": 0.0, "page_differs": 1.0, "place_same": 0.0}),
        (article(without=("pages",)), {}, {"page_same": 0.0, "place_same": 0.0}),
        (article(), {"pages": ""}, {"page_same": 0.0, "place_same": 0.0}),
        (article(pages="1--21"), {}, {"page_same": 0.0, "place_same": 0.0}),
        (article(), {"pages": "1-21"}, {"page_same": 0.0, "place_same": 0.0}),
        (article(pages="1"), {"pages": "1-21"}, {}),
        (article(pages="e64"), {"pages": "64"}, {}),
        (article(pages="64"), {"pages": "e64"}, {}),
    ],
)  # fmt: skip
def test_each_difference_is_one_number(
    reference: Reference, changes: dict[str, Any], features: dict[str, float]
) -> None:
    assert beyond(reference, changes) == features


@pytest.mark.parametrize(
    ("ours", "theirs", "features"),
    [
        (SEVEN, SEVEN, {}),
        (SIX, SIX, {}),
        (FIVE, FIVE, {"title_short": 0.1667}),
        (FIVE, SIX, {"title_short": 0.1667, "words_missing": 0.3333}),
        (SIX, FIVE, {"title_short": 0.1667, "words_extra": 0.3333}),
        (SEVEN, SEVEN.replace("dusty", "magnetic"), {"words_substituted": 0.3333}),
        (SEVEN, SEVEN.replace("hot turbulent", "old magnetic"), {"words_substituted": 0.6667}),
        (SEVEN, SEVEN.replace("hot turbulent dusty", "old magnetic laminar"), {"words_substituted": 1.0}),
        (SEVEN, SEVEN.replace("hot turbulent dusty iron", "old magnetic laminar noble"), {"words_substituted": 1.0}),
        (SEVEN.replace("hot turbulent ", ""), SEVEN, {"title_short": 0.1667, "words_missing": 0.6667}),
        (SEVEN, SEVEN.replace("iron", "iron, steel, noble, heavy"), {"words_missing": 1.0}),
        (SEVEN, SEVEN.replace("iron", "iron, steel, noble, heavy, liquid"), {"words_missing": 1.0}),
        (SEVEN.replace("iron", "iron, steel, noble"), SEVEN, {"words_extra": 0.6667}),
        (SEVEN.replace("iron", "iron, steel, noble, heavy"), SEVEN, {"words_extra": 1.0}),
        (SEVEN.replace("iron", "iron, steel, noble, heavy, liquid"), SEVEN, {"words_extra": 1.0}),
        (SEVEN.replace("iron", "steel iron") + " again", SEVEN, {"words_extra": 0.6667}),
        (SEVEN, f"{SEVEN} again and again", {"words_cut_off": 1.0}),
        (f"{SEVEN} ...", f"{SEVEN} again and again", {"words_cut_off": 0.5}),
        (f"{SEVEN} ... ", f"{SEVEN} again and again", {"words_cut_off": 0.5}),
        (f"{SEVEN}&hellip;&nbsp;", f"{SEVEN} again and again", {"words_cut_off": 0.5}),
        (f"{SEVEN}…", f"{SEVEN} again and again", {"words_cut_off": 0.5}),
        (SEVEN, SEVEN.replace(" in ", " of the "), {"particles_differ": 1.0}),
        (SEVEN, SEVEN.replace(" in ", " of "), {"particles_differ": 0.5}),
        (SEVEN, SEVEN.replace(" in ", " and of the "), {"particles_differ": 1.0}),
        (SEVEN, SEVEN.replace("Shock", "Shok"), {"words_misspelt": 0.3333}),
        (TEN, TEN.replace("Shock", "Shok").replace("turbulent", "turbulant"), {"words_misspelt": 0.6667}),
        (
            TEN.replace("iron", "irom"),
            TEN.replace("Shock", "Shok").replace("turbulent", "turbulant"),
            {"words_misspelt": 1.0},
        ),
        (
            TEN.replace("iron", "irom").replace("inside", "insid"),
            TEN.replace("Shock", "Shok").replace("turbulent", "turbulant"),
            {"words_misspelt": 1.0},
        ),
    ],
)  # fmt: skip
def test_each_word_of_the_titles_counts_up_to_a_number(ours: str, theirs: str, features: dict[str, float]) -> None:
    assert titles(ours, theirs) == features


@pytest.mark.parametrize(
    ("ours", "theirs", "distance"),
    [
        ("Cats of Rome", "Cats of Roma", 0.1),
        ("Cats of Rome", "Cats of Rome", 0.0),
        (MAIN, TITLE, 0.0),
        (TITLE, MAIN, 0.0),
    ],
)
def test_letters_count_only_where_the_titles_differ(ours: str, theirs: str, distance: float) -> None:
    assert features_of(compared(article(title=ours), {"title": theirs}))["title_distance"] == pytest.approx(distance)


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [
        (SEVEN, SEVEN, True),
        (SEVEN, SEVEN.replace("Shock waves", "Shockwaves"), True),
        (SEVEN.replace("dusty", "dustty"), SEVEN, True),
        (SEVEN.replace("dusty", "magnetic"), SEVEN, False),
        (SEVEN.replace("dusty ", ""), SEVEN, False),
        (SEVEN, SEVEN.replace("dusty ", ""), False),
        (SEVEN.replace(" in ", " of "), SEVEN, False),
        (SEVEN, f"{SEVEN} again", False),
        (f"{SEVEN} again", SEVEN, False),
        (MAIN, TITLE, False),
        (TITLE, MAIN, False),
    ],
)
def test_a_title_is_the_same_but_for_spelling(ours: str, theirs: str, same: bool) -> None:
    assert compared(article(title=ours), {"title": theirs}).same_title is same


@pytest.mark.parametrize(
    ("ours", "theirs", "how"),
    [
        (MAIN, TITLE, "main"),
        (TITLE, MAIN, "main"),
        (MAIN.replace("shock", "shok"), TITLE, "main"),
        (MAIN.replace("turbulent ", ""), TITLE, "differs"),
        (MAIN.replace("turbulent", "very turbulent"), TITLE, "differs"),
        (MAIN.replace("turbulent", "magnetic"), TITLE, "differs"),
        (f"{MAIN} theory", TITLE, "differs"),
        (SEVEN.replace("dusty", "dustty"), SEVEN, "differs"),
    ],
)
def test_a_title_without_its_subtitle_is_the_main_one(ours: str, theirs: str, how: str) -> None:
    assert compared(article(title=ours), {"title": theirs}).titles == how


def test_a_title_is_as_alike_as_it_is_with_or_without_the_subtitle_kept_apart() -> None:
    ours = Form(title="Cats of Rome")
    assert title_similarity(ours, Form(title="Cats of Rome", subtitle="theory and experiment")) == 1.0
    assert title_similarity(Form(title="Cats of Rome: kept"), Form(title="Cats of Rome", subtitle="kept")) == 1.0
    assert title_similarity(ours, Form(title="Cats of Roma")) == pytest.approx(0.9)


def test_the_words_of_a_title_are_those_of_the_shorter_one_or_of_the_only_one() -> None:
    assert compared(article(title=SEVEN), {"title": SIX}).content_words == 6
    assert compared(article(title=SIX), {"title": SEVEN}).content_words == 6
    assert compared(article(title=SIX), {"title": ""}).content_words == 6


@pytest.mark.parametrize(
    ("without", "changes", "located"),
    [
        ((), {}, True),
        (("volume",), {}, False),
        (("pages",), {}, False),
        ((), {"pages": "65"}, False),
        (PLACE, {}, False),
    ],
)
def test_a_place_in_print_is_volume_and_first_page(
    without: tuple[str, ...], changes: dict[str, Any], located: bool
) -> None:
    assert compared(article(without=without), changes).located is located
