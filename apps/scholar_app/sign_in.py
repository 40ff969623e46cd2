"""Checking a password, with a pause that grows after each failure: per account and per address, for all processes.

A stranger can make the true owner of an account wait for a while, never lock them out. A name that nobody has is
treated like any other, so the pauses do not tell which accounts exist.
"""

import math
from datetime import timedelta
from typing import Any, Final

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from . import jobs
from .access import FAILURE_COUNTS
from .clock import clock
from .models import SignInPause
from .owners import client_address

#: So many failures cost nothing: people mistype. Behind an address there may be a whole institute.
FREE_PER_ACCOUNT: Final = 5
FREE_PER_ADDRESS: Final = 30
#: So many letters to one mailbox; more come with the same pauses in between.
FREE_LETTERS: Final = 3
LONGEST_PAUSE: Final = timedelta(minutes=15)
_RACES: Final = 5


def pause_after(tries: int, *, free: int) -> timedelta:
    """How long to wait after so many failures: nothing, then 1 s, 2 s, 4 s ... up to ``LONGEST_PAUSE``."""
    if tries < free:
        return timedelta()
    return min(timedelta(seconds=2 ** min(tries - free, 20)), LONGEST_PAUSE)


class ThrottledBackend(ModelBackend):
    """Django's own check of a password, refused unseen during a pause. All sign-ins pass here, the operators' too."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        """The user, or ``None``. During a pause nothing is looked at, and ``request.sign_in_pause`` says how long."""
        if username is None or password is None:
            return None
        limits = _limits(request, username)
        for key, free in limits.items():
            # Counted before the password is looked at: a hundred guesses at the same instant are a hundred tries.
            if seconds := _count_try(key, free=free):
                if request is not None:
                    vars(request)["sign_in_pause"] = seconds
                raise PermissionDenied
        user = super().authenticate(request, username=username, password=password, **kwargs)
        if user is not None:
            _forgive(*limits)
        return user


def sign_in_pause(request: HttpRequest) -> int:
    """For how many seconds sign-ins are refused, as this request has learnt; 0 if it was not refused for that."""
    seconds: int = vars(request).get("sign_in_pause", 0)
    return seconds


def forgive_account(username: str) -> None:
    """Forget the failures of this account, and with them its pause."""
    SignInPause.objects.filter(key_hash=_account_key(username)).delete()


def letter_allowed(request: HttpRequest, mailbox: str) -> bool:
    """Whether a letter that somebody asks for may be sent now: nobody's mailbox shall be filled by a stranger."""
    limits = {_hash(f"letter:{mailbox.casefold()}"): FREE_LETTERS}
    if address := client_address(request):
        limits[_hash(f"letters from:{jobs.network_of(address)}")] = FREE_PER_ADDRESS
    return not any(_count_try(key, free=free) for key, free in limits.items())


def _account_key(username: str) -> str:
    return _hash(f"account:{username.casefold()}")


def _limits(request: HttpRequest | None, username: str) -> dict[str, int]:
    """Whom a try is counted for, the account first, and how many failures are free for them."""
    limits = {_account_key(username): FREE_PER_ACCOUNT}
    address = client_address(request) if request is not None else ""
    if address:
        limits[_hash(f"address:{jobs.network_of(address)}")] = FREE_PER_ADDRESS
    return limits


def _hash(key: str) -> str:
    return salted_hmac("scholar.sign_in", key, algorithm="sha256").hexdigest()


def _count_try(key: str, *, free: int) -> int:
    """Count one more try, or say for how many seconds none is allowed; the guarded UPDATE decides a race."""
    for _ in range(_RACES):
        SignInPause.objects.get_or_create(key_hash=key)
        row = SignInPause.objects.annotate(now=clock()).get(key_hash=key)
        if row.paused_until > row.now:
            left: timedelta = row.paused_until - row.now
            return math.ceil(left.total_seconds())
        tries = 1 if row.last_at <= row.now - FAILURE_COUNTS else row.tries + 1
        until = clock(plus=pause_after(tries, free=free))
        # By the count alone: SQLite compares times as text, and one without a fraction has two spellings.
        as_seen = SignInPause.objects.filter(pk=row.pk, tries=row.tries)
        if as_seen.update(tries=tries, last_at=clock(), paused_until=until):
            return 0
    return 1


def _forgive(account: str, address: str = "") -> None:
    """The right password: the account's failures are forgotten, the address gets back this one try.

    Not more than that: else who has an account of their own could sign in to it between any two guesses.
    """
    SignInPause.objects.filter(key_hash=account).delete()
    SignInPause.objects.filter(key_hash=address, tries__gt=0).update(tries=F("tries") - 1, paused_until=clock())
