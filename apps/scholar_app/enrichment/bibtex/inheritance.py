"""What an entry takes over from the entries it points to with ``crossref`` and ``xdata``."""

from collections.abc import Callable, Iterator, Mapping
from itertools import chain, islice
from typing import Final

_MAX_PARENTS: Final = 16
_MAX_FIELDS: Final = 300
#: What is said of a volume and holds for each paper in it. Never its title, identifiers, pages, contents or notes.
_OF_THE_VOLUME: Final = frozenset({
    "address", "booktitle", "booksubtitle", "date", "day", "edition", "editor", "editora", "editortype", "eventdate",
    "eventtitle", "institution", "isbn", "issn", "issue", "journal", "journalsubtitle", "journaltitle", "language",
    "location", "maintitle", "mainsubtitle", "month", "number", "organization", "publisher", "school", "series",
    "shortjournal", "translator", "type", "venue", "volume", "volumes", "year",
})  # fmt: skip
#: A chapter of a book by one author is by that author, in BibTeX and biblatex alike.
_SAME_AUTHOR: Final = frozenset({"inbook", "bookinbook", "suppbook"})
_PERIODICALS: Final = frozenset({"article", "suppperiodical"})
_VOLUMES: Final = frozenset({"book", "collection", "proceedings", "reference", "manual"})
_POINTERS: Final = frozenset({"crossref", "xdata"})

#: (type, fields) of the entry with a key.
Find = Callable[[str], tuple[str, Mapping[str, str]] | None]


def inherited_fields(entry_type: str, own: Mapping[str, str], find: Find) -> dict[str, str]:
    """The fields that an entry lacks and gets from its parents, nearest first.

    What the parent calls ``title`` is the child's ``booktitle``, in an article its ``journaltitle``. ``find`` gives
    type and fields of a key. At most 16 parents are followed, no key twice, and 300 fields looked at.
    """
    inherited: dict[str, str] = {}
    for name, value in islice(_offered(entry_type, own, find, seen=set()), _MAX_FIELDS):
        if value and name not in inherited and not own.get(name):
            inherited[name] = value
    return inherited


def _offered(child_type: str, fields: Mapping[str, str], find: Find, *, seen: set[str]) -> Iterator[tuple[str, str]]:
    """(name, value) as the child would write them; ``xdata`` is the entry's own data, ``crossref`` its volume."""
    for key, is_data in _parents(fields):
        parent = find(key) if key not in seen and len(seen) < _MAX_PARENTS else None
        if parent is None:
            continue
        seen.add(key)
        parent_type, parent_fields = parent
        for name, value in chain(parent_fields.items(), _offered(parent_type, parent_fields, find, seen=seen)):
            if not is_data:
                yield from _as_child_writes(child_type, name, value)
            elif name not in _POINTERS:
                yield name, value


def _parents(fields: Mapping[str, str]) -> Iterator[tuple[str, bool]]:
    for key in fields.get("xdata", "").split(","):
        if key.strip():
            yield key.strip(), True
    if crossref := fields.get("crossref", "").strip():
        yield crossref, False


def _as_child_writes(child_type: str, name: str, value: str) -> Iterator[tuple[str, str]]:
    if name in ("title", "subtitle"):
        yield f"{_prefix(child_type)}{name}", value
    elif name in _OF_THE_VOLUME or (name == "author" and child_type in _SAME_AUTHOR):
        yield name, value


def _prefix(child_type: str) -> str:
    if child_type in _PERIODICALS:
        return "journal"
    return "main" if child_type in _VOLUMES else "book"
