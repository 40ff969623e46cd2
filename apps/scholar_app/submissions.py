"""Uploads on their way through the door to a job, those that may be sent twice and those that are tried again.

The ``Idempotency-Key`` of the API means that an upload which is sent twice is taken once.

The key's row and the job are written in one transaction. Of several requests with the same key at the same instant the
unique constraint lets one through; the others find its job.
"""

import hashlib
import json
from collections.abc import Iterable
from contextlib import suppress
from uuid import UUID

from django.db import IntegrityError, transaction

from . import door, files, jobs
from .access import SUBMISSION_KEPT
from .clock import clock
from .enrichment.errors import DocumentError
from .held import Upload
from .jobs import Owner
from .models import EnrichmentJob, Submission


class KeyReused(Exception):  # noqa: N818 (the client's mistake, not a fault)
    """Another file, or other options, came with this key before."""


class JobGone(Exception):  # noqa: N818 (as KeyReused)
    """The job that this key became has been deleted."""


def submit(
    owner: Owner, upload: Upload, *, key: str = "", replace: bool = False, address: str = ""
) -> tuple[EnrichmentJob, bool]:
    """The job of this upload, and whether it is new; a ``key`` seen within a day means the job that it meant then.

    Raises as ``jobs.submit`` and ``door.admit`` do, and ``KeyReused`` and ``JobGone``. A refused upload uses up no key.
    """
    if not key:
        return _submit(owner, upload, replace=replace, address=address), True
    if owner.user_id is None:
        raise ValueError("only a user's uploads have keys")
    key_hash, fingerprint = _sha256(key.encode()), _fingerprint(upload, replace=replace)
    known = _known(owner.user_id, key_hash)
    if known is None:
        try:
            with transaction.atomic():
                row = _reserve(owner.user_id, key_hash, fingerprint)
                job = _submit(owner, upload, replace=replace, address=address)
                row.job_id = job.pk
                row.save(update_fields=["job_id"])
        except (IntegrityError, jobs.ActiveJobExists):
            # Another request with this key may have come first; then its job is the one that is active.
            known = _known(owner.user_id, key_hash)
            if known is None:
                raise
        else:
            return job, True
    return _same(known, owner, fingerprint), False


def retry(job_id: UUID, owners: Iterable[Owner], *, replace: bool = False, address: str = "") -> EnrichmentJob:
    """A new job over the same file, if it would be let in today: an index may be closed or cost more by now.

    Raises as ``jobs.retry`` and ``door.admit`` do.
    """
    owners = list(owners)
    job = jobs.find(job_id, owners)
    data = files.read(job.upload_name)
    with suppress(DocumentError):  # what cannot be read has failed for that, and says so once more
        door.admit(Upload(data, job.original_name, job.entries_total, job.options))
    return jobs.retry(job_id, owners, replace=replace, address=address)


def _submit(owner: Owner, upload: Upload, *, replace: bool, address: str) -> EnrichmentJob:
    return jobs.submit(
        owner,
        data=upload.data,
        original_name=upload.original_name,
        entries_total=upload.entries_total,
        options=upload.options,
        expected_seconds=door.admit(upload),
        replace=replace,
        address=address,
    )


def _known(user_id: int, key_hash: str) -> Submission | None:
    rows = Submission.objects.filter(user_id=user_id, key_hash=key_hash)
    return rows.filter(at__gt=clock(plus=-SUBMISSION_KEPT)).first()


def _reserve(user_id: int, key_hash: str, fingerprint: str) -> Submission:
    """Insert the key's row; waits for, and loses to, a request that inserted it first. Raises ``IntegrityError``."""
    Submission.objects.filter(user_id=user_id, key_hash=key_hash, at__lte=clock(plus=-SUBMISSION_KEPT)).delete()
    nil = UUID(int=0)  # until the job is there; nobody else sees it before
    return Submission.objects.create(user_id=user_id, key_hash=key_hash, fingerprint=fingerprint, job_id=nil)


def _same(known: Submission, owner: Owner, fingerprint: str) -> EnrichmentJob:
    if known.fingerprint != fingerprint:
        raise KeyReused
    try:
        return jobs.find(known.job_id, [owner])
    except EnrichmentJob.DoesNotExist:
        raise JobGone from None


def _fingerprint(upload: Upload, *, replace: bool) -> str:
    said = json.dumps([upload.original_name, dict(upload.options), replace], sort_keys=True)
    return _sha256(said.encode() + b"\0" + upload.data)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
