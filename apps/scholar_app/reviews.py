"""A completed job's report as its owner decided: opened for reading, decided on, and the file that follows from it."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

from . import files, jobs
from .models import EnrichmentJob
from .review.decisions import Decision, DecisionError, Decisions
from .review.excerpt import can_be_written
from .review.reviewed import render
from .review.shelf import Shelf

logger = logging.getLogger("scholar.reviews")

#: From what was decided so far, and the report, to what is decided then. May raise ``DecisionError``.
Change = Callable[[Decisions, Shelf], Decisions]


class Outdated(Exception):  # noqa: N818 (a state that the user decides about, not a fault)
    """Somebody decided something since: in another tab, or through the API."""


@dataclass(frozen=True, slots=True)
class Review:
    """A report of a job under the decisions of ``version``."""

    job: EnrichmentJob
    version: int
    shelf: Shelf

    @property
    def decisions(self) -> Decisions:
        """What was decided so far."""
        return self.shelf.decisions

    def end_of(self, number: int) -> int | None:
        """The line on which the entry behind this one begins; ``None`` for the last one."""
        rows = self.shelf.rows
        return rows[number + 1].line if number + 1 < len(rows) else None


@contextmanager
def opened(job: EnrichmentJob) -> Iterator[Review]:
    """The report, to be read as long as this lasts. Raises ``FileNotFoundError``, and ``DoesNotExist``."""
    version, kept = jobs.decisions_of(job)
    with files.open_file(job.report_name) as report:
        index = _index(job)
        try:
            yield Review(job, version, Shelf(report, index, Decisions.from_json(kept)))
        finally:
            if index is not None:
                index.close()


def _index(job: EnrichmentJob) -> BinaryIO | None:
    """Reports that were published before there were indexes have none."""
    try:
        return files.open_file(files.index_name(job.report_name))
    except FileNotFoundError:
        return None


def decide(job: EnrichmentJob, owners: Iterable[jobs.Owner], *, version: int, change: Change) -> int:
    """Decide upon what was decided in ``version``; returns the version that it is then.

    Raises ``Outdated`` where something else was decided meanwhile, ``DecisionError`` where the report does not offer
    this, and what :func:`opened` raises.
    """
    with opened(job) as review:
        if review.version != version:
            raise Outdated
        decided = change(review.decisions, review.shelf)
        if decided is review.decisions:
            return version
        counts = review.shelf.decided(decided).counts
    if not jobs.decide(job.pk, owners, version=version, decisions=decided.to_json(), outcomes=counts):
        raise Outdated
    return version + 1


def deciding(job: EnrichmentJob, decisions: Sequence[Decision]) -> Change:
    """These decisions as one step, each choice tried on the file first."""

    def change(before: Decisions, shelf: Shelf) -> Decisions:
        after = before.decide(decisions, look=shelf.raw)
        for decision in decisions:
            if decision.action == "choose" and decision.entry is not None and decision.candidate is not None:
                _try_choice(Review(job, 0, shelf), decision.entry, decision.candidate)
        return after

    return change


def undoing(decisions: Decisions, shelf: Shelf) -> Decisions:  # noqa: ARG001 (a Change)
    """Back by one step."""
    return decisions.undo()


def undoing_all(decisions: Decisions, shelf: Shelf) -> Decisions:  # noqa: ARG001 (a Change)
    """As if nothing had been decided."""
    return decisions.undo_all()


def _try_choice(review: Review, number: int, candidate: int) -> None:
    """What a candidate brings was never part of a proved result, as what an entry brings was."""
    entry, upload = review.shelf.raw(number), files.read(review.job.upload_name)
    if not can_be_written(upload, entry, entry["candidates"][candidate], end=review.end_of(number)):
        raise DecisionError("cannot_be_written", "What this work brings cannot be written into this entry safely.")


def open_result(job: EnrichmentJob) -> BinaryIO:
    """The enriched file as its owner decided; as it was published where nothing was decided.

    Raises ``FileNotFoundError`` and ``DocumentProofError``, and ``DoesNotExist``.
    """
    if not job.decisions_version:
        return files.open_file(job.result_name)
    with opened(job) as review:
        if not review.decisions:
            return files.open_file(job.result_name)
        return _kept(review) or BytesIO(_made(review))


def _kept(review: Review) -> BinaryIO | None:
    """The file as it was made for these very decisions: a line with their version goes before it."""
    with suppress(FileNotFoundError):
        file = files.open_file(files.reviewed_name(review.job.result_name))
        if file.readline() == _mark(review):
            return file
        file.close()
    return None


def _made(review: Review) -> bytes:
    data = render(files.read(review.job.upload_name), review.shelf.full()["entries"])
    name = files.reviewed_name(review.job.result_name)
    try:
        files.rewrite(name, _mark(review) + data)
    except OSError as error:  # it will be made again for the next download
        logger.warning("file=%s could not be kept: %s", name, type(error).__name__)
    if not EnrichmentJob.objects.filter(pk=review.job.pk).exists():
        files.delete([name])
    return data


def _mark(review: Review) -> bytes:
    return b"%d\n" % review.version
