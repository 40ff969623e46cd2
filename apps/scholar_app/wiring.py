"""The sources that this site asks, put together as its settings say: addresses, keys, limits, memory and catalogue."""

import random
import time
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.utils import timezone

from .catalogue.memory import Lifetimes, LookupMemory, Remembering
from .catalogue.opening import Keeper, closed_with, open_catalogue
from .catalogue.source import OUTLINE, CatalogueSource
from .catalogue.store import CatalogueError
from .enrichment.errors import SourceError
from .enrichment.sources import registry
from .enrichment.sources.base import Outline, Source
from .enrichment.sources.circuit import Health
from .enrichment.sources.http import OnWait, Shared, no_one
from .enrichment.sources.keeping import Keepers, keepers_in
from .enrichment.sources.limits import Rate
from .enrichment.sources.manners import Access
from .enrichment.sources.shared import LimitsError, SharedFile
from .enrichment.sources.shared_postgres import SharedDatabase
from .enrichment.sources.spending import DOLLAR
from .enrichment.sources.states import SourceState, states_of

#: Below the data directory of a site with SQLite: what all its workers share, and the locks that go with it.
LIMITS_FILE = Path("limits", "limits.sqlite3")
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]", "*")


class SystemClock:
    """The clock of this machine, put right by the seconds that it is behind the one all machines share."""

    def __init__(self, behind: float = 0.0) -> None:
        self._behind = behind

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() + self._behind

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


def outlines(names: Sequence[str] | None = None) -> list[Outline]:
    """What asking the sources of these names takes, in their order; nothing is opened or asked for that."""
    wanted = settings.SCITEX_SOURCES if names is None else names
    return [OUTLINE if name == CatalogueSource.name else registry.outline(name, _access(name)) for name in wanted]


def source_health() -> list[Health]:
    """How the indexes are doing, by name: those that were ever asked, with ``down_since`` and why. Times are POSIX."""
    return _kept()[0].circuits.all()


def source_states(names: Sequence[str] | None = None) -> list[SourceState]:
    """How the indexes of these names (by default those of ``SCITEX_SOURCES``) stand with this site, in their order.

    Raises ``SourceError`` when what is shared cannot be read.
    """
    wanted = settings.SCITEX_SOURCES if names is None else names
    indexes = [registry.INDEXES[name].manners(_access(name)) for name in wanted if name != CatalogueSource.name]
    shared = _shared(no_one)
    try:
        return states_of(indexes, shared)
    except LimitsError as error:
        raise SourceError("limits", f"the shared limits cannot be read: {error}") from error


def _catalogue() -> Source:
    try:
        catalogue = open_catalogue(mapped=True)
    except CatalogueError as error:
        raise SourceError(CatalogueSource.name, str(error)) from error
    source = CatalogueSource(catalogue)
    closed_with(source, catalogue)
    return source


def _remote(name: str, shared: Shared, keeper: Keeper, today: date | None) -> Source:
    source = registry.build(name, _access(name), agent=_agent(), shared=shared, today=today or timezone.now().date())
    return Remembering(source, LookupMemory(Lifetimes.of_settings()), now=timezone.now, keep=keeper)


def _shared(on_wait: OnWait) -> Shared:
    try:
        keepers, clock = _kept(asker=uuid4().hex)
    except LimitsError as error:
        raise SourceError("limits", f"nobody is asked, since the shared limits cannot be kept: {error}") from error
    return Shared(
        *keepers, clock, luck=random.random, patience=settings.SCITEX_SOURCE_PATIENCE_SECONDS, on_wait=on_wait
    )


def _kept(*, asker: str = "") -> tuple[Keepers, SystemClock]:
    """What all share, and the clock that goes with it: in Redis, in the site's PostgreSQL, or in a file.

    Raises ``LimitsError``.
    """
    if settings.SCITEX_REDIS_URL:
        return _kept_in_redis(settings.SCITEX_REDIS_URL, asker)
    database = connections[DEFAULT_DB_ALIAS]
    if database.vendor == "postgresql":
        state = SharedDatabase(_own(database.get_connection_params()))
        return keepers_in(state, asker=asker), SystemClock(state.now() - time.time())
    return keepers_in(SharedFile(settings.SCITEX_DATA_DIR / LIMITS_FILE), asker=asker), SystemClock()


def _kept_in_redis(url: str, asker: str) -> tuple[Keepers, SystemClock]:
    try:
        from .enrichment.sources.keeping_redis import keepers_in_redis  # noqa: PLC0415 (not always there)
        from .enrichment.sources.shared_redis import SharedRedis  # noqa: PLC0415
    except ImportError as error:
        raise LimitsError("SCITEX_REDIS_URL needs the packages of requirements-scale.txt") from error
    shared = SharedRedis(url)
    return keepers_in_redis(shared, asker=asker), SystemClock(shared.now() - time.time())


def _own(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What Django connects with, without what it adds for its own use."""
    return {name: value for name, value in parameters.items() if name not in ("cursor_factory", "context")}


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
        daily_budget=_daily_budget(name),
    )


def _daily_budget(name: str) -> int | None:
    """In millionths of a dollar; ``None``: what the index's own plan allows."""
    budget = settings.SCITEX_OPENALEX_DAILY_BUDGET
    return round(budget * DOLLAR) if name == "openalex" and budget is not None else None


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
