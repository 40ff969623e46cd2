"""The endpoints of version 1: guard, form, one call, one answer."""

from collections.abc import Mapping
from http import HTTPStatus
from io import BytesIO
from typing import Any, BinaryIO, Final, Literal
from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from ninja import NinjaAPI
from ninja.params.functions import Header, Query
from ninja.responses import Status as Answer

from .. import jobs, letters, owners, results, submissions
from ..forms import UploadForm
from ..held import Upload
from ..models import EnrichmentJob, Status
from ..tallies import count
from . import decisions, refusals
from .answers import UPLOAD, ErrorAnswer, JobAnswer, JobsAnswer, job_answer, job_brief
from .authentication import BearerKey, KeyedRequest, owner_of
from .errors import ApiError, limit_headers
from .own_jobs import completed_job, ended_without, own_job
from .throttling import KeyThrottle
from .waiting import LONGEST, wait_for_end

MOST_PER_PAGE: Final = 100
_MOST_PAGES: Final = 10_000
_BIBTEX: Final = "text/x-bibtex"
_LONGEST_KEY: Final = 255
_FORMS: Final = frozenset(("multipart/form-data", "application/x-www-form-urlencoded"))
_ERRORS: Final[Mapping[int, Any]] = dict.fromkeys((401, 404, 429), ErrorAnswer)
_REFUSED: Final[Mapping[int, Any]] = dict.fromkeys((400, 401, 409, 413, 415, 422, 429, 503), ErrorAnswer)

api = NinjaAPI(
    title="SciTeX Scholar",
    version="1",
    description="Completes and checks BibTeX files against the scholarly indexes, and gives them back intact.",
    docs_url=None,
    urls_namespace="api",
    auth=BearerKey(),
    throttle=KeyThrottle(),
)
IdempotencyKey = Header(
    "",
    alias="Idempotency-Key",
    max_length=_LONGEST_KEY,
    description="Chosen by you, per file. The same key within 24 hours means the same job, however often it is sent.",
)


@api.post(
    "jobs",
    response={202: JobAnswer, **_REFUSED},
    url_name="jobs",
    summary="Send a file",
    openapi_extra=dict(UPLOAD),
)
def create_job(
    request: KeyedRequest, response: HttpResponse, idempotency_key: str = IdempotencyKey
) -> Answer[dict[str, Any]]:
    """A new job for the file. One job per account is active at a time; another is refused with 409."""
    return _accepted(request, response, _submit(request, idempotency_key))


@api.get(
    "jobs",
    url_name="jobs",
    response={200: JobsAnswer, **dict.fromkeys((401, 422, 429), ErrorAnswer)},
    summary="List your jobs",
)
def list_jobs(
    request: KeyedRequest,
    page: int = Query(1, ge=1, le=_MOST_PAGES),
    per_page: int = Query(25, ge=1, le=MOST_PER_PAGE),
) -> dict[str, Any]:
    """Your jobs, newest first, page by page."""
    first = (page - 1) * per_page
    found = list(jobs.jobs_of(owner_of(request))[first : first + per_page + 1])
    query = f"?page={page + 1}&per_page={per_page}"
    more = request.build_absolute_uri(request.path + query) if len(found) > per_page else None
    return {"jobs": [job_answer(request, job) for job in found[:per_page]], "next": more}


@api.get("jobs/{uuid:job_id}", response={200: JobAnswer, **_ERRORS}, url_name="job", summary="Look at a job")
def show_job(request: KeyedRequest, job_id: UUID) -> dict[str, Any]:
    """Status, counts, position in the queue and estimated time left."""
    return job_answer(request, own_job(request, job_id))


@api.delete("jobs/{uuid:job_id}", response={204: None, **_ERRORS}, url_name="job", summary="Delete a job")
def delete_job(request: KeyedRequest, job_id: UUID) -> Answer[None]:
    """Remove the job and its files for good, whatever its status."""
    if not jobs.delete(job_id, [owner_of(request)]):
        raise Http404
    return Answer(HTTPStatus.NO_CONTENT, None)


@api.get(
    "jobs/{uuid:job_id}/result",
    response={200: str, **_ERRORS, 409: ErrorAnswer},
    url_name="result",
    summary="Download the enriched file",
    openapi_extra={"responses": {200: {"description": "OK", "content": {_BIBTEX: {"schema": {"type": "string"}}}}}},
)
def result(request: KeyedRequest, job_id: UUID) -> HttpResponseBase:
    """Your file with the missing fields added; 409 while the job is not completed."""
    return _result(completed_job(request, job_id))


