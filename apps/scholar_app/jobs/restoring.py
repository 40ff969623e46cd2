"""After a backup was put back: what was under way queues anew, and what has lost its files goes."""

from typing import Final, NamedTuple

from .. import files
from ..clock import clock
from ..models import EnrichmentJob, Status
from .transitions import move, removing

_BATCH: Final = 1000


class Restored(NamedTuple):
    """How many jobs are there, and how many had no files any more."""

    kept: int
    dropped: int


def take_up_restored() -> Restored:
    """To be called once, before any worker runs: nobody works on these jobs, and no wait of theirs counts."""
    dropped = _drop_those_without_files()
    move(EnrichmentJob.objects.processing(), to=Status.PENDING, reason="restored")
    EnrichmentJob.objects.waiting().update(queued_at=clock())
    return Restored(kept=EnrichmentJob.objects.count(), dropped=dropped)


def _drop_those_without_files() -> int:
    stored = {file.name for folder in files.FOLDERS for file in files.stored(folder)}
    rows = EnrichmentJob.objects.values_list("pk", "upload_name", "result_name", "report_name")
    lost = [pk for pk, *names in rows.iterator(chunk_size=_BATCH) if not stored.issuperset(filter(None, names))]
    for start in range(0, len(lost), _BATCH):
        gone = EnrichmentJob.objects.filter(pk__in=lost[start : start + _BATCH])
        files.delete(name for job in removing(gone, reason="not_restored")(None) for name in job.files)
    return len(lost)
