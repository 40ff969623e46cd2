"""What rules a record out, in the words that the report repeats: each beside the nearest that is not ruled out."""

from typing import Any

import pytest

from apps.scholar_app.enrichment.matching import Reference, score_of

from .pairs import PLACE, article, record

WAVES = "Shock waves in turbulent plasmas"
GENERIC = "Introduction to the special issue"
STRANGER = "the title is common, and nothing else agrees"
NUMBERS = "the numbers in the titles differ"
OTHERS = {"authors": "Müller, Karl and Roe, Jane", "container": "Plasma Letters", "volume": "7", "pages": "3"}
Case = tuple[Reference, dict[str, Any]]


def titled(ours: str, theirs: str, *without: str, **said: Any) -> Case:
    """An entry and a record that differ in the title."""
    return article(title=ours, without=without), {"title": theirs, **said}


def of_stranger(title: str, *without: str, **said: Any) -> Case:
    """A record of the same title, of which one author is the entry's."""
    return article(title=title, author="Karl Müller and Wei Zhang", without=without), {"title": title, **OTHERS, **said}


#: Why a record is ruled out; and what is not, or not for that reason.
RULED_OUT: dict[str, tuple[str, Case, Case]] = {
    "a notice": (
        "one of the two is a correction or retraction notice, the other is not",
        titled(WAVES, f"{WAVES} erratum in tables vol 7 pg 9", *PLACE), titled(WAVES, f"{WAVES} in tables", *PLACE),
    ),
    "an entry that is a review": (
        "one of the two is a review, the other is not",
        titled(f"Book review of shock, {WAVES} of the sea", f"Books on shock, {WAVES} of the sea", *PLACE),
        titled(f"Book of shock, {WAVES} of the sea", f"Books on shock, {WAVES} of the sea", *PLACE),
    ),
    "another part": (
        "the part numbers differ (1, 2)",
        titled(f"{WAVES}, part 1", f"{WAVES}, part 2"), titled(f"{WAVES}, part 2", f"{WAVES}, part 2"),
    ),
    "two parts in one": (
        "the part numbers differ (1 and 2, 2)",
        titled(f"{WAVES}, parts one and part two", f"{WAVES}, part 2"),
        titled(f"{WAVES}, part two", f"{WAVES}, part 2"),
    ),
    "a part of the whole": (
        "the part numbers differ (none, 2)",
        titled(WAVES, f"{WAVES}, part 2", "pages"), titled(WAVES, f"{WAVES}, part 2"),
    ),
    "the whole for a part": (
        "the part numbers differ (2, none)",
        titled(f"{WAVES}, part 2", WAVES, "pages"), titled(f"{WAVES}, part 2", WAVES),
    ),
    "a part of the part": (
        "the part numbers differ (none, 2)",
        titled(f"{WAVES}, part 2", f"{WAVES}, part 2 in steel 2", *PLACE),
        titled(f"{WAVES}, part 2", f"{WAVES}, part 2 in steel", *PLACE),
    ),
    "a part in the subtitle": (
        "the part numbers differ (none, 2)",
        titled(WAVES, WAVES, *PLACE, subtitle="part 2"),
        titled(f"{WAVES} 2", f"{WAVES} 2", *PLACE, subtitle="volume 3"),
    ),
    "a part behind a number that is none": (
        "the part numbers differ (2, 3)",
        titled(f"{WAVES}, part 2", f"{WAVES}, part 3 for one", *PLACE),
        titled(f"{WAVES}, part 2", f"{WAVES}, part 2 for one", *PLACE),
    ),
    "a year behind": (NUMBERS, titled(WAVES, f"{WAVES} 2010", *PLACE), titled(WAVES, f"{WAVES} 201", *PLACE)),
    "a year behind, in the entry": (NUMBERS, titled(f"{WAVES} 2010", WAVES, *PLACE), titled(f"{WAVES} 20101", WAVES)),
    "a year and a word": (NUMBERS, titled(WAVES, f"{WAVES} 2010", *PLACE), titled(WAVES, f"{WAVES} of 2010", *PLACE)),
    "a word of four letters behind": (NUMBERS, titled(WAVES, f"{WAVES} 2010"), titled(WAVES, f"{WAVES} wall")),
    "a generic title of others": (STRANGER, of_stranger(GENERIC), of_stranger(f"{GENERIC} on shock waves")),
    "a short title of others": (STRANGER, of_stranger("Shock waves"), of_stranger("Strong shock waves")),
    "a short title, other authors": (
        STRANGER, of_stranger("Shock waves"), of_stranger("Shock waves", authors="Müller, Karl and Zhang, Wei"),
    ),
    "a short title, another journal": (
        STRANGER, of_stranger("Shock waves"), of_stranger("Shock waves", container="J. Comput. Phys."),
    ),
    "a short title, another page": (STRANGER, of_stranger("Shock waves"), of_stranger("Shock waves", pages="64-70")),
    "a short title, no page": (
        STRANGER, of_stranger("Shock waves", "pages"), of_stranger("Shock waves", pages="64-70"),
    ),
    "a short title, no journal": (
        STRANGER, of_stranger("Shock waves", "journal"), of_stranger("Shock waves", container="J. Comput. Phys."),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("why", "other", "near"), RULED_OUT.values(), ids=RULED_OUT)
def test_another_work_is_ruled_out_in_words_and_its_neighbour_is_not(why: str, other: Case, near: Case) -> None:
    (reference, changes), (another, others) = other, near
    assert score_of(reference, record(**changes)).refused == why
    assert score_of(another, record(**others)).refused == ""
