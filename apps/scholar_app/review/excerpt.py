"""One entry of an upload by itself, found by its line without reading the whole file as BibTeX."""

import re
from collections.abc import Mapping
from typing import Any, Final

from ..enrichment.bibtex.encoding import decode, without_stray_bytes
from ..enrichment.document import Document
from ..enrichment.errors import DocumentError, DocumentProofError
from .reviewed import change_of

_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_LONGEST: Final = 400_000


class Excerpt:
    """The lines from an entry's first one up to the next entry, with line feeds only."""

    def __init__(self, data: bytes, *, key: str, line: int, end: int | None) -> None:
        """``line`` and ``end`` (where the next entry begins) are counted from 1; raises ``DocumentError``."""
        text, encoding = decode(data)
        lines = _LINE_END.split(text)
        last = len(lines) if end is None else max(end - 1, line)
        written = "\n".join(lines[line - 1 : last]).rstrip()[:_LONGEST]
        self.text = without_stray_bytes(written)
        self._document = Document.read(encoding.encode(written))
        self._entry = next((entry for entry in self._document.entries if entry.key == key), None)

    @property
    def fields(self) -> Mapping[str, str]:
        """What the entry says, by lower-case name; macros that the file defines elsewhere stay as they are."""
        return self._entry.fields if self._entry else {}

    def with_changes(self, brought: Mapping[str, Any]) -> str:
        """The lines with what the entry of a report, or a candidate, brings. Raises ``DocumentProofError``."""
        change = change_of(brought)
        if change is None:
            return self.text
        if self._entry is None:
            raise DocumentProofError("The entry is not where the report says.")
        text, _ = decode(self._document.prove_and_render({self._entry.index: change}))
        return without_stray_bytes(text)


def can_be_written(data: bytes, entry: Mapping[str, Any], candidate: Mapping[str, Any], *, end: int | None) -> bool:
    """Whether an entry of ``data`` can get what a candidate brings."""
    try:
        Excerpt(data, key=entry["key"], line=entry["line"], end=end).with_changes(candidate)
    except (DocumentError, DocumentProofError, ValueError):
        return False
    return True
