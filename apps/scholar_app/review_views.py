"""Reviewing a result: one form whose buttons decide, undo and choose, and a page that compares an entry's works.

Without script the page is loaded anew at the same entry; with it only what changed is replaced.
"""

from typing import Final
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from . import owners, results, reviews
from .models import EnrichmentJob
from .pages import post_only, private
from .result_views import completed_job
from .results import Wish, number_of
from .review.decisions import Action, Decision, DecisionError

#: What a button may say first. ``accept 12 doi``, ``reject * abstract``, ``choose 12 0``, ``choose 12 none``.
_ACTIONS: Final[dict[str, Action]] = {"accept": "accept", "reject": "reject", "choose": "choose", "reset": "reset"}
_UNDO: Final = {"undo": reviews.undoing, "undo-all": reviews.undoing_all}
_LONGEST_ORDER: Final = 200


@post_only
@private
def job_decide(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Take one button's word: ``do``, upon the ``version`` that its page showed."""
    job = completed_job(request, job_id)
    order = request.POST.get("do", "")[:_LONGEST_ORDER]
    try:
        entry = _carry_out(request, job, order)
    except reviews.Outdated:
        said = _("Something was decided meanwhile in another tab, so this was not taken. Here is how it stands now.")
        return _told(request, job, said)
    except DecisionError as error:
        return _told(request, job, str(error))
    except (FileNotFoundError, EnrichmentJob.DoesNotExist):
        raise Http404 from None
    if request.headers.get("HX-Request"):
        job = completed_job(request, job_id)  # as it is now
        if request.POST.get("back") == "entry":
            return _compared(request, job)
        return _whole(request, job) if entry is None else _part(request, job, entry)
    return redirect(_way_back(request, job, entry))


@require_safe
@private
def job_entry(request: HttpRequest, job_id: UUID, number: int) -> HttpResponse:
    """One entry in full: what it says, what each work would add, and how it will read."""
    job = completed_job(request, job_id)
    return render(request, "scholar/entry.html", {"job": job, **results.comparison(job, number)})


def _carry_out(request: HttpRequest, job: EnrichmentJob, order: str) -> int | None:
    """Decide; returns the number of the one entry that it was about."""
    version = number_of(request.POST.get("version", "")[:9])
    decision = None if order in _UNDO else parse(order)
    change = reviews.deciding(job, [decision]) if decision else _UNDO[order]
    reviews.decide(job, owners.owners_of(request), version=version, change=change)
    return decision.entry if decision else None


def parse(order: str) -> Decision:
    """What a button says: action, entry or ``*``, field or candidate. Raises ``DecisionError``."""
    action, where, what, *more = [*order.split(" "), "", "", ""][: max(3, order.count(" ") + 1)]
    if more or action not in _ACTIONS or not (where == "*" or number_of(where) >= 0):
        raise DecisionError("not_understood", _("This cannot be understood; nothing was changed."))
    entry = None if where == "*" else number_of(where)
    if action != "choose":
        return Decision(_ACTIONS[action], entry, (what,) if what else ())
    if what != "none" and number_of(what) < 0:
        raise DecisionError("not_understood", _("This cannot be understood; nothing was changed."))
    return Decision("choose", entry, candidate=None if what == "none" else number_of(what))


def _told(request: HttpRequest, job: EnrichmentJob, said: str) -> HttpResponse:
    """Load the page anew, with a word about why nothing was changed."""
    messages.warning(request, said)
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Refresh": "true"})
    return redirect(_way_back(request, job, None))


def _part(request: HttpRequest, job: EnrichmentJob, entry: int) -> HttpResponse:
    """The entry, and what else on the page follows from the decision."""
    response = render(request, "scholar/_decided.html", {"job": job, **results.entry_part(job, entry)})
    response["HX-Retarget"] = f"#e{entry}"
    return response


def _whole(request: HttpRequest, job: EnrichmentJob) -> HttpResponse:
    """Everything that shows the result: a step that was about many entries, or one that went back."""
    context = {"job": job, **results.context(job, Wish.of(request.POST.dict()))}
    return render(request, "scholar/_review.html", context)


def _compared(request: HttpRequest, job: EnrichmentJob) -> HttpResponse:
    """What the page of one entry shows."""
    number = number_of(request.POST.get("number", ""))
    return render(request, "scholar/_compared.html", {"job": job, **results.comparison(job, number)})


def _way_back(request: HttpRequest, job: EnrichmentJob, entry: int | None) -> str:
    """To the page that the button was on, at the same entry, which is shown even where it fits the wish no more."""
    wish = Wish.of(request.POST.dict())
    number = number_of(request.POST.get("number", ""))
    if request.POST.get("back") == "entry" and number >= 0:
        return reverse("scholar:job_entry", args=[job.pk, number])
    page = f"page={wish.page}&" if number_of(wish.page) > 0 else ""
    keep = f"keep={entry}" if entry is not None else ""
    place = f"#e{entry}" if entry is not None else "#entries"
    query = f"{wish.parameters}{page}{keep}".rstrip("&")
    return f"{reverse('scholar:job', args=[job.pk])}{'?' if query else ''}{query}{place}"
