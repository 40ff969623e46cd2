"""A title that many works bear needs the same authors and place as well: what does for it, and what no longer does."""

from typing import Any

import pytest

from apps.scholar_app.enrichment.matching import Reference, judge, score_of

from .pairs import PLACE, article, record

COMMON = "the title is too common to tell works apart without the same authors, volume and page"
SHORT, GENERIC = "Deep learning", "Introduction to the special issue"
HANDBOOK = "Handbook of Plasmas"
IN_BOOK: dict[str, Any] = {"type": "book-chapter", "container": HANDBOOK, "volume": "", "number": "", "pages": ""}
BOOK: dict[str, Any] = {"type": "book", "container": "", "volume": "", "number": "", "pages": ""}
SOME = "Karl Müller"
NAMESAKES = "Hans Müller and Li Zhang and Bob O'Brien"
Case = tuple[Reference, dict[str, Any]]


def short(*without: str, title: str = SHORT, **said: str) -> Reference:
    return article(title=title, without=without, **said)


def named(title: str = SHORT, **said: Any) -> dict[str, Any]:
    return {"title": title, **said}


def chapter(title: str = SHORT, author: str = SOME, **said: str) -> Reference:
    return article(
        "incollection", title=title, author=author, **{"journal": "", "booktitle": HANDBOOK, **said}, without=PLACE
    )


def book(title: str = "Thermodynamics", **said: str) -> Reference:
    return article("book", title=title, **{"journal": "", **said}, without=PLACE)


def of_book(title: str = "Thermodynamics", **said: Any) -> dict[str, Any]:
    return {**BOOK, "title": title, **said}


#: Enough agrees, and what is missing for that in its neighbours.
ENOUGH: dict[str, Case] = {
    "short: the place": (short(author=SOME), named()),
    "short: all authors, journal and year": (short(*PLACE), named()),
    "short: all authors, journal and the next year": (short(*PLACE, year="2011"), named()),
    "short: all authors, volume and year": (short("journal", "number", "pages"), named()),
    "short: first page and journal": (short("volume", "number", author=SOME), named()),
    "short: first page and journal, the next year": (short("volume", "number", author=SOME, year="2011"), named()),
    "short: and others": (short(*PLACE, author=f"{SOME} and others"), named()),
    "short: one namesake of three, in the place": (short(author="Karl Müller and Wei Zhang and Bob O'Brien"), named()),
    "short: a subtitle left out, in the place": (short(author=SOME), named(f"{SHORT}: waves of the sea")),
    "short: a subtitle left out, all authors, page and journal": (
        short("volume", "number"), named(f"{SHORT}: waves of the sea"),
    ),
    "short: nobody named, in the place": (short("author"), named(authors="")),
    "short: nobody named, first page and journal": (short("author", "volume", "number"), named(authors="")),
    "generic: the place": (short(title=GENERIC), named(GENERIC)),
    "generic: the place, the next year": (short(title=GENERIC, year="2011"), named(GENERIC)),
    "generic: first page, journal and year": (short("volume", "number", title=GENERIC), named(GENERIC)),
    "chapter: the book and the year": (chapter(), named(**IN_BOOK)),
    "chapter: the book's acronym": (
        chapter(booktitle="HOPP"), named(**{**IN_BOOK, "container": "Handbook of Physical Plasmas"}),
    ),
    "book: authors and year": (book(), of_book()),
    "book: and others": (book(author=f"{SOME} and others"), of_book()),
}  # fmt: skip

TOO_LITTLE: dict[str, Case] = {
    "short: another page": (short(pages="65"), named()),
    "short: another volume": (short("number", "pages", volume="83"), named()),
    "short: years apart": (short(*PLACE, year="2012"), named()),
    "short: no year": (short(*PLACE, "year"), named()),
    "short: some of the authors": (short(*PLACE, author=SOME), named()),
    "short: some of the authors and the volume": (short("number", "pages", author=SOME), named()),
    "short: neither journal nor volume": (short("journal", *PLACE), named()),
    "short: first page of another journal": (
        short("volume", "number", author=SOME, journal="Physics of Fluids"), named(),
    ),
    "short: an invented author, in the place": (short(author="Karl Müller and Jane Roe"), named()),
    "short: all namesakes, in the place": (short(author=NAMESAKES), named()),
    "short: a subtitle left out, some of the authors, page and journal": (
        short("volume", "number", author=SOME), named(f"{SHORT}: waves of the sea"),
    ),
    "short: a subtitle left out, all authors and journal": (short(*PLACE), named(f"{SHORT}: waves of the sea")),
    "short: words left out, all authors, page and journal": (
        short("volume", "number"), named(f"{SHORT} of waves of the sea"),
    ),
    "short: nobody named, no page": (short("author", "number", "pages"), named(authors="")),
    "short: nobody named, no journal": (short("author", "journal"), named(authors="")),
    "short: nobody named, a subtitle left out": (short("author"), named(f"{SHORT}: waves of the sea", authors="")),
    "short: one side names nobody": (short("author"), named()),
    "generic: first page and journal, the next year": (
        short("volume", "number", title=GENERIC, year="2011"), named(GENERIC),
    ),
    "generic: all authors, journal, volume and year": (short("number", "pages", title=GENERIC), named(GENERIC)),
    "chapter: the next year": (chapter(year="2011"), named(**IN_BOOK)),
    "chapter: a book whose name goes on": (
        chapter(), named(**{**IN_BOOK, "container": "Handbook of Hot Plasmas"}),
    ),
    "chapter: no book": (chapter(), named(**{**IN_BOOK, "container": ""})),
    "chapter: a subtitle left out": (chapter(), named(f"{SHORT}: waves of the sea", **IN_BOOK)),
    "chapter: a generic title": (chapter(GENERIC), named(GENERIC, **IN_BOOK)),
    "chapter: a record that does not say so": (chapter(), named(**{**IN_BOOK, "type": ""})),
    "chapter: an entry that does not say so": (
        article("misc", title=SHORT, author=SOME, journal="", booktitle=HANDBOOK, without=PLACE), named(**IN_BOOK),
    ),
    "book: the next year": (book(year="2011"), of_book()),
    "book: a subtitle left out": (book(), of_book("Thermodynamics: waves of the sea")),
    "book: some of the authors": (book(author=SOME), of_book()),
    "book: an invented author, in a series": (
        book(author="Karl Müller and Jane Roe", booktitle="Texts in Physics"),
        of_book(authors=SOME, container="Texts in Physics"),
    ),
    "book: a namesake": (book(author="Karl Müller and Wei Zhang and Bob O'Brien"), of_book()),
    "book: a record that does not say so": (book(), of_book(type="")),
}  # fmt: skip


@pytest.mark.parametrize(("reference", "changes"), ENOUGH.values(), ids=ENOUGH)
def test_a_common_title_with_enough_beside_it_is_no_doubt(reference: Reference, changes: dict[str, Any]) -> None:
    score = score_of(reference, record(**changes))
    assert (score.refused, score.doubt) == ("", "")


@pytest.mark.parametrize(("reference", "changes"), TOO_LITTLE.values(), ids=TOO_LITTLE)
def test_a_common_title_with_too_little_beside_it_is_never_taken(reference: Reference, changes: dict[str, Any]) -> None:
    assert score_of(reference, record(**changes)).doubt == COMMON
    assert judge(reference, [record(**changes)]).verdict != "accepted"
