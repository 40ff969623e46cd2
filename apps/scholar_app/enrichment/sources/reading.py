"""Reading foreign JSON without trusting it: every helper says what it takes, and what it does with the rest.

Indexes change their answers, and single records are odd. A lesser field of the wrong type counts as not given; only
what an answer cannot do without (its envelope, a DOI, titles, authors) raises :class:`ShapeError` when it is wrong.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from ..record import Name

#: What ``Mapping`` and ``Sequence`` of foreign JSON hold is unknown until looked at.
Json = Any
_PARTICLES = frozenset(
    {"af", "al", "bin", "da", "dal", "de", "degli", "dei", "del", "della", "den", "der", "des", "di", "do", "dos", "du"}
    | {"el", "la", "las", "le", "los", "ten", "ter", "van", "vom", "von", "y", "zu", "zur"}
)
_SUFFIX = re.compile(r"(?:jr|sr)\.?|i{1,3}|iv", re.IGNORECASE)
_BODY = re.compile(
    r"^the |\b(?:collaborations?|consorti(?:um|a)|group|team|network|committee|association|society|institute|university"
    r"|investigators|initiative|participants|commission|organi[sz]ation|project|staff|foundation|council|agency)\b",
    re.IGNORECASE,
)
_SAFE_IN_DOI_LINKS = "/:;()!$&'*+,=@"
_YEARS = range(1400, 2200)


class ShapeError(ValueError):
    """An answer is not shaped as its documentation says, where that matters; the message names the place."""


def mapping(value: Json, where: str) -> Mapping[str, Json]:
    """The value as a JSON object; raises ``ShapeError`` for anything else."""
    if not isinstance(value, dict):
        raise ShapeError(f"{where} is {_kind(value)} where an object belongs")
    return value


def mapping_with(key: str, value: Json, where: str) -> Mapping[str, Json]:
    """The value as a JSON object that has this key at least; raises ``ShapeError`` for anything else."""
    found = mapping(value, where)
    if key not in found:
        raise ShapeError(f"{where} has no {key}")
    return found


def listing(value: Json, where: str) -> Sequence[Json]:
    """The value as a JSON list; raises ``ShapeError`` for anything else."""
    if not isinstance(value, list | tuple):
        raise ShapeError(f"{where} is {_kind(value)} where a list belongs")
    return value


def mappings(value: Json) -> list[Mapping[str, Json]]:
    """The objects of a list that may be absent, may hold other things, or may be a single object; never raises."""
    items = value if isinstance(value, list | tuple) else [value]
    return [item for item in items if isinstance(item, dict)]


def child(value: Mapping[str, Json], *path: str) -> Mapping[str, Json]:
    """The object at a path of keys; an empty one where any part of the path is missing."""
    found: Json = value
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def text(value: Json) -> str:
    """A string with its white space squeezed; a number as its digits; ``""`` for anything else."""
    if isinstance(value, str):
        return " ".join(value.split())
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def texts(value: Json) -> tuple[str, ...]:
    """The non-blank strings of a list (or of one lone string), each once, in order."""
    items = value if isinstance(value, list | tuple) else [value]
    return tuple(dict.fromkeys(filter(None, map(text, items))))


def title_text(value: Json, where: str) -> str:
    """A title: a string, a list of strings (the first that is not blank), or nothing. Raises ``ShapeError``."""
    if value is not None and not isinstance(value, str | list | tuple):
        raise ShapeError(f"{where} is {_kind(value)} where a text belongs")
    found = texts(value)
    if value and not found and not _blank(value):
        raise ShapeError(f"{where} holds no text")
    return found[0] if found else ""


def count(value: Json) -> int | None:
    """A number of things: an integer that is not negative, or ``None``."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def year(value: Json) -> int | None:
    """A plausible year of publication, from a number or from the beginning of a date; ``None`` for anything else."""
    digits = text(value)[:4]
    return int(digits) if digits.isascii() and digits.isdigit() and int(digits) in _YEARS else None


def month(value: Json) -> int | None:
    """A month, 1 to 12, or ``None``."""
    digits = text(value)
    return int(digits) if digits.isascii() and digits.isdigit() and 1 <= int(digits) <= 12 else None


def doi(value: Json) -> str:
    """A DOI in lower case, taken out of the link it may come in; ``""`` for what is none."""
    found = re.search(r"\b10\.\d{4,9}(?:\.\d+)*/.+", text(value))
    return found[0].lower() if found else ""


def doi_url(doi: str) -> str:
    """The link to a DOI; what a link cannot hold as it is (``<``, ``#``, ``%``) is percent-encoded."""
    return f"https://doi.org/{quote(doi, safe=_SAFE_IN_DOI_LINKS)}" if doi else ""


def digits(value: Json) -> str:
    """The last run of digits in an identifier or in a link to it: ``https://pubmed.ncbi.nlm.nih.gov/29456894``."""
    found: list[str] = re.findall(r"\d+", text(value))
    return found[-1].lstrip("0") if found else ""


def distinct(values: Iterable[str]) -> tuple[str, ...]:
    """The non-blank values, each once, in order."""
    return tuple(dict.fromkeys(filter(None, values)))


def person(display_name: str) -> Name:
    """A name as one string (``Heather van der Piwowar Jr.``) taken apart; a body's name stays whole."""
    name = text(display_name)
    if _BODY.search(name):
        return Name(name, literal=True)
    if "," in name:
        family, _, given = name.partition(",")
        return Name(family.strip(), given.strip())
    return _western(name.split(" "))


def _western(words: list[str]) -> Name:
    """``Given von Family Jr``: the family name is the last word, with the particles before it."""
    suffix = words.pop() if len(words) > 2 and _SUFFIX.fullmatch(words[-1]) else ""
    start = len(words) - 1
    while start > 1 and words[start - 1].lower() in _PARTICLES and words[start - 1].islower():
        start -= 1
    return Name(" ".join(words[start:]), " ".join(words[:start]), suffix)


def _blank(value: Json) -> bool:
    return all(item is None or (isinstance(item, str) and not item.strip()) for item in value)


def _kind(value: Json) -> str:
    return "missing" if value is None else f"a {type(value).__name__}"
