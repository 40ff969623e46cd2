"""So many requests a key: what a program in a loop may ask of one web process, told in headers beforehand.

The counting is ninja's, in Django's cache. Without a shared cache each web process counts for itself; it is there to
keep one program from taking the site from the others, not for billing. Uploads have limits of their own, in the
database.
"""

import math
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest
from ninja.throttling import SimpleRateThrottle

from .errors import limit_headers

if TYPE_CHECKING:
    from .authentication import KeyedRequest


class KeyThrottle(SimpleRateThrottle):
    """``SCITEX_API_RATE`` for each key."""

    scope = "api"

    def __init__(self) -> None:
        super().__init__(rate="1/s")  # read anew at each request, below

    def get_cache_key(self, request: HttpRequest) -> str:
        """One count for each key."""
        keyed: KeyedRequest = request  # type: ignore[assignment]  # ninja throttles after it has recognised the key
        return self.cache_format % {"scope": self.scope, "ident": keyed.auth.pk}

    def allow_request(self, request: HttpRequest) -> bool:
        """Count it, and say in the headers what is left, or when to come back."""
        calls, seconds = settings.SCITEX_API_RATE
        self.num_requests, self.duration = calls, math.ceil(seconds)
        allowed = super().allow_request(request)
        reset = max(math.ceil(self.history[-1] + self.duration - self.now), 1)
        headers = limit_headers(request)
        headers["RateLimit-Limit"] = str(self.num_requests)
        headers["RateLimit-Remaining"] = str(max(self.num_requests - len(self.history), 0))
        headers["RateLimit-Reset"] = str(reset)
        if not allowed:
            headers["Retry-After"] = str(reset)
        return allowed
