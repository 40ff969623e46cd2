"""The values that sources, matching and merging speak in: frozen, comparable, free of any source's own shapes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple

Scheme = Literal["doi", "arxiv", "pmid", "pmcid", "isbn", "s2"]
NoticeKind = Literal["retraction", "correction", "concern"]


class Identifier(NamedTuple):
    """An identifier in its normal form: a DOI in lower case, an arXiv id without version, an ISBN-13, plain digits."""

    scheme: Scheme
    value: str

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}"


@dataclass(frozen=True, slots=True)
class Name:
    """A person (``family``, ``given``, ``suffix``) or, with ``literal``, a body whose whole name is in ``family``.

    Plain Unicode without LaTeX. A particle (``van``, ``de la``) stands at the beginning of ``family``.
    """

    family: str
    given: str = ""
    suffix: str = ""
    literal: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """It was retracted or corrected, or doubts were raised; ``doi`` is the notice's own, or empty."""

    kind: NoticeKind
    doi: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """A work as one source describes it. Empty string, empty tuple and ``None`` mean: the source does not say.

    Texts are as the source gave them, Unicode that may hold HTML, JATS, MathML or entities; merging makes it LaTeX.
    ``type`` is one of Crossref's type names (``journal-article``, ``proceedings-article``, ``book``, ``book-chapter``,
    ``posted-content`` for preprints, ``dissertation``, ``dataset``, ``report``, ``peer-review``, ``monograph``,
    ``edited-book``, ``proceedings``, ``reference-book``, ``standard``, ``software``, ``other``); a source maps its own.
    """

    source: str
    retrieved: date
    title: str = ""
    subtitle: str = ""
    authors: tuple[Name, ...] = ()
    editors: tuple[Name, ...] = ()
    #: The year to cite (print before online), and every year the source gives (print, online, issued).
    year: int | None = None
    years: tuple[int, ...] = ()
    month: int | None = None
    type: str = ""
    container: str = ""
    container_short: str = ""
    publisher: str = ""
    volume: str = ""
    number: str = ""
    #: As given: ``155-165``, ``e123``; an article number stands here when there are no pages.
    pages: str = ""
    issn: tuple[str, ...] = ()
    isbn: tuple[str, ...] = ()
    doi: str = ""
    pmid: str = ""
    pmcid: str = ""
    arxiv: str = ""
    arxiv_class: str = ""
    url: str = ""
    pdf: str = ""
    abstract: str = ""
    keywords: tuple[str, ...] = ()
    citation_count: int | None = None
    notices: tuple[Notice, ...] = ()
    #: DOIs of the published versions of this preprint, and of the preprints of this published work.
    published_as: tuple[str, ...] = ()
    preprints: tuple[str, ...] = ()

    def identifiers(self) -> tuple[Identifier, ...]:
        """The identifiers the record itself carries, DOI first."""
        pairs: tuple[tuple[Scheme, str], ...] = (
            ("doi", self.doi), ("arxiv", self.arxiv), ("pmid", self.pmid), ("pmcid", self.pmcid),
        )  # fmt: skip
        return tuple(Identifier(scheme, value) for scheme, value in pairs if value)


@dataclass(frozen=True, slots=True)
class Query:
    """What is known of a work without identifier; texts are plain Unicode (LaTeX already decoded)."""

    title: str
    authors: tuple[Name, ...] = ()
    year: int | None = None
    container: str = ""
    volume: str = ""
    first_page: str = ""


@dataclass(frozen=True, slots=True)
class SourceTally:
    """What asking one source came to; ``seconds`` is the time spent waiting for it."""

    asked: int = 0
    answered: int = 0
    found: int = 0
    cached: int = 0
    seconds: float = 0.0


class Pause(NamedTuple):
    """A source is being waited for: ``seconds`` are left, and ``why`` is for people."""

    seconds: int
    why: str


class Settled(NamedTuple):
    """An entry, by its citation key, that has its outcome."""

    key: str
    outcome: str


class Searches(NamedTuple):
    """How far a source was searched by title, in all rounds so far: titles put to it, answered, and not found there."""

    begun: int = 0
    done: int = 0
    passed: int = 0


@dataclass(frozen=True, slots=True)
class Steps:
    """Where a run is among its questions, for whoever estimates how long it still takes."""

    #: Rounds of entries whose searches have begun.
    rounds: int = 0
    #: The source that is asked now, and whether it is searched.
    asking: str = ""
    is_searching: bool = False
    searches: Mapping[str, Searches] = field(default_factory=dict)
    #: Optional sources that are not asked any more.
    away: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is. ``entries_done`` never falls within a run."""

    entries_total: int
    entries_done: int
    outcomes: Mapping[str, int] = field(default_factory=dict)
    sources: Mapping[str, SourceTally] = field(default_factory=dict)
    #: What is being done now, for people: ``Asking Crossref for 50 DOIs``.
    activity: str = ""
    #: The sources that are being waited for at this moment.
    waiting: Mapping[str, Pause] = field(default_factory=dict)
    #: The entries that were settled last, the newest first.
    latest: tuple[Settled, ...] = ()
    steps: Steps = Steps()
    #: Seconds that it still takes, if that can be said.
    left: float | None = None
