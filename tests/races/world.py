"""What a race begins with: somebody with an account, who is a visitor too, and a job of each in some state."""

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.db import connection, transaction

from apps.scholar_app import files, jobs, reviews
from apps.scholar_app.jobs.cleanup import MAX_RESCUES
from apps.scholar_app.models import EnrichmentJob
from apps.scholar_app.review.decisions import Decision
from apps.scholar_app.tallies import tallies
from tests.jobs.making import DAY, MINUTE, put_back, stored_names
from tests.races import witness
from tests.review.making import TEXT, enriched

_TABLES: Final = ("enrichmentjob", "letterwish", "tally", "uploadattempt", "cleanuprun", "submission")
UPLOAD: Final = TEXT.encode()


@cache
def product() -> tuple[bytes, dict[str, Any], dict[str, int]]:
    """A result with something to decide, its report and its outcomes."""
    result, report = enriched()
    return result, report, {name: report["totals"].get(name, 0) for name in jobs.OUTCOMES}


@dataclass(slots=True)
class World:
    """What the actors share. ``job`` is the one they are after, of ``owner``; ``claim`` whoever works on it holds."""

    rng: random.Random
    account: User
    visitor: UUID
    owner: jobs.Owner
    job: EnrichmentJob | None = None
    claim: jobs.Claim | None = None
    #: Taken by the actor who is the worker of that claim.
    worker: threading.Lock = field(default_factory=threading.Lock)
    tallied: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    #: Files that no row knows, from before: a sweep may take them.
    orphans: frozenset[str] = frozenset()
    #: Whose letters were taken, in the order of taking.
    letters: list[UUID] = field(default_factory=list)
    #: What an actor saw that must not be.
    complaints: list[str] = field(default_factory=list)

    @property
    def owners(self) -> tuple[jobs.Owner, ...]:
        """For whom a request of theirs acts, signed in."""
        return jobs.Owner(user_id=self.account.pk), jobs.Owner(visitor=self.visitor)

    @property
    def job_id(self) -> UUID:
        """Of the job they are after; of none where there is none."""
        return self.job.pk if self.job else UUID(int=0)


def made(seed: int, *, account: str, visitor: str, focus: str) -> World:
    """A fresh world with the jobs of both in these states (``STATES``); ``focus`` says whose job is raced for."""
    _sweep_away()
    rng = random.Random(seed)
    user = User.objects.create(username=f"racer-{seed}-{rng.random()}")
    owners = {"account": jobs.Owner(user_id=user.pk), "visitor": jobs.Owner(visitor=UUID(int=rng.getrandbits(128)))}
    made_jobs = {who: STATES[state](owners[who]) for who, state in (("account", account), ("visitor", visitor))}
    job, claim = made_jobs[focus]
    world = World(rng, user, owners["visitor"].visitor or UUID(int=0), owners[focus], job, claim)
    world.orphans = frozenset([_orphan()])
    world.tallied = tallies()
    witness.forget()
    return world


def _sweep_away() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for table in _TABLES:
            cursor.execute(f"DELETE FROM scholar_app_{table}")
        cursor.execute("DELETE FROM auth_user")
    files.delete(stored_names())


def _orphan() -> str:
    name = files.upload_name(uuid4())
    files.write(name, b"left by a crash")
    before = time.time() - 2 * 60 * 60
    os.utime(Path(default_storage.path(name)), (before, before))
    return name


Made = tuple[EnrichmentJob | None, jobs.Claim | None]


def _none(owner: jobs.Owner) -> Made:
    return None, None


def _waiting(owner: jobs.Owner) -> Made:
    return jobs.submit(owner, data=UPLOAD, original_name="references.bib", entries_total=6), None


def _working(owner: jobs.Owner) -> Made:
    job, _ = _waiting(owner)
    assert job
    return job, jobs.claim(worker="first", job_id=job.pk)


def _completed(owner: jobs.Owner) -> Made:
    job, claim = _working(owner)
    assert job
    assert claim
    result, report, outcomes = product()
    assert jobs.complete(claim, result=result, report=report, outcomes=outcomes)
    return EnrichmentJob.objects.get(pk=job.pk), None


def _decided(owner: jobs.Owner) -> Made:
    job, _ = _completed(owner)
    assert job
    change = reviews.deciding(job, [Decision("reject", entry=0, fields=("publisher",))])
    assert reviews.decide(job, [owner], version=0, change=change) == 1
    job.refresh_from_db()
    return job, None


def _awaited(owner: jobs.Owner) -> Made:
    job, claim = _working(owner)
    assert job
    assert claim
    assert jobs.wish_letter(job.pk, [owner], link="https://example.org/")
    result, report, outcomes = product()
    assert jobs.complete(claim, result=result, report=report, outcomes=outcomes)
    return EnrichmentJob.objects.get(pk=job.pk), None


def _failed(owner: jobs.Owner) -> Made:
    job, claim = _working(owner)
    assert claim
    assert jobs.fail(claim, code="source_away", message="Not now.")
    return job, None


def _cancelled(owner: jobs.Owner) -> Made:
    job, _ = _working(owner)
    assert job
    assert jobs.cancel(job.pk, [owner])
    return job, None


def _long_ago(make: Callable[[jobs.Owner], Made], **times: timedelta) -> Callable[[jobs.Owner], Made]:
    def make_and_put_back(owner: jobs.Owner) -> Made:
        job, claim = make(owner)
        assert job
        put_back(job.pk, **times)
        return job, claim

    return make_and_put_back


def _given_up(owner: jobs.Owner) -> Made:
    job, claim = _long_ago(_working, lease_until=5 * MINUTE)(owner)
    assert job
    EnrichmentJob.objects.filter(pk=job.pk).update(rescues=MAX_RESCUES)
    return job, claim


#: How a job may stand when a race begins.
STATES: Final[Mapping[str, Callable[[jobs.Owner], Made]]] = {
    "none": _none,
    "waiting": _waiting,
    "waiting_stale": _long_ago(_waiting, queued_at=6 * MINUTE),
    "working": _working,
    "working_stale": _long_ago(_working, started_at=11 * MINUTE),
    "silent": _long_ago(_working, lease_until=5 * MINUTE),
    "silent_again": _given_up,
    "completed": _completed,
    "decided": _decided,
    "awaited": _awaited,
    "old": _long_ago(_completed, finished_at=31 * DAY),
    "failed": _failed,
    "cancelled": _cancelled,
}


def tallied_since(world: World) -> Counter[str]:
    """What the operators' counters have grown by: ``jobs_ended completed|completed``."""
    since: Counter[str] = Counter()
    for name, labels in tallies().items():
        for label, value in labels.items():
            since[f"{name} {label}".strip()] = round(value - world.tallied.get(name, {}).get(label, 0))
    return +since
