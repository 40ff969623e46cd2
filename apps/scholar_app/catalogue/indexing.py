"""By what a work can be found again: identifiers and parts of its description, each as a 64-bit hash, and title words.

A key is evidence, never proof: whoever finds a work by one compares the record itself.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b

from ..enrichment import record_json
from ..enrichment.identifiers import parse_isbn
from ..enrichment.names import surname_key
from ..enrichment.record import Identifier, Name, Query, Record
from ..enrichment.text import content_words, digits_of, first_page, main_title, normalise_title, squeeze, title_heads

#: Raise it when a key is made in another way: catalogues with other keys are then indexed anew.
VERSION = 1

_ARXIV_DOI = "10.48550/arxiv."
#: An ISBN is a chapter's too, but it names the book.
_BOOKS = frozenset({"book", "monograph", "edited-book", "reference-book", "proceedings"})
#: Titles with fewer words have a beginning and an end that are the whole.
_WORDS_AT_AN_END = 4
#: A title needs no more words to be found, and one pathological title shall not fill the index.
_MAX_WORDS = 100
_MAX_WORD_LENGTH = 200


@dataclass(frozen=True, slots=True)
class IndexedRecord:
    """A record ready for the catalogue: ``origin`` is the source that described it, ``identity`` which work it is."""

    origin: str
    identity: str
    #: An ISO date.
    retrieved: str
    #: The title with its subtitle in normal form.
    title: str
    #: ``record_json.dumps`` of the record.
    text: str
    keys: frozenset[int]


def indexed(record: Record) -> IndexedRecord | None:
    """The record with its keys; ``None`` for one that neither an identifier nor a title would ever find."""
    title = normalise_title(full_title(record))
    identity = _identity(record, title)
    if not identity:
        return None
    keys = frozenset(map(hash_of, _keys(record, identity)))
    text = record_json.dumps(record)
    return IndexedRecord(record.source, identity, record.retrieved.isoformat(), title, text, keys)


def full_title(record: Record) -> str:
    """The title with its subtitle, as it was given."""
    return f"{record.title}: {record.subtitle}" if record.subtitle else record.title


def hash_of(key: str) -> int:
    """The key as a signed 64-bit integer, the largest that databases keep in one column."""
    number: int = struct.unpack("<q", blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest())[0]
    return number


def identifier_key(identifier: Identifier) -> int:
    """The key of what carries this identifier."""
    return hash_of(str(identifier))


def place_keys(query: Query) -> tuple[int, ...]:
    """The keys of where the work that is meant stands; few works share one."""
    surname = surname_key(query.authors[0].family) if query.authors else ""
    keys = _place_keys(surname, (query.year,), volume=query.volume, pages=query.first_page)
    return tuple(dict.fromkeys(map(hash_of, keys)))


def title_keys(*titles: str) -> tuple[int, ...]:
    """The keys of whole titles, in normal form."""
    return tuple(dict.fromkeys(hash_of(_whole_title_key(title)) for title in titles if title))


def title_end_keys(query: Query) -> tuple[int, ...]:
    """The keys of the first and of the last words of the title: one of them may be free of errors.

    Also of what stands before a subtitle, however short: some index calls ``XGBoost: A Scalable ...`` just ``XGBoost``.
    """
    heads = (_whole_title_key(head) for head in title_heads(query.title) if head)
    return tuple(dict.fromkeys(map(hash_of, (*_title_end_keys(query.title), *heads))))


def title_words(title: str) -> tuple[str, ...]:
    """The words of a title in normal form by which it is searched, each once."""
    words = (word for word in content_words(title) if 1 < len(word) <= _MAX_WORD_LENGTH)
    return tuple(dict.fromkeys(words))[:_MAX_WORDS]


def identifiers_of(record: Record) -> tuple[Identifier, ...]:
    """What the record is found by: its identifiers, an arXiv id also as a DOI and vice versa, the ISBNs of a book."""
    found = list(record.identifiers())
    if record.doi.startswith(_ARXIV_DOI):
        found.append(Identifier("arxiv", record.doi.removeprefix(_ARXIV_DOI)))
    elif record.arxiv and not record.doi:
        found.append(Identifier("doi", _ARXIV_DOI + record.arxiv.lower()))
    if record.type in _BOOKS:
        found += [Identifier("isbn", isbn) for isbn in filter(None, map(parse_isbn, record.isbn))]
    return tuple(dict.fromkeys(found))


def _identity(record: Record, title: str) -> str:
    """What two descriptions of one work by the same origin have in common; ``""`` where there is nothing to go by."""
    if record.doi.startswith(_ARXIV_DOI):
        return _storable(f"arxiv:{record.doi.removeprefix(_ARXIV_DOI)}")
    if identifiers := record.identifiers():
        return _storable(str(identifiers[0]))
    if record.url:
        return _storable(f"url:{record.url}")
    return f"title:{squeeze(title)}|{_first_surname(record.authors)}|{record.year}" if title else ""


def _storable(text: str) -> str:
    """Without what some database refuses in a text: lone surrogates and NUL."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")


def _keys(record: Record, identity: str) -> Iterator[str]:
    yield identity
    yield from map(str, identifiers_of(record))
    surname = _first_surname(record.authors or record.editors)
    yield from _place_keys(surname, record.years or (record.year,), volume=record.volume, pages=record.pages)
    yield from _title_keys(full_title(record))
    if record.subtitle:
        yield from _title_keys(record.title)


def _first_surname(authors: tuple[Name, ...]) -> str:
    return surname_key(authors[0].family) if authors else ""


def _place_keys(surname: str, years: Iterable[int | None], *, volume: str, pages: str) -> Iterator[str]:
    """Where it stands: first author with year and first page, and with volume and first page."""
    page = first_page(pages)
    if surname and page:
        yield from (f"year:{surname}|{year}|{page}" for year in years if year)
        if number := digits_of(volume):
            yield f"volume:{surname}|{number}|{page}"


def _title_keys(title: str) -> Iterator[str]:
    yield from _whole_title_keys(title)
    yield from _title_end_keys(title)


def _whole_title_keys(title: str) -> Iterator[str]:
    yield from map(_whole_title_key, filter(None, (normalise_title(title), main_title(title))))


def _whole_title_key(normal: str) -> str:
    """Without spaces: ``data base`` is ``database``."""
    return f"t:{squeeze(normal)}"


def _title_end_keys(title: str) -> Iterator[str]:
    words = content_words(normalise_title(title))
    if len(words) >= _WORDS_AT_AN_END:
        yield "first:" + " ".join(words[:_WORDS_AT_AN_END])
        yield "last:" + " ".join(words[-_WORDS_AT_AN_END:])
