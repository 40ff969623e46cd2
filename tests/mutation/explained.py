"""The survivors that docs/mutation.md explains."""

import re
from functools import cache
from typing import Final

from .rooms import ROOT

DOCUMENT: Final = ROOT / "docs" / "mutation.md"
_CELLS: Final = re.compile(r"(?<!\\)\|")


@cache
def explained() -> dict[tuple[str, str, str], str]:
    """From a fault's file, function and change to why no test can notice, or none should."""
    rows = [line for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if line.startswith("| apps/")]
    cells = [[cell.strip().replace("\\|", "|") for cell in _CELLS.split(row)[1:-1]] for row in rows]
    return {(file, scope, change): why for file, scope, change, why in cells}
