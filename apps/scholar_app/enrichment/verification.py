"""Does the record behind an entry's identifier contradict the entry? An identifier is evidence to check, not proof."""

from dataclasses import dataclass

from .features import Comparison
from .forms import Form
from .guards import no_work, title_excludes
from .reasons import authors_against, place_against, title_against, years_against
from .record import Record
from .references import Reference, form_of
from .text import language_of, squeeze
from .title_kinds import is_foreword
from .weights import probability

_ALIKE = 0.6
_HALF = 0.5
_ELSEWHERE = 2


@dataclass(frozen=True)
class Verification:
    """What checking one record came to.

    ``agrees``: the identifier may be believed. ``contradictions``: what the entry says against it, for people; with
    any, it is a conflict. Neither: the identifier is right but not the work's own (the book of a chapter), or there is
    nothing to compare; ignore it. ``remarks``: differences that do not contradict. ``value``: the score, 0 to 1.
    """

    agrees: bool
    contradictions: tuple[str, ...] = ()
    value: float = 0.0
    remarks: tuple[str, ...] = ()


def verify(reference: Reference, record: Record) -> Verification:
    """Title and authors have to agree, at a lower threshold than for a record that was searched for.

    An entry that has neither is identified by its identifier alone. Where no titles can be compared, a place and time
    that differ in two respects speak against the record.
    """
    ours, theirs = reference.form, form_of(record)
    pair = Comparison(ours, theirs)
    elsewhere = place_against(ours, theirs, pair)
    if not reference.title and not reference.authors and len(elsewhere) < _ELSEWHERE:
        return Verification(agrees=True, value=1.0)
    title, authors = _title_verdict(ours, theirs, pair), _authors_verdict(ours, theirs, pair, record)
    if (title is False and _is_container(ours, theirs)) or _is_chapter_of_that_name(ours, theirs):
        return Verification(agrees=False)
    said = (
        no_work(record.type),
        title_against(ours, theirs) if title is False else "",
        authors_against(ours, theirs) if authors is False else "",
        *(elsewhere if title is None and len(elsewhere) >= _ELSEWHERE else ()),
    )
    contradictions = tuple(word for word in said if word)
    agrees = not contradictions and (title is True or authors is True)
    return Verification(agrees, contradictions, probability(pair), _remarks(ours, theirs, pair))


def _title_verdict(ours: Form, theirs: Form, pair: Comparison) -> bool | None:
    """Whether the titles agree; ``None`` where one is missing or they are in different scripts or languages."""
    if not ours.squeezed or not theirs.squeezed or _in_another_script(ours.squeezed, theirs.squeezed):
        return None
    if pair.titles == "same":
        return True
    if _in_another_language(ours.title, theirs.title):
        return None
    if title_excludes(ours, theirs, pair) or pair.difference.substituted:
        return False
    if is_foreword(pair.difference.head) and not pair.same_page:
        return False
    return pair.titles == "main" or pair.similarity >= _ALIKE or _goes_on(pair)


def _goes_on(pair: Comparison) -> bool:
    """Whether one title is the beginning of the other."""
    difference = pair.difference
    return bool(difference.tail or difference.tail_extra) and not (difference.missing or difference.extra)


def _in_another_script(one: str, other: str) -> bool:
    return _is_latin(one) != _is_latin(other)


def _is_latin(normal: str) -> bool:
    """Whether a normal form, in which accents are gone, is mostly Latin letters and digits."""
    return sum(letter.isascii() for letter in normal) * 2 > len(normal)


def _in_another_language(one: str, other: str) -> bool:
    ours, theirs = language_of(one), language_of(other)
    return bool(ours and theirs) and ours != theirs


def _authors_verdict(ours: Form, theirs: Form, pair: Comparison, record: Record) -> bool | None:
    """Whether the authors agree; ``None`` where one side names no person, or in another script."""
    if not pair.authors.known or all(name.literal for name in theirs.authors) or all(n.literal for n in ours.authors):
        return None
    if _in_another_script("".join(ours.surnames), "".join(theirs.surnames)):
        return None if pair.authors.found <= _HALF else True
    if pair.authors.found > _HALF or pair.authors.covered == 1:
        return True
    editors = Form(title="", authors=record.editors)
    return bool(record.editors) and Comparison(Form(title="", authors=ours.authors), editors).authors.found > _HALF


def _is_container(ours: Form, theirs: Form) -> bool:
    """Whether the record is the book, issue or journal that the entry says it is in."""
    if ours.kind in ("chapter", "paper") and theirs.kind == "book":
        return True
    containers = {squeeze(container.normal) for container in ours.containers}
    return bool(containers & {theirs.squeezed, theirs.squeezed_short})


def _is_chapter_of_that_name(ours: Form, theirs: Form) -> bool:
    """Whether the record is a book that bears the title of a chapter; without another book the entry is the book."""
    return ours.kind == "chapter" and theirs.kind == "book" and bool(ours.containers)


def _remarks(ours: Form, theirs: Form, pair: Comparison) -> tuple[str, ...]:
    return (years_against(ours, theirs),) if pair.years_apart else ()
