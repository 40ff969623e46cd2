"""Time that passes at once, and sources that ask the tests' own server."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from apps.scholar_app.enrichment.sources import registry
from apps.scholar_app.enrichment.sources.http import OnWait, Shared, no_one
from apps.scholar_app.enrichment.sources.keeping import Keepers, keepers_in
from apps.scholar_app.enrichment.sources.manners import Access
from apps.scholar_app.enrichment.sources.remote import RemoteSource
from apps.scholar_app.enrichment.sources.shared import SharedFile
from apps.scholar_app.enrichment.sources.transport import Bounds

TODAY = date(2026, 8, 1)
#: Long enough for a machine with much else to do.
PATIENT = Bounds(connect=10.0, read=20.0, whole=30.0, size=1024 * 1024)
#: Short enough that a test of a silent server ends soon.
SHORT = Bounds(connect=10.0, read=0.15, whole=0.3, size=1024 * 1024)
KEY = "s3cr3t-k3y-0f-0urs"


@dataclass
class FakeClock:
    """A clock on which a pause takes no time; ``slept`` is how long was slept in all."""

    time: float = 1_800_000_000.0
    slept: float = 0.0
    pauses: list[float] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        with self._lock:
            self.time += seconds
            self.slept += seconds
            self.pauses.append(seconds)


def shared_by(
    where: Path | Keepers, *, clock: Any, patience: float = 120.0, on_wait: OnWait = no_one, luck: float = 0.5
) -> Shared:
    """Limits, circuits and money in a folder or another home, as all who are given the same share them."""
    keepers = where if isinstance(where, Keepers) else keepers_in(SharedFile(where / "limits.sqlite3"))
    return Shared(*keepers, clock, lambda: luck, patience, on_wait)


class Server(Protocol):
    """Somewhere the indexes are."""

    def url(self, index: str) -> str:
        """The base address of an index."""
        ...


def source_of(name: str, server: Server, shared: Shared, *, bounds: Bounds = PATIENT, **access: Any) -> RemoteSource:
    """A source that asks the tests' server; by default as one who gave a contact address and a key."""
    given = Access(**{"contact": "op@example.org", "key": KEY, "base_url": server.url(name)} | access)
    return registry.build(name, given, agent="SciTeXScholar/1.0", shared=shared, today=TODAY, bounds=bounds)
