"""From an upload to a waiting job, at most one active job per owner at a time."""

import logging
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction

from .. import files
from ..models import EnrichmentJob, Status
from ..tallies import count
from .admission import QueueFull, TooManyUploads, count_upload, refuse_if_full, refuse_if_too_many, upload_keys
from .cleanup import fail_stale
from .estimating import known_left
from .owners import Owner, owned_by
from .transitions import announce, move

logger = logging.getLogger("scholar.jobs")

#: How many stale jobs of others one upload may clear away.
INLINE_BUDGET: Final = 100
_TRIES: Final = 3
_NO_OPTIONS: Final[Mapping[str, Any]] = MappingProxyType({})


class ActiveJobExists(Exception):  # noqa: N818 (a state that the user decides about, not a fault)
    """The owner has an honest active job, ``job``, already."""

    def __init__(self, job: EnrichmentJob) -> None:
        super().__init__(f"job {job.pk} is active")
        self.job = job


class NotStored(OSError):  # noqa: N818 (as ActiveJobExists)
    """The disk is full, or the object store is away: no job was made. ``retry_after`` is in seconds."""

    retry_after: Final = 60


_REFUSALS: Final[Mapping[type[Exception], str]] = {
    ActiveJobExists: "active_job",
    QueueFull: "queue_full",
    TooManyUploads: "too_many_uploads",
    NotStored: "not_stored",
}


@contextmanager
def _counting_refusals() -> Iterator[None]:
    """By the codes that the API gives."""
    try:
        yield
    except (ActiveJobExists, QueueFull, TooManyUploads, NotStored) as refusal:
        count("uploads_refused", _REFUSALS[type(refusal)])
        raise


@_counting_refusals()
def submit(
    owner: Owner,
    *,
    data: bytes,
    original_name: str,
    entries_total: int,
    options: Mapping[str, Any] = _NO_OPTIONS,
    expected_seconds: float | None = None,
    replace: bool = False,
    address: str = "",
) -> EnrichmentJob:
    """Create a waiting job for ``data``; with ``replace`` the owner's active job is cancelled in the same step.

    ``expected_seconds`` is how long the work is expected to take, for those who wait.

    Raises ``ActiveJobExists``, ``QueueFull``, ``TooManyUploads``, ``NotStored``, and ``ValueError`` for nobody. A
    stale job is failed first, so it never stands in the way.
    """
    columns = owner.columns()
    fail_stale(owner=owner)
    fail_stale(limit=INLINE_BUDGET)
    active = owned_by([owner]).active().first()
    if active and not replace:
        raise ActiveJobExists(active)
    keys = upload_keys(owner, address)
    refuse_if_too_many(keys)
    refuse_if_full()
    job = EnrichmentJob(
        id=(job_id := uuid4()),
        upload_name=files.upload_name(job_id),
        original_name=clean_name(original_name),
        size=len(data),
        entries_total=entries_total,
        options=dict(options),
        progress={} if expected_seconds is None else {"left": round(expected_seconds, 1)},
        **columns,
    )
    _store(job, data)
    try:
        _create(job, owner, keys=keys, replace=replace)
    except (ActiveJobExists, IntegrityError):
        files.delete([job.upload_name])
        raise
    return job


def retry(job_id: UUID, owners: Iterable[Owner], *, replace: bool = False, address: str = "") -> EnrichmentJob:
    """A new job over a copy of the same upload, since a job ends once; raises as ``submit`` does.

    Raises ``DoesNotExist`` where it is not theirs, and ``FileNotFoundError`` where the upload is gone.
    """
    job = owned_by(owners).get(pk=job_id)
    return submit(
        Owner.of(job),
        data=files.read(job.upload_name),
        original_name=job.original_name,
        entries_total=job.entries_total,
        options=job.options,
        expected_seconds=known_left(job),
        replace=replace,
        address=address,
    )


def clean_name(name: str) -> str:
    """A file's name as it is shown: without folders, control and other invisible characters; at most 255 long."""
    visible = "".join(character for character in name if unicodedata.category(character)[0] != "C")
    return visible.replace("\\", "/").rpartition("/")[2].strip()[:255] or "bibliography.bib"


def _store(job: EnrichmentJob, data: bytes) -> None:
    try:
        files.write(job.upload_name, data)
    except OSError as error:
        logger.error("upload=not_stored error=%s errno=%s", type(error).__name__, error.errno)
        raise NotStored(*error.args) from error


def _create(job: EnrichmentJob, owner: Owner, *, keys: tuple[str, ...], replace: bool) -> None:
    """Insert the row; the database decides which of several uploads at the same instant it is."""
    for tries_left in reversed(range(_TRIES)):
        try:
            with transaction.atomic():
                if replace:
                    move(owned_by([owner]).active(), to=Status.CANCELLED, reason="replaced")
                job.save(force_insert=True)
                count_upload(keys)
        except IntegrityError:
            active = owned_by([owner]).active().first()
            if active and not (replace and tries_left):
                raise ActiveJobExists(active) from None
            if not tries_left:
                raise
            # The one in the way has ended meanwhile, or another replacement came first: once more.
        else:
            announce(job)
            return
