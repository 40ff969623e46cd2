"""A work as no index in particular describes it; the modules of the indexes put it into their own shapes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Work:
    """``authors`` are pairs of family and given name. ``extra`` goes into Crossref's shape as it is."""

    title: str
    doi: str = ""
    authors: tuple[tuple[str, str], ...] = (("Knuth", "Donald E."),)
    year: int = 2020
    container: str = "Journal of Examples"
    volume: str = "12"
    issue: str = "3"
    pages: str = "45-67"
    type: str = "journal-article"
    abstract: str = ""
    citations: int = 7
    retracted: bool = False
    pmid: str = ""
    pmcid: str = ""
    arxiv: str = ""
    s2: str = ""
    extra: dict[str, Any] = field(default_factory=dict)


def words(text: str) -> set[str]:
    """The words of a text in lower case."""
    return set("".join(char if char.isalnum() else " " for char in text.lower()).split())


def best_matches(works: list[Work], query: str, *, rows: int) -> list[Work]:
    """The works that share a word of their title with the query, those that share the most first."""
    asked = words(query)
    shared = {index: len(words(work.title) & asked) for index, work in enumerate(works)}
    ranked = sorted((index for index, count in shared.items() if count), key=lambda index: (-shared[index], index))
    return [works[index] for index in ranked[:rows]]


def made(number: int) -> list[Work]:
    """So many works whose titles have nothing in common that a search could mistake."""
    return [Work(f"Alpha{n} beta{n * 7} of gamma{n * 13}", doi=f"10.1000/{n}") for n in range(number)]


def bibliography(works: list[Work], *, with_doi: Callable[[int], bool]) -> bytes:
    """An entry of each work, with its DOI or with its year."""
    return "".join(
        f"@article{{k{number},\n  title = {{{work.title}}},\n  author = {{Knuth, Donald E.}},\n"
        f"  {f'doi = {{{work.doi}}}' if with_doi(number) else f'year = {{{work.year}}}'},\n}}\n"
        for number, work in enumerate(works)
    ).encode()
