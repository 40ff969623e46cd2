"""Real works for the matching benchmarks, and look-alikes of them as the indexes hold them beside the real ones.

Read from ``../shared/data`` beside the checkout: Crossref works of the catalogue and of the recorded answers.
"""

import gzip
import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from apps.scholar_app.enrichment.record import Name, Record
from apps.scholar_app.enrichment.sources import crossref, openalex
from apps.scholar_app.enrichment.sources.reading import ShapeError

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
RETRIEVED = date(2026, 1, 1)
_CITABLE = frozenset(
    {"journal-article", "proceedings-article", "book-chapter", "book", "monograph", "edited-book", "posted-content"}
    | {"dissertation", "report", "reference-entry", "reference-book", "proceedings"}
)


def real_works() -> list[Record]:
    """Every work of the data, one record a DOI (Crossref's before OpenAlex's), sorted by DOI."""
    found: dict[str, Record] = {}
    for reader, work in _raw_works():
        try:
            record = reader(work, retrieved=RETRIEVED)
        except ShapeError:
            continue
        if record.doi and record.title:
            found.setdefault(record.doi, record)
    return [found[doi] for doi in sorted(found)]


def is_citable(record: Record) -> bool:
    """Whether people would refer to it with an entry of a bibliography."""
    return record.type in _CITABLE


def _raw_works() -> Iterator[tuple[Callable[..., Record], Mapping[str, Any]]]:
    for name in ("crossref_works", "crossref_works_more"):
        yield from ((crossref.record_of, work) for work in read_lines(DATA / "catalogue" / f"{name}.jsonl.gz"))
    for path in sorted((DATA / "api" / "crossref").glob("*.json")):
        yield from ((crossref.record_of, work) for work in _works_in(json.loads(path.read_text("utf-8"))))
    yield from ((openalex.record_of, work) for work in read_lines(DATA / "catalogue" / "openalex_works.jsonl.gz"))


def read_lines(path: Path) -> Iterator[Any]:
    """The objects of a JSON Lines file, gzipped or not."""
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _works_in(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, dict):
        if "DOI" in value and "title" in value and "type" in value:
            yield value
            return
        for inner in value.values():
            yield from _works_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _works_in(inner)


