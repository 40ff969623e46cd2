"""Whose word about a visitor's address is taken, and whose is not."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from apps.scholar_app.proxies import ProxySchemeMiddleware, client_address
from scitex_cloud.environment import TrustedProxies

VISITOR, PROXY, SECOND = "198.51.100.1", "10.0.0.5", "10.0.0.6"
BY_NETWORK, BY_COUNT = "10.0.0.0/8, 2001:db8::/32", "2"


def asked(peer: str, *, said: str = "", scheme: str = "") -> HttpRequest:
    headers = {"X-Forwarded-For": said, "X-Forwarded-Proto": scheme}
    return RequestFactory().get("/", REMOTE_ADDR=peer, headers={name: text for name, text in headers.items() if text})


@pytest.mark.parametrize(
    ("trusted", "peer", "said", "address"),
    [
        ("", PROXY, VISITOR, PROXY),
        (BY_NETWORK, PROXY, VISITOR, VISITOR),
        (BY_NETWORK, "11.0.0.5", VISITOR, "11.0.0.5"),
        (BY_NETWORK, "2001:db8::1", VISITOR, VISITOR),
        (BY_NETWORK, f"::ffff:{PROXY}", VISITOR, VISITOR),
        # What a visitor claims stands left of what the proxies wrote.
        (BY_NETWORK, PROXY, f"203.0.113.66, {VISITOR}", VISITOR),
        (BY_NETWORK, PROXY, f"203.0.113.66, {VISITOR}, {SECOND}", VISITOR),
        (BY_NETWORK, "127.0.0.1", f"{VISITOR}, {PROXY}", VISITOR),
        (BY_NETWORK, PROXY, "nonsense", PROXY),
        (BY_NETWORK, PROXY, f"nonsense, {SECOND}", SECOND),
        (BY_COUNT, "192.0.2.1", f"203.0.113.66, {VISITOR}, 192.0.2.2", VISITOR),
        (BY_COUNT, "192.0.2.1", VISITOR, VISITOR),
        ("1", "192.0.2.1", f"203.0.113.66, {VISITOR}", VISITOR),
        ("0", "192.0.2.1", VISITOR, "192.0.2.1"),
    ],
)
def test_the_last_address_that_no_trusted_proxy_has_is_the_visitors(
    settings: Settings, trusted: str, peer: str, said: str, address: str
) -> None:
    settings.SCITEX_TRUSTED_PROXIES = TrustedProxies.parse(trusted)
    assert client_address(asked(peer, said=said)) == address


@pytest.mark.parametrize(
    ("trusted", "peer", "scheme", "secure"),
    [
        ("", "127.0.0.1", "https", True),
        ("", PROXY, "https", False),
        (BY_NETWORK, PROXY, "https", True),
        (BY_NETWORK, VISITOR, "https", False),
        (BY_NETWORK, PROXY, "http", False),
        (BY_NETWORK, PROXY, "", False),
        (BY_COUNT, VISITOR, "https", True),
    ],
)
def test_only_a_trusted_proxy_makes_a_request_secure(
    settings: Settings, trusted: str, peer: str, scheme: str, *, secure: bool
) -> None:
    settings.SCITEX_TRUSTED_PROXIES = TrustedProxies.parse(trusted)
    seen: list[bool] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(request.is_secure())
        return HttpResponse()

    ProxySchemeMiddleware(view)(asked(peer, scheme=scheme))
    assert seen == [secure]
