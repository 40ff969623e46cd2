"""Deleting a user deletes their jobs, and with them the files."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.signals import pre_delete
from django.dispatch import receiver

from .. import files
from ..models import EnrichmentJob, LetterWish


@receiver(pre_delete, sender=settings.AUTH_USER_MODEL, dispatch_uid="scholar.delete_files_of_user")
def delete_files_of_user(instance: Any, using: str, **_: Any) -> None:
    """Note the names while the rows are there; once the rows are gone for good, delete the files. No letter is sent.

    A receiver of the user, not of the job: with one of the job's own, Django would load every job that a sweep deletes.
    """
    rows = EnrichmentJob.objects.using(using).filter(user_id=instance.pk)
    LetterWish.objects.using(using).filter(job_id__in=rows.values("pk")).delete()
    names = [name for row in rows.values_list("upload_name", "result_name", "report_name") for name in row if name]
    transaction.on_commit(lambda: files.delete(names), using=using, robust=True)
