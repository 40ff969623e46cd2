"""What leaves a record only to be offered: it may be the work, or another version of it, or the entry contradicts it.

Each rule answers with words for people, or with an empty string. No similarity outvotes them.
"""

from .features import Comparison
from .forms import Form
from .guards import SAME_CONTAINER, differing_parts, first_word, is_common_title
from .text import STOP_WORDS
from .title_kinds import is_foreword, is_generic

_ONE_CONTAINER = 0.95
_OTHER_CONTAINER = 0.5
_HALF = 0.5
#: One author of five may be misspelt beyond recognition; one of four may not.
_ENOUGH_AUTHORS = 0.8
#: From so many content words on a title is borne by one work of a year (measured: ``benchmarks/bench_matching.py``).
_LONG_TITLE = 9
#: From so many on it is borne by one work of a journal, be the year missing or one off.
_FAIR_TITLE = 5


def only_offer(reference: Form, record: Form, pair: Comparison) -> str:
    """Why the record may be shown as a candidate and never be taken; empty if nothing says so."""
    return first_word(_DOUBTS, reference, record, pair)


def _common_title(reference: Form, record: Form, pair: Comparison) -> str:
    """A title of one or two words, or of a generic kind, needs the same authors and place as well."""
    if not is_common_title(reference, pair):
        return ""
    if _same_book(reference, record, pair) or _same_chapter(reference, record, pair):
        return ""
    if _same_place(pair, strict=is_generic(reference.title)):
        return ""
    return "the title is too common to tell works apart without the same authors, volume and page"


def _same_place(pair: Comparison, *, strict: bool) -> bool:
    """Authors and place in print agree; for a title that is short but not generic the container will do for it."""
    if pair.page < 0 or pair.volume < 0 or (pair.years or 0) > 1:
        return False
    placed = pair.located or (pair.page > 0 and _same_container(pair) and (pair.years == 0 or not strict))
    if pair.nobody:
        return placed and _same_container(pair) and pair.same_title
    if not pair.authors.known or pair.authors.found < 1 or pair.authors.initials == 1:
        return False
    if not pair.same_title:
        return pair.located or (placed and pair.titles == "main" and _all_authors(pair))
    if placed or strict:
        return placed
    return pair.years is not None and _all_authors(pair) and (pair.volume > 0 or _same_container(pair))


def _same_book(reference: Form, record: Form, pair: Comparison) -> bool:
    """A book has neither volume nor page: all its authors, its title and its year have to do."""
    books = reference.kind == record.kind == "book"
    return books and pair.same_title and pair.years == 0 and _all_authors(pair) and pair.authors.initials == 0


def _same_chapter(reference: Form, record: Form, pair: Comparison) -> bool:
    """A book has one chapter of that title, where the title is not ``index`` or the like."""
    chapters = reference.kind == record.kind == "chapter" and not is_generic(reference.title)
    return chapters and pair.same_title and pair.years == 0 and (pair.container or 0.0) >= _ONE_CONTAINER


def _same_container(pair: Comparison) -> bool:
    return (pair.container or 0.0) >= SAME_CONTAINER


def _all_authors(pair: Comparison) -> bool:
    authors = pair.authors
    return authors.known and authors.found == 1 and (authors.covered == 1 or pair.others)


def _preprint_for_published(reference: Form, record: Form, _pair: Comparison) -> str:
    if reference.kind == "preprint" and record.kind not in ("preprint", ""):
        return "the entry cites a preprint, the record is the published version"
    if record.kind == "preprint" and reference.kind not in ("preprint", "", "report"):
        return "the record is a preprint, the entry cites a published work"
    return ""


def _data_for_work(reference: Form, record: Form, _pair: Comparison) -> str:
    """Repositories give the data of a paper its title and authors."""
    if record.kind != "dataset" or reference.kind == "dataset":
        return ""
    return "the record is a data set, which the entry does not say of itself"


