from typing import Any

import pytest

from apps.scholar_app.enrichment.matching import Reference, reference_of, verify

from .entries import entry
from .pairs import PLACE, TITLE, article, record

AGREES: dict[str, tuple[Reference, dict[str, Any]]] = {
    "as it is": (article(), {}),
    "an identifier and nothing else": (reference_of(entry("article", doi="10.1000/true")), {}),
    "an identifier and a year that is wrong": (reference_of(entry("article", doi="10.1000/true", year="1900")), {}),
    "no title": (article(without=("title", *PLACE)), {}),
    "no authors": (article(without=("author", *PLACE)), {}),
    "LaTeX in the title": (article(title=r"{Adaptive} refinement of \emph{shock} waves in turbulent plasmas"), {}),
    "cut off": (article(title="Adaptive refinement of ...", without=PLACE), {}),
    "a word missing": (article(title=TITLE.replace("turbulent ", ""), without=PLACE), {}),
    "misspelt": (article(title=TITLE.replace("turbulent", "turbulant"), without=PLACE), {}),
    "year far off": (article(year="1999", without=PLACE), {}),
    "the preprint's DOI": (
        article(without=PLACE),
        {"type": "posted-content", "container": "", "volume": "", "pages": ""},
    ),
    "the published version's DOI": (article(journal="arXiv preprint arXiv:1001.00001", without=PLACE), {}),
    "translated": (article(title="Adaptive Verfeinerung von Stoßwellen in turbulenten Plasmen", without=PLACE), {}),
    "in another script": (article(title="乱流プラズマにおける衝撃波", without=PLACE), {}),
    "some authors missing": (article(author="Müller, Karl", without=PLACE), {}),
    "only the first author in the record": (article(without=PLACE), {"authors": "Müller, Karl"}),
    "authors that are a body": (article(author="{The Shock Wave Collaboration}", without=PLACE), {}),
    "authors in another script": (article(author="张伟", without=PLACE), {}),
    "another journal's name": (article(journal="Something Else", without=PLACE), {}),
    "a short title": (article(title="Plasmas", without=PLACE), {"title": "Plasmas"}),
}


@pytest.mark.parametrize(("reference", "changes"), AGREES.values(), ids=AGREES)
def test_a_record_that_nothing_contradicts_agrees(reference, changes):
    verification = verify(reference, record(**changes))
    assert verification.agrees, verification.contradictions
    assert verification.contradictions == ()


