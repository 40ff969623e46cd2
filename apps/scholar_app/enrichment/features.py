"""How a reference and a record compare, as the numbers the score is made of. Nothing here decides anything."""

from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Indel

from .authorship import AuthorAgreement, compare_authors
from .containers import compare_containers
from .forms import Form
from .text import content_words
from .titles import TitleDifference, compare_titles


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that is known about one pair; ``None`` and 0 in the three-valued ones mean: one side does not say."""

    similarity: float
    #: ``same``, ``main`` (one side without the subtitle), or ``differs``.
    titles: str
    difference: TitleDifference
    content_words: int
    #: The reference's title ends in ``...``.
    dotted: bool
    authors: AuthorAgreement
    others: bool
    #: Neither side names anybody.
    nobody: bool
    #: Years apart, the nearest of the record's years counting.
    years: int | None
    container: float | None
    #: +1 equal, -1 different, 0 one side does not say.
    volume: int
    number: int
    page: int

    @property
    def located(self) -> bool:
        """The same volume and first page: the same place in print."""
        return self.page > 0 and self.volume > 0


def compare(reference: Form, record: Form) -> Comparison:
    """All that the score, the guards and the reasons are made of."""
    titles, difference = _compare_titles(reference, record)
    return Comparison(
        similarity=title_similarity(reference, record),
        titles=titles,
        difference=difference,
        content_words=len(content_words(reference.title)),
        dotted=reference.raw_title.rstrip().endswith(("...", "…")),
        authors=compare_authors(reference, record),
        others=reference.others,
        nobody=not reference.authors and not record.authors,
        years=_years_apart(reference.years, record.years),
        container=compare_containers(reference, record),
        volume=_equality(reference.volume, record.volume),
        number=_equality(reference.number, record.number),
        page=_page_equality(reference.first_page, record.first_page),
    )


def title_similarity(reference: Form, record: Form) -> float:
    """The best similarity of the squeezed titles, with and without the record's subtitle; 0 to 1. Cheap."""
    best = Indel.normalized_similarity(reference.squeezed, record.squeezed)
    if record.squeezed_short != record.squeezed:
        best = max(best, Indel.normalized_similarity(reference.squeezed, record.squeezed_short))
    return best


def _compare_titles(reference: Form, record: Form) -> tuple[str, TitleDifference]:
    if reference.squeezed == record.squeezed:
        return "same", TitleDifference()
    difference = compare_titles(reference.title, record.title)
    begins_alike = _ends_at_head(record, difference.tail) or _ends_at_head(reference, difference.tail_extra)
    return "main" if begins_alike else "differs", difference


def _ends_at_head(form: Form, tail: tuple[str, ...]) -> bool:
    """Whether what is left of the title without the tail is all of it before a subtitle."""
    return bool(tail) and form.title.count(" ") + 1 - len(tail) in form.head_lengths


def _years_apart(ours: Sequence[int], theirs: Sequence[int]) -> int | None:
    return min((abs(one - other) for one in ours for other in theirs), default=None)


def _equality(one: str, other: str) -> int:
    return 0 if not one or not other else 1 if one == other else -1


def _page_equality(one: str, other: str) -> int:
    """A first page of 0 or 1 is often a tool's invention for ``so many pages``: it says nothing against another."""
    if _equality(one.lstrip("e"), other.lstrip("e")) > 0:
        return 1
    return 0 if {one, other} & {"0", "1"} else _equality(one, other)


def _cut_off(pair: Comparison) -> float:
    """Whether the reference's title stops in the middle; less remarkable where it says so with dots."""
    if not pair.difference.tail or pair.titles == "main":
        return 0.0
    return 0.5 if pair.dotted else 1.0


def features_of(pair: Comparison) -> dict[str, float]:
    """The named numbers, each about 0 to 1, that ``weights`` has a weight for."""
    difference, authors, years = pair.difference, pair.authors, pair.years
    return {
        "title_distance": 1.0 - pair.similarity if pair.titles == "differs" else 0.0,
        "title_without_subtitle": float(pair.titles == "main"),
        "words_substituted": min(difference.substituted, 3) / 3,
        "words_extra": min(difference.extra + (len(difference.tail_extra) if pair.titles != "main" else 0), 3) / 3,
        "words_missing": min(difference.missing, 3) / 3,
        "words_cut_off": _cut_off(pair),
        "particles_differ": min(difference.particles, 2) / 2,
        "words_misspelt": min(difference.spelling, 3) / 3,
        "title_short": max(0, 6 - pair.content_words) / 6,
        "authors_unknown": float(not authors.known),
        "authors_strange": 1.0 - authors.found if authors.known else 0.0,
        "authors_left_out": 1.0 - authors.covered if authors.known and not pair.others else 0.0,
        "first_author": authors.first,
        "initials_differ": authors.initials,
        "year_unknown": float(years is None),
        "year_near": float(years == 1),
        "year_far": float(years is not None and years > 1),
        "container_unknown": float(pair.container is None),
        "container_distance": 0.0 if pair.container is None else 1.0 - pair.container,
        "volume_same": float(pair.volume > 0),
        "volume_differs": float(pair.volume < 0),
        "number_differs": float(pair.number < 0),
        "page_same": float(pair.page > 0),
        "place_same": float(pair.located),
        "page_differs": float(pair.page < 0),
    }
