"""The normal forms of a reference or a record that comparing needs, each made once."""

from collections.abc import Sequence

from .containers import Container
from .lazy import lazy
from .names import given_key, names_somebody, surname_key
from .record import Name
from .text import content_words, digits_of, first_page, normalise_title, squeeze, title_heads
from .title_kinds import classes_of, part_numbers

#: Longer titles and author lists are somebody's abstract or a whole collaboration; the beginning tells enough.
_MAX_TITLE = 1_000
_MAX_AUTHORS = 300


class Form:
    """A reference or a record in its normal forms, each made when first needed and then kept."""

    def __init__(
        self,
        *,
        title: str,
        subtitle: str = "",
        authors: Sequence[Name] = (),
        others: bool = False,
        years: Sequence[int] = (),
        containers: Sequence[str] = (),
        volume: str = "",
        number: str = "",
        pages: str = "",
        kind: str = "",
    ) -> None:
        self.raw_title = title[:_MAX_TITLE]
        self.raw_subtitle = subtitle[:_MAX_TITLE]
        self.authors = tuple(name for name in authors[:_MAX_AUTHORS] if names_somebody(name))
        self.others = others or len(authors) > _MAX_AUTHORS
        self.years = tuple(years)
        self.containers = tuple(Container(container) for container in containers if container)
        self.raw_volume = volume
        self.raw_number = number
        self.raw_pages = pages
        self.kind = kind

    @lazy
    def short(self) -> str:
        """The title without the subtitle that its source keeps apart."""
        return normalise_title(self.raw_title)

    @lazy
    def title(self) -> str:
        """The normal form of the whole title."""
        return normalise_title(f"{self.raw_title}: {self.raw_subtitle}") if self.raw_subtitle else self.short

    @lazy
    def squeezed(self) -> str:
        """The whole title without spaces."""
        return squeeze(self.title)

    @lazy
    def squeezed_short(self) -> str:
        """The title without subtitle and without spaces."""
        return squeeze(self.short)

    @lazy
    def head_lengths(self) -> frozenset[int]:
        """After how many words of the whole title a subtitle may begin."""
        heads = [head.count(" ") + 1 for head in title_heads(self.raw_title)]
        return frozenset([*heads, self.short.count(" ") + 1])

    @lazy
    def classes(self) -> frozenset[str]:
        """What the title says the work is besides a plain one."""
        return classes_of(self.title)

    @lazy
    def parts(self) -> frozenset[int]:
        """The part and volume numbers in the title."""
        return part_numbers(self.title)

    @lazy
    def volume(self) -> str:
        """The digits of the volume."""
        return digits_of(self.raw_volume)

    @lazy
    def number(self) -> str:
        """The digits of the issue number."""
        return digits_of(self.raw_number)

    @lazy
    def first_page(self) -> str:
        """The first page or article number."""
        return first_page(self.raw_pages)

    @lazy
    def surnames(self) -> tuple[str, ...]:
        """The key of each author's surname."""
        return tuple(surname_key(name.family) for name in self.authors)

    @lazy
    def givens(self) -> tuple[str, ...]:
        """Given names folded and squeezed; to see swapped names and initials that disagree."""
        return tuple(given_key(name.given) for name in self.authors)

    @lazy
    def acronyms(self) -> tuple[str, ...]:
        """Of each body what its name is shortened to; empty for people."""
        return tuple(_initials(name.family) if name.literal else "" for name in self.authors)

    @lazy
    def names_bodies(self) -> bool:
        """No author is a person."""
        return bool(self.authors) and all(name.literal for name in self.authors)

    @lazy
    def given_keys(self) -> tuple[str, ...]:
        """The key that each given name would have as a surname."""
        return tuple(surname_key(name.given) for name in self.authors)


def _initials(name: str) -> str:
    return "".join(word[0] for word in content_words(normalise_title(name)))
