"""What the API answers to each exception of the house: one status and one code for each."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from ninja.errors import AuthenticationError, HttpError, ValidationError

from .. import door, jobs, submissions
from ..models import EnrichmentJob
from .answers import job_brief
from .errors import ApiError


def _refused(request: HttpRequest, error: ApiError) -> HttpResponse:  # noqa: ARG001 (ninja's signature, here and below)
    return error.response()


def _not_found(request: HttpRequest, error: Exception) -> HttpResponse:  # noqa: ARG001
    return ApiError.general(HTTPStatus.NOT_FOUND).response()


def _unauthorized(request: HttpRequest, error: AuthenticationError) -> HttpResponse:  # noqa: ARG001
    return ApiError.general(HTTPStatus.UNAUTHORIZED, headers={"WWW-Authenticate": "Bearer"}).response()


def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:  # noqa: ARG001
    return ApiError.general(error.status_code).response()


def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:  # noqa: ARG001
    said = "; ".join(f"{problem['loc'][-1]}: {problem['msg']}" for problem in error.errors)
    return ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_parameter", said).response()


def _active(request: HttpRequest, error: jobs.ActiveJobExists) -> HttpResponse:
    brief = job_brief(request, error.job)
    message = "Another job of yours is active. Wait for it, cancel it, or send replace=1."
    return ApiError(
        HTTPStatus.CONFLICT,
        "active_job",
        message,
        headers={"Location": str(brief["links"]["self"])},
        more={"job": brief},
    ).response()


def _queue_full(request: HttpRequest, error: jobs.QueueFull) -> HttpResponse:  # noqa: ARG001
    message = "So many files wait that yours could not be started in time; it was not taken in."
    return _later(HTTPStatus.SERVICE_UNAVAILABLE, "queue_full", message, error.retry_after)


def _not_stored(request: HttpRequest, error: jobs.NotStored) -> HttpResponse:  # noqa: ARG001
    message = "The file could not be stored; the fault is ours, and nothing was begun."
    return _later(HTTPStatus.SERVICE_UNAVAILABLE, "not_stored", message, error.retry_after)


def _too_many(request: HttpRequest, error: jobs.TooManyUploads) -> HttpResponse:  # noqa: ARG001
    message = "Too many files came from this account or address within an hour. Nothing was stored."
    return _later(HTTPStatus.TOO_MANY_REQUESTS, "too_many_uploads", message, error.retry_after)


def _cannot_be_done(request: HttpRequest, error: door.CannotBeDone) -> HttpResponse:  # noqa: ARG001
    if error.retry_after is None:
        return ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, error.code, str(error)).response()
    return _later(HTTPStatus.SERVICE_UNAVAILABLE, error.code, str(error), error.retry_after)


def _key_reused(request: HttpRequest, error: Exception) -> HttpResponse:  # noqa: ARG001
    message = "This Idempotency-Key came with another file or other options before. Use a new one for each file."
    return ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, "idempotency_key_reused", message).response()


def _job_gone(request: HttpRequest, error: Exception) -> HttpResponse:  # noqa: ARG001
    message = "The job of this Idempotency-Key has been deleted. Use a new key to send the file again."
    return ApiError(HTTPStatus.CONFLICT, "job_deleted", message).response()


def _later(status: HTTPStatus, code: str, message: str, seconds: int) -> HttpResponse:
    return ApiError(status, code, message, headers={"Retry-After": str(seconds)}).response()


#: By the class of the exception; ninja looks for the closest one.
HANDLERS: Final[Mapping[type[Exception], Callable[[HttpRequest, Any], HttpResponse]]] = {
    ApiError: _refused,
    Http404: _not_found,
    EnrichmentJob.DoesNotExist: _not_found,
    AuthenticationError: _unauthorized,
    HttpError: _http_error,
    ValidationError: _invalid,
    jobs.ActiveJobExists: _active,
    jobs.QueueFull: _queue_full,
    door.CannotBeDone: _cannot_be_done,
    jobs.NotStored: _not_stored,
    jobs.TooManyUploads: _too_many,
    submissions.KeyReused: _key_reused,
    submissions.JobGone: _job_gone,
}
