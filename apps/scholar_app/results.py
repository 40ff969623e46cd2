"""A completed job's files, read for showing."""

import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final, Generic, TypeVar
from urllib.parse import urlencode

from django.http import Http404
from django.utils.html import escape
from django.utils.http import content_disposition_header

from . import files
from .differences import Line, changed_parts, compare
from .enrichment import decode, report_csv
from .models import EnrichmentJob
from .outcomes import choices, chosen, coverage, wants_a_look

T = TypeVar("T")
ENTRIES_PER_PAGE: Final = 25
LINES_PER_PAGE: Final = 200
#: Bytes of HTML that the varying part of a page may have; with the frame around it a page stays below 100 kB.
_PAGE_WEIGHT: Final = 70_000
#: What stands around a value, a line of the differences, a whole entry.
_ROW, _LINE, _FRAME = 260, 220, 1500
#: So many characters of a value or a line are shown, and of a sentence about the entry.
SHOWN, SHOWN_OF_SENTENCES = 200, 600


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page of a long list; how many there are in all is not counted."""

    number: int
    items: Sequence[T]
    has_next: bool


def report(job: EnrichmentJob) -> dict[str, Any]:
    """The report as it was published. Raises ``Http404`` where its file is gone."""
    loaded: dict[str, Any] = json.loads(_read(job.report_name))
    return loaded


def context(job: EnrichmentJob, *, show: str, page: str | None) -> dict[str, Any]:
    """What the result page shows of a completed job."""
    full = report(job)
    return {
        "report": full,
        "coverage": coverage(full["totals"]),
        "worth_a_look": sum(map(wants_a_look, full["entries"])),
        "choices": choices(full["entries"]),
        "show": show,
        "query": urlencode({"show": show}) + "&" if show else "",
        "entries": paged(chosen(full["entries"], show), page, weigh=_entry_weight, most=ENTRIES_PER_PAGE),
    }


def csv(job: EnrichmentJob) -> str:
    """The report as CSV."""
    return report_csv(report(job))


def changes(job: EnrichmentJob, *, page: str | None) -> Page[Line]:
    """One page of the lines that differ between upload and result, with the lines around them."""
    old, _ = decode(_read(job.upload_name))
    new, _ = decode(_read(job.result_name))
    return paged(changed_parts(compare(old, new)), page, weigh=_line_weight, most=LINES_PER_PAGE)


def paged(items: Iterable[T], number: str | None, *, weigh: Callable[[T], int], most: int) -> Page[T]:
    """The page with this number, the first for a number that makes no sense, the last for one that is too high.

    A page takes as many items as weigh less than it may, and at most ``most``. Items behind it are not looked at.
    """
    wanted = int(number) if number and number.isascii() and number.isdecimal() and len(number) < 6 else 1
    pages = _pages(items, weigh=weigh, most=most)
    page: Page[T] = next(pages, Page(1, [], has_next=False))
    while page.number < wanted and page.has_next:
        page = next(pages)
    return page


def _pages(items: Iterable[T], *, weigh: Callable[[T], int], most: int) -> Iterator[Page[T]]:
    number, room = 1, _PAGE_WEIGHT
    taken: list[T] = []
    for item in items:
        weight = weigh(item)
        if taken and (weight > room or len(taken) == most):
            yield Page(number, taken, has_next=True)
            number, taken, room = number + 1, [], _PAGE_WEIGHT
        taken.append(item)
        room -= weight
    yield Page(number, taken, has_next=False)


def _entry_weight(entry: Mapping[str, Any]) -> int:
    changes = (*entry["added"].values(), *entry["replaced"].values(), *entry["refreshed"].values())
    sentences = [*entry["warnings"], *map(str, entry["candidates"]), entry["reason"]]
    texts = [change["value"][:SHOWN] for change in changes]
    texts += [sentence[:SHOWN_OF_SENTENCES] for sentence in sentences]
    return _FRAME + sum(_ROW + _bytes_of(text) for text in texts)


def _line_weight(line: Line) -> int:
    return _LINE + _bytes_of(line.text[:SHOWN]) + _bytes_of(line.more[:SHOWN])


def _bytes_of(text: str) -> int:
    return len(escape(text).encode("utf-8", "replace"))


def file_name(job: EnrichmentJob, ending: str) -> str:
    """What a download is called: the name the user knows, with ``ending`` in place of its extension."""
    stem = PurePosixPath(job.original_name).stem
    plain = "".join(c for c in stem if unicodedata.category(c)[0] != "C" and c not in '/\\"')
    return (plain.strip(" .")[:100] or "bibliography") + ending


def disposition(job: EnrichmentJob, ending: str) -> str:
    """The header that makes a browser save the answer under :func:`file_name`."""
    return content_disposition_header(as_attachment=True, filename=file_name(job, ending)) or "attachment"


def _read(name: str) -> bytes:
    try:
        return files.read(name)
    except FileNotFoundError:
        raise Http404 from None
