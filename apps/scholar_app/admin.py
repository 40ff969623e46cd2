"""The operators' view of the tables: to look at, never to change; only the package ``jobs`` changes a job."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from .models import CleanupRun, EnrichmentJob

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin


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


@admin.register(EnrichmentJob)
class EnrichmentJobAdmin(ReadOnlyAdmin):
    """Jobs, newest first."""

    list_display = ("id", "status", "created_at", "user", "attempt", "entries_done", "entries_total", "error_code")
    list_filter = ("status", "error_code")
    list_select_related = ("user",)
    ordering = ("-created_at",)
    search_fields = ("=id",)


@admin.register(CleanupRun)
class CleanupRunAdmin(ReadOnlyAdmin):
    """When the clean-up ran, and what it did."""

    list_display = (
        "started_at", "by", "seconds", "failed_processing", "failed_pending", "deleted_jobs", "deleted_files",
        "orphan_files", "undeleted_files",
    )  # fmt: skip
    ordering = ("-started_at",)
