"""What may be the work and is not surely it: each case beside its twin at the border that is taken."""

from typing import Any

import pytest

from apps.scholar_app.enrichment.matching import Reference, judge

from .pairs import PLACE, TITLE, article, record

LONG = "Adaptive refinement of strong shock waves in weakly turbulent magnetised plasmas near curved walls"
SHORT = "Shock waves in turbulent plasmas"
NO_PLACE = (*PLACE, "journal")
NO_AUTHOR = ("author", *PLACE)
ALONE: dict[str, Any] = {"container": "", "volume": "", "number": "", "pages": ""}
Pair = tuple[Reference, dict[str, Any]]

#: The doubtful one, and its twin that is taken.
BORDERS: dict[str, tuple[Pair, Pair]] = {
    "another volume and no year": (
        (article(volume="7", without=("year", "pages", "number")), {}),
        (article(volume="82", without=("year", "pages", "number")), {}),
    ),
    "another volume and no year, but the same page": (
        (article(volume="7", pages="65", without=("year", "number")), {}),
        (article(volume="7", without=("year", "number")), {}),
    ),
    "another volume in the next year": (
        (article(volume="83", year="2011", without=("pages", "number")), {}),
        (article(volume="82", year="2011", without=("pages", "number")), {}),
    ),
    "another volume of the same year may be a slip": (
        (article(volume="83", year="2011", without=("pages", "number")), {}),
        (article(volume="83", without=("pages", "number")), {}),
    ),
    "a title alone": (
        (article("misc", title=LONG, without=(*NO_PLACE, "author", "year")), {"title": LONG}),
        (article("misc", title=LONG, without=(*NO_PLACE, "author")), {"title": LONG}),
    ),
    "a short title and a year": (
        (article("misc", title=SHORT, without=(*NO_PLACE, "author")), {"title": SHORT}),
        (article("misc", title=LONG, without=(*NO_PLACE, "author")), {"title": LONG}),
    ),
    "a short title, nobody, and the journal": (
        (article(title=SHORT, without=(*NO_PLACE, "author")), {"title": SHORT}),
        (article(title=SHORT, without=("author", "number", "pages")), {"title": SHORT}),
    ),
    "a long title and the next year": (
        (article("misc", title=LONG, year="2011", without=(*NO_PLACE, "author")), {"title": LONG}),
        (article("misc", title=LONG, without=(*NO_PLACE, "author")), {"title": LONG}),
    ),
    "a long title but for a word": (
        (
            article("misc", title=LONG.replace("strong ", ""), without=(*NO_PLACE, "author")),
            {"title": LONG},
        ),
        (article("misc", title=LONG, without=(*NO_PLACE, "author")), {"title": LONG}),
    ),
    "nobody in the record, and a short title": (
        (article("misc", title=SHORT, without=NO_PLACE), {"title": SHORT, "authors": ""}),
        (article(title=SHORT, without=("number", "pages")), {"title": SHORT, "authors": ""}),
    ),
    "a record of the first author alone": (
        (article(without=PLACE), {"authors": "Müller, Karl"}),
        (article(without=("pages", "number")), {"authors": "Müller, Karl"}),
    ),
    "a record of the first author alone, another journal": (
        (article(journal="Physics of Fluids", without=("pages", "number")), {"authors": "Müller, Karl"}),
        (article(without=("pages", "number")), {"authors": "Müller, Karl"}),
    ),
    "half of the authors invented, in the right place": (
        (article(author="Müller, Karl and Doe, Jane", without=("pages", "number")), {}),
        (article(author="Müller, Karl and Zhang, Wei", without=("pages", "number")), {}),
    ),
    "a statement that several journals print": (
        (article(journal="Plasma Letters", without=PLACE), {}),
        (article(journal="J. Comput. Phys.", without=PLACE), {}),
    ),
    "another journal's name, and another page": (
        (article(journal="Plasma Letters", pages="65", without=("volume", "number")), {}),
        (article(journal="Plasma Letters", without=("volume", "number")), {}),
    ),
    "most of the authors are namesakes": (
        (article(author="Karl Müller and Li Zhang and Bob O'Brien", without=PLACE), {}),
        (article(author="Karl Müller and Wei Zhang and Bob O'Brien", without=PLACE), {}),
    ),
    "a kicker before the title": (
        (article(without=("number", "pages")), {"title": f"Special section: {TITLE}"}),
        (article(), {"title": f"Special section: {TITLE}"}),
    ),
    "a subtitle in the entry alone that but says what it is": (
        (
            article(title="Waves in plasmas of tokamaks: a review", without=PLACE),
            {"title": "Waves in plasmas of tokamaks"},
        ),
        (
            article(title="Waves in plasmas of tokamaks: new walls", without=PLACE),
            {"title": "Waves in plasmas of tokamaks"},
        ),
    ),
    "a subtitle that a short title lacks": (
        (
            article(title="The oasis effect", without=("volume", "number", "pages")),
            {"title": "The oasis effect: birds of the savanna"},
        ),
        (
            article(title="The oasis effect", without=("number",)),
            {"title": "The oasis effect: birds of the savanna"},
        ),
    ),
    "a word missing, in another issue of the volume": (
        (article(title=TITLE.replace("turbulent ", ""), number="9", without=("pages",)), {}),
        (article(title=TITLE.replace("turbulent ", ""), without=("pages",)), {}),
    ),
    "cut off with dots, in the right journal and year": (
        (article(title="Adaptive refinement of shock waves in turbulent ...", without=PLACE), {}),
        (article(title="Adaptive refinement of shock waves in turbulent ...", without=("number", "pages")), {}),
    ),
    "a word that may be another's afterword, missing inside": (
        (
            article(title="Optimal films by a surface method", without=PLACE),
            {"title": "Optimal films by a response surface method"},
        ),
        (article(title="Optimal films by a surface method"), {"title": "Optimal films by a response surface method"}),
    ),
    "a cut title with a slip": (
        (article(title="Adaptive refinemnt of shock waves", without=("author", *PLACE)), {}),
        (article(title="Adaptive refinemnt of shock waves", without=("year",)), {}),
    ),
    "words behind the title, in the same volume": (
        (article(without=("number", "pages")), {"title": f"{TITLE} in Practice"}),
        (article(without=("number",)), {"title": f"{TITLE} in Practice"}),
    ),
}


@pytest.mark.parametrize(("doubtful", "_twin"), BORDERS.values(), ids=BORDERS)
def test_what_too_little_speaks_for_is_only_offered(doubtful: Pair, _twin: Pair) -> None:
    reference, changes = doubtful
    assert judge(reference, [record(**changes)]).verdict == "ambiguous"


@pytest.mark.parametrize(("_doubtful", "twin"), BORDERS.values(), ids=BORDERS)
def test_its_twin_at_the_border_is_taken(_doubtful: Pair, twin: Pair) -> None:
    reference, changes = twin
    judgement = judge(reference, [record(**changes)])
    assert judgement.verdict == "accepted", judgement
