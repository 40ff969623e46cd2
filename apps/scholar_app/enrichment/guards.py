"""Rules that no similarity can outvote. Each answers with words for people, or with an empty string.

``other_work``: the record is something else, however alike it looks. ``only_offer``: it may be the work, but another
version of it, or the entry contradicts it; a person has to choose.
"""

from collections.abc import Callable

from .features import Comparison
from .forms import Form
from .text import word_set
from .title_kinds import classes_of, is_afterword, is_foreword, is_generic, part_numbers

Rule = Callable[[Form, Form, Comparison], str]

_NO_WORKS = word_set(
    "component peer-review journal journal-issue journal-volume grant book-series book-set proceedings-series"
)
#: Which kinds of record an entry's kind can never be. An entry of unknown kind (misc, online, ...) may be anything.
_STRANGERS = {
    "article": frozenset({"book", "thesis", "dataset"}),
    "paper": frozenset({"book", "thesis", "dataset"}),
    "chapter": frozenset({"book", "thesis", "dataset"}),
    "book": frozenset({"article", "paper", "chapter", "thesis", "dataset", "preprint"}),
    "thesis": frozenset({"article", "paper", "chapter", "book", "dataset", "preprint"}),
    "report": frozenset({"thesis", "dataset"}),
    "preprint": frozenset({"thesis", "dataset"}),
}
UNLIKE_TITLES = "the titles differ"
NO_COMMON_AUTHOR = "no author in common"
_SHORT_TITLE = 2
_SAME_CONTAINER = 0.8
_ONE_CONTAINER = 0.95
_OTHER_CONTAINER = 0.5
#: One author of five may be misspelt beyond recognition; one of four may not.
_ENOUGH_AUTHORS = 0.8


def other_work(reference: Form, record: Form, pair: Comparison, *, record_type: str) -> str:
    """Why the record cannot be the work that is referred to; empty if nothing says so."""
    return no_work(record_type) or _first_word(_EXCLUSIONS, reference, record, pair)


def only_offer(reference: Form, record: Form, pair: Comparison) -> str:
    """Why the record may be shown as a candidate and never be taken; empty if nothing says so."""
    return _first_word(_DOUBTS, reference, record, pair)


def no_work(record_type: str) -> str:
    """Why a record of this type is never what anybody cites; empty if it may be."""
    return f"the record is not a work of its own ({record_type})" if record_type in _NO_WORKS else ""


def title_excludes(reference: Form, record: Form, pair: Comparison) -> str:
    """Why the titles alone tell two works: a notice, another part, other numbers; empty if they do not."""
    return _first_word(_TITLE_EXCLUSIONS, reference, record, pair)


def _first_word(rules: tuple[Rule, ...], reference: Form, record: Form, pair: Comparison) -> str:
    return next((word for rule in rules if (word := rule(reference, record, pair))), "")


def _kind_differs(reference: Form, record: Form, _pair: Comparison) -> str:
    if record.kind not in _STRANGERS.get(reference.kind, ()):
        return ""
    return f"the record is a {record.kind}, the entry a {reference.kind}"


def _class_differs(reference: Form, record: Form, pair: Comparison) -> str:
    if pair.titles == "same":
        return ""
    difference = pair.difference
    surplus = difference.tail, difference.tail_extra, difference.missing_words, difference.extra_words
    speaks_about_it = bool(classes_of(" ".join(difference.head)))
    if speaks_about_it or any(is_afterword(words) for words in surplus):
        return "one of the two is a comment, reply or sequel, the other is not"
    ours, theirs = reference.classes, record.classes
    if ours == theirs:
        return ""
    what = ", ".join(sorted(theirs - ours)) or ", ".join(sorted(ours - theirs))
    return f"one of the two is {what}, the other is not"


def _part_differs(reference: Form, record: Form, pair: Comparison) -> str:
    numbers = _differing_parts(reference, record, pair)
    if numbers is None or (pair.located and not all(numbers)):
        return ""
    return f"the part numbers differ ({_listed(numbers[0])}, {_listed(numbers[1])})"


def _differing_parts(reference: Form, record: Form, pair: Comparison) -> tuple[frozenset[int], frozenset[int]] | None:
    """The part numbers of both where they differ, counting what stands in a tail as the other side's alone."""
    if pair.titles == "same":
        return None
    ours, theirs = reference.parts, record.parts
    tail = part_numbers(" ".join(("...", *pair.difference.tail))) if theirs else frozenset()
    if tail and ours == theirs:
        return ours - tail, theirs
    if ours == theirs or (ours and ours == part_numbers(record.short)):
        return None
    return ours, theirs


def _listed(numbers: frozenset[int]) -> str:
    return " and ".join(map(str, sorted(numbers))) or "none"


def _numbers_differ(_reference: Form, _record: Form, pair: Comparison) -> str:
    return "the numbers in the titles differ" if pair.difference.numbers else ""


