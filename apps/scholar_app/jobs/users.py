"""Deleting a user deletes their jobs, and with them the files."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.signals import pre_delete
from django.dispatch import receiver

from .. import files
from ..models import EnrichmentJob, LetterWish
from .counting import count_deleted
from .transitions import Removed, removing


@receiver(pre_delete, sender=settings.AUTH_USER_MODEL, dispatch_uid="scholar.delete_jobs_of_user")
def delete_jobs_of_user(instance: Any, using: str, **_: Any) -> None:
    """Delete the jobs before the user; once all are gone for good, the files. No letter is sent.

    A receiver of the user, not of the job: with one of the job's own, Django would load every job that a sweep deletes.
    """
    removed = _remove_jobs(instance, using)
    # From here on nobody's upload for this user is committed; the first time waited for those that were under way.
    type(instance).objects.using(using).select_for_update().filter(pk=instance.pk).first()
    removed += _remove_jobs(instance, using)
    count_deleted(len(removed), reason="account")
    names = [name for job in removed for name in job.files]
    transaction.on_commit(lambda: files.delete(names), using=using, robust=True)


def _remove_jobs(user: Any, using: str) -> list[Removed]:
    """What a worker publishes meanwhile is in what the statement returns; a list made before would not have it."""
    rows = EnrichmentJob.objects.using(using).filter(user_id=user.pk)
    LetterWish.objects.using(using).filter(job_id__in=rows.values("pk")).delete()
    return removing(rows, reason="account")(None)
