"""The pages of a bibliography's way: form, upload, progress, and what its owner may do to a job."""

import dataclasses
import math
import random
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from . import advice, door, held, jobs, letters, options, owners, pages, polling, results, submissions
from .forms import OptionsForm, UploadForm
from .held import Upload
from .models import EnrichmentJob, Status
from .pages import post_only, private
from .tallies import count

RECENT_JOBS: Final = 10
JOBS_PER_PAGE: Final = 25


@require_safe
@private
def bibtex_form(request: HttpRequest) -> HttpResponse:
    """The form, what will be looked up, and the visitor's own jobs."""
    return form_page(request)


@require_safe
@private
def history(request: HttpRequest) -> HttpResponse:
    """All of the visitor's own jobs, page by page."""
    number = max(_number(request, "page"), 1)
    first = (number - 1) * JOBS_PER_PAGE
    # One more than is shown tells whether there is another page, without counting all of them.
    found = list(jobs.jobs_of(*owners.owners_of(request))[first : first + JOBS_PER_PAGE + 1])
    page = results.Page(number, found[:JOBS_PER_PAGE], has_next=len(found) > JOBS_PER_PAGE)
    return render(request, "scholar/history.html", {"page": page, "query": ""})


@post_only
@private
def bibtex_upload(request: HttpRequest) -> HttpResponse:
    """Take a file in: a new job, or an answer that says why not. ``replace=1`` cancels the job that is in the way."""
    replace = request.POST.get("replace") == "1"
    if request.POST.get("held"):
        return _start_held(request, request.POST["held"], replace=replace)
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        count("uploads_refused", form.first_code)
        return form_page(request, form)
    return _start(request, form.upload, replace=replace)


