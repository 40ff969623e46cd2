"""A stage for the races, on the tests' own database."""

from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from tests.jobs.conftest import storage
from tests.races import interleaving

__all__ = ["stage", "storage"]


@pytest.fixture
def stage(transactional_db: None, storage: Path) -> Iterator[interleaving.Stage]:
    """Without waiting for the disk: what is tested is how statements behave beside each other."""
    with mock.patch("os.fsync"), interleaving.opened() as opened:
        yield opened
