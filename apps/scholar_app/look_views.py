"""A look at a file before anybody is asked about it: what is in it, what it lacks, what looking it up would take.

A script sends the file along with ``HX-Request: true`` and gets a part of a page; nothing is stored then. Without
script the file is held for some minutes (see ``held``), so that the job can be started from the page that comes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from threading import Lock
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from . import bibtex_views, door, held, jobs, letters, owners, pages
from .enrichment.document import Document
from .enrichment.errors import DocumentError
from .enrichment.inspection import Gap, Inspection, Remark, inspect
from .forms import OptionsForm, UploadForm, checked_entries, limits
from .held import Upload
from .options import sources_of
from .outcomes import WIDTH
from .pages import post_only, private
from .plans import plan_of

#: Sentences of one kind that are shown at most.
_MOST_SHOWN: Final = 20
_EXAMPLE: Final = Path("examples", "references.bib")
#: Reading a large file takes seconds of computing: one at a time in each process, so that other pages stay quick.
_reading: Final = Lock()
_PATIENCE_SECONDS: Final = 5.0


@post_only
@private
def bibtex_look(request: HttpRequest) -> HttpResponse:
    """What is in the file that was sent, chosen or pasted; nothing is started and nobody is asked."""
    try:
        _count(request, kept=False)
    except jobs.TooManyUploads as refusal:
        return _too_many(request) if _by_script(request) else bibtex_views.not_now(request, refusal)
    if request.POST.get("example"):
        options = OptionsForm(request.POST)
        return _answer(request, options, _example(options)) if options.is_valid() else _refused(request, options)
    form = UploadForm(request.POST, request.FILES)
    return _answer(request, form, form.upload) if form.is_valid() else _refused(request, form)


def _answer(request: HttpRequest, form: OptionsForm, upload: Upload) -> HttpResponse:
    if not _reading.acquire(timeout=_PATIENCE_SECONDS):
        return _too_busy(request)
    try:
        context = _context(upload)
    except DocumentError as error:
        refused = UploadForm(request.POST, request.FILES)
        refused.refuse(str(error), code=error.code)
        return _refused(request, refused)
    finally:
        _reading.release()
    if _by_script(request):
        return render(request, "scholar/_look.html", context)
    try:
        _count(request, kept=True)
        held_id = held.hold(request, upload)
    except (jobs.TooManyUploads, jobs.NotStored) as refusal:
        return bibtex_views.not_now(request, refusal)
    context |= {"held": held_id, "form": form, "minutes": held.MINUTES}
    context["can_have_letter"] = letters.can_have_letter(request.user)
    return render(request, "scholar/look.html", context)


def _count(request: HttpRequest, *, kept: bool) -> None:
    """A look, or a file that is held after one; a look that is refused holds none."""
    jobs.count_look(owners.owners_of(request), owners.client_address(request), kept=kept)


def _by_script(request: HttpRequest) -> bool:
    return "HX-Request" in request.headers


def _refused(request: HttpRequest, form: OptionsForm) -> HttpResponse:
    """Beside the drop zone, or on the form's page."""
    if _by_script(request):
        errors = [error for errors in form.errors.values() for error in errors]
        return render(request, "scholar/_look.html", {"errors": errors}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return bibtex_views.form_page(request, form if isinstance(form, UploadForm) else UploadForm(request.POST))


def _too_many(request: HttpRequest) -> HttpResponse:
    """The look is a favour: the upload goes without it."""
    return render(request, "scholar/_look.html", {"too_many": True}, status=HTTPStatus.TOO_MANY_REQUESTS)


def _too_busy(request: HttpRequest) -> HttpResponse:
    title, text = _("Others are looking at large files"), _("Try again in a minute, or start without a look.")
    return pages.problem(request, HTTPStatus.SERVICE_UNAVAILABLE, title=title, text=text, retry_after=60)


def _example(form: OptionsForm) -> Upload:
    path = settings.BASE_DIR / _EXAMPLE
    data = path.read_bytes()
    return Upload(data, path.name, checked_entries(data), form.options)


def _context(upload: Upload) -> dict[str, Any]:
    """What both answers show. Raises ``DocumentError`` for what only reading shows."""
    document = Document.read(upload.data, limits=limits())
    inspection = inspect(document, today=timezone.now().date())
    plan = plan_of(document, sources=sources_of(upload.options))
    return {
        "name": upload.original_name,
        "size": len(upload.data),
        "inspection": inspection,
        "types": [Bar(name, count, _width(count, inspection.entries)) for name, count in inspection.types],
        "gaps": [Bar(gap.field, gap.lack, _width(gap.possible - gap.lack, gap.possible)) for gap in _gaps(inspection)],
        "findings": [finding for finding in _findings(inspection) if finding.count],
        "plan": plan,
        "planned": [source for source in plan.sources if source.calls],
        "refusal": _refusal(upload),
    }


def _refusal(upload: Upload) -> str:
    """Why the file would be refused at the door as things stand; empty where it would be taken."""
    try:
        door.examine(upload)
    except door.CannotBeDone as refusal:
        return str(refusal)
    return ""


@dataclass(frozen=True, slots=True)
class Bar:
    """A number with its picture; ``width`` is in the units of the drawing."""

    name: str
    count: int
    width: float


@dataclass(frozen=True, slots=True)
class Finding:
    """Sentences of one kind, the first of them, and how many there are in all."""

    title: str
    remarks: Sequence[Remark]
    count: int

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.count - len(self.remarks)


def _width(part: int, whole: int) -> float:
    return round(WIDTH * part / max(whole, 1), 2)


def _gaps(inspection: Inspection) -> list[Gap]:
    """Those that are missing most often first."""
    return sorted((gap for gap in inspection.gaps if gap.lack), key=lambda gap: (-gap.lack, gap.field))


def _findings(inspection: Inspection) -> Iterator[Finding]:
    damaged = [Remark(damage.key, damage.line, damage.cause) for damage in inspection.damaged]
    for title, remarks in (
        (_("Damaged, and left as it is"), damaged),
        (_("Given twice"), inspection.duplicates),
        (_("Suspicious"), inspection.remarks),
    ):
        yield Finding(title, remarks[:_MOST_SHOWN], len(remarks))
