"""The tables: a job's one row of truth, and the small ones that keep the service in order.

Only the package ``jobs`` changes a job; here is what a job *is*: its states, what the database holds it to, and the
words in which the others ask for jobs.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import Count, Q
from django.utils import timezone

from .access import ApiKey, SignInPause, Submission
from .clock import DatabaseClock, clock
from .lookups import Lookup
from .presence import WorkerPresence
from .tallies import Tally
from .wishes import LetterWish

__all__ = [
    "TRANSITIONS",
    "ApiKey",
    "CleanupRun",
    "EnrichmentJob",
    "JobQuerySet",
    "LetterWish",
    "Lookup",
    "SignInPause",
    "Status",
    "Submission",
    "Tally",
    "UploadAttempt",
    "WorkerPresence",
]


class Status(models.TextChoices):
    """Where a job stands."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


#: Every step a job may take. A finished job takes none: a job ends once.
TRANSITIONS: Final[Mapping[Status, frozenset[Status]]] = {
    Status.PENDING: frozenset({Status.PROCESSING, Status.FAILED, Status.CANCELLED}),
    Status.PROCESSING: frozenset({Status.PENDING, Status.COMPLETED, Status.FAILED, Status.CANCELLED}),
    Status.COMPLETED: frozenset(),
    Status.FAILED: frozenset(),
    Status.CANCELLED: frozenset(),
}
ACTIVE: Final = tuple(status for status, following in TRANSITIONS.items() if following)
FINISHED: Final = tuple(status for status, following in TRANSITIONS.items() if not following)


def processing_limit() -> timedelta:
    """How long a stretch of work may last before it is stale."""
    return timedelta(minutes=settings.SCITEX_PROCESSING_TIMEOUT_MINUTES)


def pending_limit() -> timedelta:
    """How long a job may wait before it is stale."""
    return timedelta(minutes=settings.SCITEX_PENDING_TIMEOUT_MINUTES)


class JobQuerySet(models.QuerySet["EnrichmentJob"]):
    """The words for sets of jobs. ``now`` is the database's clock unless a test gives one."""

    def active(self) -> "JobQuerySet":
        """Waiting or being worked on."""
        return self.filter(status__in=ACTIVE)

    def finished(self) -> "JobQuerySet":
        """Ended, one way or another."""
        return self.filter(status__in=FINISHED)

    def waiting(self) -> "JobQuerySet":
        """Pending, whose turn it is first."""
        return self.filter(status=Status.PENDING).order_by("queued_at", "id")

    def processing(self) -> "JobQuerySet":
        """Being worked on, longest first."""
        return self.filter(status=Status.PROCESSING).order_by("started_at")

    def stale_processing(self, now: datetime | None = None) -> "JobQuerySet":
        """Worked on for longer than the limit; the same rule as :meth:`EnrichmentJob.is_stale`."""
        return self.processing().filter(started_at__lt=clock(now, plus=-processing_limit()))

    def stale_pending(self, now: datetime | None = None) -> "JobQuerySet":
        """Waiting for longer than the limit; the same rule as :meth:`EnrichmentJob.is_stale`."""
        return self.waiting().filter(queued_at__lt=clock(now, plus=-pending_limit()))

    def lease_expired(self, now: datetime | None = None) -> "JobQuerySet":
        """Held by a worker that did not renew its lease, and not stale yet."""
        alive = Q(started_at__gte=clock(now, plus=-processing_limit()))
        return self.processing().filter(alive, lease_until__lt=clock(now))

    def status_counts(self) -> dict[Status, int]:
        """How many there are in each state; read from the indexes, never from the table."""
        ended = self.filter(finished_at__isnull=False).order_by()
        finished = ended.values("status").annotate(count=Count("*")).values_list("status", "count")
        active = {Status.PENDING: self.waiting().count(), Status.PROCESSING: self.processing().count()}
        return dict.fromkeys(FINISHED, 0) | active | {Status(status): count for status, count in finished}

    def old(self, days: int, now: datetime | None = None) -> "JobQuerySet":
        """Finished more than ``days`` days ago, oldest first."""
        return self.finished().filter(finished_at__lt=clock(now, plus=-timedelta(days=days))).order_by("finished_at")


