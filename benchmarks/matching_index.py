"""A catalogue in memory that finds candidates as the product's catalogue does: by keys, then by rare words."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from apps.scholar_app.enrichment.names import surname_key
from apps.scholar_app.enrichment.record import Name, Record
from apps.scholar_app.enrichment.references import Reference
from apps.scholar_app.enrichment.text import (
    STOP_WORDS,
    content_words,
    digits_of,
    first_page,
    main_title,
    normalise_title,
    squeeze,
)

_MAX_CANDIDATES = 25


class Index:
    """``candidates`` answers like a source's search: likely records, none of them verified."""

    def __init__(self, records: Iterable[Record]) -> None:
        self.records = list(records)
        self._by_key: dict[str, list[int]] = defaultdict(list)
        self._by_word: dict[str, list[int]] = defaultdict(list)
        self._words: list[frozenset[str]] = []
        for number, record in enumerate(self.records):
            title = f"{record.title}: {record.subtitle}" if record.subtitle else record.title
            keys = set(
                _keys(
                    title,
                    record.authors or record.editors,
                    record.years,
                    digits_of(record.volume),
                    first_page(record.pages),
                )
            )
            keys |= set(_title_keys(record.title))
            for key in keys:
                self._by_key[key].append(number)
            words = frozenset(normalise_title(title).split())
            self._words.append(words)
            for word in words:
                self._by_word[word].append(number)

    def candidates(self, reference: Reference) -> list[Record]:
        """At most 25, those with most title words in common first."""
        found: Counter[int] = Counter()
        years = (reference.year,) if reference.year else ()
        for key in set(
            _keys(reference.title, reference.authors, years, digits_of(reference.volume), reference.first_page)
        ):
            for number in self._by_key.get(key, ())[:50]:
                found[number] += 10
        words = set(normalise_title(reference.title).split())
        for number in self._by_rare_words(words):
            found[number] += 1
        ranked = sorted(found, key=lambda number: (-self._overlap(words, number), number))
        return [self.records[number] for number in ranked[:_MAX_CANDIDATES]]

    def _by_rare_words(self, words: set[str]) -> Iterator[int]:
        known = sorted(
            (word for word in words - STOP_WORDS if word in self._by_word), key=lambda word: len(self._by_word[word])
        )[:4]
        counts = Counter(number for word in known for number in self._by_word[word][:3000])
        yield from (number for number, count in counts.items() if count >= min(2, len(known)))

    def _overlap(self, words: set[str], number: int) -> float:
        return len(words & self._words[number]) / max(1, len(words | self._words[number]))


def _title_keys(title: str) -> Iterator[str]:
    whole, main = normalise_title(title), main_title(title)
    yield f"t{squeeze(whole)}"
    yield f"t{squeeze(main)}"
    words = content_words(whole)
    if len(words) >= 4:
        yield f"f{' '.join(words[:4])}"
        yield f"l{' '.join(words[-4:])}"


def _keys(title: str, authors: tuple[Name, ...], years: Iterable[int], volume: str, page: str) -> Iterator[str]:
    yield from _title_keys(title)
    author = surname_key(authors[0].family) if authors else ""
    if author and page:
        yield from (f"y{author} {year} {page}" for year in years)
        if volume:
            yield f"v{author} {volume} {page}"
