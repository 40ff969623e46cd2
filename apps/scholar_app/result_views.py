"""What came of a job, to take away: the enriched file, the upload itself, the report, and what was added where."""

from typing import Final
from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from . import files, results
from .bibtex_views import own_job
from .models import EnrichmentJob, Status
from .pages import private

BIBTEX: Final = "text/x-bibtex"


@require_safe
@private
def job_download(request: HttpRequest, job_id: UUID) -> HttpResponseBase:
    """The enriched file."""
    job = _completed(request, job_id)
    return _file(job.result_name, shown=results.file_name(job, ".enriched.bib"), content_type=BIBTEX)


@require_safe
@private
def job_original(request: HttpRequest, job_id: UUID) -> HttpResponseBase:
    """The upload, as it came, whatever became of the job."""
    job = own_job(request, job_id)
    return _file(job.upload_name, shown=results.file_name(job, ".bib"), content_type=BIBTEX)


@require_safe
@private
def job_report_json(request: HttpRequest, job_id: UUID) -> HttpResponseBase:
    """The report, whole, for programs."""
    job = _completed(request, job_id)
    return _file(job.report_name, shown=results.file_name(job, ".report.json"), content_type="application/json")


@require_safe
@private
def job_report_csv(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The report as a table, for spreadsheets."""
    job = _completed(request, job_id)
    response = HttpResponse(results.csv(job), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = results.disposition(job, ".report.csv")
    return response


@require_safe
@private
def job_diff(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Every line that was added, between the lines around it."""
    job = _completed(request, job_id)
    page = results.changes(job, page=request.GET.get("page"))
    return render(request, "scholar/diff.html", {"job": job, "page": page})


def _completed(request: HttpRequest, job_id: UUID) -> EnrichmentJob:
    job = own_job(request, job_id)
    if job.status != Status.COMPLETED:
        raise Http404
    return job


def _file(name: str, *, shown: str, content_type: str) -> FileResponse:
    try:
        return FileResponse(files.open_file(name), as_attachment=True, filename=shown, content_type=content_type)
    except FileNotFoundError:
        raise Http404 from None
