"""Letters at the end of a job: wished for while it goes on, and taken by exactly one who sends it."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from ..models import FINISHED, EnrichmentJob, LetterWish, Status
from .owners import Owner, owned_by

#: So many letters are taken at once: each may take a while to send.
_MOST_AT_ONCE: Final = 5


def wish_letter(job_id: UUID, owners: Iterable[Owner], *, link: str) -> bool:
    """Note that a letter is to be sent when their job has ended; ``link`` is where its page is.

    ``False``: it is not theirs, or has ended already.
    """
    if not owned_by(owners).active().filter(pk=job_id).exists():
        return False
    LetterWish.objects.get_or_create(job_id=job_id, defaults={"link": link[:300]})
    return True


def drop_wish(job_id: UUID, owners: Iterable[Owner]) -> None:
    """Send no letter for their job after all."""
    if owned_by(owners).filter(pk=job_id).exists():
        LetterWish.objects.filter(job_id=job_id).delete()


def letter_wished(job_id: UUID) -> bool:
    """Whether a letter is to be sent."""
    return LetterWish.objects.filter(job_id=job_id).exists()


def take_letters(*, most: int = _MOST_AT_ONCE) -> list[tuple[EnrichmentJob, str]]:
    """The jobs that have ended since and whose letters the caller is to send, each with the address of its page.

    Nobody else gets them after this, whatever becomes of the sending. A job that its owner cancelled needs no letter.
    """
    wishes = dict(LetterWish.objects.values_list("job_id", "link"))
    if not wishes:
        return []
    ended = EnrichmentJob.objects.filter(pk__in=wishes, status__in=FINISHED).select_related("user")
    taken = [job for job in ended.order_by("finished_at")[:most] if _take(job.pk)]
    return [(job, wishes[job.pk]) for job in taken if job.status != Status.CANCELLED]


def _take(job_id: UUID) -> bool:
    """Of several who try at the same instant, one deletes the row."""
    return LetterWish.objects.filter(job_id=job_id).delete()[0] == 1
