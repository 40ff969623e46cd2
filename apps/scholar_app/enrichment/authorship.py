"""How far two author lists name the same people."""

import re
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from .forms import Form
from .record import Name
from .text import fold, plain_text


@dataclass(frozen=True, slots=True)
class AuthorAgreement:
    """Shares from 0 to 1. ``found``: of the reference's authors in the record; ``covered``: the other way round."""

    known: bool = False
    found: float = 0.0
    covered: float = 0.0
    first: float = 0.0
    #: Share of the matched people whose initials contradict each other.
    initials: float = 0.0


def compare_authors(reference: Form, record: Form) -> AuthorAgreement:
    """Surnames with one typo allowed from five letters on, family and given name swapped, compound names in part."""
    ours, theirs = reference.surnames, record.surnames
    if not any(ours) or not any(theirs):
        return AuthorAgreement()
    matches = _match(reference, record)
    if reference.names_bodies != record.names_bodies and not any(place is not None for place, _ in matches):
        return AuthorAgreement()  # a collaboration and its members
    found = [place for place, _ in matches if place is not None]
    clashes = sum(_initials_clash(reference, mine, record, match) for mine, match in enumerate(matches))
    return AuthorAgreement(
        known=True,
        found=len(found) / len(ours),
        covered=len(found) / len(theirs),
        first=float(matches[0][0] == 0) or (0.5 if matches[0][0] is not None else 0.0),
        initials=clashes / max(1, len(found)),
    )


def _match(reference: Form, record: Form) -> list[tuple[int | None, bool]]:
    """For each of the reference's authors the place in the record, none twice, and whether with swapped names."""
    places: dict[str, list[int]] = {}
    for index, name in reversed(list(enumerate(record.surnames))):
        places.setdefault(name, []).append(index)
    exact = [places[name].pop() if places.get(name) else None for name in reference.surnames]
    free = sorted(set(range(len(record.surnames))).difference(place for place in exact if place is not None))
    matches: list[tuple[int | None, bool]] = []
    for mine, found in enumerate(exact):
        place, swapped = (found, False) if found is not None else _find(reference, mine, record, free)
        if found is None and place is not None:
            free.remove(place)
        matches.append((place, swapped))
    return matches


def _find(reference: Form, mine: int, record: Form, free: list[int]) -> tuple[int | None, bool]:
    """Where the record has this person under a like name, and whether with family and given name swapped."""
    surname = reference.surnames[mine]
    for index in free:
        if _same_surname(surname, record.surnames[index]) or _is_shortened(reference, mine, record, index):
            return index, False
    for index in free:
        if _is_swapped(surname, reference.given_keys[mine], record.given_keys[index], record.surnames[index]):
            return index, True
    return None, False


def _is_shortened(reference: Form, mine: int, record: Form, index: int) -> bool:
    """``WHO``: the World Health Organization."""
    ours, theirs = reference.acronyms[mine], record.acronyms[index]
    return (len(theirs) > 2 and reference.surnames[mine] == theirs) or (
        len(ours) > 2 and ours == record.surnames[index]
    )


def _is_swapped(surname: str, given: str, their_given: str, their_surname: str) -> bool:
    """``Michael I., Jordan`` for Jordan, Michael: the family name has to agree where it stands for the given one."""
    if not surname or not their_given:
        return False
    if surname == their_given:
        return not given or _same_surname(given, their_surname)
    shorter, longer = sorted((surname, their_given), key=len)
    return len(shorter) >= 4 and longer.startswith(shorter) and _same_surname(given, their_surname)


def _same_surname(one: str, other: str) -> bool:
    if not one or not other:
        return False
    if one == other:
        return True
    if min(len(one), len(other)) >= 4 and (one.endswith(other) or other.endswith(one) or _begins(one, other)):
        return True
    return min(len(one), len(other)) >= 5 and OSA.distance(one, other, score_cutoff=1) <= 1


def _begins(one: str, other: str) -> bool:
    """``garcia``, ``garciamarquez``: one of two surnames left out."""
    shorter, longer = sorted((one, other), key=len)
    return len(longer) - len(shorter) >= 4 and longer.startswith(shorter)


def _initials_clash(reference: Form, mine: int, record: Form, match: tuple[int | None, bool]) -> bool:
    place, swapped = match
    if place is None or swapped:
        return False
    ours, theirs = reference.givens[mine], record.givens[place]
    return bool(ours and theirs) and ours[0] not in theirs[:1] and theirs[0] not in _initials(reference.authors[mine])


def _initials(name: Name) -> set[str]:
    return {word[0] for word in re.split(r"[\W_]+", fold(plain_text(name.given))) if word}
