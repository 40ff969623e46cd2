"""What differs between two titles, word by word: a misspelling, a missing subtitle, or another work's words."""

import re
from dataclasses import dataclass

from rapidfuzz.distance import OSA, Levenshtein

from .text import STOP_WORDS, word_set
from .title_kinds import SPELT_NUMBERS, numeral

#: Prefixes that turn a word into another one, however alike the two look: hypertension, hypotension.
_PREFIXES = word_set(
    "a an anti bi counter de dis down endo exo extra hetero homo hyper hypo il im in inter intra ir macro meso micro "
    "mis mono multi non off on out over poly post pre pro pseudo re semi sub super supra trans tri un under uni up"
)
_SHORTEST_STEM = 3
_NO_DIGIT = re.compile(r"\D")


@dataclass(frozen=True, slots=True)
class TitleDifference:
    """What the words of two titles have to explain, as counts of content words."""

    substituted: int = 0
    extra: int = 0
    missing: int = 0
    #: Small words (``for``, ``of``) that stand on one side only or differ.
    particles: int = 0
    spelling: int = 0
    #: Words with and without a plural ``s``.
    plurals: int = 0
    #: Whether digits differ outside of the tails.
    numbers: bool = False
    #: The words behind the counts ``extra`` and ``missing``, small ones included.
    extra_words: tuple[str, ...] = ()
    missing_words: tuple[str, ...] = ()
    #: Words before the beginning of the other title, whichever side has them.
    head: tuple[str, ...] = ()
    #: Words of the record behind the end of the reference's title (a subtitle, a truncation), and the other way round.
    tail: tuple[str, ...] = ()
    tail_extra: tuple[str, ...] = ()


def compare_titles(reference: str, record: str) -> TitleDifference:
    """The difference of two normalised titles, word by word; misspelt and run-together words count as spelling."""
    counts = dict.fromkeys(("substituted", "extra", "missing", "particles", "spelling", "plurals"), 0)
    tail: tuple[str, ...] = ()
    tail_extra: tuple[str, ...] = ()
    numbers = False
    only_ours: list[str] = []
    only_theirs: list[str] = []
    head: tuple[str, ...] = ()
    for ours, theirs, at_start, at_end in _blocks(_words(reference), _words(record)):
        left, right, spelt, plural = _explain(ours, theirs)
        counts["spelling"] += spelt
        counts["plurals"] += plural
        if at_end and not (left and right):
            tail, tail_extra = tuple(right), tuple(left)
            continue
        if not (left and right):
            only_ours += left
            only_theirs += right
            head = tuple(left or right) if at_start else head
        kind = "substituted" if left and right else "extra" if left else "missing"
        content = max(_content(left), _content(right))
        counts["particles"] += max(len(left), len(right)) - content
        counts[kind] += content
        numbers = numbers or _digits(left) != _digits(right)
    return TitleDifference(
        **counts,
        numbers=numbers,
        extra_words=tuple(only_ours),
        missing_words=tuple(only_theirs),
        head=_before(reference, record) or head,
        tail=tail,
        tail_extra=tail_extra,
    )


def _before(one: str, other: str) -> tuple[str, ...]:
    """What stands before the whole of the other title: ``a note on`` before ``a cat``, the first ``a`` included."""
    shorter, longer = sorted((one, other), key=len)
    return tuple(longer.removesuffix(f" {shorter}").split()) if longer.endswith(f" {shorter}") else ()


def _content(words: list[str]) -> int:
    return sum(word not in STOP_WORDS for word in words)


def _words(title: str) -> list[str]:
    words = title.split()
    if SPELT_NUMBERS.isdisjoint(words):
        return words
    return [numeral(word, after=before) for before, word in zip(["", *words], words, strict=False)]


def _blocks(ours: list[str], theirs: list[str]) -> list[tuple[list[str], list[str], bool, bool]]:
    """Runs of words that are not equal, each with whether it stands at the start, and at the end, of both titles."""
    blocks: list[tuple[list[str], list[str], bool, bool]] = []
    start: tuple[int, int] | None = None
    for code in Levenshtein.opcodes(ours, theirs):
        if code.tag == "equal":
            if start is not None:
                left, right = ours[start[0] : code.src_start], theirs[start[1] : code.dest_start]
                blocks.append((left, right, start == (0, 0), False))
            start = None
        elif start is None:
            start = (code.src_start, code.dest_start)
    if start is not None:
        blocks.append((ours[start[0] :], theirs[start[1] :], start == (0, 0), True))
    return blocks


def _explain(left: list[str], right: list[str]) -> tuple[list[str], list[str], int, int]:
    """A block without the words that are spellings of each other; how many were, and how many were but plurals."""
    if left and right and alike("".join(left), "".join(right)):
        together = "".join(left), "".join(right)
        return [], [], int(together[0] != together[1]), int(_is_plural(*together))
    rest, spelt, plural = list(right), 0, 0
    unexplained = []
    for word in left:
        twin = next((other for other in rest if alike(word, other)), None)
        if twin is None:
            unexplained.append(word)
        else:
            rest.remove(twin)
            spelt += word != twin
            plural += _is_plural(word, twin)
    return unexplained, rest, spelt, plural


def _is_plural(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    return longer in (f"{shorter}s", f"{shorter}es")


def _digits(words: list[str]) -> str:
    return _NO_DIGIT.sub("", "".join(words))


def alike(one: str, other: str) -> bool:
    """Whether two words (or runs of words) are one word in two spellings; not where a prefix or a digit differs."""
    if one == other:
        return True
    longest = max(len(one), len(other))
    allowed = 0 if longest < 4 else 1 if longest < 8 else 2
    if 1 < longest <= 4 and (one in STOP_WORDS) != (other in STOP_WORDS):
        allowed = 1  # ``tof`` is a misspelt ``of``; but ``in`` is no misspelt ``on``
    if OSA.distance(one, other, score_cutoff=allowed) > allowed or _NO_DIGIT.sub("", one) != _NO_DIGIT.sub("", other):
        return False
    return not _prefix_differs(one, other)


def _prefix_differs(one: str, other: str) -> bool:
    """``supervised``, ``unsupervised``: the same stem behind different prefixes, or behind one and none."""
    return bool(_stems(one) & _stems(other))


def _stems(word: str) -> set[str]:
    """Of words too short for a prefix (``ad``, a misspelt ``and``) there are none."""
    return {stem for prefix in ("", *_PREFIXES) if len(stem := word.removeprefix(prefix)) >= _SHORTEST_STEM}
