"""The trail of what concerns the safety of accounts: a line of log each, with ids, and no name, address or password."""

import logging
from typing import Any, Final

from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from . import jobs
from .owners import client_address

logger = logging.getLogger("scholar.access")
_DIGITS: Final = 12


def note(event: str, *, user_id: int | None, request: HttpRequest | None = None, **ids: int) -> None:
    """Write one line; ``ids`` name what else it is about.

    ``from`` is the same for the same network and cannot be turned back into it without the site's secret key.
    """
    more = "".join(f" {name}={id_}" for name, id_ in ids.items())
    logger.info("event=%s user=%s from=%s%s", event, user_id or "-", _network(request), more)


def _network(request: HttpRequest | None) -> str:
    address = client_address(request) if request is not None else ""
    if not address:
        return "-"
    return salted_hmac("scholar.trail", jobs.network_of(address), algorithm="sha256").hexdigest()[:_DIGITS]


@receiver(user_logged_in)
def _signed_in(request: HttpRequest | None, user: User, **_: Any) -> None:
    note("signed_in", user_id=user.pk, request=request)


@receiver(user_logged_out)
def _signed_out(request: HttpRequest | None, user: User | None, **_: Any) -> None:
    note("signed_out", user_id=user.pk if user else None, request=request)


@receiver(user_login_failed)
def _refused(request: HttpRequest | None = None, **_: Any) -> None:
    """A wrong password or a pause; whose is not said, for a mistyped name may be a password."""
    note("password_refused", user_id=None, request=request)
