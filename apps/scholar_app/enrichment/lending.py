"""How far a record may be used for an entry: whole, for what is true of the work in all its versions, or not at all."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from .containers import Container, similarity_of_containers
from .fields import is_placeholder
from .matching import Reference
from .outlets import is_published_otherwise
from .record import Identifier, Record
from .references import form_of
from .text import digits_of, word_set

_ARXIV_DOI: Final = "10.48550/arxiv."
#: Kinds of entries that do not say whether they cite a preprint: @misc, @online, @unpublished, @techreport.
_UNDECIDED: Final = word_set("report") | {""}
_FIRST_EDITIONS: Final = word_set("1 1st first i erste premiere") | {""}
#: What is never in a journal or a book.
_OF_THEIR_OWN: Final = word_set("book thesis dataset")
_PUBLISHED: Final = word_set("article paper chapter book")
_NOT_PUBLISHED: Final = word_set(
    "unpublished software dataset data patent standard manual video audio image movie music artwork performance"
)
#: A journal that another file defines: ``journal = pami``, ``journal = IEEE_J_PAMI``, ``journal = apj``.
_MACRO: Final = re.compile(r"[a-z]+|\w*_\w*")
#: Below this two journals, books or publishers are not the same under other names.
_ALIKE: Final = 0.5
#: One is the other's acronym, or they are equal.
_ACRONYM: Final = 0.95
_ANY_PUBLISHER: Final = word_set("university press publisher publishers publishing books verlag company academic group")


@dataclass(frozen=True, slots=True)
class Lender:
    """A record with what may be taken from it.

    ``whole``: it describes the version that the entry cites, and everything may be; otherwise only what is true of the
    work (abstract, keywords). ``place``, of whole ones alone: nothing it says of container, volume and year contradicts
    the entry.
    """

    record: Record
    whole: bool
    place: bool


def lenders_of(
    reference: Reference, records: Sequence[Record], *, named: Collection[Record] = ()
) -> tuple[Lender, ...]:
    """The usable ones of ``records``, which were all found to be this work, in the same order.

    Records under another DOI than the first whole one's are other versions; those that share no identifier with the
    entry or with a whole record are left out, unless they are ``named``: answers to the entry's own identifiers.
    """
    doi = _doi_of(reference, records)
    whole = [record for record in records if _is_cited_version(reference, record) and record.doi in ("", doi)]
    known = set(reference.identifiers)
    for record in whole:
        known.update(record.identifiers())
    return tuple(_lenders(reference, records, whole=whole, named=named, known=known))


def chosen_lenders(reference: Reference, records: Sequence[Record]) -> tuple[Lender, ...]:
    """``records`` as a person takes them who says that they are the cited work, in the version that is cited.

    Where they place it in another volume or year than the entry does, they still lend no place.
    """
    return tuple(Lender(record, whole=True, place=not _is_elsewhere(reference, record)) for record in records)


def _lenders(
    reference: Reference,
    records: Sequence[Record],
    *,
    whole: Collection[Record],
    named: Collection[Record],
    known: set[Identifier],
) -> Iterator[Lender]:
    for record in records:
        if record in whole:
            yield Lender(record, whole=True, place=not _is_elsewhere(reference, record))
        elif record in named or not known.isdisjoint(record.identifiers()):
            yield Lender(record, whole=False, place=False)


def _doi_of(reference: Reference, records: Sequence[Record]) -> str:
    """The DOI of the cited version: the entry's own (its first) where a record has it, else the first record's."""
    cited = [record.doi for record in records if record.doi and _is_cited_version(reference, record)]
    own = [value for _, value in reference.identifiers if value in cited]
    return next(iter([*own, *cited]), "")


def _is_cited_version(reference: Reference, record: Record) -> bool:
    """Preprint for preprint, published work for published work; the entry's own DOI decides before anything else."""
    dois = {value for scheme, value in reference.identifiers if scheme == "doi"}
    if record.doi in dois:
        return True
    if _is_another_edition(reference, record) or _is_published_elsewhere(reference, record):
        return False
    if record.doi and not all(doi.startswith(_ARXIV_DOI) for doi in dois):
        return False
    if cites_preprint(reference):
        return is_preprint(record) or not (record.type or record.doi or record.container)
    return not is_preprint(record) or reference.kind in _UNDECIDED


