"""Jobs for tests: made through the front door, and then, where a test needs it, put into another time."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from apps.scholar_app import jobs
from apps.scholar_app.models import EnrichmentJob

BIBTEX = b"@article{key,\n  title = {A title},\n}\n"
OUTCOMES = {"enriched": 1}


def visitor() -> jobs.Owner:
    """Somebody new."""
    return jobs.Owner(visitor=uuid4())


def submitted(owner: jobs.Owner | None = None, **arguments: Any) -> EnrichmentJob:
    """A waiting job."""
    arguments = {"data": BIBTEX, "original_name": "references.bib", "entries_total": 1} | arguments
    return jobs.submit(owner or visitor(), **arguments)


def claimed(job: EnrichmentJob | None = None) -> jobs.Claim:
    """The claim on a job of its own."""
    claim = jobs.claim(worker="test", job_id=(job or submitted()).pk)
    assert claim, "the job was not waiting"
    return claim


def completed(claim: jobs.Claim) -> bool:
    """Try to complete."""
    return jobs.complete(claim, result=BIBTEX, report={"entries": []}, outcomes=OUTCOMES)


def row(job_id: UUID) -> EnrichmentJob:
    """The job as the database has it."""
    return EnrichmentJob.objects.get(pk=job_id)


def put_back(job_id: UUID, **times: timedelta) -> None:
    """Move times of a job (``started_at=timedelta(minutes=11)``) into the past."""
    job = row(job_id)
    moved = {name: getattr(job, name) - by for name, by in times.items()}
    EnrichmentJob.objects.filter(pk=job_id).update(**moved)
