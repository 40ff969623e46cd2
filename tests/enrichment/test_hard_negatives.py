"""Real works beside what looks like them: nothing of another work is ever taken, and the work itself still is."""

import gzip
import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import pytest

from apps.scholar_app.enrichment.matching import Reference, judge, verify
from apps.scholar_app.enrichment.record import Name, Record
from apps.scholar_app.enrichment.sources import crossref
from apps.scholar_app.enrichment.text import content_words, normalise_title
from apps.scholar_app.enrichment.title_kinds import classes_of
from tests.enrichment import look_alikes
from tests.shared_data import needs_shared_data, shared

pytestmark = needs_shared_data

_WORKS = 8
_READ = 3_000
_ABOUT = {
    "notice": look_alikes.NOTICES, "comment": look_alikes.COMMENTS, "review": look_alikes.REVIEWS,
    "supplement": look_alikes.SUPPLEMENTS, "sequel": look_alikes.SEQUELS,
}  # fmt: skip
_NOWHERE: dict[str, Any] = {"container": "", "container_short": "", "volume": "", "pages": ""}
_TWO = {"part": look_alikes.PARTS, "edition": look_alikes.EDITIONS, "number": look_alikes.NUMBERS}


@cache
def works() -> tuple[Record, ...]:
    """Articles with people, a place in print, and a title that says something; one of each container."""
    found: dict[str, Record] = {}
    for record in _records():
        title = normalise_title(record.title)
        telling = 5 <= len(content_words(title)) <= 14 and title.isascii() and not any(map(str.isdecimal, title))
        whole = record.volume and record.pages and record.year and record.container and not record.subtitle
        plain = record.type == "journal-article" and ":" not in record.title and not classes_of(title)
        if telling and whole and plain and len(record.authors) >= 2:
            found.setdefault(record.container, record)
    return tuple(found.values())[:_WORKS]


def _records() -> Iterator[Record]:
    path = shared("catalogue", "crossref_works.jsonl.gz")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for _, line in zip(range(_READ), lines, strict=False):
            work = json.loads(line)
            if work.get("title"):
                yield crossref.record_of(work, retrieved=date(2026, 1, 1))


def cited(work: Record, *, bare: bool) -> Reference:
    """The entry of a careful author; ``bare`` leaves volume, number and pages out."""
    place = {} if bare else {"volume": work.volume, "number": work.number, "first_page": work.pages.split("-")[0]}
    return Reference(
        type="article", title=work.title, authors=work.authors, year=work.year, container=work.container, **place
    )


def alike(work: Record, title: str) -> Record:
    """Another work of the same people in the same volume, further behind."""
    return replace(work, title=title, doi=f"10.5555/{work.doi}", pages="9001-9002", number="")


def taken(reference: Reference, *records: Record) -> str:
    judgement = judge(reference, records)
    return judgement.best.record.doi if judgement.best and judgement.verdict == "accepted" else ""


@pytest.mark.parametrize("bare", [False, True], ids=["whole", "bare"])
@pytest.mark.parametrize("kind", _ABOUT)
def test_what_speaks_about_a_work_is_never_taken_for_it(kind: str, bare: bool) -> None:
    for work, title in itertools.product(works(), _ABOUT[kind]):
        reference, other = cited(work, bare=bare), alike(work, title.format(work.title))
        assert taken(reference, other) == "", other.title
        assert taken(reference, other, work) == work.doi, other.title


@pytest.mark.parametrize("kind", _ABOUT)
def test_a_work_is_never_taken_for_what_speaks_about_it(kind: str) -> None:
    for work, title in itertools.product(works(), _ABOUT[kind]):
        other = alike(work, title.format(work.title))
        assert taken(cited(other, bare=True), work) == "", other.title


@pytest.mark.parametrize("bare", [False, True], ids=["whole", "bare"])
@pytest.mark.parametrize("kind", _TWO)
def test_another_part_edition_or_number_is_never_taken(kind: str, bare: bool) -> None:
    for work, (one, other) in itertools.product(works(), _TWO[kind]):
        mine, its = replace(work, title=one.format(work.title)), alike(work, other.format(work.title))
        assert taken(cited(mine, bare=bare), its) == "", (mine.title, its.title)
        assert taken(cited(mine, bare=bare), its, mine) == mine.doi, (mine.title, its.title)
        assert taken(cited(its, bare=True), mine) == "", (its.title, mine.title)


