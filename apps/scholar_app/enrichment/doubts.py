"""What leaves a record only to be offered: it may be the work, or another version of it, or the entry contradicts it.

Each rule answers with words for people, or with ``None``. No similarity outvotes them.
"""

from .features import Comparison
from .forms import Form
from .guards import differing_parts, first_word, is_common_title
from .text import STOP_WORDS, word_set
from .title_kinds import is_afterword, is_foreword, is_generic

_ONE_CONTAINER = 0.95
_OTHER_CONTAINER = 0.5
_HALF = 0.5
#: One author of five may be misspelt beyond recognition; one of four may not.
_ENOUGH_AUTHORS = 0.8
#: From so many content words on a title is borne by one work of a year (measured: ``benchmarks/bench_matching.py``).
_LONG_TITLE = 9
#: From so many on it is borne by one work of a journal, be the year missing or one off.
_FAIR_TITLE = 5
#: Surnames of millions, as ``names.surname_key`` writes them.
_COMMON_NAMES = word_set(
    "wang li zhang liu chen yang huang zhao wu zhou xu sun ma zhu hu guo he lin gao luo zheng liang xie tang han "
    "cao deng feng peng zeng xiao tian dong pan yuan cai jiang yu du ye cheng wei su lu ding ren shen yao lee kim "
    "park choi jung kang cho jang nguyen tran pham le kumar singh sharma gupta patel khan ahmed ali das sato "
    "suzuki takahashi tanaka watanabe ito smith johnson williams brown jones miller davis garcia rodriguez "
    "martinez hernandez lopez gonzalez perez silva santos muller schmidt schneider fischer meyer ivanov rossi "
    "wilson anderson taylor thomas moore martin"
)


def only_offer(reference: Form, record: Form, pair: Comparison) -> str:
    """Why the record may be shown as a candidate and never be taken; empty if nothing says so."""
    return first_word(_DOUBTS, reference, record, pair)


def _common_title(reference: Form, record: Form, pair: Comparison) -> str | None:
    """A title of one or two words, or of a generic kind, needs the same authors and place as well."""
    if not is_common_title(reference, pair):
        return None
    if _same_book(reference, record, pair) or _same_chapter(reference, record, pair):
        return None
    if _same_place(pair, strict=is_generic(reference.title)):
        return None
    return "the title is too common to tell works apart without the same authors, volume and page"


def _same_place(pair: Comparison, *, strict: bool) -> bool:
    """Authors and place in print agree; for a title that is short but not generic the container will do for it."""
    if pair.same_page is False or pair.same_volume is False or pair.years_apart:
        return False
    placed = pair.located or (pair.same_container and bool(pair.same_page) and (pair.same_year or not strict))
    if pair.nobody:
        return placed and pair.same_container and pair.same_title
    if pair.authors.found < 1 or pair.authors.initials == 1:
        return False
    if not pair.same_title:
        return pair.located or (placed and pair.titles == "main" and _all_authors(pair))
    if placed or strict:
        return placed
    return pair.years is not None and _all_authors(pair) and (pair.same_container or bool(pair.same_volume))


def _same_book(reference: Form, record: Form, pair: Comparison) -> bool:
    """A book has neither volume nor page: all its authors, its title and its year have to do."""
    books = reference.kind == record.kind == "book"
    return books and pair.same_title and pair.same_year and _all_authors(pair) and pair.authors.initials == 0


def _same_chapter(reference: Form, record: Form, pair: Comparison) -> bool:
    """A book has one chapter of that title, where the title is not ``index`` or the like."""
    if not reference.kind == record.kind == "chapter" or is_generic(reference.title):
        return False
    in_one_book = pair.container is not None and pair.container >= _ONE_CONTAINER
    return in_one_book and pair.same_title and pair.same_year


def _all_authors(pair: Comparison) -> bool:
    authors = pair.authors
    return authors.found == 1 and (authors.covered == 1 or pair.others)


def _preprint_for_published(reference: Form, record: Form, _pair: Comparison) -> str | None:
    if reference.kind == "preprint" and record.kind not in ("preprint", ""):
        return "the entry cites a preprint, the record is the published version"
    if record.kind == "preprint" and reference.kind not in ("preprint", "", "report"):
        return "the record is a preprint, the entry cites a published work"
    return None


def _data_for_work(reference: Form, record: Form, _pair: Comparison) -> str | None:
    """Repositories give the data of a paper its title and authors."""
    if record.kind != "dataset" or reference.kind == "dataset":
        return None
    return "the record is a data set, which the entry does not say of itself"


def _other_version(reference: Form, record: Form, pair: Comparison) -> str | None:
    """Versions of one work, and statements that several journals print, differ in nothing but the container."""
    if pair.container is None or pair.container >= _OTHER_CONTAINER or pair.located:
        return None
    if {reference.kind, record.kind} == {"article", "paper"}:
        return "one is the conference version, the other the journal version"
    return None if pair.same_page and pair.same_year else "the record was published in another journal or book"


