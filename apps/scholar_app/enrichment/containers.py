"""Whether two journal or book titles name the same container, through abbreviations and acronyms."""

import re

from rapidfuzz.distance import Indel

from .forms import Form
from .text import STOP_WORDS, word_set

_GENERIC_CONTAINER_WORDS = word_set(
    "proceedings proc procs international intl int conference conf annual symposium symp workshop on of the in and for "
    "th st nd rd journal j transactions trans trans. ieee acm inc ltd"
)
#: Who publishes is no container, and a series of hundreds of books tells nothing.
_SERIES = re.compile(
    r"^lecture notes|^lncs|^communications in computer|^advances in intelligent|^ceur"
    r"|^(?:ieee|acm|springer|elsevier|wiley|openreview(?: net)?|corr)$"
)


def compare_containers(reference: Form, record: Form) -> float | None:
    """How alike journal or book titles are, 0 to 1, abbreviated or not; ``None`` where one is missing."""
    pairs = [(one, other) for one in reference.containers for other in record.containers]
    values = [
        _container_similarity(one, other) for one, other in pairs if not _is_series(one) and not _is_series(other)
    ]
    return max(values, default=None)


def _is_series(words: tuple[str, ...]) -> bool:
    return bool(_SERIES.match(" ".join(words)))


def _container_similarity(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    if one == other:
        return 1.0
    ours, theirs = _telling(one), _telling(other)
    if not ours or not theirs:
        return 0.5
    if _is_acronym(ours, other) or _is_acronym(theirs, one):
        return 0.95
    shorter, longer = sorted((ours, theirs), key=len)
    share = _abbreviated(shorter, longer) / len(shorter)
    coverage = len(shorter) / len(longer)
    return max(share * (0.55 + 0.45 * coverage), Indel.normalized_similarity(" ".join(ours), " ".join(theirs)) - 0.15)


def _telling(words: tuple[str, ...]) -> list[str]:
    """Words without what every container is called, without years and ordinals; all of them if nothing would be left."""
    kept = [
        word
        for word in words
        if word not in STOP_WORDS and word not in _GENERIC_CONTAINER_WORDS and not word[0].isdigit()
    ]
    return kept or [word for word in words if word not in STOP_WORDS]


def _is_acronym(words: list[str], of: tuple[str, ...]) -> bool:
    """Whether one of at most two words is the acronym of a longer title, or stands in it as such."""
    if len(words) > 2 or len(of) <= len(words):
        return False
    initials = "".join(word[0] for word in of), "".join(word[0] for word in of if word not in STOP_WORDS)
    return any(
        len(word) >= 3 and (any(word in letters for letters in initials) or (word in of and not _is_common(word)))
        for word in words
    )


def _is_common(word: str) -> bool:
    """Whether a word looks like a word and not like an acronym: two vowels apart, or long."""
    return len(word) > 6 or bool(re.search(r"[aeiouy][^aeiouy]+[aeiouy]|[aeiouy]{2}", word))


def _abbreviated(shorter: list[str], longer: list[str]) -> int:
    """How many words of the shorter title abbreviate words of the longer one, in order."""
    start = matched = 0
    for word in shorter:
        place = next((i for i in range(start, len(longer)) if _abbreviates(word, longer[i])), None)
        if place is not None:
            matched += 1
            start = place + 1
    return matched


def _abbreviates(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    if longer.startswith(shorter):
        return True
    if shorter[0] != longer[0] or len(shorter) < 3:
        return False
    letters = iter(longer)
    return all(letter in letters for letter in shorter) or Indel.normalized_similarity(shorter, longer) > 0.85