CONFLICTS: dict[str, tuple[Reference, dict[str, Any], tuple[str, ...]]] = {
    "another title": (
        article(title="Deep learning for cats and dogs", without=PLACE),
        {},
        (f"title: 'Deep learning for cats and dogs' against '{TITLE}'",),
    ),
    "a title that nearly is": (
        article(title=TITLE.replace("turbulent", "magnetic"), without=PLACE),
        {},
        (f"title: '{TITLE.replace('turbulent', 'magnetic')}' against '{TITLE}'",),
    ),
    "another title in the same place": (
        article(title="The breeding of cats and dogs"),
        {},
        (f"title: 'The breeding of cats and dogs' against '{TITLE}'",),
    ),
    "no title, and another journal and volume": (
        article(without=("title", "year", "pages", "number"), journal="Nature Medicine", volume="5"),
        {},
        ("published in: 'Nature Medicine' against 'Journal of Computational Physics'", "volume differs (5, 82)"),
    ),
    "an identifier, and another year and volume": (
        reference_of(entry("article", doi="10.1000/true", year="1990", volume="5")),
        {},
        ("year: 1990 against 2010", "volume differs (5, 82)"),
    ),
    "translated, and other authors": (
        article(title="Adaptive Verfeinerung von Stoßwellen in turbulenten Plasmen", author="Doe, J."),
        {},
        ("authors: 'Doe' against 'Müller, Zhang, O'Brien'",),
    ),
    "other authors": (
        article(author="Doe, John and Roe, Jane", without=PLACE),
        {},
        ("authors: 'Doe, Roe' against 'Müller, Zhang, O'Brien'",),
    ),
    "other authors in the same place": (
        article(author="Doe, John and Roe, Jane"),
        {},
        ("authors: 'Doe, Roe' against 'Müller, Zhang, O'Brien'",),
    ),
    "half of the authors invented": (
        article(author="Müller, Karl and Roe, Jane", without=PLACE),
        {},
        ("authors: 'Müller, Roe' against 'Müller, Zhang, O'Brien'",),
    ),
    "neither": (
        article(title="Cats", author="Doe, J.", without=PLACE),
        {},
        (f"title: 'Cats' against '{TITLE}'", "authors: 'Doe' against 'Müller, Zhang, O'Brien'"),
    ),
    "the erratum's DOI": (
        article(without=PLACE),
        {"title": f"Erratum: {TITLE}"},
        (f"title: '{TITLE}' against 'Erratum: {TITLE}'",),
    ),
    "the other part's DOI": (
        article(title="Shock waves. Part I", without=PLACE),
        {"title": "Shock waves. Part II"},
        ("title: 'Shock waves. Part I' against 'Shock waves. Part II'",),
    ),
    "a figure's DOI": (
        article(without=PLACE),
        {"type": "component"},
        ("the record is not a work of its own (component)",),
    ),
    "the DOI of a chapter for its book": (
        article("book", title="Plasmas", journal="", without=PLACE),
        {"type": "book-chapter", "container": "Plasmas"},
        (f"title: 'Plasmas' against '{TITLE}'",),
    ),
}


@pytest.mark.parametrize(("reference", "changes", "contradictions"), CONFLICTS.values(), ids=CONFLICTS)
def test_a_contradiction_is_named(reference, changes, contradictions):
    verification = verify(reference, record(**changes))
    assert not verification.agrees
    assert verification.contradictions == contradictions


@pytest.mark.parametrize(
    ("reference", "changes"),
    [
        (
            article("incollection", journal="", booktitle="The Book of Plasmas", without=PLACE),
            {"type": "book", "title": "The Book of Plasmas"},
        ),
        (
            article("incollection", journal="", booktitle="Book of Plasmas", without=PLACE),
            {"type": "edited-book", "title": "Plasmas", "authors": "Roe, R."},
        ),
        (
            article("inproceedings", journal="", booktitle="Proc. Shock", without=PLACE),
            {"type": "proceedings", "title": "Proceedings of Shock 2010"},
        ),
        (
            article("misc", journal="", booktitle="The Book of Plasmas", without=PLACE),
            {"type": "book", "title": "The Book of Plasmas"},
        ),
    ],
)
def test_the_identifier_of_the_book_a_work_is_in_neither_agrees_nor_contradicts(reference, changes):
    verification = verify(reference, record(**changes))
    assert (verification.agrees, verification.contradictions) == (False, ())


def test_the_identifier_of_the_book_agrees_where_the_entry_is_the_book():
    reference = article("inbook", title="The Book of Plasmas", journal="", without=PLACE)
    assert verify(reference, record(type="book", title="The Book of Plasmas")).agrees


def test_the_editors_of_a_record_may_be_the_authors_of_the_entry():
    edited = record(type="edited-book", authors="Roe, Richard")
    edited = record(type="edited-book", authors="Roe, Richard", editors=edited.authors)
    assert verify(article("book", author="Roe, R.", journal="", without=PLACE), edited).agrees


def test_a_year_that_is_far_off_is_remarked_and_does_not_contradict():
    assert verify(article(year="1999"), record()).remarks == ("year: 1999 against 2010",)
    assert verify(article(year="2011"), record()).remarks == ()


def test_the_score_of_a_verified_record_is_a_probability_and_falls_with_what_differs():
    good = verify(article(), record()).value
    worse = verify(article(author="Doe, J.", year="1999", pages="7"), record()).value
    assert 0.0 <= worse < good <= 1.0