_CONFLICTS = {
    **{kind: [(title, "{}") for title in titles] for kind, titles in _ABOUT.items() if kind != "sequel"},
    **{kind: list(pairs) for kind, pairs in _TWO.items()},
}


@pytest.mark.parametrize("kind", _CONFLICTS)
def test_the_identifier_of_a_look_alike_is_a_conflict(kind: str) -> None:
    for work, (one, other) in itertools.product(works(), _CONFLICTS[kind]):
        mine, its = replace(work, title=other.format(work.title)), alike(work, one.format(work.title))
        assert verify(cited(mine, bare=True), its).contradictions, (mine.title, its.title)
        assert verify(cited(its, bare=True), mine).contradictions, (its.title, mine.title)
        assert verify(cited(mine, bare=True), mine).agrees


def test_the_same_title_by_others_is_never_taken_and_its_identifier_is_a_conflict() -> None:
    for work, other in itertools.pairwise(works()):
        stranger = replace(alike(work, work.title), authors=other.authors)
        assert taken(cited(work, bare=True), stranger) == ""
        assert taken(cited(work, bare=True), stranger, work) == work.doi
        assert verify(cited(work, bare=True), stranger).contradictions


def test_namesakes_are_never_taken() -> None:
    for work in works():
        namesakes = tuple(Name(name.family, "Xq") for name in work.authors)
        assert taken(cited(work, bare=True), replace(alike(work, work.title), authors=namesakes)) == ""


_WORD_CHANGES = {
    "another word": lambda words, strange: [*words[:-1], strange],
    "another word inside": lambda words, strange: [*words[:2], strange, *words[3:]],
    "a word more inside": lambda words, strange: [*words[:3], strange, *words[3:]],
    "not": lambda words, _strange: [*words[:2], "not", *words[2:]],
    "the half of another": lambda words, strange: [*words[: len(words) // 2], strange, "of", "obsidian", "kites"],
    "a word negated": lambda words, _strange: [*words[:-1], f"non{words[-1].lower()}"],
}  # fmt: skip


@pytest.mark.parametrize("change", _WORD_CHANGES)
def test_an_invented_variant_of_a_title_finds_nothing(change: str) -> None:
    for work in works():
        title = " ".join(_WORD_CHANGES[change](normalise_title(work.title).split(), "marmalade"))
        invented = cited(replace(work, title=title), bare=True)
        assert taken(invented, work) == "", title


@pytest.mark.parametrize("change", ["another word", "another word inside", "the half of another"])
def test_the_identifier_of_the_work_behind_an_invented_variant_is_a_conflict(change: str) -> None:
    for work in works():
        title = " ".join(_WORD_CHANGES[change](normalise_title(work.title).split(), "marmalade"))
        assert verify(cited(replace(work, title=title), bare=True), work).contradictions, title


_OTHER_FORMS: dict[str, dict[str, Any]] = {
    "preprint": {"type": "posted-content", **_NOWHERE}, "thesis": {"type": "dissertation", **_NOWHERE},
    "data": {"type": "dataset", **_NOWHERE}, "book": {"type": "book", **_NOWHERE},
    "figure": {"type": "component"}, "peer review": {"type": "peer-review"},
    "paper": {**_NOWHERE, "type": "proceedings-article", "container": "Proceedings of the Marmalade Symposium"},
    "later": {"year": 2037, "years": (2037,)}, "journal": {**_NOWHERE, "container": "Marmalade Letters"},
}  # fmt: skip


@pytest.mark.parametrize("form", _OTHER_FORMS)
def test_another_form_of_a_work_is_never_taken_for_the_article(form: str) -> None:
    for work in works():
        other = replace(alike(work, work.title), **_OTHER_FORMS[form])
        assert taken(cited(work, bare=True), other) == "", other
        assert taken(cited(work, bare=True), other, work) == work.doi
