"""What the owner of a completed job decides about its report. The job has ended and stays as it ended."""

import logging
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import F

from ..models import EnrichmentJob, Status
from .owners import Owner, owned_by
from .running import OUTCOMES

logger = logging.getLogger("scholar.jobs")


class Decided(NamedTuple):
    """What was decided so far, as plain values, and the version that it is."""

    version: int
    decisions: Mapping[str, Any] | None


def decisions_of(job: EnrichmentJob) -> Decided:
    """Both of one moment. Raises ``DoesNotExist`` where the job is gone."""
    found = EnrichmentJob.objects.values_list("decisions_version", "decisions").get(pk=job.pk)
    return Decided(*found)


def decide(
    job_id: UUID,
    owners: Iterable[Owner],
    *,
    version: int,
    decisions: Mapping[str, Any],
    outcomes: Mapping[str, int],
) -> bool:
    """Keep these decisions in place of those of ``version``; ``outcomes`` counts the entries as they are now.

    ``False``: the job is not theirs, is not completed, or somebody decided something meanwhile; nothing has changed.
    """
    rows = owned_by(owners).filter(pk=job_id, status=Status.COMPLETED, decisions_version=version)
    counts = {name: outcomes.get(name, 0) for name in OUTCOMES}
    kept = rows.update(decisions=dict(decisions), decisions_version=F("decisions_version") + 1, **counts)
    if kept:
        logger.info("job=%s decided version=%d", job_id, version + 1)
    return bool(kept)
