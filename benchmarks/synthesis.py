"""Works in any number, made from a few thousand real ones: the same words and names, and many near-duplicates.

Everything follows from the seed, so that two runs measure the same.
"""

import gzip
import itertools
import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

Work = Mapping[str, Any]
_SYLLABLES = [a + b for a in "bcdfghklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "el", "in", "or", "us")]
_REAL = ("crossref_works.jsonl.gz", "crossref_works_more.jsonl.gz")


def real_works(folder: Path) -> list[Work]:
    """The Crossref works in the folder that have a title and authors, each DOI once."""
    works: dict[str, Work] = {}
    for name in _REAL:
        with gzip.open(folder / name, "rt", encoding="utf-8") as lines:
            for work in map(json.loads, lines):
                if (work.get("title") or [""])[0].strip() and any(map(_family, work.get("author") or ())):
                    works.setdefault(work["DOI"].lower(), work)
    return list(works.values())


def _family(author: Mapping[str, Any]) -> str:
    return author.get("family") or ""


class Synthesis:
    """An endless stream of works: the real ones first, then made ones, a half of them siblings of others."""

    def __init__(self, real: Sequence[Work], *, seed: int = 1) -> None:
        self.real = real
        self._seed = seed

    def works(self, count: int) -> Iterator[Work]:
        """The first ``count`` works; the same for every call."""
        chance = random.Random(self._seed)
        yield from itertools.islice(self.real, count)
        for number in range(len(self.real), count):
            yield self._made(number, chance)

    def _made(self, number: int, chance: random.Random) -> Work:
        base, other = chance.choice(self.real), chance.choice(self.real)
        kind = chance.random()
        if kind < 0.05:
            title, authors = base["title"][0], other["author"]
        elif kind < 0.10:
            title, authors = f"{base['title'][0]}. Part {chance.choice(['II', 'III', '2', '3'])}", base["author"]
        elif kind < 0.50:
            title, authors = _varied(base["title"][0], other["title"][0], chance), base["author"]
        else:
            title, authors = _crossed(base["title"][0], other["title"][0], chance), other["author"]
        return {
            **base,
            "DOI": f"10.5555/made.{self._seed}.{number}",
            "title": [title],
            "author": authors,
            "issued": {"date-parts": [[chance.randint(1970, 2024)]]},
            "published-print": None,
            "volume": str(chance.randint(1, 400)),
            "page": _pages(chance),
            "indexed": {"date-parts": [[2024, 1, 1]]},
        }


def _pages(chance: random.Random) -> str:
    first = chance.randint(1, 3000)
    return f"{first}-{first + chance.randint(1, 20)}"


def _varied(title: str, other: str, chance: random.Random) -> str:
    """The title with one or two of its words changed for others."""
    words = title.split()
    for _ in range(chance.choice([1, 1, 2])):
        words[chance.randrange(len(words))] = _word(other, chance)
    return " ".join(words)


def _crossed(one: str, other: str, chance: random.Random) -> str:
    """The beginning of one title and the end of another, at times with a new word: vocabularies grow with size."""
    left, right = one.split(), other.split()
    words = left[: (len(left) + 1) // 2] + right[len(right) // 2 :]
    if chance.random() < 0.4:
        words.insert(chance.randrange(len(words) + 1), "".join(chance.choices(_SYLLABLES, k=chance.randint(3, 4))))
    return " ".join(words)


def _word(title: str, chance: random.Random) -> str:
    words: list[str] = re.findall(r"\w{4,}", title) or ["effect"]
    return chance.choice(words)
