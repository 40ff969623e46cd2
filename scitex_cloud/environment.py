"""Reading ``SCITEX_*`` variables: parsed, validated, and refused all at once when they make no sense."""

import difflib
import ipaddress
import os
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple, cast
from urllib.parse import parse_qsl, unquote, urlsplit

import dj_email_url
from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvError, EnvValidationError, FileAwareEnv, ValidationError

from . import secret

PREFIX = "SCITEX_"
REMOTE_SOURCES = (
    "crossref", "openalex", "semanticscholar", "pubmed", "arxiv",
    "datacite", "dblp", "europepmc", "inspire", "unpaywall",
)  # fmt: skip
SOURCES = ("catalogue", *REMOTE_SOURCES)

#: What may also come from a file: ``<name>_FILE``, or a credential of systemd's with this name.
SECRETS = (
    "SCITEX_SECRET_KEY", "SCITEX_DATABASE_URL", "SCITEX_EMAIL_URL", "SCITEX_METRICS_TOKEN", "SCITEX_OPENALEX_KEY",
    "SCITEX_SEMANTICSCHOLAR_KEY", "SCITEX_NCBI_KEY", "SCITEX_CELERY_BROKER_URL", "SCITEX_REDIS_URL", "SCITEX_FILES_URL",
)  # fmt: skip

_RATE = re.compile(r"(?P<calls>[1-9]\d{0,5})/(?P<seconds>\d{1,6}(?:\.\d+)?)s")
_AMOUNT = re.compile(r"\d{1,6}(?:\.\d{1,6})?")


class Rate(NamedTuple):
    """At most ``calls`` calls within any ``seconds`` seconds."""

    calls: int
    seconds: float

    @classmethod
    def parse(cls, text: str) -> "Rate":
        """Read ``3/1s``: three calls a second. Raises ``ValidationError`` for anything else."""
        match = _RATE.fullmatch(text.strip())
        if match is None or float(match["seconds"]) <= 0:
            raise ValidationError(f"{text!r} is not a rate like 3/1s (calls/seconds)")
        return cls(int(match["calls"]), float(match["seconds"]))


def source_names(text: str) -> tuple[str, ...]:
    """Read ``crossref,openalex`` into names, in order. Raises ``ValidationError`` for unknown or repeated ones."""
    names = tuple(part.strip().lower() for part in text.split(",") if part.strip())
    unknown = sorted(set(names) - set(SOURCES))
    if unknown:
        raise ValidationError(f"unknown source {unknown[0]!r}; known are {', '.join(SOURCES)}")
    if len(set(names)) < len(names):
        raise ValidationError("a source is named twice")
    return names


def dollars(text: str) -> Decimal:
    """Read ``0.25``. Raises ``ValidationError`` for anything but an amount of at most six decimals."""
    if not _AMOUNT.fullmatch(text.strip()):
        raise ValidationError(f"{text!r} is not an amount of dollars like 0.25")
    return Decimal(text.strip())


class TrustedProxies(NamedTuple):
    """Whose ``X-Forwarded-*`` headers are believed: those in these networks, or the last ``hops`` whoever they are."""

    networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = ()
    hops: int = 0

    @classmethod
    def parse(cls, text: str) -> "TrustedProxies":
        """Read ``10.0.0.0/8, 192.0.2.7`` or a number of proxies. Raises ``ValidationError`` for anything else."""
        if re.fullmatch(r"[0-9]", text.strip()):
            return cls(hops=int(text))
        try:
            return cls(tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip()))
        except ValueError as error:
            raise ValidationError(f"neither networks like 10.0.0.0/8 nor a number of proxies: {error}") from None


def mail_settings(url: str) -> dict[str, Any]:
    """Django's settings for ``submission://user:password@host:587``. Raises ``ValidationError`` for anything else."""
    parsed: dict[str, Any] = dict(dj_email_url.parse(url))
    if "EMAIL_BACKEND" not in parsed:
        raise ValidationError("not an e-mail URL like submission://user:password@host:587, console: or dummy:")
    return parsed


def storage_settings(url: str) -> dict[str, Any]:
    """Django's storage for ``s3://key:secret@bucket/prefix?endpoint=https://host&region=name``; empty: none.

    Raises ``ValidationError`` for anything else.
    """
    if not url:
        return {}
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    if parts.scheme != "s3" or not parts.hostname or not set(query) <= {"endpoint", "region"}:
        raise ValidationError("not a place for files like s3://bucket/prefix?endpoint=https://host&region=name")
    options = {
        "bucket_name": parts.hostname,
        "location": parts.path.strip("/"),
        "endpoint_url": query.get("endpoint"),
        "region_name": query.get("region"),
        "access_key": unquote(parts.username) if parts.username else None,
        "secret_key": unquote(parts.password) if parts.password else None,
        "addressing_style": "path" if "endpoint" in query else None,
    }
    given = {name: value for name, value in options.items() if value}
    return {"BACKEND": "apps.scholar_app.object_store.ObjectStore", "OPTIONS": given}


def reader(env_file: Path | None) -> Env:
    """An ``Env`` that collects its errors until :func:`seal`, with ``env_file`` read where the file exists."""
    env = FileAwareEnv(eager=False, strip_whitespace=True)
    if env_file is not None and env_file.is_file():
        env.read_env(str(env_file), recurse=False)
    # Only secrets may; the reader would take anything from a file.
    refuse_unknown({"SCITEX_ENV_FILE"}, suffix="_FILE")
    secret.find_files(SECRETS)
    env.add_parser("rate", lambda value, **_: Rate.parse(value) if value else None)
    env.add_parser("dollars", lambda value, **_: dollars(value) if value else None)
    env.add_parser("mail", lambda value, **_: mail_settings(value))
    env.add_parser("proxies", lambda value, **_: TrustedProxies.parse(value))
    env.add_parser("storage", lambda value, **_: storage_settings(value))
    env.add_parser("sources", lambda value, **_: source_names(value))
    return env


def refuse_unknown(known: Iterable[str], *, suffix: str = "") -> None:
    """Raise ``ImproperlyConfigured`` for a ``SCITEX_`` variable that nothing reads: most likely a misspelt one.

    Only those that end in ``suffix`` are looked at.
    """
    names = {*known, *(f"{name}_FILE" for name in SECRETS)}
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name.endswith(suffix) and name not in names:
            close = difflib.get_close_matches(name, names, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise ImproperlyConfigured(f"{name} is not a setting of SciTeX Scholar{hint}")


def seal(env: Env) -> None:
    """Raise ``ImproperlyConfigured`` naming every variable that was refused, each with its reason."""
    try:
        env.seal()
    except EnvValidationError as error:
        reasons = cast("Mapping[str, list[str]]", error.error_messages)
        lines = [f"{name}: {' '.join(map(str, messages))}" for name, messages in reasons.items()]
        raise ImproperlyConfigured("Settings refused. " + "; ".join(sorted(lines))) from None
    except EnvError as error:
        raise ImproperlyConfigured(f"Settings refused. {error}") from None
    refuse_unknown(env.dump())