@api.get(
    "jobs/{uuid:job_id}/report",
    response={200: dict, **_ERRORS, 409: ErrorAnswer, 422: ErrorAnswer},
    url_name="report",
    summary="Download the report",
)
def report(
    request: KeyedRequest, job_id: UUID, kind: Literal["json", "csv"] = Query("json", alias="format")
) -> HttpResponseBase:
    """Per entry the outcome and why, and every added value with its source; 409 while the job is not completed."""
    job = completed_job(request, job_id)
    if kind == "csv":
        headers = {"Content-Disposition": results.disposition(job, ".report.csv")}
        return HttpResponse(results.csv(job), content_type="text/csv; charset=utf-8", headers=headers)
    file = results.open_report(job) or BytesIO(results.report_json(job))
    return _file(file, shown=results.file_name(job, ".report.json"), content_type="application/json")


@api.post(
    "jobs/{uuid:job_id}/cancel",
    response={200: JobAnswer, **_ERRORS, 409: ErrorAnswer},
    url_name="cancel",
    summary="Cancel a job",
)
def cancel_job(request: KeyedRequest, job_id: UUID) -> dict[str, Any]:
    """End an active job without a result; 409 if it has ended already."""
    own_job(request, job_id)
    if not jobs.cancel(job_id, [owner_of(request)]):
        more = {"job": job_brief(request, own_job(request, job_id))}
        raise ApiError(HTTPStatus.CONFLICT, "already_ended", "The job had already ended.", more=more)
    return job_answer(request, own_job(request, job_id))


@api.post(
    "enrich",
    response={200: str, 202: JobAnswer, **_REFUSED, 502: ErrorAnswer},
    url_name="enrich",
    summary="Send a file and wait for the result",
    openapi_extra=dict(UPLOAD),
)
def enrich(
    request: KeyedRequest,
    response: HttpResponse,
    wait: int = Query(LONGEST, ge=0, description=f"In seconds; no request is kept waiting for more than {LONGEST}."),
    idempotency_key: str = IdempotencyKey,
) -> HttpResponseBase | Answer[dict[str, Any]]:
    """The enriched file in one call, or 202 with the job where that takes longer; 502 where the job fails.

    Sent again with the same Idempotency-Key, it goes on waiting for the same job.
    """
    job = wait_for_end(_submit(request, idempotency_key).pk, owner_of(request), seconds=wait)
    if job.is_active:
        return _accepted(request, response, job)
    if job.status == Status.COMPLETED:
        return _result(job)
    raise ended_without(request, job)


def _submit(request: KeyedRequest, idempotency_key: str) -> EnrichmentJob:
    """The job for the request's file, by the form and the rules of the pages."""
    owner, address = owner_of(request), owners.client_address(request)
    upload = _checked_upload(request)
    replace = request.POST.get("replace") == "1"
    try:
        job, is_new = submissions.submit(owner, upload, key=idempotency_key, replace=replace, address=address)
    finally:
        left = jobs.allowance(owner, address)
        limit_headers(request).update(
            {
                "RateLimit-Limit": str(left.limit),
                "RateLimit-Remaining": str(left.remaining),
                "RateLimit-Reset": str(left.reset),
            }
        )
    if is_new and upload.options.get("letter"):
        letters.wish(request, job, user=request.auth.user)
    return job


def _checked_upload(request: KeyedRequest) -> Upload:
    if request.META.get("CONTENT_LENGTH") and request.content_type not in _FORMS:
        raise ApiError.general(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        error = form.first_error
        count("uploads_refused", form.first_code)
        raise ApiError(form.status, form.first_code, " ".join(error.messages if error else ()))
    if form.upload.options.get("letter") and not letters.can_have_letter(request.auth.user):
        message = "No letter can be sent: your account has no e-mail address, or this site sends no mail."
        raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, "no_letter", message)
    return form.upload


def _accepted(request: HttpRequest, response: HttpResponse, job: EnrichmentJob) -> Answer[dict[str, Any]]:
    answer = job_answer(request, job)
    response.headers["Location"] = str(answer["links"]["self"])
    return Answer(HTTPStatus.ACCEPTED, answer)


def _result(job: EnrichmentJob) -> FileResponse:
    response = _file(results.open_result(job), shown=results.file_name(job, ".enriched.bib"), content_type=_BIBTEX)
    response.headers["Scitex-Job"] = str(job.pk)
    return response


def _file(file: BinaryIO, *, shown: str, content_type: str) -> FileResponse:
    return FileResponse(file, as_attachment=True, filename=shown, content_type=content_type)


api.add_router("jobs", decisions.router)
for _error, _handler in refusals.HANDLERS.items():
    api.add_exception_handler(_error, _handler)
