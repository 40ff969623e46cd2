"""So many requests a key, over all web processes: what a program in a loop may ask, told in headers beforehand.

It is there to keep one program from taking the site from the others, not for billing: the count begins anew some time
after its first request, so at that border twice as many may come close together. Uploads have limits of their own.
"""

from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest
from ninja.throttling import BaseThrottle

from .. import keys
from .errors import limit_headers

if TYPE_CHECKING:
    from .authentication import KeyedRequest


class KeyThrottle(BaseThrottle):
    """``SCITEX_API_RATE`` for each key. Threads share it, so it keeps nothing."""

    def allow_request(self, request: HttpRequest) -> bool:
        """Count it, and say in the headers what is left, or when to come back."""
        keyed: KeyedRequest = request  # type: ignore[assignment]  # ninja throttles after it has recognised the key
        calls, seconds = settings.SCITEX_API_RATE
        left = keys.count_request(keyed.auth.pk, calls=calls, seconds=seconds)
        headers = limit_headers(request)
        headers["RateLimit-Limit"] = str(calls)
        headers["RateLimit-Remaining"] = str(left.remaining)
        headers["RateLimit-Reset"] = str(left.reset)
        if not left.is_left:
            headers["Retry-After"] = str(left.reset)
        return left.is_left
