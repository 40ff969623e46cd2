"""``docs/reliability.md`` is true of deaths: each test of ours is named."""

import re
from pathlib import Path

from tests.test_settings import ROOT

_NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8"))
_OURS = sorted(path for path in Path(__file__).parent.glob("test_*.py") if path != Path(__file__))


def test_every_death_that_is_tested_stands_in_the_document() -> None:
    tested = {
        (str(path.relative_to(ROOT)), name)
        for path in _OURS
        for name in re.findall(r"^def (test_\w+)\(", path.read_text("utf-8"), re.MULTILINE)
    }
    assert tested - set(_NAMED) == {("tests/deaths/test_deaths.py", "test_the_document_tells_of_no_other_acts")}
