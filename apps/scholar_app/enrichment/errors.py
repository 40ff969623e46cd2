"""What can go wrong while enriching, as typed errors.

*Nothing found* is a value (an absent record); *could not ask* is a :class:`SourceError`. The two never mix.
"""


class EnrichmentError(Exception):
    """Base of every error that the enrichment core raises on purpose."""


class DocumentError(EnrichmentError):
    """The bytes cannot be accepted as a BibTeX file at all.

    ``code`` is stable and for programs (``empty``, ``not_bibtex``, ``too_large``, ``too_many_entries``, ...);
    the message is for people and names the place where there is one.
    """

    def __init__(self, code: str, message: str, *, line: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.line = line


class DocumentProofError(EnrichmentError):
    """The output could not be proved to be the input plus the intended additions; it must not be published."""


class SourceError(EnrichmentError):
    """A source could not be asked, or did not give an answer that can be understood.

    ``retry_after`` is in seconds, where the source said so. A source that answered "no such record" raises nothing.
    """

    def __init__(self, source: str, message: str, *, retryable: bool = True, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.source = source
        self.retryable = retryable
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"{self.source}: {super().__str__()}"