def _other_version(reference: Form, record: Form, pair: Comparison) -> str:
    """Versions of one work, and statements that several journals print, differ in nothing but the container."""
    if pair.container is None or pair.container >= _OTHER_CONTAINER or pair.located:
        return ""
    if {reference.kind, record.kind} == {"article", "paper"}:
        return "one is the conference version, the other the journal version"
    return "" if pair.page > 0 and pair.years == 0 else "the record was published in another journal or book"


def _part_in_one_title(reference: Form, record: Form, pair: Comparison) -> str:
    return "only one of the titles names a part" if differing_parts(reference, record, pair) else ""


def _too_little_title(_reference: Form, _record: Form, pair: Comparison) -> str:
    """Where words are missing the next paper of the same people may have the same rest: something else has to agree."""
    difference = pair.difference
    tail = difference.tail or difference.tail_extra
    if not (difference.missing or difference.extra or tail):
        return ""
    if is_foreword(difference.head) or (_has_content(difference.head) and not pair.located):
        return "one of the titles speaks about the other"
    if pair.page > 0 or _is_enough_for_the_rest(pair, goes_on=bool(tail) and pair.titles == "differs"):
        return ""
    return "part of the title is missing on one side, and too little else agrees"


def _has_content(words: tuple[str, ...]) -> bool:
    """Not only ``on the``."""
    return any(word not in STOP_WORDS for word in words)


def _is_enough_for_the_rest(pair: Comparison, *, goes_on: bool) -> bool:
    """Whether place and people make up for missing words; of a title that simply goes on, only where dots say so."""
    if goes_on:
        return pair.dotted and pair.volume > 0
    published = _same_container(pair) and pair.years == 0
    whole = pair.authors.known and pair.authors.found == 1 and not pair.others
    inside = pair.difference.missing or pair.difference.extra
    return (pair.volume > 0 and pair.number >= 0) or (published and whole and not inside)


def _another_volume(_reference: Form, _record: Form, pair: Comparison) -> str:
    """The next yearly report of the same people has the same title; a wrong volume of the right year is a slip."""
    if pair.volume < 0 and pair.years != 0 and pair.page <= 0:
        return "the volumes differ, and the year does not speak for the record"
    return ""


def _nobody_to_compare(_reference: Form, _record: Form, pair: Comparison) -> str:
    """Where one side names no authors only a long title in the right year, or the place, tells works apart."""
    if pair.authors.known or (pair.page > 0 and pair.years == 0):
        return ""
    if _same_container(pair) and (pair.volume > 0 or (pair.nobody and pair.years == 0)):
        return ""
    if _same_container(pair) and (pair.years or 0) <= 1 and pair.content_words >= _FAIR_TITLE:
        return ""
    if pair.same_title and pair.content_words >= _LONG_TITLE and pair.years == 0:
        return ""
    return "there are no authors to compare, and too little else agrees"


def _words_contradict(_reference: Form, _record: Form, pair: Comparison) -> str:
    difference = pair.difference
    only_plurals = difference.plurals > 0 and difference.plurals == difference.spelling
    if difference.substituted or (only_plurals and pair.page <= 0):
        return "words of the titles contradict each other"
    return ""


def _authors_contradict(_reference: Form, _record: Form, pair: Comparison) -> str:
    authors = pair.authors
    if not authors.known or authors.found >= _ENOUGH_AUTHORS or (authors.covered == 1 and _names_first_only(pair)):
        return ""
    return "the entry names authors that the record does not have"


def _names_first_only(pair: Comparison) -> bool:
    """Whether the record is that of the same place in print: some indexes keep but the first author."""
    placed = _same_container(pair) and pair.years == 0 and pair.volume >= 0 and pair.page >= 0
    return pair.located or (pair.first_alone and pair.same_title and placed and pair.volume + pair.page > 0)


def _namesakes(_reference: Form, _record: Form, pair: Comparison) -> str:
    if pair.authors.initials <= _HALF or pair.located:
        return ""
    return "the authors have the same surnames and other initials"


_DOUBTS = (
    _common_title,
    _preprint_for_published,
    _data_for_work,
    _other_version,
    _part_in_one_title,
    _words_contradict,
    _too_little_title,
    _another_volume,
    _nobody_to_compare,
    _authors_contradict,
    _namesakes,
)
