"""What most tests of sources start from."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.scholar_app.enrichment.sources.http import Shared
from tests.indexserver import IndexServer

from .faking import FakeClock, shared_by


@pytest.fixture
def server() -> Iterator[IndexServer]:
    with IndexServer() as running:
        yield running


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def shared(tmp_path: Path, clock: FakeClock) -> Shared:
    return shared_by(tmp_path, clock=clock)
