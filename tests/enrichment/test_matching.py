"""One reference and one record: the same work, another, or one that may be it."""

from dataclasses import replace
from typing import Any

import pytest

from apps.scholar_app.enrichment.features import Comparison, features_of
from apps.scholar_app.enrichment.matching import Reference, judge, query_of, reference_of
from apps.scholar_app.enrichment.weights import ACCEPT, OFFER, WEIGHTS

from .entries import entry
from .pairs import PLACE, TITLE, article, best_of, record

SAME_WORK: dict[str, tuple[Reference, dict[str, Any]]] = {
    "as it is": (article(), {}),
    "online first, year off by one": (article(year="2011"), {}),
    "one of the record's years": (article(year="2009", without=PLACE), {"years": (2010, 2009)}),
    "ue for ü": (article(author=r"Mueller, Karl and Zhang, Wei and O'Brien, Ann"), {}),
    "LaTeX for ü": (article(author=r"M{\"u}ller, Karl and Zhang, Wei and O'Brien, Ann"), {}),
    "no accents": (article(author="Muller, K. and Zhang, W. and OBrien, A."), {}),
    "family and given name swapped": (article(author="Wei Zhang", title=TITLE), {"authors": "Wei, Zhang"}),
    "Zhang Wei as the family name of Wei Zhang": (
        article(author="Zhang Wei and Li Na"),
        {"authors": "Zhang, Wei and Li, Na"},
    ),
    "initials behind": (article(author="Muller K and Zhang W and O'Brien A"), {}),
    "and others": (article(author="Karl Müller and others"), {}),
    "no authors": (article(without=("author",)), {}),
    "braces and LaTeX": (
        article(title=r"{Adaptive Refinement of {Shock} Waves in \emph{Turbulent} Plasmas: Theory \& Experiment}"),
        {},
    ),
    "HTML in the record": (article(), {"title": TITLE.replace("shock", "<i>shock</i>").replace("and", "&amp;")}),
    "missing subtitle": (article(title=TITLE.split(":", maxsplit=1)[0]), {}),
    "missing subtitle, apart in the record": (
        article(title=TITLE.split(":", maxsplit=1)[0]),
        {"title": TITLE.split(":", maxsplit=1)[0], "subtitle": "theory and experiment"},
    ),
    "subtitle missing in the record": (article(), {"title": TITLE.split(":", maxsplit=1)[0]}),
    "misspelt": (article(title=TITLE.replace("turbulent", "turbulant")), {}),
    "run together": (article(title=TITLE.replace("shock waves", "shockwaves")), {}),
    "cut off": (article(title="Adaptive refinement of shock waves in ..."), {}),
    "abbreviated journal": (article(journal="J. Comput. Phys."), {}),
    "abbreviated journal, no place": (article(journal="J. Comp. Phys.", without=PLACE), {}),
    "no place in print": (article(without=PLACE), {}),
    "no journal": (article(without=("journal",)), {}),
    "only title, authors and year": (article("misc", without=(*PLACE, "journal")), {}),
    "article number with and without e": (article(pages="e64"), {"pages": "64"}),
    "how many pages instead of which": (article(pages="1--21"), {}),
    "acronym of a conference": (
        article("inproceedings", journal="", booktitle="CVPR", without=PLACE),
        {
            "type": "proceedings-article",
            "container": "IEEE Conference on Computer Vision and Pattern Recognition (CVPR)",
            "volume": "",
            "number": "",
        },
    ),
    "short title in the same place": (article(title="Deep learning"), {"title": "Deep learning"}),
    "generic title in the same place": (article(title="Editorial"), {"title": "Editorial"}),
    "generic title, nobody named, same place": (
        article(title="Announcements", without=("author",)),
        {"title": "Announcements", "authors": ""},
    ),
    "a book of one word": (
        article("book", title="Thermodynamics", journal="", publisher="Dover", without=PLACE),
        {"type": "book", "title": "Thermodynamics", "container": "", "volume": "", "number": "", "pages": ""},
    ),
    "the same part": (article(title=f"{TITLE}. Part 2"), {"title": f"{TITLE}. Part II"}),
    "retracted under its mark in the entry too": (
        article(title=f"RETRACTED ARTICLE: {TITLE}"),
        {"title": f"RETRACTED ARTICLE: {TITLE}"},
    ),
    "retracted under its mark in the entry alone": (article(title=f"RETRACTED: {TITLE}"), {}),
    "retracted under its mark": (article(), {"title": f"RETRACTED: {TITLE}"}),
    "a preprint that cites itself": (
        article(journal="arXiv preprint arXiv:1001.00001", without=PLACE),
        {"type": "posted-content", "container": "", "volume": "", "number": "", "pages": ""},
    ),
    "a data set that says so": (
        article("misc", publisher="Zenodo", without=(*PLACE, "journal")),
        {"type": "dataset", "container": "", "volume": "", "number": "", "pages": ""},
    ),
    "a word missing in the same place": (article(title=TITLE.replace("turbulent ", "")), {}),
    "no title, everything else": (article(without=("title",)), {}),
}