def _part_in_one_title(reference: Form, record: Form, pair: Comparison) -> str | None:
    return "only one of the titles names a part" if differing_parts(reference, record, pair) else None


def _too_little_title(_reference: Form, _record: Form, pair: Comparison) -> str | None:
    """Where words are missing the next paper of the same people may have the same rest: something else has to agree."""
    difference = pair.difference
    tail = difference.tail or difference.tail_extra
    if not (difference.missing or difference.extra or tail):
        return None
    if not pair.same_page and (is_afterword(difference.missing_words) or is_afterword(difference.extra_words)):
        return "one of the two may be a comment, reply or sequel"
    if is_foreword(difference.head) or (_has_content(difference.head) and not pair.located):
        return "one of the titles speaks about the other"
    if pair.same_page or _is_enough_for_the_rest(pair, goes_on=bool(tail) and pair.titles == "differs"):
        return None
    return "part of the title is missing on one side, and too little else agrees"


def _has_content(words: tuple[str, ...]) -> bool:
    """Not only ``on the``."""
    return any(word not in STOP_WORDS for word in words)


def _is_enough_for_the_rest(pair: Comparison, *, goes_on: bool) -> bool:
    """Whether place and people make up for missing words; of a title that simply goes on, only where dots say so."""
    if goes_on:
        return pair.dotted and bool(pair.same_volume)
    published = pair.same_container and pair.same_year
    whole = pair.authors.found == 1 and not pair.others
    inside = pair.difference.missing or pair.difference.extra
    in_volume = bool(pair.same_volume) and pair.same_number is not False
    return in_volume or (published and whole and not inside)


def _another_volume(_reference: Form, _record: Form, pair: Comparison) -> str | None:
    """The next yearly report of the same people has the same title; a wrong volume of the right year is a slip."""
    if pair.same_volume is False and not pair.same_year and not pair.same_page:
        return "the volumes differ, and the year does not speak for the record"
    return None


def _nobody_to_compare(_reference: Form, _record: Form, pair: Comparison) -> str | None:
    """Where one side names no authors only a long title in the right year, or the place, tells works apart."""
    if pair.authors.known:
        return None
    if pair.reference.authors and pair.record.authors:
        return "one side names a body, the other people: they cannot be compared"
    return None if _is_enough_for_nobody(pair) else "there are no authors to compare, and too little else agrees"


def _is_enough_for_nobody(pair: Comparison) -> bool:
    """Whether place, year and length of the title make up for authors that one side does not name."""
    if pair.same_page and pair.same_year:
        return True
    if not pair.same_container:
        return pair.same_title and pair.content_words >= _LONG_TITLE and pair.same_year
    fair = not pair.years_apart and pair.content_words >= _FAIR_TITLE
    return fair or bool(pair.same_volume) or (pair.nobody and pair.same_year)


def _words_contradict(_reference: Form, _record: Form, pair: Comparison) -> str | None:
    difference = pair.difference
    only_plurals = difference.plurals > 0 and difference.plurals == difference.spelling
    if difference.substituted or (only_plurals and not pair.same_page):
        return "words of the titles contradict each other"
    return None


def _another_years_report(reference: Form, record: Form, pair: Comparison) -> str | None:
    """What a body writes it writes again next year, under the same title; nothing of it is online a year early."""
    is_report = record.kind == "report" or (reference.names_bodies and record.names_bodies)
    if not is_report or pair.same_year or pair.located:
        return None
    return "reports of that title may appear every year, and the years do not agree"


def _one_namesake(_reference: Form, _record: Form, pair: Comparison) -> str | None:
    """There are thousands of ``Zhang, W.``, and some of a year write on the same thing."""
    alone = len(pair.reference.authors) == 1 and not pair.others
    placed = pair.container is not None or pair.same_page or pair.same_volume
    if not alone or placed or pair.content_words > _FAIR_TITLE or _COMMON_NAMES.isdisjoint(pair.reference.surnames):
        return None
    return "the author's name is common, the title is short, and no place in print is known"


def _authors_contradict(_reference: Form, _record: Form, pair: Comparison) -> str | None:
    authors = pair.authors
    if not authors.known or authors.found >= _ENOUGH_AUTHORS or (authors.covered == 1 and _names_first_only(pair)):
        return None
    return "the entry names authors that the record does not have"


def _names_first_only(pair: Comparison) -> bool:
    """Whether the record is that of the same place in print: some indexes keep but the first author."""
    placed = pair.same_container and pair.same_year and pair.same_volume is not False and pair.same_page is not False
    return pair.located or (
        pair.first_alone and pair.same_title and placed and bool(pair.same_volume or pair.same_page)
    )


def _namesakes(_reference: Form, _record: Form, pair: Comparison) -> str | None:
    if pair.authors.initials <= _HALF or pair.located:
        return None
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
    _another_years_report,
    _one_namesake,
    _authors_contradict,
    _namesakes,
)
