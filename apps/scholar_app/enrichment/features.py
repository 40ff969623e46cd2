"""How a reference and a record compare, as the numbers the score is made of. Nothing here decides anything."""

from typing import Final, Literal

from rapidfuzz.distance import Indel

from .authorship import AuthorAgreement, compare_authors
from .containers import similarity_of_containers
from .forms import Form
from .lazy import lazy
from .text import content_words
from .title_kinds import is_genre
from .titles import TitleDifference, compare_titles

#: From this similarity on two names are those of one journal or book.
_SAME_CONTAINER: Final = 0.8


class Comparison:
    """Everything that is known about one pair, each fact worked out when a rule or the score first asks for it.

    ``None`` means: one side does not say.
    """

    def __init__(self, reference: Form, record: Form) -> None:
        self.reference = reference
        self.record = record

    @lazy
    def similarity(self) -> float:
        """Of the titles, 0 to 1."""
        return title_similarity(self.reference, self.record)

    @lazy
    def difference(self) -> TitleDifference:
        """What the words of the titles leave to explain."""
        if self.reference.squeezed == self.record.squeezed:
            return TitleDifference()
        return compare_titles(self.reference.title, self.record.title)

    @lazy
    def titles(self) -> Literal["same", "main", "differs"]:
        """``main``: one side lacks the subtitle."""
        if self.reference.squeezed == self.record.squeezed:
            return "same"
        difference = self.difference
        if difference.missing or difference.extra or difference.substituted:
            return "differs"
        ends = _ends_at_head(self.record, difference.tail) or _ends_at_head(self.reference, difference.tail_extra)
        return "main" if ends else "differs"

    @lazy
    def same_title(self) -> bool:
        """The same but for spelling."""
        difference = self.difference
        words = (difference.substituted, difference.extra, difference.missing, difference.particles)
        return not (any(words) or difference.tail or difference.tail_extra)

    @lazy
    def content_words(self) -> int:
        """Of the shorter title."""
        ours, theirs = content_words(self.reference.title), content_words(self.record.title)
        return min(len(ours), len(theirs)) if theirs else len(ours)

    @lazy
    def dotted(self) -> bool:
        """The reference's title ends in ``...``."""
        return self.reference.raw_title.rstrip().endswith(("...", "…"))

    @lazy
    def authors(self) -> AuthorAgreement:
        """How far the author lists agree."""
        return compare_authors(self.reference, self.record)

    @property
    def others(self) -> bool:
        """The reference says ``and others``."""
        return self.reference.others

    @property
    def nobody(self) -> bool:
        """Neither side names anybody."""
        return not self.reference.authors and not self.record.authors

    @property
    def first_alone(self) -> bool:
        """The record names the reference's first author and nobody else; some indexes keep but the first."""
        return len(self.record.authors) == 1 < len(self.reference.authors) and self.authors.first == 1

    @lazy
    def years(self) -> int | None:
        """Years apart, the nearest of the record's years counting."""
        ours, theirs = self.reference.years, self.record.years
        return min((abs(one - other) for one in ours for other in theirs), default=None)

    @property
    def same_year(self) -> bool:
        """Both name it."""
        return self.years == 0

    @property
    def years_apart(self) -> bool:
        """More than what lies between online and print."""
        return self.years is not None and self.years > 1

    @lazy
    def container(self) -> float | None:
        """How alike the containers are, 0 to 1."""
        return similarity_of_containers(self.reference.containers, self.record.containers)

    @property
    def same_container(self) -> bool:
        """Both name it, if in other words."""
        return self.container is not None and self.container >= _SAME_CONTAINER

    @lazy
    def same_volume(self) -> bool | None:
        """Whether the volumes are one."""
        return _are_equal(self.reference.volume, self.record.volume)

    @lazy
    def same_number(self) -> bool | None:
        """Whether the issues are one."""
        return _are_equal(self.reference.number, self.record.number)

    @lazy
    def same_page(self) -> bool | None:
        """Whether the first pages are one."""
        return _are_equal_pages(self.reference.first_page, self.record.first_page)

    @property
    def located(self) -> bool:
        """The same volume and first page: the same place in print."""
        return bool(self.same_page and self.same_volume)