def cites_preprint(reference: Reference) -> bool:
    """Whether the entry means a preprint: it says so, or names an arXiv identifier and no published work's DOI."""
    dois = [value for scheme, value in reference.identifiers if scheme == "doi"]
    if not all(doi.startswith(_ARXIV_DOI) for doi in dois):
        return False
    has_arxiv = any(scheme == "arxiv" for scheme, _ in reference.identifiers)
    return reference.is_preprint or (has_arxiv and reference.kind in _UNDECIDED)


def is_preprint(record: Record) -> bool:
    """Whether the record describes a preprint."""
    return record.type == "posted-content" or record.doi.startswith(_ARXIV_DOI)


def _is_elsewhere(reference: Reference, record: Record) -> bool:
    """The record's container, volume or year is another than the entry's: certainly no source of pages."""
    theirs = digits_of(record.volume)
    if theirs and digits_of(reference.volume) not in ("", theirs):
        return True
    issue = digits_of(record.number) if reference.kind == "article" else ""
    if issue and digits_of(reference.number) not in ("", issue):
        return True
    years = years_of(record)
    if reference.year and years and all(abs(year - reference.year) > 1 for year in years):
        return True
    return _is_in_another_container(reference, record) or (
        reference.kind == "book" and _has_another_publisher(reference, record)
    )


def years_of(record: Record) -> tuple[int, ...]:
    """Every year in which the record says that it appeared, in print or online."""
    return record.years or ((record.year,) if record.year else ())


def _is_in_another_container(reference: Reference, record: Record) -> bool:
    """Conference for journal version, a reprint, or the book that a chapter is in."""
    ours, theirs = reference.form, form_of(record)
    if ours.kind and theirs.kind in _OF_THEIR_OWN and ours.kind != theirs.kind:
        return True
    if _MACRO.fullmatch(reference.container) or is_placeholder(reference.container):
        return False
    similarity = similarity_of_containers(ours.containers, theirs.containers)
    return similarity is not None and similarity < _ALIKE


def _is_published_elsewhere(reference: Reference, record: Record) -> bool:
    """The article of a report or a program, another school's thesis, the journal version of a paper and vice versa."""
    if not set(reference.identifiers).isdisjoint(record.identifiers()):
        return False
    ours, theirs = reference.form, form_of(record)
    if ours.kind == "report" or reference.type in _NOT_PUBLISHED:
        return theirs.kind in _PUBLISHED
    if ours.kind == theirs.kind == "thesis":
        return _has_another_publisher(reference, record) or _is_another_degree(reference, record)
    if not ours.kind and is_published_otherwise(reference.howpublished, record):
        return theirs.kind in _PUBLISHED | _OF_THEIR_OWN
    if {ours.kind, theirs.kind} != {"article", "paper"}:
        return False
    return not _are_alike(ours.containers, theirs.containers, least=_ALIKE)


def _is_another_degree(reference: Reference, record: Record) -> bool:
    """No source says which degree a dissertation earned: a master's has to be of the same school and year."""
    if not reference.is_masters:
        return False
    return not (reference.publisher and record.publisher and reference.year in years_of(record))


def _is_another_edition(reference: Reference, record: Record) -> bool:
    """No source says which edition its book is: a later one, or another publisher's, has to be of the same year."""
    if reference.kind not in ("book", "chapter") or reference.year in years_of(record):
        return False
    if any(Identifier("isbn", isbn) in reference.identifiers for isbn in record.isbn):
        return False
    edition = reference.edition.casefold().removesuffix("edition").strip(" .")
    return edition not in _FIRST_EDITIONS or _has_another_publisher(reference, record)


def _has_another_publisher(reference: Reference, record: Record) -> bool:
    """Judged by what sets publishers and schools apart: not by *University* or *Press*."""
    ours, theirs = Container(reference.publisher), Container(record.publisher)
    if _are_alike((ours,), (theirs,), least=_ACRONYM):
        return False
    mine, its = ([word for word in one.telling if word not in _ANY_PUBLISHER] for one in (ours, theirs))
    if not mine or not its or not set(mine).isdisjoint(its):
        return False
    return not _are_alike((Container(" ".join(mine)),), (Container(" ".join(its)),), least=_ALIKE)


def _are_alike(ours: tuple[Container, ...], theirs: tuple[Container, ...], *, least: float) -> bool:
    """Whether both sides tell something, and that is one thing."""
    similarity = similarity_of_containers(ours, theirs)
    return similarity is not None and similarity >= least
