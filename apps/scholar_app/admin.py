"""The operators' view of the tables: to look at, and to act on jobs; only the package ``jobs`` changes a job."""

from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from . import submissions
from .door import CannotBeDone
from .jobs import ActiveJobExists, Owner, QueueFull, TooManyUploads, operating
from .models import CleanupRun, EnrichmentJob, Status
from .tallies import SEPARATOR, tallies

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin

admin.site.site_header = admin.site.site_title = "SciTeX Scholar"
admin.site.index_template = "scholar/operators/index.html"
#: More at a time would be a sweep, and that is what ``cleanup_stale_jobs`` is for.
_MOST_AT_ONCE: Final = 500


class ReadOnlyAdmin(ModelAdmin):
    """Lists and shows."""

    show_full_result_count = False  # it would count a million rows for each page
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Rows come from use."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        """Whoever may view may not change."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002
        """Deleting a row here would leave its files."""
        return False


class ReasonFilter(admin.SimpleListFilter):
    """Why jobs failed; the reasons that ever were, from the tallies and not by reading a million rows."""

    title = gettext_lazy("reason")
    parameter_name = "error_code"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:  # noqa: ARG002
        """Each reason by its code."""
        ends = (label.split(SEPARATOR) for label in tallies().get("jobs_ended", ()))
        return [(code, code) for status, code in sorted(ends) if status == Status.FAILED]

    def queryset(self, request: HttpRequest, queryset: QuerySet[EnrichmentJob]) -> QuerySet[EnrichmentJob]:  # noqa: ARG002
        """The jobs that failed for the chosen one."""
        return queryset.filter(error_code=self.value()) if self.value() else queryset


class Deed(NamedTuple):
    """Something that an operator may do to chosen jobs, after having been asked."""

    do: Callable[[list[EnrichmentJob]], tuple[int, str]]
    question: Promise
    permission: str


def _stop(chosen: list[EnrichmentJob]) -> tuple[int, str]:
    stopped = operating.stop(job.pk for job in chosen)
    return len(stopped), ngettext("%d job was stopped.", "%d jobs were stopped.", len(stopped))


def _delete(chosen: list[EnrichmentJob]) -> tuple[int, str]:
    deleted = operating.remove(job.pk for job in chosen)
    return deleted, ngettext("%d job was deleted.", "%d jobs were deleted.", deleted)


#: Its owner has an active one, or had enough; the queue is full, or an index closed; it is gone, or its file cannot be
#: read or stored.
_NOT_BEGUN: Final = (
    ActiveJobExists, TooManyUploads, QueueFull, CannotBeDone, EnrichmentJob.DoesNotExist, OSError,
)  # fmt: skip


def _retry(chosen: list[EnrichmentJob]) -> tuple[int, str]:
    begun = 0
    for job in chosen:
        try:
            submissions.retry(job.pk, [Owner.of(job)])
        except _NOT_BEGUN:
            continue
        begun += 1
    return begun, ngettext("%d job was begun anew.", "%d jobs were begun anew.", begun)


DEEDS: Final = {
    "stop_jobs": Deed(_stop, gettext_lazy("Stop these jobs? Those that are active will fail."), "change"),
    "retry_jobs": Deed(_retry, gettext_lazy("Begin these jobs anew, for their owners?"), "change"),
    "delete_jobs": Deed(_delete, gettext_lazy("Delete these jobs and their files, for good?"), "delete"),
}


@admin.register(EnrichmentJob)
class EnrichmentJobAdmin(ReadOnlyAdmin):
    """Jobs, newest first, and what may be done to them."""

    list_display = ("id", "status", "created_at", "user", "attempt", "entries_done", "entries_total", "error_code")
    list_filter = ("status", ReasonFilter)
    list_select_related = ("user",)
    ordering = ("-created_at",)
    search_fields = ("=id",)
    actions = tuple(DEEDS)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Whether jobs may be stopped and begun anew."""
        return request.user.has_perm("scholar_app.change_enrichmentjob")

    def has_remove_permission(self, request: HttpRequest) -> bool:
        """Whether jobs may be deleted."""
        return request.user.has_perm("scholar_app.delete_enrichmentjob")

    @admin.action(description=gettext_lazy("Stop"), permissions=["operate"])
    def stop_jobs(self, request: HttpRequest, queryset: QuerySet[EnrichmentJob]) -> HttpResponse | None:
        """Fail what is active."""
        return self._ask_or_do(request, queryset, "stop_jobs")

    @admin.action(description=gettext_lazy("Begin anew"), permissions=["operate"])
    def retry_jobs(self, request: HttpRequest, queryset: QuerySet[EnrichmentJob]) -> HttpResponse | None:
        """A new job for each, of the same file."""
        return self._ask_or_do(request, queryset, "retry_jobs")

    @admin.action(description=gettext_lazy("Delete with files"), permissions=["remove"])
    def delete_jobs(self, request: HttpRequest, queryset: QuerySet[EnrichmentJob]) -> HttpResponse | None:
        """Rows and files."""
        return self._ask_or_do(request, queryset, "delete_jobs")

    def _ask_or_do(self, request: HttpRequest, rows: QuerySet[EnrichmentJob], name: str) -> HttpResponse | None:
        deed = DEEDS[name]
        chosen = list(rows[: _MOST_AT_ONCE + 1])
        if len(chosen) > _MOST_AT_ONCE:
            messages.error(request, _("At most %d jobs at a time.") % _MOST_AT_ONCE)
            return None
        if request.POST.get("confirmed") != "yes":
            return self._question(request, chosen, name=name, question=str(deed.question))
        for job in chosen:
            self.log_change(request, job, name)
        done, text = deed.do(chosen)
        level = messages.SUCCESS if done == len(chosen) else messages.WARNING
        left = len(chosen) - done
        messages.add_message(request, level, text % done + (_(" %d could not be.") % left if left else ""))
        return None

    def _question(
        self, request: HttpRequest, chosen: list[EnrichmentJob], *, name: str, question: str
    ) -> TemplateResponse:
        context = self.admin_site.each_context(request) | {
            "title": question,
            "chosen": chosen,
            "action": name,
            "opts": EnrichmentJob._meta,  # noqa: SLF001 (the public name of it, as Django's documentation says)
        }
        return TemplateResponse(request, "scholar/operators/confirm.html", context, status=HTTPStatus.OK)


@admin.register(CleanupRun)
class CleanupRunAdmin(ReadOnlyAdmin):
    """When the clean-up ran, and what it did."""

    list_display = (
        "started_at", "by", "seconds", "failed_processing", "failed_pending", "deleted_jobs", "deleted_files",
        "orphan_files", "undeleted_files",
    )  # fmt: skip
    ordering = ("-started_at",)