def _authors_differ(_reference: Form, _record: Form, pair: Comparison) -> str:
    return NO_COMMON_AUTHOR if pair.authors.known and pair.authors.found == 0 else ""


def _is_common_title(reference: Form, pair: Comparison) -> bool:
    return pair.content_words <= _SHORT_TITLE or is_generic(reference.title)


def _stranger_of_that_title(reference: Form, _record: Form, pair: Comparison) -> str:
    akin = pair.authors.found == 1 or (pair.container or 0.0) >= _SAME_CONTAINER or pair.page > 0
    if akin or not _is_common_title(reference, pair):
        return ""
    return "the title is common, and nothing else agrees"


_TITLE_EXCLUSIONS = (_class_differs, _part_differs, _numbers_differ)
_EXCLUSIONS = (_kind_differs, *_TITLE_EXCLUSIONS, _authors_differ, _stranger_of_that_title)


def _common_title(reference: Form, record: Form, pair: Comparison) -> str:
    """A title of one or two words, or of a generic kind, needs the same authors and place as well."""
    if not _is_common_title(reference, pair):
        return ""
    if _same_book(reference, record, pair) or _same_chapter(reference, record, pair):
        return ""
    if _same_place(pair, strict=is_generic(reference.title)):
        return ""
    return "the title is too common to tell works apart without the same authors, volume and page"


def _same_place(pair: Comparison, *, strict: bool) -> bool:
    """Authors and place in print agree; for a title that is short but not generic the container will do for it."""
    if pair.page < 0 or pair.volume < 0 or (pair.years or 0) > 1 or (pair.years is None and not pair.located):
        return False
    same_container = (pair.container or 0.0) >= _SAME_CONTAINER
    placed = pair.located or (pair.page > 0 and same_container and pair.years == 0)
    if pair.nobody:
        return placed and same_container and pair.same_title
    if not pair.authors.known or pair.authors.found < 1 or pair.authors.initials == 1:
        return False
    if not pair.same_title:
        return pair.located
    if placed or strict:
        return placed
    return _all_authors(pair) and (pair.page > 0 or pair.volume > 0 or same_container)


def _same_book(reference: Form, record: Form, pair: Comparison) -> bool:
    """A book has neither volume nor page: all its authors, its title and its year have to do."""
    books = reference.kind == record.kind == "book"
    return books and pair.same_title and pair.years == 0 and _all_authors(pair) and pair.authors.initials == 0


def _same_chapter(reference: Form, record: Form, pair: Comparison) -> bool:
    """A book has one chapter of that title, where the title is not ``index`` or the like."""
    chapters = reference.kind == record.kind == "chapter" and not is_generic(reference.title)
    return chapters and pair.same_title and pair.years == 0 and (pair.container or 0.0) >= _ONE_CONTAINER


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
    """Conference and journal version of one work have the same title and authors; the container tells them apart."""
    apart = pair.container is not None and pair.container < _OTHER_CONTAINER
    if {reference.kind, record.kind} == {"article", "paper"} and apart and not pair.located:
        return "one is the conference version, the other the journal version"
    return ""


def _part_in_one_title(reference: Form, record: Form, pair: Comparison) -> str:
    return "only one of the titles names a part" if _differing_parts(reference, record, pair) else ""


def _too_little_title(_reference: Form, _record: Form, pair: Comparison) -> str:
    """Where words are missing the next paper of the same people may have the same rest: something else has to agree."""
    difference = pair.difference
    if not (difference.missing or difference.extra or difference.tail or difference.tail_extra):
        return ""
    if is_foreword(difference.head):
        return "one of the titles speaks about the other"
    published = (pair.container or 0.0) >= _SAME_CONTAINER and pair.years == 0
    whole = pair.authors.known and pair.authors.found == 1 and not pair.others
    inside = difference.missing or difference.extra
    if pair.page > 0 or pair.volume > 0 or (published and whole and not inside):
        return ""
    return "part of the title is missing on one side, and too little else agrees"


def _words_contradict(_reference: Form, _record: Form, pair: Comparison) -> str:
    difference = pair.difference
    only_plurals = difference.plurals > 0 and difference.plurals == difference.spelling
    if difference.substituted or (only_plurals and pair.page <= 0):
        return "words of the titles contradict each other"
    return ""


def _authors_contradict(_reference: Form, _record: Form, pair: Comparison) -> str:
    authors = pair.authors
    cut_short = pair.located and authors.covered == 1  # the record names the first author alone
    if not authors.known or authors.found >= _ENOUGH_AUTHORS or cut_short:
        return ""
    return "the entry names authors that the record does not have"


def _namesakes(_reference: Form, _record: Form, pair: Comparison) -> str:
    if pair.authors.initials < 1 or pair.located:
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
    _authors_contradict,
    _namesakes,
)
