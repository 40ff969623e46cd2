"""Who asks: the bearer of an API key. Cookies open nothing here, so there is nothing for another site to forge."""

from typing import TYPE_CHECKING

from django.http import HttpRequest
from ninja.security import HttpBearer

from .. import keys
from ..jobs import Owner
from ..models import ApiKey

if TYPE_CHECKING:

    class KeyedRequest(HttpRequest):
        """A request that came with a valid key."""

        auth: ApiKey

else:
    KeyedRequest = HttpRequest


class BearerKey(HttpBearer):
    """``Authorization: Bearer <key>``."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey | None:  # noqa: ARG002 (ninja's signature)
        """The key, if it opens anything."""
        return keys.recognise(token.strip())


def owner_of(request: "KeyedRequest") -> Owner:
    """For whom the request acts: the key's user, and no visitor."""
    return Owner(user_id=request.auth.user_id)
