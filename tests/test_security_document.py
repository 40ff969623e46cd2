"""``docs/security.md`` is true: what no other test holds is held here."""

import json
from pathlib import Path

import pytest
from django.test import Client

from apps.scholar_app.enrichment.sources.manners import Access
from apps.scholar_app.enrichment.sources.registry import INDEXES
from tests.test_settings import start

TOLD = [
    *("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE"),
    *("SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "DEBUG"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["/scholar/bibtex/", "/api/v1/docs", "/api/v1/jobs", "/scholar/nowhere/", "/healthz"]
)
def test_headers_that_browsers_obey_are_sent(address: str, client: Client) -> None:
    headers = client.get(address).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.django_db
def test_another_sites_name_is_refused(client: Client) -> None:
    assert client.get("/scholar/bibtex/", headers={"host": "evil.example.org"}).status_code == 400


def told(tmp_path: Path, **variables: str) -> dict[str, object]:
    """Some settings, as a site under these variables has them."""
    wanted = f"__import__('json').dumps({{name: getattr(settings, name) for name in {TOLD!r}}})"
    settings: dict[str, object] = json.loads(start(tmp_path, wanted, **variables).stdout)
    return settings


def test_a_site_under_https_is_fit_for_it(tmp_path: Path) -> None:
    assert told(tmp_path, SCITEX_HTTPS="on") == {
        "SESSION_COOKIE_NAME": "__Host-scitex_session",
        "CSRF_COOKIE_NAME": "__Host-csrftoken",
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SECURE_SSL_REDIRECT": True,
        "SECURE_HSTS_SECONDS": 31_536_000,
        "DEBUG": False,
    }


def test_a_site_without_https_keeps_its_visitors_signed_in(tmp_path: Path) -> None:
    """A browser takes no ``Secure`` or ``__Host-`` cookie over HTTP."""
    settings = told(tmp_path)
    assert settings["SESSION_COOKIE_NAME"] == "scitex_session"
    assert not settings["SESSION_COOKIE_SECURE"]


@pytest.mark.parametrize("name", INDEXES)
def test_every_index_is_asked_over_https(name: str) -> None:
    assert INDEXES[name].manners(Access()).base_url.startswith("https://")
