"""What every test of jobs stands on: a storage of its own."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def storage(settings: Any, tmp_path: Path) -> Path:
    """The folder of the files."""
    folder = tmp_path / "files"
    backend = settings.STORAGES["default"]
    default = {**backend, "OPTIONS": {**backend["OPTIONS"], "location": str(folder)}}
    settings.STORAGES = {**settings.STORAGES, "default": default}
    return folder