@pytest.mark.parametrize(("reference", "changes"), SAME_WORK.values(), ids=SAME_WORK)
def test_the_work_is_accepted(reference, changes):
    judgement = judge(reference, [record(**changes)])
    assert judgement.verdict == "accepted", (judgement.best, judgement.candidates)


OTHER_WORK: dict[str, tuple[Reference, dict[str, Any]]] = {
    "correction": (article(), {"title": f"Correction to: {TITLE}", "pages": "90"}),
    "correction on the same page": (article(), {"title": f"Correction to: {TITLE}"}),
    "erratum": (article(without=PLACE), {"title": f"Erratum: {TITLE}"}),
    "erratum behind": (article(without=PLACE), {"title": f"{TITLE}: Erratum"}),
    "vol and page of the corrected": (article(without=PLACE), {"title": f"{TITLE} (vol 82, pg 64, 2010)"}),
    "retraction": (article(without=PLACE), {"title": f"Retraction Note: {TITLE}"}),
    "retracted in lower case is the notice": (article(without=PLACE), {"title": f"Retracted: {TITLE}"}),
    "expression of concern": (article(without=PLACE), {"title": f"Expression of Concern: {TITLE}"}),
    "reply": (article(without=PLACE), {"title": f"Reply to “{TITLE}”"}),
    "a reply to a letter": (
        article(title=f"Letter to the editor: {TITLE}", without=PLACE),
        {"title": f"Re: Letter to the editor: {TITLE}"},
    ),
    "reply behind": (article(without=PLACE), {"title": f"{TITLE}: Reply"}),
    "comment": (article(without=PLACE), {"title": f"Comment on “{TITLE}”", "authors": "Roe, R. and Zhang, Wei"}),
    "review": (article(without=PLACE), {"title": f"Review for “{TITLE}”", "type": "peer-review", "authors": ""}),
    "peer review of the same title": (article(without=PLACE), {"type": "peer-review"}),
    "figure of the same title": (article(without=PLACE), {"type": "component"}),
    "its data": (article(without=PLACE), {"title": f"Data from: {TITLE}", "type": "dataset"}),
    "its thesis": (article(without=PLACE), {"type": "dissertation"}),
    "thesis for article": (article("phdthesis", journal="", without=PLACE), {}),
    "another part": (article(title=f"{TITLE}. Part I"), {"title": f"{TITLE}. Part II"}),
    "another part, roman": (article(title=f"{TITLE} I", without=PLACE), {"title": f"{TITLE} II"}),
    "part two of a work that names no part": (article(without=PLACE), {"title": f"{TITLE}, part two"}),
    "another volume": (article(title=f"{TITLE}, vol. 1", without=PLACE), {"title": f"{TITLE}, volume 2"}),
    "another number": (
        article(title="Results of the 2009 survey of plasma experiments", without=PLACE),
        {"title": "Results of the 2010 survey of plasma experiments"},
    ),
    "2D for 3D": (
        article(title="Simulation of 2D turbulent plasma flows", without=PLACE),
        {"title": "Simulation of 3D turbulent plasma flows"},
    ),
    "same title, other authors": (article(), {"authors": "Roe, Richard and Poe, Ann"}),
    "chapter for book": (
        article("book", journal="", without=PLACE),
        {"type": "book-chapter", "container": "Plasmas", "volume": ""},
    ),
    "book for chapter": (article("incollection", journal="", booktitle=TITLE, without=PLACE), {"type": "book"}),
    "an unlike title": (article(title="Something else entirely"), {}),
    "editorial of somebody else": (article(title="Editorial", author="Roe, R."), {"title": "Editorial"}),
    "introduction, nobody named, elsewhere": (
        article(title="Introduction", without=("author",)),
        {"title": "Introduction", "authors": "", "container": "Other", "volume": "7", "pages": "3"},
    ),
    "deep learning by others": (
        article(title="Deep Learning", author="Goodfellow, Ian"),
        {"title": "Deep learning", "authors": "LeCun, Yann"},
    ),
    "ten years later": (article(without=PLACE), {"title": f"{TITLE}: Ten Years Later"}),
    "a reply behind a subtitle that the entry lacks": (
        article(title=TITLE.split(":", maxsplit=1)[0], without=PLACE),
        {"title": f"{TITLE}: Reply"},
    ),
    "the notice, where the entry cites the retracted": (
        article(title=f"RETRACTED: {TITLE}", without=PLACE),
        {"title": f"Retraction notice to: {TITLE}"},
    ),
    "revisited": (article(without=PLACE), {"title": f"{TITLE} revisited"}),
    "second edition": (article(without=PLACE), {"title": f"{TITLE}, second edition"}),
    "no title and another page": (article(without=("title",), pages="65"), {}),
}