class LookAlikes:
    """Makes records that resemble a work and are not it; ``versions`` are the same work in another form."""

    def __init__(self, works: list[Record], rnd: random.Random) -> None:
        self._rnd = rnd
        self._works = works
        self._words = sorted({w for work in works[::7] for w in work.title.split() if w.isalpha() and len(w) > 4})
        self.strangers: Mapping[str, Callable[[Record], Record]] = {
            "notice": self._notice, "comment": self._comment, "review": self._review, "part": self._part,
            "supplement": self._supplement, "same-title": self._same_title, "near-title": self._near_title,
            "sequel": self._sequel, "same-place": self._same_place,
        }  # fmt: skip
        self.versions: Mapping[str, Callable[[Record], Record]] = {
            "preprint": self._preprint, "other-venue": self._other_venue, "thesis": self._thesis,
        }  # fmt: skip

    def make(self, kind: str, work: Record) -> Record:
        """A look-alike of a kind, with a DOI of its own that tells the kind and the work."""
        made = {**self.strangers, **self.versions}[kind](work)
        return replace(made, doi=f"10.5555/{kind}.{work.doi.replace('/', '.')}", arxiv="", pmid="", pmcid="")

    def other(self) -> Record:
        """Any work that has authors."""
        while not (work := self._rnd.choice(self._works)).authors:
            pass
        return work

    def word(self) -> str:
        """A word from some title."""
        return self._rnd.choice(self._words)

    def _choice(self, *values: Any) -> Any:
        return self._rnd.choice(values)

    def _pages_near(self, work: Record) -> str:
        """Of what stands elsewhere in the same volume; hardly ever the same page."""
        return work.pages and (str(self._rnd.randint(2, 2500)) if self._rnd.random() < 0.99 else work.pages)

    def _notice(self, work: Record) -> Record:
        title = self._choice("Correction to: {}", "Erratum: {}", "Corrigendum to “{}”", "Retraction: {}", "Correction: {}",
                             "Retraction Note: {}", "Expression of Concern: {}", "{} (vol 12, pg 34, 2010)", "Addendum: {}")  # fmt: skip
        return replace(
            work, title=title.format(work.title), pages=self._pages_near(work), year=self._later(work), years=()
        )

    def _comment(self, work: Record) -> Record:
        title = self._choice("Comment on “{}”", "Reply to “{}”", "Discussion of “{}”", "{}: Reply", "Response to: {}", "{}: A Comment",
                             "Re: {}", "Invited Commentary: {}")  # fmt: skip
        authors = work.authors if self._rnd.random() < 0.4 else self.other().authors
        return replace(work, title=title.format(work.title), authors=authors, pages=self._pages_near(work))

    def _review(self, work: Record) -> Record:
        title = self._choice(
            "Review for “{}”",
            "Decision letter for “{}”",
            "{}",
            "Book Review: {}",
            "Faculty Opinions recommendation of {}.",
        )
        other = self.other()
        if title.startswith(("Review", "Decision", "Faculty")):
            return replace(work, title=title.format(work.title), type="peer-review", authors=other.authors, pages="")
        return replace(other, title=title.format(work.title), subtitle=work.subtitle, type="journal-article")

    def _part(self, work: Record) -> Record:
        title = self._choice("{}. Part II", "{} II", "{}: Part 2", "{}. III", "{} 2", "{}, part two")
        return replace(work, title=title.format(work.title), subtitle="", pages=self._pages_near(work))

    def _supplement(self, work: Record) -> Record:
        title, kind = self._choice(("Supplementary material for {}", "component"), ("Data from: {}", "dataset"),
                                   ("{}", "dataset"), ("{}", "component"), ("Supporting information for {}", "journal-article"))  # fmt: skip
        return replace(
            work, title=title.format(work.title), type=kind, container="", container_short="", volume="", pages=""
        )

    def _same_title(self, work: Record) -> Record:
        other = self.other()
        return replace(other, title=work.title, subtitle=work.subtitle, type=work.type, number=work.number)

    def _near_title(self, work: Record) -> Record:
        """The next paper of the same group: one word of the title is another one."""
        number = self._choice("", work.number, str(self._rnd.randint(1, 12)))
        return replace(work, title=self.change_word(work.title), pages=self._pages_near(work), number=number)

    def change_word(self, title: str) -> str:
        """The title with one of its longer words exchanged."""
        words = title.split()
        places = [index for index, word in enumerate(words) if len(word) > 3]
        words[self._rnd.choice(places) if places else 0] = self.word()
        return " ".join(words)

    def _sequel(self, work: Record) -> Record:
        title = self._choice("{} revisited", "{}: an extended study", "{}: Ten Years Later", "Extended abstract: {}", "More on {}", "{} in Practice",
                             "{}: A Review", "{}: Further Results")  # fmt: skip
        year = self._later(work)
        return replace(
            work, title=title.format(work.title), subtitle="", pages=self._pages_near(work), year=year, years=(year,)
        )

    def _same_place(self, work: Record) -> Record:
        """Another short piece that begins on the same page."""
        other = self.other()
        return replace(work, title=other.title, subtitle="", authors=other.authors)

    def _preprint(self, work: Record) -> Record:
        year = (work.year or 2015) - self._choice(0, 0, 1)
        return replace(
            work,
            type="posted-content",
            container="",
            container_short="",
            volume="",
            number="",
            pages="",
            year=year,
            years=(year,),
        )

    def _other_venue(self, work: Record) -> Record:
        year = (work.year or 2015) + self._choice(-2, -1, -1, 0, 1)
        container = f"{self._choice('Proceedings of the 12th International Conference on', 'International Workshop on')} {self.word()} and {self.word()}"
        kind = "proceedings-article"
        if work.type == "proceedings-article":
            container, kind = self.other().container, "journal-article"
        return replace(
            work,
            type=kind,
            container=container,
            container_short="",
            volume="",
            number="",
            pages=work.pages and str(self._rnd.randint(2, 900)),
            year=year,
            years=(year,),
        )

    def _thesis(self, work: Record) -> Record:
        return replace(
            work,
            type="dissertation",
            authors=work.authors[:1],
            container="",
            container_short="",
            volume="",
            number="",
            pages="",
        )

    def _later(self, work: Record) -> int:
        return (work.year or 2015) + self._rnd.choice([0, 1, 1, 2, 3])


def as_indexed(work: Record, rnd: random.Random) -> Record:
    """The work as a less careful index has it: now and then without subtitle, place, or all but the first author."""
    chance = rnd.random()
    if chance < 0.06:
        return replace(
            work,
            title=work.title.split(": ")[0] if len(work.title.split(": ")[0].split()) > 1 else work.title,
            subtitle="",
        )
    if chance < 0.10:
        return replace(work, volume="", number="", pages="")
    if chance < 0.12:
        return replace(work, authors=work.authors[:1])
    if chance < 0.15 and work.year:
        year = work.year + rnd.choice([-1, 1])
        return replace(work, year=year, years=(year,))
    return work


def person(name: Name) -> str:
    """A name as BibTeX wants it."""
    if name.literal:
        return f"{{{name.family}}}"
    return f"{name.family}, {name.given}" if name.given else name.family
