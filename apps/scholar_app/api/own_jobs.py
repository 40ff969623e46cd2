"""The job that a request is about: its key's user's own, and completed where there is to be something to take."""

from http import HTTPStatus
from uuid import UUID

from django.http import HttpRequest

from .. import jobs
from ..models import EnrichmentJob, Status
from .answers import job_brief
from .authentication import KeyedRequest, owner_of
from .errors import ApiError


def own_job(request: KeyedRequest, job_id: UUID) -> EnrichmentJob:
    """Raises ``DoesNotExist``, the same for others' jobs and for none."""
    return jobs.find(job_id, [owner_of(request)])


def completed_job(request: KeyedRequest, job_id: UUID) -> EnrichmentJob:
    """As :func:`own_job`; raises ``ApiError`` (409) for one that is not completed."""
    job = own_job(request, job_id)
    if job.status != Status.COMPLETED:
        raise ended_without(request, job, status=HTTPStatus.CONFLICT)
    return job


def ended_without(request: HttpRequest, job: EnrichmentJob, *, status: HTTPStatus = HTTPStatus.BAD_GATEWAY) -> ApiError:
    """Why there is no result: the job goes on, or it was cancelled, or it failed."""
    more = {"job": job_brief(request, job)}
    if job.is_active:
        return ApiError(HTTPStatus.CONFLICT, "not_completed", "The job is still being worked on.", more=more)
    if job.status == Status.CANCELLED:
        return ApiError(HTTPStatus.CONFLICT, "cancelled", "The job was cancelled and has no result.", more=more)
    return ApiError(status, job.error_code, job.error_message or "The job failed and has no result.", more=more)
