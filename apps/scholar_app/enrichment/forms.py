"""The normal forms of a reference or a record that comparing needs, each made once."""

import re
from collections.abc import Sequence
from functools import cached_property

from .names import surname_key
from .record import Name
from .text import fold, normalise_title, plain_text, squeeze, title_heads

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
        first_page: str = "",
        kind: str = "",
    ) -> None:
        self.raw_title = title[:_MAX_TITLE]
        self.raw_subtitle = subtitle[:_MAX_TITLE]
        self.authors = tuple(authors[:_MAX_AUTHORS])
        self.others = others or len(authors) > _MAX_AUTHORS
        self.years = tuple(years)
        self.raw_containers = tuple(filter(None, containers))
        self.volume = volume
        self.number = number
        self.first_page = first_page
        self.kind = kind

    @cached_property
    def short(self) -> str:
        """The title without the subtitle that its source keeps apart."""
        return normalise_title(self.raw_title)

    @cached_property
    def title(self) -> str:
        """The normal form of the whole title."""
        return normalise_title(f"{self.raw_title}: {self.raw_subtitle}") if self.raw_subtitle else self.short

    @cached_property
    def squeezed(self) -> str:
        """The whole title without spaces."""
        return squeeze(self.title)

    @cached_property
    def squeezed_short(self) -> str:
        """The title without subtitle and without spaces."""
        return squeeze(self.short)

    @cached_property
    def head_lengths(self) -> frozenset[int]:
        """After how many words of the whole title a subtitle may begin."""
        heads = [head.count(" ") + 1 for head in title_heads(self.raw_title)]
        return frozenset([*heads, self.short.count(" ") + 1])

    @cached_property
    def surnames(self) -> tuple[str, ...]:
        """The key of each author's surname."""
        return tuple(surname_key(name.family) for name in self.authors)

    @cached_property
    def givens(self) -> tuple[str, ...]:
        """Given names folded and squeezed; to see swapped names and initials that disagree."""
        return tuple(re.sub(r"[\W_]+", "", fold(plain_text(name.given))) for name in self.authors)

    @cached_property
    def containers(self) -> tuple[tuple[str, ...], ...]:
        """The words of each spelling of the container."""
        return tuple(tuple(normalise_title(container[:300]).split()) for container in self.raw_containers)
