"""Deleting a user deletes their jobs, and with them the files."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.signals import pre_delete
from django.dispatch import receiver

from .. import files
from ..models import EnrichmentJob, LetterWish
from .counting import count_deleted
from .transitions import removing


@receiver(pre_delete, sender=settings.AUTH_USER_MODEL, dispatch_uid="scholar.delete_files_of_user")
def delete_files_of_user(instance: Any, using: str, **_: Any) -> None:
    """Delete the jobs first; once they are gone for good, their files. No letter is sent.

    A receiver of the user, not of the job: with one of the job's own, Django would load every job that a sweep deletes.
    """
    rows = EnrichmentJob.objects.using(using).filter(user_id=instance.pk)
    LetterWish.objects.using(using).filter(job_id__in=rows.values("pk")).delete()
    # What a worker publishes meanwhile is in what the statement returns; a list made before would not have it.
    removed = removing(rows, reason="account")(None)
    names = [name for job in removed for name in job.files]
    count_deleted(len(removed), reason="account")
    transaction.on_commit(lambda: files.delete(names), using=using, robust=True)
