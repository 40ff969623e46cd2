"""What the people of ``bench_load`` upload, each file from its number and the seed alone; and what is true of it."""

import random
from dataclasses import dataclass
from typing import Literal

from tests.indexserver.works import Work

Kind = Literal["small", "large", "ugly", "refused"]
WORKS, LARGE = 12_000, 1_000
#: How many uploads of a hundred are of each kind.
SHARES: tuple[tuple[Kind, int], ...] = (("small", 68), ("ugly", 20), ("large", 8), ("refused", 4))
#: Said with a count, whatever the work is.
_ALWAYS_TRUE = frozenset({"citation_count_date", "citation_count_source"})


@dataclass(frozen=True)
class Sent:
    """A file: ``numbers`` are the works of its entries ``k{number}``, in any order."""

    kind: Kind
    name: str
    data: bytes
    numbers: tuple[int, ...]


def work(number: int) -> Work:
    """A work whose title no search takes for another's, and whose facts are its own."""
    return Work(
        f"Alpha{number} beta{number * 7} of gamma{number * 13}",
        doi=f"10.1000/{number}",
        volume=str(number % 97 + 1),
        issue=str(number % 11 + 1),
        pages=f"{number + 1}-{number + 9}",
        citations=number % 50,
    )


def is_true(field: str, value: str, number: int) -> bool:
    """Whether the index says so of this work."""
    found = work(number)
    facts = {
        "doi": {found.doi},
        "url": {f"https://doi.org/{found.doi}"},
        "year": {"2020"},
        "month": {"mar", "3"},
        "journal": {found.container},
        "booktitle": {found.container},
        "publisher": {"Example Press"},
        "volume": {found.volume},
        "number": {found.issue},
        "pages": {found.pages.replace("-", "--")},
        "author": {"Knuth, Donald E."},
        "citation_count": {str(found.citations)},
    }
    return field in _ALWAYS_TRUE or value in facts.get(field, set())


def sent(seed: int, number: int) -> Sent:
    """The file of an upload."""
    chance = random.Random(f"{seed}:{number}")
    kind = chance.choices([kind for kind, _ in SHARES], [share for _, share in SHARES])[0]
    if kind == "refused":
        return Sent(kind, "paper.bib", chance.choice([b"%PDF-1.7\n%\xe2\xe3", b"", b"PK\x03\x04x", b"{" * 5000]), ())
    count = LARGE if kind == "large" else chance.randint(3, 60)
    numbers = tuple(chance.sample(range(WORKS), count))
    entries = [_entry(each, with_doi=chance.random() < (0.95 if kind == "large" else 0.6)) for each in numbers]
    data = "".join(entries).encode() if kind != "ugly" else _ugly(entries, chance)
    return Sent(kind, f"references {number}.bib", data, numbers)


def _entry(number: int, *, with_doi: bool) -> str:
    found = work(number)
    known = f"doi = {{{found.doi}}}" if with_doi else "year = {2020}"
    return f"@article{{k{number},\n  title = {{{found.title}}},\n  author = {{Knuth, Donald E.}},\n  {known},\n}}\n"


def _ugly(entries: list[str], chance: random.Random) -> bytes:
    """The entries amid what people and programs leave in their files, in some encoding."""
    litter = [
        "% a note, with an @ in it\n", "@comment{jabref-meta: x}\n", '@string{m = "Mind"}\n', "@preamble{\"\\relax\"}\n",
        "@article{broken,\n  title = {never closed\n\n", "@misc{, title = {no key}}\n", "free text, and a } brace\n\n",
        "@misc{empty}\n", "@online{dup, title = {Nothing that is known}, year = {1901}}\n" * 2, "\t \n",
    ]  # fmt: skip
    text = "".join(entry + (chance.choice(litter) if chance.random() < 0.3 else "") for entry in entries)
    text = "% Müller – é\n" + text if chance.random() < 0.5 else text
    text = text.replace("\n", chance.choice(["\n", "\r\n", "\r\n"]))
    return text.encode(chance.choice(["utf-8", "utf-8-sig", "cp1252", "utf-16"]))
