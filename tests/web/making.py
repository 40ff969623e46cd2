"""Visitors, uploads and reports for the tests of the pages."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponseBase
from django.test import Client
from django.urls import reverse

from apps.scholar_app import files, jobs
from apps.scholar_app.enrichment.merging import Addition
from apps.scholar_app.enrichment.record import SourceTally
from apps.scholar_app.enrichment.report import Candidate, DocumentFacts, EntryReport, Outcome, Report, SourceReport
from apps.scholar_app.models import EnrichmentJob

BIBTEX = b"""@article{vaswani2017,
  title = {Attention is all you need},
  author = {Vaswani, Ashish and others},
  year = 2017
}
"""
ENRICHED = BIBTEX.replace(b"  year = 2017\n", b"  year = 2017,\n  doi = {10.48550/arXiv.1706.03762},\n")


def upload(client: Client, data: bytes = BIBTEX, *, name: str = "references.bib", **fields: str) -> Any:
    """Send the form with one file."""
    form = {"bibtex_file": SimpleUploadedFile(name, data), **fields}
    return client.post(reverse("scholar:bibtex_upload"), form)


def job_at(response: Any) -> EnrichmentJob:
    """The job that an answer leads to."""
    assert response.status_code == 302, response.content.decode()
    return EnrichmentJob.objects.get(pk=UUID(response["Location"].rstrip("/").rpartition("/")[2]))


def uploaded(client: Client, **arguments: Any) -> EnrichmentJob:
    """The waiting job that an upload of this client became."""
    return job_at(upload(client, **arguments))


def url(name: str, job: EnrichmentJob | UUID, entry: int = 0) -> str:
    """The URL of one of a job's pages, or of that of one of its entries."""
    job_id = job if isinstance(job, UUID) else job.pk
    return reverse(f"scholar:{name}", args=[job_id, entry] if name == "job_entry" else [job_id])


def content(response: HttpResponseBase) -> bytes:
    """The body, of a streamed answer too."""
    return bytes(response.getvalue())


def page(client: Client, name: str, job: EnrichmentJob, query: str = "") -> str:
    """One of a job's pages, as its owner sees it."""
    response = client.get(url(name, job) + query)
    assert response.status_code == 200
    return content(response).decode()


def user(name: str = "ada") -> User:
    """An account, without a usable password."""
    return User.objects.create_user(name)


def stored_files() -> set[str]:
    """Every file that is kept for jobs."""
    return {file.name for folder in files.FOLDERS for file in files.stored(folder)}


def entry(key: str = "vaswani2017", outcome: Outcome = "enriched", **changes: Any) -> EntryReport:
    """What a report says of an entry."""
    plain = EntryReport(key=key, line=1, type="article", outcome=outcome, reason="", score=0.99)
    return replace(plain, **changes)


def added(**values: str) -> tuple[Addition, ...]:
    """What a report says was added."""
    retrieved = date(2026, 1, 31)
    return tuple(Addition(field, value, "crossref", retrieved) for field, value in values.items())


def candidate(**changes: Any) -> Candidate:
    """A work that may be meant."""
    plain = Candidate(
        doi="10.1000/182",
        title="Deep learning",
        authors=("Smith, Jane",),
        year=2019,
        container="Neural Networks",
        score=0.81,
        reasons=("same title", "first page: 12 against 45"),
        source="crossref",
    )
    return replace(plain, **changes)


def report(*entries: EntryReport, **sources: SourceReport) -> Report:
    """A report of these entries."""
    facts = DocumentFacts("utf-8", "\n", bytes=118, enriched_bytes=158, entries=len(entries), damaged=0)
    has_doi = sum(any(addition.field == "doi" for addition in entry.added) for entry in entries)
    tally = SourceTally(asked=3, answered=3, found=2, cached=1, seconds=1.25)
    asked = {"crossref": SourceReport(tally), **sources}
    return Report(entries, asked, facts, fields_before={"doi": 0}, fields_after={"doi": has_doi})


def complete(
    job: EnrichmentJob, *entries: EntryReport, result: bytes = ENRICHED, **sources: SourceReport
) -> EnrichmentJob:
    """The job, completed with this result and a report of these entries."""
    made = report(*(entries or (entry(added=added(doi="10.48550/arXiv.1706.03762")),)), **sources)
    claim = jobs.claim(worker="test", job_id=job.pk)
    assert claim, "the job was not waiting"
    assert jobs.complete(claim, result=result, report=made.to_json(), outcomes=made.outcomes)
    return EnrichmentJob.objects.get(pk=job.pk)


def fail(job: EnrichmentJob, *, code: str = "source_away", message: str = "Crossref did not answer.") -> EnrichmentJob:
    """The job, failed."""
    claim = jobs.claim(worker="test", job_id=job.pk)
    assert claim, "the job was not waiting"
    assert jobs.fail(claim, code=code, message=message)
    return EnrichmentJob.objects.get(pk=job.pk)
