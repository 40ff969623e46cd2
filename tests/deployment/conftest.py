"""A checkout in small, with an odd name, whose management command is a stub."""

import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def odd_checkout(tmp_path: Path) -> Path:
    """The deployment folder below a path with a space, a per cent sign and quotes, beside a stub ``manage.py``."""
    checkout = tmp_path / 'an odd %h "name" $HOME'
    shutil.copytree(ROOT / "deployment", checkout / "deployment")
    (checkout / "manage.py").write_text("", encoding="utf-8")
    python = checkout / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
    python.chmod(0o755)
    return checkout
