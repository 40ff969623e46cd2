"""What came of a job, to take away: the enriched file, the upload itself, the report, and what was added where."""

from typing import BinaryIO, Final
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
    job = completed_job(request, job_id)
    return _file(results.open_result(job), shown=results.file_name(job, ".enriched.bib"), content_type=BIBTEX)


@require_safe
@private
def job_original(request: HttpRequest, job_id: UUID) -> HttpResponseBase:
    """The upload, as it came, whatever became of the job."""
    job = own_job(request, job_id)
    return _file(_opened(job.upload_name), shown=results.file_name(job, ".bib"), content_type=BIBTEX)


@require_safe
@private
def job_report_json(request: HttpRequest, job_id: UUID) -> HttpResponseBase:
    """The report, whole, for programs."""
    job = completed_job(request, job_id)
    file, shown = results.open_report(job), results.file_name(job, ".report.json")
    if file is not None:
        return _file(file, shown=shown, content_type="application/json")
    response = HttpResponse(results.report_json(job), content_type="application/json")
    response.headers["Content-Disposition"] = results.disposition(job, ".report.json")
    return response


@require_safe
@private
def job_report_csv(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The report as a table, for spreadsheets."""
    job = completed_job(request, job_id)
    response = HttpResponse(results.csv(job), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = results.disposition(job, ".report.csv")
    return response


@require_safe
@private
def job_diff(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Every line that was added, between the lines around it."""
    job = completed_job(request, job_id)
    page = results.changes(job, page=request.GET.get("page"))
    return render(request, "scholar/diff.html", {"job": job, "page": page})


def completed_job(request: HttpRequest, job_id: UUID) -> EnrichmentJob:
    """The job, if it is theirs and completed. Raises ``Http404``."""
    job = own_job(request, job_id)
    if job.status != Status.COMPLETED:
        raise Http404
    return job


def _opened(name: str) -> BinaryIO:
    try:
        return files.open_file(name)
    except FileNotFoundError:
        raise Http404 from None


def _file(file: BinaryIO, *, shown: str, content_type: str) -> FileResponse:
    return FileResponse(file, as_attachment=True, filename=shown, content_type=content_type)
