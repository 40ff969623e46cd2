"""Whom a request comes from, where reverse proxies stand in between: ``SCITEX_TRUSTED_PROXIES``.

``X-Forwarded-For`` is anybody's claim. Each proxy appends the address it was asked from, so the header is read from its
end, as far as those who wrote it are trusted. A proxy on this very machine, or behind a Unix socket, always is.
"""

import ipaddress
from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse

_HTTPS: Final = "https"


def client_address(request: HttpRequest) -> str:
    """The address a request comes from; empty where there is none (a Unix socket without a proxy's word)."""
    peer = str(request.META.get("REMOTE_ADDR") or "")
    claimed = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    hops: int = settings.SCITEX_TRUSTED_PROXIES.hops
    address = peer
    for step, next_address in enumerate(reversed(claimed)):
        if not (_is_trusted(address) or step < hops) or not _is_address(next_address):
            break
        address = next_address
    return address


class ProxySchemeMiddleware:
    """Believes a trusted proxy that says how it was asked: behind TLS elsewhere, nobody is redirected for ever."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        said = request.headers.get("X-Forwarded-Proto", "").strip().lower()
        peer = str(request.META.get("REMOTE_ADDR") or "")
        if said == _HTTPS and (_is_trusted(peer) or settings.SCITEX_TRUSTED_PROXIES.hops):
            request.META["wsgi.url_scheme"] = _HTTPS
        return self._get_response(request)


def _is_trusted(address: str) -> bool:
    if not address:
        return True
    if not _is_address(address):
        return False
    ip = ipaddress.ip_address(address)
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return ip.is_loopback or any(ip in network for network in settings.SCITEX_TRUSTED_PROXIES.networks)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
