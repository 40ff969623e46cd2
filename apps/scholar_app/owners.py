"""For whom a request acts: the signed-in user, and the anonymous visitor of this session.

A visitor is a random id kept in the session, made at the first successful upload and never on a GET. It is not the
session's key, which changes at sign-in and would be a secret in a database column.
"""

from typing import Any, Final
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from . import jobs
from .jobs import Owner
from .proxies import client_address

__all__ = ["client_address", "owners_of", "remember", "take_jobs_along", "uploader"]

_VISITOR: Final = "visitor"
#: In seconds, as sessions count.
_DAY: Final = 24 * 60 * 60


def owners_of(request: HttpRequest) -> tuple[Owner, ...]:
    """Whose jobs this request may see and change: none, one or two owners. Stores nothing."""
    visitor = _visitor(request)
    user = (Owner(user_id=request.user.pk),) if request.user.is_authenticated else ()
    return (*user, *((Owner(visitor=visitor),) if visitor else ()))


def uploader(request: HttpRequest) -> Owner:
    """Who an upload belongs to. A visitor who is new is not stored yet: see :func:`remember`."""
    if request.user.is_authenticated:
        _take_along(request, request.user.pk)
        return Owner(user_id=request.user.pk)
    return Owner(visitor=_visitor(request) or uuid4())


def remember(request: HttpRequest, owner: Owner) -> None:
    """Keep a visitor who has a job now, as long as the job itself is kept."""
    if owner.visitor is not None:
        request.session[_VISITOR] = str(owner.visitor)
        request.session.set_expiry(max(1, settings.SCITEX_RETENTION_DAYS) * _DAY)


@receiver(user_logged_in, dispatch_uid="scholar_take_jobs_along")
def take_jobs_along(request: HttpRequest | None, user: AbstractBaseUser, **_: Any) -> None:
    """Signing in, wherever that happens, brings the visitor's jobs into the account."""
    if request is not None and hasattr(request, "session"):
        _take_along(request, user.pk)


def _take_along(request: HttpRequest, user_id: int) -> None:
    """An active job stays the visitor's while the user has one as well; the next upload tries again."""
    visitor = _visitor(request)
    if visitor is not None:
        jobs.adopt(visitor, user_id)


def _visitor(request: HttpRequest) -> UUID | None:
    kept = request.session.get(_VISITOR)
    return UUID(kept) if kept else None