@require_safe
@private
def job(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """A job's one page: its progress as long as it goes on, then what came of it."""
    found = own_job(request, job_id)
    context = _progress_context(request, found)
    if found.status == Status.COMPLETED:
        context |= results.context(found, results.Wish.of(request.GET.dict()))
    elif found.status == Status.FAILED:
        context |= {"what_to_do": advice.what_to_do(found)}
    context |= {
        "chosen": options.Chosen.of(found.options),
        "can_be_tried_again": advice.can_be_tried_again(found),
        "can_have_letter": found.is_active and letters.can_have_letter(request.user),
        "letter_wished": found.is_active and jobs.letter_wished(found.pk),
    }
    return render(request, "scholar/job.html", context)


@require_safe
@private
def job_progress(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """The part of the page that changes while the job goes on. When it has ended, htmx is told to load the page."""
    found = own_job(request, job_id)
    response = render(request, "scholar/_progress.html", _progress_context(request, found))
    if request.headers.get("HX-Request") and not found.is_active:
        response["HX-Refresh"] = "true"
    return response


@post_only
@private
def job_cancel(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """End an active job without a result."""
    found = own_job(request, job_id)
    if not jobs.cancel(found.id, owners.owners_of(request)):
        messages.info(request, _("The job had already ended, so there was nothing to cancel."))
    return redirect("scholar:job", found.id)


@post_only
@private
def job_retry(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Look the same file up again, as a new job."""
    found = own_job(request, job_id)
    replace = request.POST.get("replace") == "1"
    address = owners.client_address(request)
    try:
        new = submissions.retry(found.id, owners.owners_of(request), replace=replace, address=address)
    except jobs.ActiveJobExists as refusal:
        return _choose(request, refusal.job, {"retried": found, "name": found.original_name})
    except (jobs.QueueFull, jobs.TooManyUploads, jobs.NotStored) as refusal:
        return not_now(request, refusal)
    except door.CannotBeDone as refusal:
        return _cannot_be_done(request, refusal)
    except FileNotFoundError:
        raise Http404 from None
    return _begun(request, new)


@post_only
@private
def job_letter(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Send a letter at the end of an active job, or send none after all."""
    found = own_job(request, job_id)
    if request.POST.get("letter") != "on":
        jobs.drop_wish(found.id, owners.owners_of(request))
    elif not letters.wish(request, found, user=request.user):
        messages.info(request, _("No e-mail can be sent about this job."))
    return redirect("scholar:job", found.id)


@post_only
@private
def job_delete(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Remove a job and its files for good."""
    found = own_job(request, job_id)
    jobs.delete(found.id, owners.owners_of(request))
    messages.success(request, _("The job and its files have been deleted."))
    return redirect("scholar:bibtex_form")


def own_job(request: HttpRequest, job_id: UUID) -> EnrichmentJob:
    """The job, if it belongs to whoever asks. Raises ``Http404``, the same for others' jobs and for none."""
    try:
        return jobs.find(job_id, owners.owners_of(request))
    except EnrichmentJob.DoesNotExist:
        raise Http404 from None


def form_page(request: HttpRequest, form: UploadForm | None = None) -> HttpResponse:
    """The page with the upload form; a new one begins with what its owner chose last."""
    mine = jobs.jobs_of(*owners.owners_of(request))
    if form is None:
        last = mine.values_list("options", flat=True).first() or {}
        form = UploadForm.remembering(last)
    context = {
        "form": form,
        "sources": settings.SCITEX_SOURCES,
        "optional_sources": settings.SCITEX_OPTIONAL_SOURCES,
        "max_bytes": settings.SCITEX_MAX_UPLOAD_BYTES,
        "max_entries": f"{settings.SCITEX_MAX_ENTRIES:,}",
        "retention_days": settings.SCITEX_RETENTION_DAYS,
        "recent": mine[:RECENT_JOBS],
        "can_have_letter": letters.can_have_letter(request.user),
    }
    return render(request, "scholar/bibtex_form.html", context, status=form.status)


def _start(request: HttpRequest, upload: Upload, *, replace: bool) -> HttpResponse:
    owner = owners.uploader(request)
    try:
        new, _is_new = submissions.submit(owner, upload, replace=replace, address=owners.client_address(request))
    except jobs.ActiveJobExists as refusal:
        return _choose_held(request, refusal.job, upload)
    except (jobs.QueueFull, jobs.TooManyUploads, jobs.NotStored) as refusal:
        return not_now(request, refusal)
    except door.CannotBeDone as refusal:
        return _cannot_be_done(request, refusal)
    held.drop(request)
    owners.remember(request, owner)
    return _begun(request, new)


def _cannot_be_done(request: HttpRequest, refusal: door.CannotBeDone) -> HttpResponse:
    """503 for what could be done later, 422 for what could not."""
    later = refusal.retry_after is not None
    status = HTTPStatus.SERVICE_UNAVAILABLE if later else HTTPStatus.UNPROCESSABLE_ENTITY
    title = _("This file cannot be looked up now") if later else _("Looking this file up would take too long")
    text = f"{refusal} {_('Nothing was stored.')}"
    return pages.problem(request, status, title=title, text=text, retry_after=refusal.retry_after)


def _begun(request: HttpRequest, new: EnrichmentJob) -> HttpResponse:
    if new.options.get("letter"):
        letters.wish(request, new, user=request.user)
    return redirect("scholar:job", new.id)


def _start_held(request: HttpRequest, held_id: str, *, replace: bool) -> HttpResponse:
    upload = held.take(request, held_id)
    if upload is None:
        form = UploadForm({})
        form.refuse(_("The file was held for ten minutes only, and is gone. Choose it again."), code="held_no_more")
        return form_page(request, form)
    if "sources" in request.POST:  # from a page that shows the options once more
        chosen = OptionsForm(request.POST)
        if not chosen.is_valid():
            return form_page(request, UploadForm(request.POST))
        upload = dataclasses.replace(upload, options=chosen.options)
    return _start(request, upload, replace=replace)


def _choose_held(request: HttpRequest, active: EnrichmentJob, upload: Upload) -> HttpResponse:
    try:
        held_id = held.hold(request, upload)
    except jobs.NotStored as refusal:
        return not_now(request, refusal)
    return _choose(request, active, {"held": held_id, "name": upload.original_name})


def _choose(request: HttpRequest, active: EnrichmentJob, wanted: dict[str, Any]) -> HttpResponse:
    """409: one job at a time. Keep the active one, or cancel it and start what is ``wanted`` in its stead."""
    context = {"job": active, "minutes": held.MINUTES, **wanted}
    return render(request, "scholar/choose.html", context, status=HTTPStatus.CONFLICT)


def not_now(request: HttpRequest, refusal: jobs.QueueFull | jobs.TooManyUploads | jobs.NotStored) -> HttpResponse:
    """503 for a full queue or a full disk, 429 for too much from one person."""
    minutes = math.ceil(refusal.retry_after / 60)
    if isinstance(refusal, jobs.QueueFull):
        status, title = HTTPStatus.SERVICE_UNAVAILABLE, _("Too many files are waiting")
        text = _("Your file could not be started within a few minutes, so it was not taken in. Try again in %d min.")
    elif isinstance(refusal, jobs.NotStored):
        status, title = HTTPStatus.SERVICE_UNAVAILABLE, _("Your file could not be stored")
        text = _("The fault is ours, and nothing was begun. Try again in %d min.")
    else:
        status, title = HTTPStatus.TOO_MANY_REQUESTS, _("Too many files within an hour")
        text = _("This site takes only so many from one person. Nothing was stored. Try again in %d min.")
    return pages.problem(request, status, title=title, text=text % minutes, retry_after=refusal.retry_after)


def _progress_context(request: HttpRequest, found: EnrichmentJob) -> dict[str, Any]:
    looks, left = _number(request, "seen"), jobs.seconds_left(found)
    waits = left if found.status == Status.PENDING else None
    # Announced to screen readers, and only when it changed: nobody wants to be read a number every second.
    percent = 100 * found.entries_done // max(found.entries_total, 1)
    tenths = 10 * (10 * found.entries_done // max(found.entries_total, 1))
    return {
        "job": found,
        "ahead": max(jobs.queue_position(found) - 1, 0),
        "pause": polling.pause(looks, waits=waits, chance=random.random()),  # noqa: S311 - no secret
        "looks": looks + 1,
        "tenths": tenths,
        "percent": percent,
        "left": left,
        "is_overdue": found.is_active and found.is_stale(),
        "news": "said" in request.GET and tenths != _number(request, "said"),
    }


def _number(request: HttpRequest, name: str) -> int:
    """A small number that the page asks with; 0 for anything else."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0
