"""Whether two journal or book titles name the same container, through abbreviations and acronyms."""

import re
from dataclasses import dataclass

from rapidfuzz.distance import Indel

from .lazy import lazy
from .text import STOP_WORDS, normalise_title, word_set

_GENERIC_CONTAINER_WORDS = word_set(
    "proceedings proc procs international intl int conference conf annual symposium symp workshop on of the in and for "
    "th st nd rd journal jour journ jou jrnl j transactions trans trans. ieee acm siam inc ltd "
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
    "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth twenty thirtieth thirty fortieth "
    "forty fiftieth fifty sixtieth"
)
#: Who publishes is no container, and a series of hundreds of books tells nothing.
_SERIES = re.compile(
    r"^lecture notes|^lncs|^communications in computer|^advances in intelligent|^ceur"
    r"|^(?:ieee|acm|springer|elsevier|wiley|openreview(?: net)?|corr)$"
)
_ACRONYM = re.compile(r"(?:[A-Z][a-z]{0,4}){2,8}(?![a-z])")
_MEETING = re.compile(r"\b(?:proc|conference|conf|symposium|symp|workshop|meeting|congress)")
_PARTICLES = STOP_WORDS - {"new", "based", "using"}
#: How many telling words of a title its acronym may leave out before it is spelt.
_MAX_SKIPS = 1
_MAX_LENGTH = 300


@dataclass(frozen=True)
class Container:
    """A journal or book title as it was written, with its normal forms made when needed."""

    raw: str

    @lazy
    def normal(self) -> str:
        """The normal form of the title."""
        return normalise_title(self.raw[:_MAX_LENGTH])

    @lazy
    def words(self) -> tuple[str, ...]:
        """The words of the normal form."""
        return tuple(self.normal.split())

    @lazy
    def telling(self) -> tuple[str, ...]:
        """The words without years, ordinals and what every container is called; all if nothing would be left."""
        kept = tuple(word for word in self.words if _is_telling(word))
        return kept or tuple(word for word in self.words if word not in _PARTICLES)

    @lazy
    def acronyms(self) -> tuple[str, ...]:
        """``CVPR`` and ``NeurIPS`` as written; none where all of several telling words is in capitals."""
        if " " in self.raw and self.raw.isupper() and len(self.telling) > 1:
            return ()
        words = (word for word in re.findall(r"[A-Za-z]+", self.raw[:_MAX_LENGTH]) if len(word) >= 3)
        return tuple(word for word in words if _ACRONYM.fullmatch(word) and _is_telling(word.lower()))

    @property
    def says_nothing(self) -> bool:
        """Whether it names a series of hundreds of books, or but a publisher."""
        return not self.words or _SERIES.match(self.normal) is not None


def similarity_of_containers(ours: tuple[Container, ...], theirs: tuple[Container, ...]) -> float | None:
    """How alike journal or book titles are, 0 to 1, abbreviated or not; ``None`` where one side tells nothing."""
    pairs = [(one, other) for one in ours for other in theirs if not (one.says_nothing or other.says_nothing)]
    return max((_similarity(one, other) for one, other in pairs), default=None)


def _similarity(one: Container, other: Container) -> float:
    if one.words == other.words:
        return 1.0
    if _sections_differ(one.words, other.words):
        return 0.4
    if _acronym_agrees(one, other) or _acronym_agrees(other, one):
        return 0.95
    ours, theirs = one.telling, other.telling
    if not ours or not theirs:
        return 0.5
    shorter, longer = sorted((ours, theirs), key=len)
    share = _abbreviated(shorter, longer) / len(shorter)
    coverage = len(shorter) / len(longer)
    return max(share * (0.4 + 0.6 * coverage), Indel.normalized_similarity(" ".join(ours), " ".join(theirs)) - 0.15)


def _sections_differ(ours: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    """``Physical Review A`` and ``Phys. Rev. B``."""
    return len(ours[-1]) == len(theirs[-1]) == 1 and ours[-1] != theirs[-1]


def _acronym_agrees(one: Container, other: Container) -> bool:
    """Whether the one is little more than an acronym that the other bears or that its words spell."""
    if not one.acronyms or len(one.telling) > 2:
        return False
    bears = {word.lower() for word in one.acronyms} & {word.lower() for word in other.acronyms}
    if bears and (len(other.telling) <= 2 or _MEETING.search(other.normal)):
        return True
    return any(_spells(word, other.words) or _ends_in_acronym(word.lower(), other.words) for word in one.acronyms)


def _ends_in_acronym(acronym: str, words: tuple[str, ...]) -> bool:
    """``CACM``: Communications of the ACM."""
    tails = (word for word in words[1:] if len(word) >= 3 and acronym.endswith(word))
    return any(acronym.removesuffix(tail) == words[0][:1] for tail in tails)


def _spells(acronym: str, words: tuple[str, ...]) -> bool:
    """Whether the pieces of an acronym begin words in this order: ``STOC``, ``RecSys``; few telling words unused."""
    pieces = [piece.lower() for piece in re.findall("[A-Z][a-z]*", acronym)]
    fewest = {0: 0}  # how many pieces are spelt: the fewest telling words passed over for it
    for word in words:
        passed = {spelt: skipped + _is_telling(word) for spelt, skipped in fewest.items()}
        reached = {spelt: skipped for spelt, skipped in passed.items() if skipped <= _MAX_SKIPS}
        for spelt, skipped in fewest.items():
            if word.startswith(pieces[spelt]):
                reached[spelt + 1] = min(skipped, reached.get(spelt + 1, skipped))
        if len(pieces) in reached:
            return True
        fewest = reached
    return False


def _is_telling(word: str) -> bool:
    return not (word in _PARTICLES or word in _GENERIC_CONTAINER_WORDS or word[0].isdigit())


def _abbreviated(shorter: tuple[str, ...], longer: tuple[str, ...]) -> int:
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
