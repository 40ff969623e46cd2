"""A reference and a record of one work, to be changed until they are of two."""

from datetime import date
from typing import Any

from apps.scholar_app.enrichment.matching import Judgement, Reference, Score, reference_of
from apps.scholar_app.enrichment.names import parse_names
from apps.scholar_app.enrichment.record import Record

from .entries import entry

TITLE = "Adaptive refinement of shock waves in turbulent plasmas: theory and experiment"


PLACE = ("volume", "number", "pages")


PREPRINT: dict[str, Any] = {"type": "posted-content", "container": "", "volume": "", "number": "", "pages": ""}


def record(**changes: Any) -> Record:
    values: dict[str, Any] = {
        "source": "crossref",
        "retrieved": date(2026, 1, 1),
        "doi": "10.1000/true",
        "type": "journal-article",
        "title": TITLE,
        "authors": "Müller, Karl and Zhang, Wei and O'Brien, Ann",
        "year": 2010,
        "container": "Journal of Computational Physics",
        "volume": "82",
        "number": "1",
        "pages": "64-84",
    }
    values |= changes
    values["authors"] = parse_names(values["authors"]).people
    values.setdefault("years", (values["year"],) if values["year"] else ())
    return Record(**values)


def article(entry_type: str = "article", without: tuple[str, ...] = (), **changes: str) -> Reference:
    fields = {
        "title": TITLE,
        "author": "Karl Müller and Wei Zhang and Ann O'Brien",
        "year": "2010",
        "journal": "Journal of Computational Physics",
        "volume": "82",
        "number": "1",
        "pages": "64--84",
    }
    fields = {name: value for name, value in {**fields, **changes}.items() if name not in without and value}
    return reference_of(entry(entry_type, **fields))


def best_of(judgement: Judgement) -> Score:
    assert judgement.best is not None, "nothing was found"
    return judgement.best
