"""The Django application of SciTeX Scholar."""

from django.apps import AppConfig


class ScholarConfig(AppConfig):
    """BibTeX enrichment: jobs, worker, pages, clean-up."""

    name = "apps.scholar_app"
    label = "scholar_app"
    verbose_name = "SciTeX Scholar"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect what Django finds by being imported."""
        from . import checks, trail  # noqa: F401, PLC0415
        from .jobs import users  # noqa: F401, PLC0415
