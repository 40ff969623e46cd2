"""A completed job's report and differences, page by page, as its owner decided."""

import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO, Final, Generic, TypeVar
from urllib.parse import urlencode

from django.http import Http404
from django.utils.html import escape
from django.utils.http import content_disposition_header

from . import files, reviews
from .differences import Line, changed_parts, compare
from .enrichment import DocumentError, DocumentProofError, decode, report_csv
from .models import EnrichmentJob
from .outcomes import choices, coverage, fits
from .review.comparing import side_by_side
from .review.decisions import DecisionError, brought, can_be_chosen, offer_of
from .review.entry_index import SHOWN
from .review.excerpt import Excerpt
from .review.reviewed import reviewed
from .reviews import Review

T = TypeVar("T")
ENTRIES_PER_PAGE: Final = 25
LINES_PER_PAGE: Final = 200
#: Bytes of HTML that the entries of a page may have, and the lines of the differences.
_ENTRIES_WEIGHT, _LINES_WEIGHT = 140_000, 70_000
#: What stands around a line of the differences.
_LINE: Final = 220
_LONGEST_QUERY: Final = 200


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page of a long list; how many there are in all is not counted."""

    number: int
    items: Sequence[T]
    has_next: bool


@dataclass(frozen=True, slots=True)
class Wish:
    """Which entries to show: of one choice, holding these words, on this page; and ``keep``, whatever it is like.

    ``keep`` is the entry that was just decided on, which shall not vanish under its reader's hand.
    """

    show: str = ""
    query: str = ""
    page: str = ""
    keep: str = ""

    @classmethod
    def of(cls, said: Mapping[str, str]) -> "Wish":
        """As a request's parameters say it."""
        query = " ".join(said.get("q", "")[:_LONGEST_QUERY].split())
        return cls(said.get("show", "")[:20], query, said.get("page", "")[:6], said.get("keep", "")[:6])

    @property
    def parameters(self) -> str:
        """Of the address, without the page and the entry to keep: empty or ``show=look&q=smith&``."""
        said = {"show": self.show, "q": self.query}
        known = {name: value for name, value in said.items() if value}
        return f"{urlencode(known)}&" if known else ""


def context(job: EnrichmentJob, wish: Wish) -> dict[str, Any]:
    """What the result page shows of a completed job. Raises ``Http404`` where its report is gone."""
    with _opened(job) as review:
        shelf = review.shelf
        kept = number_of(wish.keep)
        numbers = shelf.numbers(lambda number: number == kept or fits(shelf, number, wish.show), query=wish.query)
        page = paged(numbers, wish.page, weigh=lambda number: shelf.rows[number].weight, most=ENTRIES_PER_PAGE)
        shown = Page(page.number, [entry_context(review, number) for number in page.items], page.has_next)
        return {
            "sources": shelf.whole["sources"],
            "coverage": coverage(shelf.totals, also=shelf.brings()),
            "choices": choices(shelf),
            "wish": wish,
            "found": len(numbers),
            "query": wish.parameters,
            "entries": shown,
            **review_context(review),
        }


def review_context(review: Review) -> dict[str, Any]:
    """How far the review is."""
    shelf, decisions = review.shelf, review.decisions
    return {
        "version": review.version,
        "decided": len(decisions.entries),
        "left_out": sorted(decisions.everywhere),
        "undoable": len(decisions.history),
        "is_decided": bool(decisions),
        "worth_a_look": shelf.worth_a_look,
    }


def entry_context(review: Review, number: int) -> dict[str, Any]:
    """What is shown of an entry: as decided, with a row for everything it is brought, rejected or not."""
    raw, choice = review.shelf.raw(number), review.decisions.of(number).choice
    entry = reviewed(raw, number, review.decisions)
    rows = [
        {**addition, "field": name, "is_rejected": not review.decisions.accepts(number, name)}
        for name, addition in brought(offer_of(raw, choice)).items()
    ]
    return {
        **entry,
        "number": number,
        "rows": rows,
        "choice": choice,
        "can_be_chosen": can_be_chosen(raw) and "added" in raw["candidates"][0],
        "is_decided": review.shelf.is_decided(number),
        "some_accepted": not all(row["is_rejected"] for row in rows),
    }


def entry_part(job: EnrichmentJob, number: int) -> dict[str, Any]:
    """An entry by itself, and how far the review is. Raises ``Http404`` where there is no such entry."""
    with _opened(job) as review:
        return {"entry": entry_context(review, number), **review_context(review)}