def _times_fit_status() -> Q:
    """What each state says of the times; a status nobody knows fits nowhere."""
    running = Q(started_at__isnull=False, lease_until__isnull=False, finished_at__isnull=True, token__gt=0)
    waiting = Q(started_at__isnull=True, lease_until__isnull=True, finished_at__isnull=True)
    ended = Q(lease_until__isnull=True, finished_at__isnull=False)
    return (
        (Q(status=Status.PENDING) & waiting)
        | (Q(status=Status.PROCESSING) & running)
        | (Q(status=Status.COMPLETED, started_at__isnull=False) & ended)
        | (Q(status__in=(Status.FAILED, Status.CANCELLED)) & ended)
    )


def _iff(condition: Q, consequence: Q, otherwise: Q) -> Q:
    return (condition & consequence) | (~condition & otherwise)


class EnrichmentJob(models.Model):
    """One uploaded bibliography on its way to being enriched. The row is the truth; files hang on it by name."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="enrichment_jobs", db_index=False
    )
    #: The random id in an anonymous visitor's signed session.
    visitor = models.UUIDField(null=True)

    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    #: The fencing token, one more at every claim, hand-back and rescue: whoever holds an older one has lost the job.
    token = models.PositiveBigIntegerField(default=0)
    attempt = models.PositiveIntegerField(default=0)
    #: How often the job was taken from a worker that had fallen silent.
    rescues = models.PositiveIntegerField(default=0)
    worker = models.CharField(max_length=100, default="")

    created_at = models.DateTimeField(db_default=DatabaseClock())
    #: Of the present stretch: since when it waits, since when it is worked on.
    queued_at = models.DateTimeField(db_default=DatabaseClock())
    started_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    entries_total = models.PositiveIntegerField(default=0)
    entries_done = models.PositiveIntegerField(default=0)
    enriched = models.PositiveIntegerField(default=0)
    complete = models.PositiveIntegerField(default=0)
    not_found = models.PositiveIntegerField(default=0)
    ambiguous = models.PositiveIntegerField(default=0)
    conflict = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    #: ``{"activity": text for people, "sources": {name: {"asked": n, ...}}, "waiting": {name: {"seconds": n, "why":
    #: text}}, "latest": [{"key": citation key, "outcome": ...}], "left": seconds}``; what an older worker did not say
    #: is missing.
    progress = models.JSONField(default=dict)

    error_code = models.CharField(max_length=40, default="")
    error_message = models.CharField(max_length=500, default="")

    #: As the user called the file, without control characters. Shown, never part of a path.
    original_name = models.CharField(max_length=255, default="")
    size = models.PositiveIntegerField(default=0)
    upload_name = models.CharField(max_length=100)
    result_name = models.CharField(max_length=100, default="")
    report_name = models.CharField(max_length=100, default="")
    options = models.JSONField(default=dict)

    #: What the owner decided about the report (``review.decisions``), and how often: a decision names the version it
    #: was made upon. Not loaded with a job (``jobs.decisions_of``).
    decisions = models.JSONField(null=True)
    decisions_version = models.PositiveIntegerField(db_default=0)

    objects = JobQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["user"], condition=Q(status__in=ACTIVE), name="job_one_active_per_user"),
            models.UniqueConstraint(
                fields=["visitor"], condition=Q(status__in=ACTIVE), name="job_one_active_per_visitor"
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=False, visitor__isnull=True) | Q(user__isnull=True, visitor__isnull=False),
                name="job_has_one_owner",
            ),
            models.CheckConstraint(condition=_times_fit_status(), name="job_times_fit_status"),
            models.CheckConstraint(
                condition=_iff(
                    Q(status=Status.COMPLETED),
                    ~Q(result_name="") & ~Q(report_name=""),
                    Q(result_name="", report_name=""),
                ),
                name="job_result_iff_completed",
            ),
            models.CheckConstraint(
                condition=Q(decisions__isnull=True, decisions_version=0) | Q(status=Status.COMPLETED),
                name="job_decided_on_only_if_completed",
            ),
            models.CheckConstraint(
                condition=_iff(Q(status=Status.FAILED), ~Q(error_code=""), Q(error_code="", error_message="")),
                name="job_error_iff_failed",
            ),
        )
        # Measured on 1,000,000 rows: without the partial index a sweep in chunks takes fifty times as long. There is
        # none on lease_until on purpose: renewals then touch no index, and the few rows that are being worked on are
        # found through job_running.
        indexes = (
            # claim, queue_position, others_waiting, JobQuerySet.stale_pending
            models.Index(fields=["queued_at", "id"], condition=Q(status=Status.PENDING), name="job_waiting"),
            # JobQuerySet.stale_processing, JobQuerySet.lease_expired
            models.Index(fields=["started_at"], condition=Q(status=Status.PROCESSING), name="job_running"),
            # JobQuerySet.old; with the status also status_counts, without reading the table
            models.Index(fields=["finished_at", "status"], condition=Q(finished_at__isnull=False), name="job_finished"),
            # the operators' list, newest first
            models.Index(fields=["created_at"], name="job_created"),
            # jobs_of, newest first; the first one also the cascade from a user
            models.Index(fields=["user", "created_at"], name="job_of_user"),
            models.Index(fields=["visitor", "created_at"], condition=Q(visitor__isnull=False), name="job_of_visitor"),
        )

    def __str__(self) -> str:
        return f"{self.id} ({self.status})"

    @property
    def is_active(self) -> bool:
        """Whether it is waiting or being worked on."""
        return self.status in ACTIVE

    def is_stale(self, now: datetime | None = None) -> bool:
        """Whether it has been in its present stretch for longer than the limit; exactly the limit is not stale."""
        now = now or timezone.now()
        if self.status == Status.PROCESSING:
            return self.started_at is not None and now - self.started_at > processing_limit()
        return self.status == Status.PENDING and now - self.queued_at > pending_limit()


class CleanupRun(models.Model):
    """One run of the clean-up that was carried through, so that a timer that stopped can be noticed."""

    started_at = models.DateTimeField(db_default=DatabaseClock())
    seconds = models.FloatField()
    #: ``timer`` or ``command``.
    by = models.CharField(max_length=20)
    failed_processing = models.PositiveIntegerField(default=0)
    failed_pending = models.PositiveIntegerField(default=0)
    deleted_jobs = models.PositiveIntegerField(default=0)
    deleted_files = models.PositiveIntegerField(default=0)
    orphan_files = models.PositiveIntegerField(default=0)
    #: Files that could not be deleted this time; the next run tries again.
    undeleted_files = models.PositiveIntegerField(default=0)

    class Meta:
        get_latest_by = "started_at"
        indexes = (models.Index(fields=["started_at"], name="cleanup_run_at"),)  # the latest one; pruning

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M:%S} by {self.by}"


class UploadAttempt(models.Model):
    """One accepted upload, kept for an hour to count by: under a salted hash, so that no address is stored."""

    key_hash = models.CharField(max_length=64)
    at = models.DateTimeField(db_default=DatabaseClock())

    class Meta:
        indexes = (
            models.Index(fields=["key_hash", "at"], name="upload_attempt_of_key"),  # uploads of the last hour
            models.Index(fields=["at"], name="upload_attempt_at"),  # pruning
        )

    def __str__(self) -> str:
        return f"{self.key_hash[:8]} at {self.at}"