def title_similarity(reference: Form, record: Form) -> float:
    """The best similarity of the squeezed titles, with and without the record's subtitle; 0 to 1. Cheap."""
    best = Indel.normalized_similarity(reference.squeezed, record.squeezed)
    if record.squeezed_short != record.squeezed:
        best = max(best, Indel.normalized_similarity(reference.squeezed, record.squeezed_short))
    return best


def _ends_at_head(form: Form, tail: tuple[str, ...]) -> bool:
    """Whether what is left of the title without the tail is all of it before a subtitle."""
    return bool(tail) and form.title.count(" ") + 1 - len(tail) in form.head_lengths


def _are_equal(one: str, other: str) -> bool | None:
    return one == other if one and other else None


def _are_equal_pages(one: str, other: str) -> bool | None:
    """A first page of 1 is often a tool's invention for ``so many pages``: it says nothing against another."""
    equal = _are_equal(one.lstrip("e"), other.lstrip("e"))
    return equal or (None if "1" in (one, other) else equal)


def _cut_off(pair: Comparison) -> float:
    """Whether the reference's title stops in the middle; less remarkable where it says so with dots."""
    if not pair.difference.tail or pair.titles == "main":
        return 0.0
    return 0.5 if pair.dotted else 1.0


def _subtitle_alone(pair: Comparison) -> float:
    """Whether the reference alone has a subtitle; less remarkable where it is no ``a review``, as companions have."""
    if pair.titles != "main" or pair.difference.tail:
        return 0.0
    return 1.0 if is_genre(pair.difference.tail_extra) else 0.5


def _share(count: int, *, most: int) -> float:
    """Of the most that counts."""
    return min(count, most) / most


def features_of(pair: Comparison) -> dict[str, float]:
    """The named numbers, each about 0 to 1, that ``weights`` has a weight for."""
    difference, authors, years = pair.difference, pair.authors, pair.years
    extra = difference.extra + (len(difference.tail_extra) if pair.titles != "main" else 0)
    return {
        "title_distance": 1.0 - pair.similarity if pair.titles == "differs" else 0.0,
        "subtitle_left_out": float(pair.titles == "main" and bool(difference.tail)),
        "subtitle_not_in_record": _subtitle_alone(pair),
        "words_substituted": _share(difference.substituted, most=3),
        "words_extra": _share(extra, most=3),
        "words_missing": _share(difference.missing, most=3),
        "words_cut_off": _cut_off(pair),
        "particles_differ": _share(difference.particles, most=2),
        "words_misspelt": _share(difference.spelling, most=3),
        "title_short": 1.0 - _share(pair.content_words, most=6),
        "authors_unknown": float(not authors.known and not pair.nobody),
        "nobody_named": float(pair.nobody),
        "first_author_alone": float(pair.first_alone),
        "authors_strange": 1.0 - authors.found if authors.known and not pair.first_alone else 0.0,
        "authors_left_out": 1.0 - authors.covered if authors.known and not pair.others else 0.0,
        "first_author": authors.first,
        "initials_differ": authors.initials,
        "year_unknown": float(years is None),
        "year_near": float(years == 1),
        "year_far": float(pair.years_apart),
        "container_unknown": float(pair.container is None),
        "container_distance": 0.0 if pair.container is None else 1.0 - pair.container,
        "volume_same": float(bool(pair.same_volume)),
        "volume_differs": float(pair.same_volume is False),
        "number_differs": float(pair.same_number is False),
        "page_same": float(bool(pair.same_page)),
        "place_same": float(pair.located),
        "page_differs": float(pair.same_page is False),
    }
