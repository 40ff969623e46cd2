"""What a source of records is. One file per source beside this one; the pipeline knows this protocol alone."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from ..record import Identifier, Query, Record, Scheme, SourceTally


class Source(Protocol):
    """An index of scholarly works.

    Both questions raise :class:`~apps.scholar_app.enrichment.errors.SourceError` when the source could not be asked;
    a record it does not have is simply absent from the answer.
    """

    #: Lower-case name, as in ``SCITEX_SOURCES`` and in the report.
    name: str
    #: The identifier schemes ``fetch`` understands, and how many go into one call.
    resolves: frozenset[Scheme]
    batch_size: int
    #: Whether ``search`` can be used.
    searches: bool

    def fetch(self, identifiers: Sequence[Identifier]) -> Mapping[Identifier, Record]:
        """The records of at most ``batch_size`` identifiers; what the source does not have is left out."""
        ...

    def search(self, query: Query) -> Sequence[Record]:
        """Candidates for one work, best first by the source's own judgement; none of them is verified."""
        ...

    def tally(self) -> SourceTally:
        """What was asked so far through this object."""
        ...


class Pace(NamedTuple):
    """How fast an index on the network may be asked: seconds are from one call to the next, by its limits."""

    #: Identifiers that go into one call.
    per_call: int
    batch_seconds: float
    #: Of a whole search, which may take several calls.
    search_seconds: float
    calls_per_search: int = 1
    #: What a batch and a search cost in money, in millionths of a dollar.
    batch_price: int = 0
    search_price: int = 0


@dataclass(frozen=True, slots=True)
class Outline:
    """As much of a source as a plan needs; ``pace`` is ``None`` for one that is not on the network."""

    name: str
    resolves: frozenset[Scheme]
    searches: bool
    #: Whether it can make sense to ask for an identifier.
    knows: Callable[[Identifier], bool]
    pace: Pace | None = None


class Outlined(Protocol):
    """A source on the network, which can say beforehand what asking it takes. A local one need not."""

    @property
    def outline(self) -> Outline:
        """With its pace under the limits that it is asked under."""
        ...


def outline_of(source: Source) -> Outline:
    """The source's own outline; one that offers none is local."""
    own: Outline | None = getattr(source, "outline", None)
    if own is not None:
        return own
    return Outline(source.name, source.resolves, source.searches, lambda asked: asked.scheme in source.resolves)
