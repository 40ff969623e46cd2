"""Every refusal in one shape: ``{"error": {"code", "message"}}``, whoever in the house refused."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import patch_cache_control

PREFIX: Final = "/api/"
#: What is said of a status where nobody says anything closer. Never more than this of a fault of ours.
_GENERAL: Final[Mapping[int, tuple[str, str]]] = {
    400: ("bad_request", "The request cannot be understood; nothing was changed."),
    401: ("unauthorized", "Send a valid API key: “Authorization: Bearer <key>”."),
    403: ("forbidden", "This is not open to you."),
    404: ("not_found", "There is nothing at this address, or it is somebody else's."),
    405: ("method_not_allowed", "This address does not take this method; see the header Allow."),
    413: ("too_large", "More was sent than any file may hold. Split the file and send its parts one by one."),
    415: ("unsupported_media_type", "Send the file as multipart/form-data."),
    429: ("too_many_requests", "Too many requests came with this key. Wait as long as Retry-After says."),
    500: ("internal_error", "Something broke on our side. It has been noted; try again later."),
    503: ("unavailable", "Our database or disk does not answer now; try again as Retry-After says."),
}
_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
_KEPT_HEADERS: Final = ("Allow", "Retry-After")


class ApiError(Exception):
    """A refusal: ``code`` for programs, ``message`` for people, ``more`` beside the error (the job in the way, say)."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        headers: Mapping[str, str] = _NOTHING,
        more: Mapping[str, Any] = _NOTHING,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.headers, self.more = headers, more

    @classmethod
    def general(cls, status: int, *, headers: Mapping[str, str] = _NOTHING) -> "ApiError":
        """The refusal that this status stands for."""
        kind = "client_error" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "server_error"
        code, message = _GENERAL.get(status, (kind, HTTPStatus(status).phrase))
        return cls(status, code, message, headers=headers)

    def response(self) -> JsonResponse:
        """The answer that says so."""
        body = {"error": {"code": self.code, "message": self.message}, **self.more}
        return JsonResponse(body, status=self.status, headers=dict(self.headers))


class JsonAnswersMiddleware:
    """Below ``/api/``, gives every error our shape, also those of the framework, and keeps answers out of caches.

    The middleware that refuses large bodies, the resolver's 404 and a crash know nothing of the API.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The site's answer; elsewhere than below ``/api/`` untouched."""
        response = self.get_response(request)
        if not request.path_info.startswith(PREFIX):
            return response
        if response.status_code >= 400 and response.headers.get("Content-Type") != "application/json":
            kept = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
            response = ApiError.general(response.status_code, headers=kept).response()
        for name, value in limit_headers(request).items():
            response.headers[name] = value
        patch_cache_control(response, private=True, no_store=True)
        return response


def limit_headers(request: HttpRequest) -> dict[str, str]:
    """The headers about limits that this request has earned; whoever counts adds to them."""
    headers: dict[str, str] = vars(request).setdefault("limit_headers", {})
    return headers
