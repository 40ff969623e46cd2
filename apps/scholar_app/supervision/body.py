"""What a child does with its job: reads the upload, asks the sources, and hands over file and report."""

import math
import time
from collections.abc import Callable
from dataclasses import replace

from django.utils import timezone

from .. import files
from ..enrichment import Document, Progress, enrich
from ..enrichment.record import Pause
from ..forms import limits
from ..models import EnrichmentJob
from ..options import enrichment_options, sources_of
from ..wiring import build_sources
from .product import OnProgress, Product, UploadMissingError

#: Shorter pauses are everyday rate limits, and not worth telling.
_TOLD_FROM_SECONDS = 3.0


def enrich_job(job_id: str, on_progress: OnProgress) -> Product:
    """Work on the job with this id. Raises what reading and enriching raise, and :class:`UploadMissingError`."""
    job = EnrichmentJob.objects.get(pk=job_id)
    teller = Teller(on_progress, entries_total=job.entries_total)
    today = timezone.now().date()
    document = Document.read(_upload(job), limits=limits())
    sources = build_sources(sources_of(job.options), today=today, on_wait=teller.wait)
    options = enrichment_options(job.options)
    enriched = enrich(document, sources, today=today, options=options, on_progress=teller.tell)
    return Product(enriched.data, enriched.report.to_json(), enriched.report.outcomes)


class Teller:
    """Passes on how far the run is; during a pause the same, so that it can be told to stop there too."""

    def __init__(
        self, on_progress: OnProgress, *, entries_total: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._on_progress, self._clock = on_progress, clock
        self._pauses: dict[str, tuple[float, str]] = {}
        self.tell(Progress(entries_total, 0, activity="Reading the file"))

    def tell(self, progress: Progress) -> None:
        """What the pipeline says."""
        self._latest = progress
        self._pass_on()

    def wait(self, seconds: float, why: str, source: str) -> None:
        """What a source says while it waits, in any thread."""
        if seconds >= _TOLD_FROM_SECONDS:
            self._pauses[source] = (self._clock() + seconds, why)
        self._pass_on()

    def _pass_on(self) -> None:
        """With the pauses that are not over. How long they last is no movement, and so no part of the activity."""
        now = self._clock()
        pauses = {source: pause for source, pause in list(self._pauses.items()) if pause[0] > now}
        waiting = {source: Pause(math.ceil(until - now), why) for source, (until, why) in pauses.items()}
        self._on_progress(replace(self._latest, waiting=waiting))


def _upload(job: EnrichmentJob) -> bytes:
    try:
        return files.read(job.upload_name)
    except FileNotFoundError as error:
        raise UploadMissingError from error
