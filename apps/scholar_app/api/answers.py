"""What the API says of a job, and the schemas that say what that is."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from ninja import Schema
from pydantic import Field

from .. import jobs
from ..enrichment.fields import ADDABLE
from ..jobs import OUTCOMES
from ..models import EnrichmentJob, Status


def list_of(names: Sequence[str]) -> str:
    """The pattern of some of ``names``, separated by commas."""
    one = f"(?:{'|'.join(names)})"
    return f"^(?:{one}(?:,{one})*)?$"


#: A form with a file, in the words of OpenAPI.
UPLOAD: Final[Mapping[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["bibtex_file"],
                    "properties": {
                        "bibtex_file": {"type": "string", "format": "binary", "description": "The BibTeX file."},
                        "replace_placeholders": {
                            "type": "boolean",
                            "description": "Values like {}, {unknown} or ?? give way to what is found.",
                        },
                        "fields": {
                            "type": "string",
                            "pattern": list_of(ADDABLE),
                            "description": "The fields that may be added, separated by commas or sent several times. "
                            "Left out: all of them; empty: none, the entries are only checked.",
                        },
                        "sources": {
                            "type": "string",
                            "pattern": list_of(settings.SCITEX_SOURCES),
                            "minLength": 1,
                            "description": "Whom to ask, of the sources of this site, separated by commas or sent "
                            "several times. Left out: all of them.",
                        },
                        "letter": {
                            "type": "boolean",
                            "description": "Send an e-mail to your account's address when the job has ended; 422 "
                            "where none can be sent.",
                        },
                        "replace": {
                            "type": "string",
                            "enum": ["0", "1"],
                            "description": "1 cancels your active job, if there is one, and starts this one.",
                        },
                    },
                },
                "encoding": {
                    "bibtex_file": {
                        "contentType": "text/x-bibtex",
                        "headers": {
                            "Content-Disposition": {
                                "description": "With the file's name, which ends in .bib or .bibtex.",
                                "schema": {"type": "string"},
                                "example": 'form-data; name="bibtex_file"; filename="thesis.bib"',
                            }
                        },
                    }
                },
            }
        },
    }
}


class ErrorText(Schema):
    """What went wrong."""

    code: str = Field(description="For programs; stays the same.")
    message: str = Field(description="For people.")


class ErrorAnswer(Schema):
    """Every answer with a status of 400 or more."""

    error: ErrorText


class Links(Schema):
    """Where to go on; null where there is nothing yet, or no more."""

    self: str
    page: str = Field(description="The job's page, for a person signed in to the same account.")
    result: str | None
    report: str | None
    decisions: str | None = Field(description="Where what was added is accepted or rejected.")
    cancel: str | None


class Counts(Schema):
    """How many entries had each outcome so far."""

    enriched: int
    complete: int
    not_found: int
    ambiguous: int
    conflict: int
    skipped: int


class JobAnswer(Schema):
    """A job."""

    id: str
    status: Literal["pending", "processing", "completed", "failed", "cancelled"]
    file_name: str
    created_at: datetime
    finished_at: datetime | None
    entries_total: int
    entries_done: int
    counts: Counts
    queue_position: int = Field(description="1 for the job whose turn is next; 0 for one that does not wait.")
    eta_seconds: int | None = Field(
        description="An estimate: what is left of its work, those before it, and the turns it gives to others; "
        "null while there is none."
    )
    activity: str = Field(description="What is being done, for people.")
    error: ErrorText | None = Field(description="Why the job failed.")
    links: Links


class JobsAnswer(Schema):
    """A page of own jobs, newest first."""

    jobs: list[JobAnswer]
    next: str | None = Field(description="Where the next page is; null on the last one.")


def job_answer(request: HttpRequest, job: EnrichmentJob) -> dict[str, Any]:
    """The job as the API shows it: values of :class:`JobAnswer`."""
    failed = job.status == Status.FAILED
    return {
        "id": str(job.pk),
        "status": job.status,
        "file_name": job.original_name,
        "created_at": job.created_at,
        "finished_at": job.finished_at,
        "entries_total": job.entries_total,
        "entries_done": job.entries_done,
        "counts": {name: getattr(job, name) for name in OUTCOMES},
        "queue_position": jobs.queue_position(job),
        "eta_seconds": eta_seconds(job, now=timezone.now()),
        "activity": str(job.progress.get("activity", "")) if job.is_active else "",
        "error": {"code": job.error_code, "message": job.error_message} if failed else None,
        "links": links(request, job),
    }


def job_brief(request: HttpRequest, job: EnrichmentJob) -> dict[str, Any]:
    """What an error says of the job it is about."""
    whole = job_answer(request, job)
    return {name: whole[name] for name in ("id", "status", "links")}


def links(request: HttpRequest, job: EnrichmentJob) -> dict[str, str | None]:
    """Values of :class:`Links`."""
    completed = job.status == Status.COMPLETED
    return {
        "self": _link(request, "api:job", job),
        "page": _link(request, "scholar:job", job),
        "result": _link(request, "api:result", job) if completed else None,
        "report": _link(request, "api:report", job) if completed else None,
        "decisions": _link(request, "api:decisions", job) if completed else None,
        "cancel": _link(request, "api:cancel", job) if job.is_active else None,
    }


def eta_seconds(job: EnrichmentJob, *, now: datetime) -> int | None:
    """Seconds until the job is done, as ``jobs.seconds_left`` says; where it cannot, if it goes on as it did so far.

    ``None`` for a job that has ended, and as long as nothing is known of its work.
    """
    left = jobs.seconds_left(job)
    if left is not None:
        return left
    if job.status != Status.PROCESSING or job.started_at is None or not job.entries_done:
        return None
    elapsed = max((now - job.started_at).total_seconds(), 0.0)
    return round(elapsed * max(job.entries_total - job.entries_done, 0) / job.entries_done)


def _link(request: HttpRequest, name: str, job: EnrichmentJob) -> str:
    return request.build_absolute_uri(reverse(name, args=[job.pk]))
