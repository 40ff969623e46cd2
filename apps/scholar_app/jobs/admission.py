"""Who is let in: so many uploads an hour, and none that could not be started in time.

Refusing at the door costs a user a minute; accepting and failing five minutes later costs them their trust.
"""

import ipaddress
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import QuerySet
from django.utils.crypto import salted_hmac

from ..clock import clock
from ..models import EnrichmentJob, Status, UploadAttempt, pending_limit
from .owners import Owner

#: How many jobs run side by side, as long as nothing shows the real number: the default of one worker.
ASSUMED_SLOTS: Final = 4
#: Who waits longer than this found every slot taken; then those that are working are all the slots there are.
_ALL_BUSY_AFTER: Final = timedelta(seconds=10)
#: The estimate is a mean; this part of the limit may be filled by it.
_FILLED: Final = 0.8
_RECENT: Final = 20
_HOUR: Final = timedelta(hours=1)
#: Looks at a file that are allowed for each upload that is: nobody is asked for them, but reading takes a while.
_LOOKS_PER_UPLOAD: Final = 10


class QueueFull(Exception):  # noqa: N818 (a fact about the queue, not a fault)
    """So many wait that this upload would not be started within the limit; ``retry_after`` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"the queue is full; try again in {retry_after} s")
        self.retry_after = retry_after


class TooManyUploads(Exception):  # noqa: N818 (as QueueFull)
    """An owner or address has had its uploads of the hour; ``retry_after`` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"too many uploads; try again in {retry_after} s")
        self.retry_after = retry_after


def expected_wait(*, ahead: int, slots: int, working: int, turn: float) -> float:
    """Seconds until one more job would be started, with ``ahead`` waiting in front of it.

    ``slots`` jobs run side by side, ``working`` of them are taken, each for ``turn`` seconds: whoever finds a free slot
    starts at once, the others go in rounds. A job that is handed back queues behind, so it counts once.
    """
    rounds = math.ceil((ahead + 1 - max(slots - working, 0)) / slots)
    return max(rounds, 0) * turn


def refuse_if_full() -> None:
    """Raise ``QueueFull`` if one more job would not be started within the pending limit."""
    # Stale ones do not count: they are failed at the next sweep, and long before their turn.
    waiting = EnrichmentJob.objects.waiting().filter(queued_at__gte=clock(plus=-pending_limit()))
    working = EnrichmentJob.objects.processing().count()
    all_busy = waiting.filter(queued_at__lt=clock(plus=-_ALL_BUSY_AFTER)).exists()
    slots = max(working, 1 if all_busy else ASSUMED_SLOTS)
    wait = expected_wait(ahead=waiting.count(), slots=slots, working=working, turn=_usual_turn())
    most = _FILLED * pending_limit().total_seconds()
    if wait > most:
        raise QueueFull(math.ceil(wait - most))


def _usual_turn() -> float:
    """Seconds that the last few completed jobs took; a whole turn at most, and where there are none.

    A job is handed back after its turn when others wait, so nobody in front holds a slot for longer.
    """
    turn = float(settings.SCITEX_TURN_SECONDS)
    recent = EnrichmentJob.objects.filter(status=Status.COMPLETED, finished_at__isnull=False).order_by("-finished_at")
    times = recent.values_list("started_at", "finished_at")[:_RECENT]
    lasted = [(finished - started).total_seconds() for started, finished in times if started and finished]
    mean = sum(lasted) / len(lasted) if lasted else turn
    return min(max(mean, 1.0), turn)


def upload_keys(owner: Owner, address: str) -> tuple[str, ...]:
    """Salted hashes of whom uploads are counted for: the owner and, where it is known, the network address."""
    return tuple(_hash("uploads", key) for key in (*_owner_keys([owner]), *_address_keys(address)))


def _owner_keys(owners: Iterable[Owner]) -> list[str]:
    return [f"user:{one.user_id}" if one.user_id is not None else f"visitor:{one.visitor}" for one in owners]


def _address_keys(address: str) -> list[str]:
    return [f"address:{network_of(address)}"] if address else []


def _hash(kind: str, key: str) -> str:
    return salted_hmac(f"scholar.{kind}", key, algorithm="sha256").hexdigest()


def network_of(address: str) -> str:
    """An IPv4 address, or the /64 network of an IPv6 one: whoever has one address of it has them all."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    return str(ip.ipv4_mapped or ipaddress.ip_network((ip, 64), strict=False))


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many uploads are allowed an hour, how many are left, and in how many seconds one more will be."""

    limit: int
    remaining: int
    reset: int


def count_look(owners: Iterable[Owner], address: str, *, kept: bool) -> None:
    """Count a look at a file that is not uploaded; ``kept`` if it is held meanwhile, as an upload is.

    Raises ``TooManyUploads`` where there were too many within the hour.
    """
    kind, times = ("kept", 1) if kept else ("look", _LOOKS_PER_UPLOAD)
    keys = [_hash(kind, key) for key in (*_owner_keys(owners), *_address_keys(address))]
    refuse_if_too_many(keys, limit=times * settings.SCITEX_UPLOADS_PER_HOUR)
    count_upload(keys)


def allowance(owner: Owner, address: str) -> Allowance:
    """What is left to whoever is nearest to their limit: the owner or the address."""
    return min((_allowance(key) for key in upload_keys(owner, address)), key=lambda left: (left.remaining, -left.reset))


def refuse_if_too_many(keys: Sequence[str], *, limit: int | None = None) -> None:
    """Raise ``TooManyUploads`` if any of ``keys`` has used up its hour; without ``limit`` that of the settings."""
    for key in keys:
        left = _allowance(key, limit)
        if not left.remaining:
            raise TooManyUploads(left.reset)


def _allowance(key: str, limit: int | None = None) -> Allowance:
    """The uploads are full until the last but ``limit - 1`` is an hour old."""
    limit = limit or int(settings.SCITEX_UPLOADS_PER_HOUR)
    recent = UploadAttempt.objects.filter(key_hash=key, at__gt=clock(plus=-_HOUR)).order_by("-at")
    counted: list[tuple[datetime, datetime]] = list(recent.annotate(now=clock()).values_list("at", "now")[:limit])
    if not counted:
        return Allowance(limit, limit, 0)
    at, now = counted[-1]
    return Allowance(limit, limit - len(counted), math.ceil((at + _HOUR - now).total_seconds()))


def count_upload(keys: Sequence[str]) -> None:
    """Remember an accepted upload."""
    UploadAttempt.objects.bulk_create([UploadAttempt(key_hash=key) for key in keys])


def old_attempts() -> QuerySet[UploadAttempt]:
    """Those that count no longer."""
    return UploadAttempt.objects.filter(at__lte=clock(plus=-_HOUR)).order_by("at")
