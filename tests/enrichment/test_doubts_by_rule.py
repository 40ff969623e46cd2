"""Each rule of doubt at its border: the pair it leaves to a person, and the nearest one that it does not."""

from typing import Any

import pytest

from apps.scholar_app.enrichment.matching import Reference, score_of

from .pairs import PLACE, TITLE, article, record

ELSEWHERE = "the record was published in another journal or book"
ONE_PART = "only one of the titles names a part"
SEQUEL = "one of the two may be a comment, reply or sequel"
ABOUT = "one of the titles speaks about the other"
MISSING = "part of the title is missing on one side, and too little else agrees"
NOBODY = "there are no authors to compare, and too little else agrees"
BODY = "one side names a body, the other people: they cannot be compared"
WORDS = "words of the titles contradict each other"
YEARLY = "reports of that title may appear every year, and the years do not agree"
NAMESAKE = "the author's name is common, the title is short, and no place in print is known"
STRANGERS = "the entry names authors that the record does not have"
INITIALS = "the authors have the same surnames and other initials"

MAIN = TITLE.split(":", maxsplit=1)[0]
FOUR, FIVE, SIX = (
    f"Shock waves in {words} plasmas" for words in ("turbulent", "turbulent dusty", "hot turbulent dusty")
)
NINE = "Shock waves in turbulent dusty plasmas near curved steel walls"
EIGHT = NINE.replace("steel ", "")
NO_PLACE = (*PLACE, "journal")
ALONE: dict[str, Any] = {"container": "", "volume": "", "number": "", "pages": ""}
#: Of six telling words the first alone is ``Plasma``: a similarity of one half.
HALF_ALIKE = "Plasma Sources Science Technology Engineering Applications"
FILMS, OF_FILMS = "Optimal films by a response surface method", "Optimal films by a surface method"
LETTERS = {"journal": "Plasma Letters"}
FIRST = {"authors": "Müller, Karl"}
WHO = "{World Health Organization}"
Case = tuple[Reference, dict[str, Any]]


def of(*without: str, **said: str) -> Reference:
    return article(without=without, **said)


def both(title: str, *without: str, **said: str) -> Case:
    """The same title on both sides."""
    return article(title=title, without=without, **said), {"title": title}


def unnamed(title: str, *without: str, **said: str) -> Case:
    """The entry names nobody."""
    return both(title, "author", *without, **said)


def anonymous(title: str, *without: str, **said: str) -> Case:
    """Neither side names anybody."""
    return article(title=title, without=("author", *without), **said), {"title": title, "authors": ""}


def by_zhang(title: str, *without: str, author: str = "Zhang, W.", **said: str) -> Case:
    return article("misc", title=title, author=author, **said, without=without), {
        "title": title,
        "authors": "Zhang, Wei",
    }


def report(*without: str, **said: str) -> Case:
    return article("techreport", without=without, **said), {"type": "report"}


def by_bodies(ours: str, theirs: str, **said: str) -> Case:
    return article(title=NINE, author=ours, without=PLACE, **said), {"title": NINE, "authors": theirs}


