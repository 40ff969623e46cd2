"""What a child does with its job: reads the upload, asks the sources, and hands over file and report."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from django.utils import timezone

from .. import files
from ..enrichment import Document, Progress, enrich
from ..enrichment.forecast import Forecast
from ..enrichment.record import Pause
from ..forms import limits
from ..models import EnrichmentJob
from ..options import enrichment_options, sources_of
from ..plans import Plan, plan_of
from ..wiring import build_sources
from .product import OnProgress, Product, UploadMissingError

#: Shorter pauses are everyday rate limits, and not worth telling.
_TOLD_FROM_SECONDS = 3.0
#: Longer ones than this are no rate limit any more.
_LONG_PAUSE_SECONDS = 10


def enrich_job(job_id: str, on_progress: OnProgress) -> Product:
    """Work on the job with this id. Raises what reading and enriching raise, and :class:`UploadMissingError`."""
    job = EnrichmentJob.objects.get(pk=job_id)
    teller = Teller(on_progress, entries_total=job.entries_total)
    today = timezone.now().date()
    document = Document.read(_upload(job), limits=limits())
    teller.expect(plan_of(document, sources=sources_of(job.options)))
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
        self._forecast: Forecast | None = None
        self.tell(Progress(entries_total, 0, activity="Reading the file"))

    def expect(self, plan: Plan) -> None:
        """From now on say how long the rest of this plan will take."""
        self._forecast = Forecast(plan)

    def tell(self, progress: Progress) -> None:
        """What the pipeline says."""
        self._latest = self._forecast.note(progress, now=self._clock()) if self._forecast else progress
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
        self._on_progress(replace(self._latest, waiting=waiting, left=self._left(waiting)))

    def _left(self, waiting: Mapping[str, Pause]) -> float | None:
        """The time left, with a long pause on top: the forecast knows of it only when it is over."""
        longest = max((pause.seconds for pause in waiting.values()), default=0)
        left = self._latest.left
        return left if left is None or longest < _LONG_PAUSE_SECONDS else left + longest


def _upload(job: EnrichmentJob) -> bytes:
    try:
        return files.read(job.upload_name)
    except FileNotFoundError as error:
        raise UploadMissingError from error
