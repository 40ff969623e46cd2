"""What rules a record out, however alike it looks. Each rule answers with words for people, or with ``None``."""

import re
from collections.abc import Callable

from .features import Comparison
from .forms import Form
from .text import word_set
from .title_kinds import is_afterword, is_generic, part_numbers, speaks_about

Rule = Callable[[Form, Form, Comparison], str | None]

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
_YEAR = re.compile(r"\d{4}")


def other_work(reference: Form, record: Form, pair: Comparison, *, record_type: str) -> str:
    """Why the record cannot be the work that is referred to; empty if nothing says so."""
    return no_work(record_type) or first_word(_EXCLUSIONS, reference, record, pair)


def no_work(record_type: str) -> str:
    """Why a record of this type is never what anybody cites; empty if it may be."""
    return f"the record is not a work of its own ({record_type})" if record_type in _NO_WORKS else ""


def title_excludes(reference: Form, record: Form, pair: Comparison) -> str:
    """Why the titles alone tell two works: a notice, another part, other numbers; empty if they do not."""
    return first_word(_TITLE_EXCLUSIONS, reference, record, pair)


def first_word(rules: tuple[Rule, ...], reference: Form, record: Form, pair: Comparison) -> str:
    """What the first rule says that says anything."""
    return next((word for rule in rules if (word := rule(reference, record, pair))), "")


def _kind_differs(reference: Form, record: Form, _pair: Comparison) -> str | None:
    if record.kind not in _STRANGERS.get(reference.kind, ()):
        return None
    return f"the record is a {record.kind}, the entry a {reference.kind}"


def _class_differs(reference: Form, record: Form, pair: Comparison) -> str | None:
    if pair.titles == "same":
        return None
    difference = pair.difference
    surplus = difference.tail, difference.tail_extra, difference.head
    if speaks_about(difference.head) or any(is_afterword(words) for words in surplus):
        return "one of the two is a comment, reply or sequel, the other is not"
    ours, theirs = reference.classes, record.classes
    if ours == theirs:
        return None
    what = ", ".join(sorted(theirs - ours)) or ", ".join(sorted(ours - theirs))
    return f"one of the two is {what}, the other is not"


def _part_differs(reference: Form, record: Form, pair: Comparison) -> str | None:
    numbers = differing_parts(reference, record, pair)
    if numbers is None or (pair.located and not all(numbers)):
        return None
    return f"the part numbers differ ({_listed(numbers[0])}, {_listed(numbers[1])})"


def differing_parts(reference: Form, record: Form, pair: Comparison) -> tuple[frozenset[int], frozenset[int]] | None:
    """The part numbers of both where they differ, counting what stands in a tail as the other side's alone."""
    if pair.titles == "same":
        return None
    ours, theirs = reference.parts, record.parts
    if ours == theirs:
        again = theirs & part_numbers(" ".join(("...", *pair.difference.tail)))
        return (ours - again, theirs) if again else None
    return None if ours and ours == part_numbers(record.short) else (ours, theirs)


def _listed(numbers: frozenset[int]) -> str:
    return " and ".join(map(str, sorted(numbers))) or "none"


def _numbers_differ(_reference: Form, _record: Form, pair: Comparison) -> str | None:
    difference = pair.difference
    differ = difference.numbers or _is_year(difference.tail) or _is_year(difference.tail_extra)
    return "the numbers in the titles differ" if differ else None


def _is_year(words: tuple[str, ...]) -> bool:
    """What alone sets this year's report apart from all others."""
    return _YEAR.fullmatch(" ".join(words)) is not None


def _authors_differ(_reference: Form, _record: Form, pair: Comparison) -> str | None:
    return NO_COMMON_AUTHOR if pair.authors.known and pair.authors.found == 0 else None


def is_common_title(reference: Form, pair: Comparison) -> bool:
    """Whether many works bear it: one or two words, or a generic kind."""
    return pair.content_words <= _SHORT_TITLE or is_generic(reference.title)


def _stranger_of_that_title(reference: Form, _record: Form, pair: Comparison) -> str | None:
    akin = pair.authors.found == 1 or pair.same_container or pair.same_page
    if akin or not is_common_title(reference, pair):
        return None
    return "the title is common, and nothing else agrees"


_TITLE_EXCLUSIONS = (_class_differs, _part_differs, _numbers_differ)
_EXCLUSIONS = (_kind_differs, *_TITLE_EXCLUSIONS, _authors_differ, _stranger_of_that_title)
