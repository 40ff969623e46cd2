"""Real bibliographies and recorded answers, kept beside the checkout and never inside it."""

from pathlib import Path

import pytest

_FOLDER = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
SHARED_DATA: Path | None = _FOLDER if _FOLDER.is_dir() else None
needs_shared_data = pytest.mark.skipif(
    SHARED_DATA is None, reason="the folder ../shared/data with real bibliographies is not beside this checkout"
)


def shared(*parts: str) -> Path:
    """A path below the shared data; call it only from tests marked ``needs_shared_data``."""
    assert SHARED_DATA is not None, "mark the test with needs_shared_data"
    return SHARED_DATA.joinpath(*parts)
