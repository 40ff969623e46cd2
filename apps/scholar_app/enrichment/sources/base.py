"""What a source of records is. One file per source beside this one; the pipeline knows this protocol alone."""

from collections.abc import Mapping, Sequence
from typing import Protocol

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
