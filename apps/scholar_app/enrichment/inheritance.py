"""What an entry takes over from the entries it points to with ``crossref`` and ``xdata``."""

from collections.abc import Callable, Iterator, Mapping
from itertools import chain, islice
from typing import Final

_MAX_PARENTS: Final = 16
_MAX_FIELDS: Final = 300
#: What is said of the volume itself, and never of a paper in it: its names, identifiers, contents and notes.
_PARENTS_OWN: Final = frozenset({
    "abstract", "annotation", "annote", "archiveprefix", "author", "citation_count", "citation_count_date",
    "citation_count_source", "corpusid", "crossref", "doi", "entryset", "eprint", "eprintclass", "eprinttype", "file",
    "howpublished", "ids", "keywords", "label", "mrnumber", "note", "options", "pages", "pagetotal", "pdf", "pmcid",
    "pmid", "presort", "primaryclass", "related", "shortauthor", "shorthand", "shorttitle", "sortkey", "sorttitle",
    "titleaddon", "url", "urldate", "xdata", "xref", "zblnumber",
})  # fmt: skip
#: A chapter of a book by one author is by that author, in BibTeX and biblatex alike.
_SAME_AUTHOR: Final = frozenset({"inbook", "bookinbook", "suppbook"})
_PERIODICALS: Final = frozenset({"article", "suppperiodical"})


Find = Callable[[str], tuple[str, Mapping[str, str]] | None]


def inherited_fields(entry_type: str, own: Mapping[str, str], find: Find) -> dict[str, str]:
    """The fields that an entry lacks and gets from its parents, nearest first.

    ``find`` gives type and fields of a key. At most 16 parents are followed, no key twice, and 300 fields looked at.
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
            elif name not in ("xdata", "crossref"):
                yield name, value


def _parents(fields: Mapping[str, str]) -> Iterator[tuple[str, bool]]:
    for key in fields.get("xdata", "").split(","):
        if key.strip():
            yield key.strip(), True
    if crossref := fields.get("crossref", "").strip():
        yield crossref, False


def _as_child_writes(child_type: str, name: str, value: str) -> Iterator[tuple[str, str]]:
    if name == "title":
        yield ("journaltitle" if child_type in _PERIODICALS else "booktitle"), value
    elif name == "subtitle":
        yield ("journalsubtitle" if child_type in _PERIODICALS else "booksubtitle"), value
    elif (name == "author" and child_type in _SAME_AUTHOR) or name not in _PARENTS_OWN:
        yield name, value
