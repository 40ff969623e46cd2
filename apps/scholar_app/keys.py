"""API keys: made, shown once, recognised and revoked. Only their SHA-256 is kept."""

import hashlib
import math
import secrets
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.db.models import F, Q, QuerySet

from .clock import clock
from .models import ApiKey

#: So many that can be used at a time, per user.
MOST_KEYS: Final = 20
_SECRET_BYTES: Final = 32
_COARSE: Final = timedelta(hours=1)


class TooManyKeys(Exception):  # noqa: N818 (a fact about the account, not a fault)
    """The account has ``MOST_KEYS`` keys already."""


class Allowance(NamedTuple):
    """Whether a request may be answered, how many more may, and in how many seconds the count begins anew."""

    is_left: bool
    remaining: int
    reset: int


def issue(user_id: int, *, name: str) -> tuple[ApiKey, str]:
    """A new key of this user, and the only copy of it that there will ever be. Raises ``TooManyKeys``."""
    if keys_of(user_id).count() >= MOST_KEYS:
        raise TooManyKeys
    # What one finds a key by is drawn apart from the secret, so showing it gives nothing of that away.
    prefix = f"scitex_{secrets.token_hex(4)}"
    key = f"{prefix}_{secrets.token_urlsafe(_SECRET_BYTES)}"
    return ApiKey.objects.create(user_id=user_id, name=name, prefix=prefix, key_hash=_hash(key)), key


def keys_of(user_id: int) -> QuerySet[ApiKey]:
    """The keys that still open something, newest first."""
    return ApiKey.objects.filter(user_id=user_id, revoked_at__isnull=True).order_by("-created_at", "-id")


def revoke(key_id: int, user_id: int) -> bool:
    """Make a key worthless from the next request on. ``False``: it is not theirs, or was revoked before."""
    return bool(keys_of(user_id).order_by().filter(pk=key_id).update(revoked_at=clock()))


def recognise(key: str) -> ApiKey | None:
    """The key's row with its user; ``None`` for a key that is unknown or revoked, or whose user is inactive.

    Found by the hash alone: an attacker who measures how long that takes learns about hashes, not about keys.
    """
    valid = ApiKey.objects.filter(key_hash=_hash(key), revoked_at__isnull=True, user__is_active=True)
    found = valid.select_related("user").first()
    if found is not None:
        _note_use(found)
    return found


def count_request(key_id: int, *, calls: int, seconds: float) -> Allowance:
    """Count a request: at most ``calls`` within ``seconds`` of the first one, whichever web process it came to.

    One conditional UPDATE, so two requests at the same instant are two. What is refused is not counted, or written.
    """
    key = ApiKey.objects.filter(pk=key_id)
    is_left = _one_more(key, calls, seconds) or _begin_anew(key, seconds) or _one_more(key, calls, seconds)
    counted = key.annotate(now=clock()).get()
    now: datetime = vars(counted)["now"]
    end = (counted.counted_since or now) + timedelta(seconds=seconds)
    return Allowance(is_left, max(calls - counted.requests, 0), max(math.ceil((end - now).total_seconds()), 1))


def _one_more(key: QuerySet[ApiKey], calls: int, seconds: float) -> bool:
    current = key.filter(counted_since__gt=clock(plus=-timedelta(seconds=seconds)), requests__lt=calls)
    return bool(current.update(requests=F("requests") + 1))


def _begin_anew(key: QuerySet[ApiKey], seconds: float) -> bool:
    """``False``: the present count goes on, or somebody else began this very one."""
    over = Q(counted_since__isnull=True) | Q(counted_since__lte=clock(plus=-timedelta(seconds=seconds)))
    return bool(key.filter(over).update(counted_since=clock(), requests=1))


def _note_use(key: ApiKey) -> None:
    """One write an hour, however often the key is used."""
    unnoted = Q(last_used_at__isnull=True) | Q(last_used_at__lt=clock(plus=-_COARSE))
    if ApiKey.objects.filter(unnoted, pk=key.pk).exists():
        ApiKey.objects.filter(unnoted, pk=key.pk).update(last_used_at=clock())


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
