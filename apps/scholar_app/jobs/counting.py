"""What the steps of jobs add to the operators' numbers."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from ..models import Status
from ..tallies import count, count_all, timed

#: The columns that :meth:`Times.of` reads, in its order.
TIMES: Final = ("created_at", "queued_at", "started_at", "finished_at")


class Times(NamedTuple):
    """When a job was made, began to wait, was taken up and ended, as a statement has just returned them."""

    created: datetime | None
    queued: datetime | None
    started: datetime | None
    finished: datetime | None

    @classmethod
    def of(cls, values: Sequence[Any]) -> "Times":
        """From the driver's values: SQLite has no type for times and returns text."""
        return cls(*(_moment(value) for value in values))


def count_steps(steps: Sequence[Times], *, to: Status, reason: str) -> None:
    """Jobs went ``to`` another state: how many and why, and what the completed ones took from upload to result.

    A claim counts nothing: it is one statement. How long the last wait was is counted when the job is completed.
    """
    if to == Status.PENDING:
        count("jobs_requeued", reason, by=len(steps))
    elif to == Status.COMPLETED:
        ended: dict[tuple[str, ...], float] = {("jobs_ended", to, reason): len(steps)}
        waits = timed("job_wait", [_seconds(job.queued, job.started) for job in steps])
        count_all(ended | waits | timed("job_duration", [_seconds(job.created, job.finished) for job in steps]))
    elif to != Status.PROCESSING:
        count_ended(len(steps), to=to, reason=reason)


def count_ended(number: int, *, to: Status, reason: str) -> None:
    """So many jobs ended, and why."""
    count("jobs_ended", to, reason, by=number)


def count_deleted(number: int, *, reason: str) -> None:
    """So many jobs are gone."""
    count("jobs_deleted", reason, by=number)


def count_submitted() -> None:
    """One more job."""
    count("jobs_submitted")


def _seconds(begin: datetime | None, end: datetime | None) -> float:
    return max((end - begin).total_seconds(), 0.0) if begin and end else 0.0


def _moment(value: Any) -> datetime | None:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.replace(tzinfo=UTC) if isinstance(moment, datetime) and moment.tzinfo is None else moment
