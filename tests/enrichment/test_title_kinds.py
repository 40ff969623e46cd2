"""What a title says its work is; the quick looks before the patterns see nothing less than the patterns do."""

import re
from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.scholar_app.enrichment import title_kinds
from apps.scholar_app.enrichment.title_kinds import classes_of, numeral, part_numbers

WORDS = sorted(
    title_kinds._HINTS | title_kinds._PART_WORDS | title_kinds.SPELT_NUMBERS | {"of", "to", "for", "7", "x9"}
)


def samples(pattern: Iterable[tuple[object, Any]]) -> Iterator[str]:
    """Every text that a pattern of ours stands for; of what may come any number of times, one."""
    return map("".join, product(*(list(_texts(str(kind), what)) for kind, what in pattern)))


def _texts(kind: str, what: Any) -> Iterator[str]:
    if kind == "LITERAL":
        yield chr(what)
    elif kind == "IN":
        yield "7"
    elif kind == "AT":
        yield ""
    elif kind == "SUBPATTERN":
        yield from samples(what[-1])
    elif kind == "BRANCH":
        for branch in what[1]:
            yield from samples(branch)
    elif kind == "MAX_REPEAT":
        least, _, repeated = what
        yield from [""] if least == 0 else []
        yield from samples(repeated)
    else:
        raise AssertionError(kind)


CLASSES = list(title_kinds._CLASSES)


@pytest.mark.parametrize("kind", CLASSES, ids=[name.replace(" ", "-") for name in CLASSES])
def test_no_title_of_a_class_is_passed_over_by_the_quick_look(kind: str) -> None:
    every = [" ".join(text.split()) for text in samples(re._parser.parse(title_kinds._CLASSES[kind].pattern))]
    assert len(every) > 4
    assert [text for text in every if title_kinds._HINTS.isdisjoint(text.split())] == []
    assert [text for text in every if kind not in classes_of(text)] == []


@given(st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join))
def test_the_quick_looks_change_no_answer(title: str) -> None:
    named = {number for word in title_kinds._PART.findall(title) if (number := title_kinds._number(word))}
    assert named <= part_numbers(title)
    assert classes_of(title) == {name for name, pattern in title_kinds._CLASSES.items() if pattern.search(title)}


@pytest.mark.parametrize("word", ["first", "ii", "ten"])
def test_every_word_that_is_written_otherwise_is_a_spelt_number(word: str) -> None:
    assert numeral(word, after="part") != word
    assert word in title_kinds.SPELT_NUMBERS


def test_a_plain_title_has_no_class_and_no_part() -> None:
    assert (classes_of("computing machinery"), part_numbers("computing machinery")) == (frozenset(), frozenset())