@pytest.mark.parametrize(("reference", "changes"), OTHER_WORK.values(), ids=OTHER_WORK)
def test_another_work_is_refused(reference, changes):
    assert judge(reference, [record(**changes)]).verdict == "refused"


DOUBTFUL: dict[str, tuple[Reference, dict[str, Any]]] = {
    "preprint for published": (
        article(),
        {"type": "posted-content", "container": "", "volume": "", "number": "", "pages": ""},
    ),
    "published for preprint": (article(journal="arXiv preprint arXiv:1001.00001", without=PLACE), {}),
    "an SSRN paper for a published one": (
        article(),
        {"container": "SSRN Electronic Journal", "volume": "", "number": "", "pages": ""},
    ),
    "journal version for the conference's": (
        article("inproceedings", journal="", booktitle="Proceedings of the Workshop on Shocks", without=PLACE),
        {},
    ),
    "conference version for the journal's": (
        article(without=PLACE),
        {
            "type": "proceedings-article",
            "container": "Workshop on Shock Tubes",
            "volume": "",
            "number": "",
            "pages": "7",
        },
    ),
    "one word exchanged": (article(title=TITLE.replace("turbulent", "magnetic"), without=PLACE), {}),
    "prefix exchanged": (
        article(title="Supervised learning of shock waves in plasmas", without=PLACE),
        {"title": "Unsupervised learning of shock waves in plasmas"},
    ),
    "hyper for hypo": (
        article(title="Treatment of hypertension in old patients", without=PLACE),
        {"title": "Treatment of hypotension in old patients"},
    ),
    "two of three authors invented": (article(author="Müller, Karl and Doe, John and Roe, Jane", without=PLACE), {}),
    "one of three authors invented": (article(author="Müller, Karl and Zhang, Wei and Roe, Jane", without=PLACE), {}),
    "namesake": (article(author="Müller, Hans", without=PLACE), {"authors": "Müller, Karl"}),
    "deep learning without its place": (
        article(title="Deep Learning", without=(*PLACE, "journal")),
        {"title": "Deep learning"},
    ),
    "editorial of the same author on another page": (article(title="Editorial"), {"title": "Editorial", "pages": "99"}),
    "its data under the same title": (
        article("misc", without=(*PLACE, "journal")),
        {"type": "dataset", "container": "", "volume": "", "number": "", "pages": ""},
    ),
    "a word missing, and no place in print": (article(title=TITLE.replace("turbulent ", ""), without=PLACE), {}),
    "cut off, and hardly anything else": (
        article(
            title="Adaptive refinement of shock waves", author="Müller, Karl and others", without=(*PLACE, "journal")
        ),
        {},
    ),
    "more on it": (article(without=PLACE), {"title": f"More on {TITLE}"}),
    "years apart": (article(year="2017", without=PLACE), {}),
    "another page in another volume": (article(pages="7", volume="90", number="3"), {}),
}