def comparison(job: EnrichmentJob, number: int) -> dict[str, Any]:
    """An entry in full beside what was found for it. Raises ``Http404`` where there is no such entry."""
    with _opened(job) as review:
        entry = entry_context(review, number)
        excerpt = _excerpt(review, entry)
        before = excerpt.text if excerpt else ""
        return {
            "entry": entry,
            "works": side_by_side(entry, excerpt.fields if excerpt else {}),
            "lines": [_as_in_file(line, entry["line"]) for line in compare(before, _after(excerpt, entry))],
            "previous": number - 1 if number else None,
            "next": number + 1 if number + 1 < len(review.shelf.rows) else None,
            **review_context(review),
        }


def _after(excerpt: Excerpt | None, entry: Mapping[str, Any]) -> str:
    """The entry's lines as they will be; as they are where that cannot be told from them alone."""
    if excerpt is None:
        return ""
    try:
        return excerpt.with_changes(entry)
    except (DocumentProofError, ValueError):
        return excerpt.text


def _as_in_file(line: Line, first: int) -> Line:
    """A line of an entry, numbered as in the whole upload; in the result it stands elsewhere."""
    return line._replace(old=line.old and line.old + first - 1, new=0)


def _excerpt(review: Review, entry: Mapping[str, Any]) -> Excerpt | None:
    """The entry's own lines; ``None`` for what cannot be read by itself."""
    try:
        data, end = files.read(review.job.upload_name), review.end_of(entry["number"])
        return Excerpt(data, key=entry["key"], line=entry["line"], end=end)
    except (FileNotFoundError, DocumentError):
        return None


def report(job: EnrichmentJob) -> dict[str, Any]:
    """The report as decided. Raises ``Http404`` where its file is gone."""
    with _opened(job) as review:
        full = review.shelf.full()
        if review.decisions:
            full["document"] = {**full["document"], "enriched_bytes": len(_read_result(job))}
        return full


def open_report(job: EnrichmentJob) -> BinaryIO | None:
    """The report as a file, if it stands as it was published."""
    if job.decisions_version:
        return None
    try:
        return files.open_file(job.report_name)
    except FileNotFoundError:
        raise Http404 from None


def report_json(job: EnrichmentJob) -> bytes:
    """The report as decided, as JSON."""
    return json.dumps(report(job), ensure_ascii=False, separators=(",", ":")).encode()


def open_result(job: EnrichmentJob) -> BinaryIO:
    """The enriched file as decided. Raises ``Http404`` where it is gone."""
    try:
        return reviews.open_result(job)
    except (FileNotFoundError, EnrichmentJob.DoesNotExist):
        raise Http404 from None


def csv(job: EnrichmentJob) -> str:
    """The report as CSV."""
    return report_csv(report(job))


def changes(job: EnrichmentJob, *, page: str | None) -> Page[Line]:
    """One page of the lines that differ between upload and result, with the lines around them."""
    old, _ = decode(_read(job.upload_name))
    new, _ = decode(_read_result(job))
    lines = changed_parts(compare(old, new))
    return paged(lines, page, weigh=_line_weight, most=LINES_PER_PAGE, room=_LINES_WEIGHT)


def paged(
    items: Iterable[T], number: str | None, *, weigh: Callable[[T], int], most: int, room: int = _ENTRIES_WEIGHT
) -> Page[T]:
    """The page with this number, the first for a number that makes no sense, the last for one that is too high.

    A page takes as many items as weigh less than ``room``, and at most ``most``. Items behind it are not looked at.
    """
    wanted = number_of(number or "", otherwise=1)
    pages = _pages(items, weigh=weigh, most=most, room=room)
    page: Page[T] = next(pages, Page(1, [], has_next=False))
    while page.number < wanted and page.has_next:
        page = next(pages)
    return page


def number_of(text: str, *, otherwise: int = -1) -> int:
    """A small number that a page asks with."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else otherwise


def _pages(items: Iterable[T], *, weigh: Callable[[T], int], most: int, room: int) -> Iterator[Page[T]]:
    number, left = 1, room
    taken: list[T] = []
    for item in items:
        weight = weigh(item)
        if taken and (weight > left or len(taken) == most):
            yield Page(number, taken, has_next=True)
            number, taken, left = number + 1, [], room
        taken.append(item)
        left -= weight
    yield Page(number, taken, has_next=False)


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


@contextmanager
def _opened(job: EnrichmentJob) -> Iterator[Review]:
    try:
        with reviews.opened(job) as review:
            yield review
    except (FileNotFoundError, EnrichmentJob.DoesNotExist, DecisionError):
        raise Http404 from None


def _read_result(job: EnrichmentJob) -> bytes:
    with open_result(job) as file:
        return file.read()


def _read(name: str) -> bytes:
    try:
        return files.read(name)
    except FileNotFoundError:
        raise Http404 from None
