"""BibTeX and biblatex name lists to persons and bodies; every pass over a value is linear, and lists are capped."""

import re
from functools import lru_cache
from typing import NamedTuple

from .latex import latex_to_text
from .record import Name
from .text import fold, plain_text, word_set

MAX_LENGTH = 200_000
MAX_NAMES = 5_000

_AND_OR_BRACE = re.compile(r"[{}]| and(?= |$)", re.IGNORECASE)
#: ``and others`` as people write it: ``et al.``, ``u. a.``, ``12 others``, ``al., et`` (turned round by a tool).
_OTHERS = re.compile(
    r"(?:and |\d+ )?(?:others|co-?workers|colleagues)|\d+ more"
    r"|et\.? ?(?:al(?:ii|\.)?|coll\.?)|al\.?, ?et|u\. ?a\.|\.\.\.|…",
    re.IGNORECASE,
)
_TRAILING_ET_AL = re.compile(r",? \{?(?:\\(?:emph|textit) ?\{)?et\.? ?al\.?\}*$", re.IGNORECASE)
_MARKED_UP = re.compile(r"\\(?:emph|textit|textsc|it)\b")
#: ``Smith, J. \& Doe, B.``; but no ``Johnson & Johnson``.
_AMPERSAND = re.compile(r",? \\?& ")
#: ``Y. e. Liu``: half of a given name, no particle.
_LOWER_INITIAL = re.compile(r"[a-z]\.")
_NOBODY = frozenset(
    {"anonymous", "anon", "anon.", "unknown", "n/a", "na", "none", "no author", "[no author]", "-", "?"}
)
_SUFFIX = re.compile(r"(?:jr|sr|ii|iii|iv|esq|phd|md)\.?", re.IGNORECASE)
_INITIALS = re.compile(r"(?:[A-Z]\.?[- ]?){1,4}")
_TRAILING_INITIALS = re.compile(r"[A-Z]{1,3}|(?:[A-Z]\.-?){1,4}")
_GIVEN_FIRST = re.compile(r"(?:[A-Z]\.[- ]?)+ ?[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)?")
PARTICLES = word_set(
    "van von der den de la le du di da del della dei degli dos das do af av st ter ten te zu zur zum vom "
    "el al bin ibn ben y e san santa"
)
_NOT_ALPHANUMERIC = re.compile(r"[\W_]+")
#: ``ue`` is ``ü``, ``aa`` is ``å``: both spellings of a name come to the same key.
_UMLAUT = re.compile(r"(?<=[aou])e|(?<=a)a")
#: A bibliography and its candidates name the same people again and again.
_KEYS_KEPT = 10_000


class Names(NamedTuple):
    """Who is named, in order, and whether ``and others`` says that there are more."""

    people: tuple[Name, ...] = ()
    others: bool = False


def parse_names(value: str) -> Names:
    """The names of an ``author`` or ``editor`` value, without LaTeX; what names nobody (``Anonymous``) is left out."""
    parts = _split(_unwrap(" ".join(value[:MAX_LENGTH].replace("~", " ").split())))
    people: list[Name] = []
    others = False
    for part in parts[:MAX_NAMES]:
        text = _TRAILING_ET_AL.sub("", part)
        others = others or text != part
        if _OTHERS.fullmatch(_MARKED_UP.sub("", text).strip("{} ")):
            others = True
            continue
        people.extend(name for name in _people(text) if names_somebody(name))
    return Names(tuple(people), others or len(parts) > MAX_NAMES)


def names_somebody(name: Name) -> bool:
    """Not ``Anonymous`` or ``n/a``; but there are people whose family name is Na."""
    return bool(name.family) and (bool(name.given) or name.family.lower() not in _NOBODY)


def _split(value: str) -> list[str]:
    """At every ``and`` outside braces; where braces do not balance they are taken to mean nothing."""
    balanced = value.count("{") == value.count("}")
    parts, start, depth = [], 0, 0
    for token in _AND_OR_BRACE.finditer(value):
        if token[0] in "{}":
            depth += (1 if token[0] == "{" else -1) if balanced else 0
        elif depth <= 0:
            parts.append(value[start : token.start()])
            start = token.end()
    parts.append(value[start:])
    parts = [part.strip(" ,;") for part in parts]
    if len(parts) == 1 and ";" in value and "&" not in value and "{" not in value:
        parts = [part.strip(" ,") for part in value.split(";")]
    return [name for part in parts if part and part.lower() != "and" for name in _split_at_ampersand(part)]


def _split_at_ampersand(part: str) -> list[str]:
    """Several persons where each of what stands between the signs has a comma of its own, else the whole."""
    names = _AMPERSAND.split(part) if "&" in part else [part]
    return names if all("," in name for name in names) else [part]


