"""What a body of work is given and what it hands over."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..enrichment.record import Progress


@dataclass(frozen=True, slots=True)
class Product:
    """The enriched document, its report, which is to be JSON, and how many entries had which outcome."""

    result: bytes
    report: Mapping[str, object]
    outcomes: Mapping[str, int]


class UploadMissingError(Exception):
    """The job's file is not in the storage."""


OnProgress = Callable[[Progress], None]
#: Works on the job with this id. Whatever it raises becomes the job's reason to fail.
Body = Callable[[str, OnProgress], Product]