RULES: dict[str, dict[str, tuple[Case, Case]]] = {
    ELSEWHERE: {
        "the first page in another journal, the next year": (
            (of("volume", "number", **LETTERS, year="2011"), {}), (of("volume", "number", **LETTERS), {}),
        ),
        "the place in another journal, without volume": (
            (of("volume", "number", **LETTERS, year="2011"), {}), (of(**LETTERS, year="2011"), {}),
        ),
        "a journal half alike": (
            (of(*PLACE, journal="Plasma"), {"container": f"{HALF_ALIKE} Reports"}),
            (of(*PLACE, journal="Plasma"), {"container": HALF_ALIKE}),
        ),
    },
    ONE_PART: {
        "a part in the entry, in the place": (
            (of(title=f"{FIVE}, part 2"), {"title": FIVE}),
            (of(title=f"{FIVE}, part 2"), {"title": f"{FIVE}, part II"}),
        ),
    },
    SEQUEL: {
        "a response inside the record's title": (
            (of("pages", title=OF_FILMS), {"title": FILMS}), (of(title=OF_FILMS), {"title": FILMS}),
        ),
        "a response inside the entry's title": (
            (of("pages", title=FILMS), {"title": OF_FILMS}), (of(title=FILMS), {"title": OF_FILMS}),
        ),
        "a response inside, on another page": (
            (of(title=OF_FILMS, pages="65"), {"title": FILMS}), (of(title=OF_FILMS), {"title": FILMS}),
        ),
    },
    ABOUT: {
        "more on it, in the place": (
            (of(), {"title": f"More on {TITLE}"}), (of(), {"title": f"Special section: {TITLE}"}),
        ),
        "a kicker without the page": (
            (of("pages"), {"title": f"Special section: {TITLE}"}), (of("pages"), {"title": f"The {TITLE}"}),
        ),
    },
    MISSING: {
        "a subtitle and the journal": ((of("journal", *PLACE, title=MAIN), {}), (of(*PLACE, title=MAIN), {})),
        "a subtitle and the next year": ((of(*PLACE, title=MAIN, year="2011"), {}), (of(*PLACE, title=MAIN), {})),
        "a subtitle and one author of three": (
            (of(*PLACE, title=MAIN, author="Karl Müller and Wei Zhang and Jane Roe"), {}),
            (of(*PLACE, title=MAIN, author="Karl Müller and Wei Zhang"), {}),
        ),
        "a subtitle and the other authors": (
            (of(*PLACE, title=MAIN, author="Karl Müller and others"), {}),
            (of("number", "pages", title=MAIN, author="Karl Müller and others"), {}),
        ),
        "a word inside, in another issue": (
            (of("pages", title=TITLE.replace("turbulent ", ""), number="2"), {}),
            (of("pages", "number", title=TITLE.replace("turbulent ", "")), {}),
        ),
    },
    BODY: {"a body for people": (by_bodies(WHO, "Roe, Jane"), by_bodies(WHO, WHO))},
    NOBODY: {
        "the first page of the next year": (
            unnamed(FOUR, "journal", "volume", "number", year="2011"), unnamed(FOUR, "journal", "volume", "number"),
        ),
        "a long title of the next year": (unnamed(NINE, *NO_PLACE, year="2011"), unnamed(NINE, *NO_PLACE)),
        "a long title but for a small word": (
            (of("author", *NO_PLACE, title=NINE.replace(" in ", " of ")), {"title": NINE}), unnamed(NINE, *NO_PLACE),
        ),
        "a title not quite long enough": (unnamed(EIGHT, *NO_PLACE), unnamed(NINE, *NO_PLACE)),
        "a fair title in the journal, years apart": (
            unnamed(FIVE, *PLACE, year="2012"), unnamed(FIVE, *PLACE, year="2011"),
        ),
        "a title not fair enough in the journal": (unnamed(FOUR, *PLACE), unnamed(FIVE, *PLACE)),
        "a fair title in the journal, without year": (unnamed(FOUR, *PLACE, "year"), unnamed(FIVE, *PLACE, "year")),
        "a short title in the journal, without volume": (unnamed(FOUR, *PLACE), unnamed(FOUR, "number", "pages")),
        "a short title, one side alone without names": (unnamed(FOUR, *PLACE), anonymous(FOUR, *PLACE)),
        "a short title without any names, the next year": (
            anonymous(FOUR, *PLACE, year="2011"), anonymous(FOUR, *PLACE),
        ),
        "a short title without any names, and no journal": (anonymous(FOUR, *NO_PLACE), anonymous(FOUR, *PLACE)),
    },
    WORDS: {
        "a plural, without the page": (
            (of("pages", title=FIVE.replace("waves", "wave")), {"title": FIVE}),
            (of(title=FIVE.replace("waves", "wave")), {"title": FIVE}),
        ),
        "a plural, on another page": (
            (of(title=FIVE.replace("waves", "wave"), pages="65"), {"title": FIVE}),
            (of(title=FIVE.replace("waves", "wave")), {"title": FIVE}),
        ),
        "a plural that is not the only slip": (
            (of("pages", title=FIVE.replace("waves", "wave")), {"title": FIVE}),
            (of("pages", title=FIVE.replace("waves", "wave").replace("turbulent", "turbulant")), {"title": FIVE}),
        ),
        "another word, in the place": (
            (of(title=FIVE.replace("dusty", "magnetic")), {"title": FIVE}),
            (of(title=FIVE.replace("dusty", "dustty")), {"title": FIVE}),
        ),
    },
    YEARLY: {
        "a report of the next year": (report(*NO_PLACE, year="2011"), report(*NO_PLACE)),
        "a report of the next year, not in one place": (report("pages", year="2011"), report(year="2011")),
        "a body's article of the next year": (by_bodies(WHO, WHO, year="2011"), by_bodies(WHO, WHO)),
        "a body's article, and that of a person in braces, of the next year": (
            by_bodies(WHO, WHO, year="2011"), by_bodies("{Siegel}", "Siegel, Rebecca", year="2011"),
        ),
        "a body's article, and that of a person in the record's braces, of the next year": (
            by_bodies(WHO, WHO, year="2011"), by_bodies("Siegel, Rebecca", "{Siegel}", year="2011"),
        ),
        "a body's article, and a person's, of the next year": (
            by_bodies(WHO, WHO, year="2011"), by_bodies("Jane Roe", "Roe, Jane", year="2011"),
        ),
    },
    NAMESAKE: {
        "a common name and no place": (by_zhang(FIVE, *NO_PLACE), by_zhang(SIX, *NO_PLACE)),
        "no journal": (by_zhang(FIVE, *NO_PLACE), by_zhang(FIVE, *PLACE)),
        "no page": (by_zhang(FIVE, *NO_PLACE), by_zhang(FIVE, "journal", "volume", "number")),
        "no volume": (by_zhang(FIVE, *NO_PLACE), by_zhang(FIVE, "journal", "number", "pages")),
        "nobody else": (by_zhang(FIVE, *NO_PLACE), by_zhang(FIVE, *NO_PLACE, author="Zhang, W. and others")),
    },
    STRANGERS: {
        "one strange author of four": (
            (of("number", "pages", author="Karl Müller and Wei Zhang and Ann O'Brien and Jane Roe"), {}),
            (of("number", "pages", author="Karl Müller and Wei Zhang and Ann O'Brien and Li Na and Jane Roe"),
             {"authors": "Müller, Karl and Zhang, Wei and O'Brien, Ann and Na, Li"}),
        ),
        "one strange author of two, in the place, and others besides": (
            (of(author="Karl Müller and Jane Roe"), {}), (of(author="Jane Roe and Karl Müller"), FIRST),
        ),
        "not the first author alone, in the volume": (
            (of("number", "pages"), {"authors": "Zhang, Wei"}), (of("number", "pages"), FIRST),
        ),
        "not the first author alone, but in the place": (
            (of("number", "pages"), {"authors": "Zhang, Wei"}), (of("number"), {"authors": "Zhang, Wei"}),
        ),
        "the first author alone, on the first page of the next year": (
            (of("volume", "number", year="2011"), FIRST), (of("volume", "number"), FIRST),
        ),
        "the first author alone, in the volume but on another page": (
            (of("number", pages="65"), FIRST), (of("number", "pages"), FIRST),
        ),
        "the first author alone, on the page but of another volume": (
            (of("number", volume="83"), FIRST), (of("volume", "number"), FIRST),
        ),
        "the first author alone, in the volume of no journal": (
            (of("journal", "number", "pages"), FIRST), (of("number", "pages"), FIRST),
        ),
        "the first author alone, a subtitle left out": (
            (of("number", "pages", title=MAIN), FIRST), (of("number", title=MAIN), FIRST),
        ),
    },
    INITIALS: {
        "all namesakes, not in one place": (
            (of("pages", author="Hans Müller"), FIRST), (of(author="Hans Müller"), FIRST),
        ),
        "more than half namesakes": (
            (of(*PLACE, author="Karl Müller and Li Zhang and Bob O'Brien"), {}),
            (of(*PLACE, author="Karl Müller and Li Zhang"), {}),
        ),
    },
}  # fmt: skip
_ROWS = [(word, name, *pair) for word, rows in RULES.items() for name, pair in rows.items()]
_NAMES = [f"{word[:30]}: {name}" for word, name, *_ in _ROWS]


@pytest.mark.parametrize(("word", "_name", "doubtful", "twin"), _ROWS, ids=_NAMES)
def test_each_doubt_ends_at_its_border(word: str, _name: str, doubtful: Case, twin: Case) -> None:
    (reference, changes), (another, others) = doubtful, twin
    assert score_of(reference, record(**changes)).doubt == word
    score = score_of(another, record(**others))
    assert (score.refused, score.doubt) == ("", "")
