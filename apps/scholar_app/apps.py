"""The Django application of SciTeX Scholar."""

from django.apps import AppConfig


class ScholarConfig(AppConfig):
    """BibTeX enrichment: jobs, worker, pages, clean-up."""

    name = "apps.scholar_app"
    label = "scholar_app"
    verbose_name = "SciTeX Scholar"
    default_auto_field = "django.db.models.BigAutoField"
