"""The sources that this site asks, put together as its settings say: addresses, keys, limits, memory and catalogue."""

import random
import time
import tomllib
from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from .catalogue.memory import Lifetimes, LookupMemory, Remembering
from .catalogue.opening import Keeper, open_catalogue
from .catalogue.source import CatalogueSource
from .catalogue.store import CatalogueError
from .enrichment.errors import SourceError
from .enrichment.sources import registry
from .enrichment.sources.base import Source
from .enrichment.sources.circuit import Health, SharedCircuits
from .enrichment.sources.http import Access, OnWait, Shared, no_one
from .enrichment.sources.limits import LimitsError, Rate, SharedFile, SharedLimits

#: Below the data directory: the limits that all workers of this machine share, and the locks that go with them.
LIMITS_FILE = Path("limits", "limits.sqlite3")
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]", "*")


class SystemClock:
    """The clock of this machine."""

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Return when they have passed."""
        time.sleep(seconds)


def build_sources(
    names: Sequence[str] | None = None, *, today: date | None = None, on_wait: OnWait = no_one
) -> list[Source]:
    """The sources of these names (by default those of ``SCITEX_SOURCES``), in their order.

    ``today`` is the date that records will bear; ``on_wait`` is told of every pause, and may raise to end the run.
    Raises ``SourceError`` when the catalogue or the shared limits cannot be opened.
    """
    wanted = settings.SCITEX_SOURCES if names is None else names
    remote = [name for name in wanted if name != CatalogueSource.name]
    shared = _shared(on_wait) if remote else None
    keeper = Keeper()
    return [
        _catalogue() if shared is None or name not in remote else _remote(name, shared, keeper, today)
        for name in wanted
    ]


def source_health() -> list[Health]:
    """How the indexes are doing, by name: those that were ever asked, with ``down_since`` and why. Times are POSIX."""
    return SharedCircuits(_shared_file()).all()


def _catalogue() -> Source:
    try:
        return CatalogueSource(open_catalogue())
    except CatalogueError as error:
        raise SourceError(CatalogueSource.name, str(error)) from error


def _remote(name: str, shared: Shared, keeper: Keeper, today: date | None) -> Source:
    source = registry.build(name, _access(name), agent=_agent(), shared=shared, today=today or timezone.now().date())
    return Remembering(source, LookupMemory(Lifetimes.of_settings()), now=timezone.now, keep=keeper)


def _shared(on_wait: OnWait) -> Shared:
    try:
        file = _shared_file()
    except LimitsError as error:
        raise SourceError("limits", f"nobody is asked, since the shared limits cannot be kept: {error}") from error
    return Shared(
        limits=SharedLimits(file),
        circuits=SharedCircuits(file),
        clock=SystemClock(),
        luck=random.random,
        patience=settings.SCITEX_SOURCE_PATIENCE_SECONDS,
        on_wait=on_wait,
    )


def _shared_file() -> SharedFile:
    return SharedFile(settings.SCITEX_DATA_DIR / LIMITS_FILE)


def _access(name: str) -> Access:
    keys = {
        "openalex": settings.SCITEX_OPENALEX_KEY,
        "semanticscholar": settings.SCITEX_SEMANTICSCHOLAR_KEY,
        "pubmed": settings.SCITEX_NCBI_KEY,
    }
    rate = settings.SCITEX_SOURCE_RATES[name]
    return Access(
        contact=settings.SCITEX_CONTACT_EMAIL,
        key=keys.get(name, ""),
        base_url=settings.SCITEX_SOURCE_URLS[name],
        rate=Rate(*rate) if rate else None,
    )


def _agent() -> str:
    return registry.user_agent(version=_version(), site=_site(), contact=settings.SCITEX_CONTACT_EMAIL)


def _site() -> str:
    """The address of this site, if its settings name one that others can reach."""
    hosts = [host.lstrip(".") for host in settings.ALLOWED_HOSTS if host not in _LOCAL_HOSTS]
    scheme = "https" if settings.SCITEX_HTTPS else "http"
    return f"{scheme}://{hosts[0]}/" if hosts else ""


@cache
def _version() -> str:
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["version"])
