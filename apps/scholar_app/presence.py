"""Which workers are there: each says so as often as it looks after others' leases, and takes its leave at the end."""

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import models

from .clock import DatabaseClock, clock

#: What a crash left behind is of no use to anybody after this.
PRESENCE_KEPT: Final = timedelta(days=1)


class WorkerPresence(models.Model):
    """When a worker was last there. An orderly end takes the row away; after a crash it goes stale."""

    #: ``host:pid``, as in ``EnrichmentJob.worker``.
    name = models.CharField(max_length=100, primary_key=True)
    seen_at = models.DateTimeField(db_default=DatabaseClock())
    #: How many jobs it works on at a time.
    processes = models.PositiveIntegerField()

    class Meta:
        app_label = "scholar_app"
        indexes = (models.Index(fields=["seen_at"], name="worker_seen_at"),)  # who is there; pruning

    def __str__(self) -> str:
        return f"{self.name} at {self.seen_at:%Y-%m-%d %H:%M:%S}"


def beat(name: str, *, processes: int) -> None:
    """Note that the worker of this name is there now."""
    row = WorkerPresence(name=name[:100], processes=processes, seen_at=clock())
    columns = ["seen_at", "processes"]
    WorkerPresence.objects.bulk_create([row], update_conflicts=True, unique_fields=["name"], update_fields=columns)


def leave(name: str) -> None:
    """Note that it goes of its own accord."""
    WorkerPresence.objects.filter(name=name[:100]).delete()


def present() -> models.QuerySet[WorkerPresence]:
    """The workers that were seen within the time of a lease, as others would find their jobs."""
    return WorkerPresence.objects.filter(seen_at__gte=clock(plus=-timedelta(seconds=settings.SCITEX_LEASE_SECONDS)))
