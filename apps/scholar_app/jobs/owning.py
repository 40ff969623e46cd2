"""What an owner can do with their jobs, and what anybody may ask about the queue."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, Q

from .. import files
from ..clock import clock
from ..models import EnrichmentJob, JobQuerySet, LetterWish, Status
from .counting import count_deleted
from .owners import Owner, owned_by
from .transitions import move, removing


def jobs_of(*owners: Owner) -> JobQuerySet:
    """The jobs of all these owners, newest first."""
    return owned_by(owners).defer("decisions").order_by("-created_at", "id")


def find(job_id: UUID, owners: Iterable[Owner]) -> EnrichmentJob:
    """Their job. Raises ``DoesNotExist`` for a job of somebody else just as for none."""
    return owned_by(owners).defer("decisions").get(pk=job_id)


def cancel(job_id: UUID, owners: Iterable[Owner]) -> bool:
    """End an active job. ``False``: it is not theirs, or had ended before."""
    return bool(move(owned_by(owners).active().filter(pk=job_id), to=Status.CANCELLED, reason="cancelled"))


def delete(job_id: UUID, owners: Iterable[Owner]) -> bool:
    """Remove a job with its files, whatever its state; a worker that holds it notices. ``False``: it is not theirs."""
    removed = removing(owned_by(owners).filter(pk=job_id), reason="deleted")(None)
    names = [name for job in removed for name in job.files]
    count_deleted(len(removed), reason="owner")
    transaction.on_commit(lambda: files.delete(names), robust=True)
    if removed:
        LetterWish.objects.filter(job_id=job_id).delete()
    return bool(removed)


def adopt(visitor: UUID, user_id: int) -> int:
    """Give a visitor's jobs to the user they signed in as; returns how many.

    An active one stays the visitor's while the user has an active one too: one of them would have to go.
    """
    jobs = EnrichmentJob.objects.filter(visitor=visitor)
    # The active one first: if it ends in between, it is among the finished ones by then.
    adopted = _adopt_active(jobs.active(), user_id)
    return adopted + jobs.finished().update(user_id=user_id, visitor=None)


def _adopt_active(jobs: JobQuerySet, user_id: int) -> int:
    busy = EnrichmentJob.objects.active().filter(user_id=user_id)
    try:
        with transaction.atomic():
            return jobs.filter(~Exists(busy)).update(user_id=user_id, visitor=None)
    except IntegrityError:  # the user's own job came in between
        return 0


def queue_position(job: EnrichmentJob) -> int:
    """1 for the job whose turn is next, 0 for one that does not wait."""
    if job.status != Status.PENDING:
        return 0
    before = Q(queued_at__lt=job.queued_at) | Q(queued_at=job.queued_at, id__lt=job.id)
    return EnrichmentJob.objects.waiting().filter(before).count() + 1


def others_waiting(*, longer_than: timedelta = timedelta()) -> bool:
    """Whether anybody waits for a turn, and has for ``longer_than``."""
    waiting = EnrichmentJob.objects.waiting()
    return (waiting.filter(queued_at__lt=clock(plus=-longer_than)) if longer_than else waiting).exists()
