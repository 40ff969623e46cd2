"""What a child does with its job: reads the upload, asks the sources, and hands over file and report."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.utils import timezone

from .. import files
from ..enrichment import Document, Options, Progress, enrich
from ..forms import limits
from ..models import EnrichmentJob
from ..wiring import build_sources
from .product import OnProgress, Product, UploadMissingError

#: Shorter pauses are everyday rate limits, and not worth telling.
_TOLD_FROM_SECONDS = 3.0


def enrich_job(job_id: str, on_progress: OnProgress) -> Product:
    """Work on the job with this id. Raises what reading and enriching raise, and :class:`UploadMissingError`."""
    job = EnrichmentJob.objects.get(pk=job_id)
    teller = _Teller(on_progress, entries_total=job.entries_total)
    today = timezone.now().date()
    document = Document.read(_upload(job), limits=limits())
    sources = build_sources(today=today, on_wait=teller.wait)
    enriched = enrich(document, sources, today=today, options=_options(job.options), on_progress=teller.tell)
    return Product(enriched.data, enriched.report.to_json(), enriched.report.outcomes)


class _Teller:
    """Passes on how far the run is; during a pause the same, so that it can be told to stop there too."""

    def __init__(self, on_progress: OnProgress, *, entries_total: int) -> None:
        self._on_progress = on_progress
        self.tell(Progress(entries_total, 0, activity="Reading the file"))

    def tell(self, progress: Progress) -> None:
        """What the pipeline says."""
        self._latest = progress
        self._on_progress(progress)

    def wait(self, seconds: float, why: str) -> None:
        """What a source says while it waits, in any thread. How long is left is no movement, and is left out."""
        told = replace(self._latest, activity=why) if seconds >= _TOLD_FROM_SECONDS else self._latest
        self._on_progress(told)


def _upload(job: EnrichmentJob) -> bytes:
    try:
        return files.read(job.upload_name)
    except FileNotFoundError as error:
        raise UploadMissingError from error


def _options(wanted: Mapping[str, Any]) -> Options:
    return Options(
        replace_placeholders=bool(wanted.get("replace_placeholders")),
        optional_sources=frozenset(settings.SCITEX_OPTIONAL_SOURCES),
    )
