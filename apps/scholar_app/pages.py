"""Answers that every room of the site gives alike: problem pages in the site's own look, and who may keep a copy."""

import sys
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, Final, ParamSpec

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views import defaults

#: What an outage of the database, of the disk or of the object store comes as. It is over some time, unlike a bug.
_OUTAGES: Final = (OperationalError, InterfaceError, OSError)
_RETRY_AFTER: Final = 30
P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def private(view: View[P]) -> View[P]:
    """Mark the answer as one person's own: no cache, shared or not, may keep it."""

    @wraps(view)
    def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        patch_cache_control(response, private=True, no_store=True)
        return response

    return wrapped


def post_only(view: View[P]) -> View[P]:
    """Answer 405, as a page, to anything but POST."""

    @wraps(view)
    def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.method == "POST":
            return view(request, *args, **kwargs)
        response = problem(
            request,
            HTTPStatus.METHOD_NOT_ALLOWED,
            title=_("Nothing to see at this address"),
            text=_("It is where forms are sent to. Nothing was changed."),
        )
        response["Allow"] = "POST"
        return response

    return wrapped


def problem(
    request: HttpRequest, status: HTTPStatus, *, title: str, text: str, retry_after: int | None = None
) -> HttpResponse:
    """A page that says what went wrong and what to do now; ``retry_after`` in seconds."""
    context = {"title": title, "text": text, "status": status.value}
    response = render(request, "scholar/problem.html", context, status=status)
    patch_cache_control(response, private=True, no_store=True)
    if retry_after is not None:
        response["Retry-After"] = str(retry_after)
    return response


def too_large(request: HttpRequest) -> HttpResponse:
    """413: more was sent than any upload may hold."""
    limit = filesizeformat(settings.SCITEX_MAX_UPLOAD_BYTES)
    return problem(
        request,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        title=_("This file is too large"),
        text=_("A file may have at most %(limit)s. Nothing was stored. Split the file and upload its parts one by one.")
        % {"limit": limit},
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 (Django's signature)
    """Django's handler400: the exception's text is for the log, never for the page."""
    return problem(
        request,
        HTTPStatus.BAD_REQUEST,
        title=_("This request cannot be understood"),
        text=_("It was incomplete or malformed, and nothing was changed. Go back, reload the page and try again."),
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 (Django's signature)
    """Django's handler404. The same words for what does not exist and for what belongs to somebody else."""
    return problem(
        request,
        HTTPStatus.NOT_FOUND,
        title=_("There is no such page"),
        text=_(
            "The address may be mistyped, or what was here has been deleted. The pages of a job open only for the "
            "person who uploaded the file: in the same browser, or signed in to the same account."
        ),
    )


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Django's handler500: 503 where what we stand on is away, which load balancers and programs then try again."""
    if not isinstance(sys.exc_info()[1], _OUTAGES):
        return defaults.server_error(request)
    response = HttpResponse(render_to_string("503.html"), status=HTTPStatus.SERVICE_UNAVAILABLE)
    patch_cache_control(response, private=True, no_store=True)
    response["Retry-After"] = str(_RETRY_AFTER)
    return response