def _unwrap(value: str) -> str:
    """``{Smith, John and Doe, Jane}``: braces around persons, which some tools put on every value, mean no body."""
    if not _is_one_group(value):
        return value
    inner = value[1:-1]
    parts = _split(inner)
    persons = all(part.count(",") == 1 and part.count(" ") <= 4 for part in parts)
    return inner if persons and parts else value


def _is_one_group(value: str) -> bool:
    if not (value.startswith("{") and value.endswith("}")) or value.startswith("{\\"):
        return False
    depth = 0
    for index, char in enumerate(value):
        depth += (char == "{") - (char == "}")
        if depth == 0:
            return index == len(value) - 1
    return False


def _people(text: str) -> list[Name]:
    """Mostly one name; several where commas separate them (``J. Smith, A. Doe``)."""
    if _is_one_group(text):
        return [Name(plain_text(text), literal=True)]
    if "family" in text and re.search(r"\bfamily ?=", text):
        return [_key_value_name(text)]
    parts = [latex_to_text(part).strip() for part in _split_at_commas(text)]
    parts = [part for part in parts if part]
    if not parts:
        return []
    if len(parts) == 1:
        return [_given_first(parts[0].split())]
    return _several(parts) or [_family_first(parts)]


def _split_at_commas(text: str) -> list[str]:
    parts, start, depth = [], 0, 0
    for index, char in enumerate(text):
        depth += (char == "{") - (char == "}")
        if char == "," and depth <= 0:
            parts.append(text[start:index])
            start = index + 1
    return [*parts, text[start:]]


def _several(parts: list[str]) -> list[Name]:
    """Persons written with commas between them, which BibTeX itself would misread as one."""
    if all(_GIVEN_FIRST.fullmatch(part) for part in parts):
        return [_given_first(part.split()) for part in parts]
    if len(parts) >= 4 and len(parts) % 2 == 0 and all(_INITIALS.fullmatch(part) for part in parts[1::2]):
        return [Name(family, given) for family, given in zip(parts[::2], parts[1::2], strict=True)]
    if len(parts) >= 4 and all(" " in part for part in parts):
        return [_given_first(part.split()) for part in parts]
    return []


def _family_first(parts: list[str]) -> Name:
    """``von Last, First`` or ``von Last, Jr, First``; ``Last, First, Jr`` is taken as it was meant."""
    if _INITIALS.fullmatch(parts[0]) and not _INITIALS.fullmatch(parts[1]):
        parts[:2] = parts[1], parts[0]  # ``J. A., Smith``: swapped by mistake
    if len(parts) == 2:
        return Name(parts[0], parts[1])
    if _SUFFIX.fullmatch(parts[2]):
        return Name(parts[0], parts[1], parts[2])
    return Name(parts[0], parts[2], parts[1])


def _given_first(words: list[str]) -> Name:
    """``First von Last``, the particle beginning at the first lower-case word; or ``Last FM`` as in PubMed."""
    if len(words) > 1 and _TRAILING_INITIALS.fullmatch(words[-1]) and not _INITIALS.fullmatch(words[0]):
        end = next(index for index, word in enumerate(words) if index and _TRAILING_INITIALS.fullmatch(word))
        return Name(" ".join(words[:end]), " ".join(words[end:]))
    suffix = ""
    if len(words) > 2 and _SUFFIX.fullmatch(words[-1]):
        suffix = words[-1]
        words = words[:-1]
    start = len(words) - 1
    for index, word in enumerate(words[:-1]):
        if word[:1].islower() and (index or word.lower() in PARTICLES) and not _LOWER_INITIAL.fullmatch(word):
            start = index
            break
    return Name(" ".join(words[start:]), " ".join(words[:start]), suffix)


def _key_value_name(text: str) -> Name:
    """Biblatex's extended format: ``family=Salam, given=Abdus, prefix=van``."""
    values: dict[str, str] = {}
    for part in _split_at_commas(text):
        key, _, value = part.partition("=")
        values[key.strip().lower()] = latex_to_text(value.strip().strip('"'))
    family = " ".join(filter(None, (values.get("prefix"), values.get("family"))))
    return Name(family, values.get("given") or values.get("given-i", ""), values.get("suffix", ""))


@lru_cache(maxsize=_KEYS_KEPT)
def surname_key(family: str) -> str:
    """A surname without particles, marks, hyphens and spaces; ``Müller``, ``Mueller`` and ``von Muller`` are one."""
    if family.isalpha():
        return _UMLAUT.sub("", fold(family))
    words = _NOT_ALPHANUMERIC.sub(" ", fold(plain_text(family)).replace("'", "").replace("’", "")).split()
    kept = [word for word in words if word not in PARTICLES] or words
    return _UMLAUT.sub("", "".join(kept))


@lru_cache(maxsize=_KEYS_KEPT)
def given_key(given: str) -> str:
    """Given names folded, in one word: ``J.-P.`` and ``JP`` are one."""
    return _NOT_ALPHANUMERIC.sub("", fold(plain_text(given)))
