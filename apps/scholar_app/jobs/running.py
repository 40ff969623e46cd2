"""A worker's side of a job: claim it, keep it, hand it back, end it. Each step tells whether it still was theirs."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import UUID

from .. import files
from ..enrichment.record import Progress
from ..models import EnrichmentJob, JobQuerySet, Status
from ..review.entry_index import encode
from .transitions import lease_end, move

#: The outcomes of an entry, which are counted in columns of the same names.
OUTCOMES: Final = ("enriched", "complete", "not_found", "ambiguous", "conflict", "skipped")


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on a job, until somebody else holds a higher token."""

    job_id: UUID
    token: int
    attempt: int


def claim(*, worker: str, job_id: UUID | None = None) -> Claim | None:
    """Take the job whose turn it is (or ``job_id``, if it is waiting); ``None`` when there is nothing to take."""
    waiting = EnrichmentJob.objects.waiting()
    rows = waiting if job_id is None else waiting.filter(pk=job_id)
    moved = move(rows, to=Status.PROCESSING, reason="claimed", limit=1, worker=worker[:100])
    return Claim(*moved[0]) if moved else None


def renew(claim: Claim, *, progress: Progress | None = None) -> bool:
    """Extend the lease and note the progress. ``False``: the job was lost, stop and publish nothing."""
    lease = {"lease_until": lease_end()}
    if progress is not None:
        # A later stretch begins with what the memory of look-ups holds; until it has caught up, the page keeps what
        # it showed.
        behind = held(claim).filter(entries_done__lte=progress.entries_done)
        if behind.update(**lease, **_progress_columns(progress)):
            return True
    return held(claim).update(**lease) == 1


def hand_back(claim: Claim, *, reason: str = "handed_back") -> bool:
    """Let the job queue anew: its turn is over, or the worker shuts down. ``False``: it was lost."""
    return bool(move(held(claim), to=Status.PENDING, reason=reason))


def complete(claim: Claim, *, result: bytes, report: Mapping[str, Any], outcomes: Mapping[str, int]) -> bool:
    """Publish: the files first, under names of this claim, then the one UPDATE that makes them the job's.

    ``outcomes`` counts the entries per outcome. ``False``: the job was lost, and the files are gone again. Raises
    ``OSError`` where they cannot be written. Where the database fails, nobody knows whether it heard; the files stay,
    the call may be repeated, and the orphan sweep removes what no row knows.
    """
    names = files.result_names(claim.job_id, claim.token)
    try:
        files.write(names.result, result)
        encoded = encode(report)
        files.write(names.report, encoded.report)
        if encoded.index:
            files.write(files.index_name(names.report), encoded.index)
    except OSError:
        _discard(claim, names)
        raise
    columns: dict[str, Any] = {"result_name": names.result, "report_name": names.report, **_final_counts(outcomes)}
    if move(held(claim), to=Status.COMPLETED, reason="completed", **columns):
        return True
    return not _discard(claim, names)


def fail(claim: Claim, *, code: str, message: str) -> bool:
    """End the job without a result; ``code`` is for programs, ``message`` for people. ``False``: it was lost."""
    return bool(move(held(claim), to=Status.FAILED, reason=code, error_code=code, error_message=message[:500]))


def held(claim: Claim) -> JobQuerySet:
    """The job, as long as it is this claim's."""
    return EnrichmentJob.objects.filter(pk=claim.job_id, token=claim.token, status=Status.PROCESSING)


def _discard(claim: Claim, names: files.ResultNames) -> bool:
    """Remove the files, unless an earlier call of this claim won after all and its answer was lost on the way."""
    if EnrichmentJob.objects.filter(pk=claim.job_id, result_name=names.result).exists():
        return False
    files.delete(names)
    return True


def _final_counts(outcomes: Mapping[str, int]) -> dict[str, int]:
    counts = {name: outcomes.get(name, 0) for name in OUTCOMES}
    total = sum(counts.values())
    return {**counts, "entries_total": total, "entries_done": total}


def _progress_columns(progress: Progress) -> dict[str, Any]:
    counts = {name: progress.outcomes.get(name, 0) for name in OUTCOMES}
    shown = {
        "activity": progress.activity[:300],
        "sources": {name: asdict(tally) for name, tally in progress.sources.items()},
        "waiting": {name: pause._asdict() for name, pause in progress.waiting.items()},
        "latest": [settled._asdict() for settled in progress.latest],
        **({} if progress.left is None else {"left": round(progress.left, 1)}),
    }
    return {**counts, "entries_total": progress.entries_total, "entries_done": progress.entries_done, "progress": shown}