@pytest.mark.parametrize(("reference", "changes"), DOUBTFUL.values(), ids=DOUBTFUL)
def test_what_may_be_the_work_is_offered_and_not_taken(reference, changes):
    judgement = judge(reference, [record(**changes)])
    assert judgement.verdict == "ambiguous", judgement
    assert judgement.best is judgement.candidates[0]


def test_reasons_tell_what_agrees_and_what_does_not():
    judgement = judge(article(year="2011", pages="99"), [record(pages="12")])
    assert best_of(judgement).reasons == (
        "same title",
        "same authors",
        "year: 2011 against 2010",
        "same journal",
        "same volume",
        "same number",
        "first page differs (99, 12)",
    )


def test_scores_are_probabilities():
    for reference, changes in [*SAME_WORK.values(), *DOUBTFUL.values(), *OTHER_WORK.values()]:
        for score in judge(reference, [record(**changes)]).candidates:
            assert 0.0 <= score.value <= 1.0


def test_a_reference_takes_what_its_parents_have_but_not_their_doi():
    child = entry("inproceedings", title="A paper", author="Doe, J.")
    child = replace(child, inherited={"booktitle": "Proceedings of Things", "year": "2001", "doi": "10.1000/volume"})
    reference = reference_of(child)
    assert (reference.container, reference.year, reference.identifiers) == ("Proceedings of Things", 2001, ())


def test_the_editors_of_a_book_without_authors_stand_for_them():
    assert [name.family for name in reference_of(entry("book", title="A", editor="Doe, J.")).authors] == ["Doe"]
    assert reference_of(entry("incollection", title="A", editor="Doe, J.")).authors == ()


@pytest.mark.parametrize(
    ("entry_type", "fields", "is_preprint"),
    [
        ("article", {"journal": "arXiv preprint arXiv:1706.03762"}, True),
        ("article", {"journal": "CoRR", "volume": "abs/1706.03762"}, True),
        ("article", {"journal": "bioRxiv"}, True),
        ("misc", {"eprint": "1706.03762", "archiveprefix": "arXiv"}, True),
        ("misc", {"howpublished": "arXiv:1706.03762"}, True),
        ("article", {"journal": "Nature", "eprint": "1706.03762", "archiveprefix": "arXiv"}, False),
        ("inproceedings", {"booktitle": "NeurIPS", "note": "arXiv:1706.03762"}, False),
        ("misc", {"howpublished": "https://example.org"}, False),
        ("book", {"publisher": "Preprint House"}, False),
    ],
)
def test_a_preprint_is_what_says_so_in_the_place_of_the_journal(entry_type, fields, is_preprint):
    assert reference_of(entry(entry_type, title="T", **fields)).is_preprint is is_preprint


def test_the_query_is_plain_text():
    reference = reference_of(
        entry(
            title=r"{\"U}ber $\alpha$",
            author=r"M{\"u}ller, K.",
            year="2001",
            journal=r"J. \& K.",
            volume="Vol. 7",
            pages="12--13",
        )
    )
    query = query_of(reference)
    assert (query.title, query.authors[0].family, query.year) == ("Über α", "Müller", 2001)
    assert (query.container, query.volume, query.first_page) == ("J. & K.", "7", "12")


def test_every_feature_has_a_weight_and_agreement_alone_speaks_for_a_pair():
    features = features_of(Comparison(article().form, article().form))
    assert features.keys() == WEIGHTS.keys()
    for name, weight in WEIGHTS.items():
        assert weight >= 0.0 if name.endswith("_same") or name == "first_author" else weight <= 0.0


def test_the_thresholds_leave_room_for_doubt():
    assert 0.5 < ACCEPT < 1.0
    assert 0.0 < OFFER < 0.5
