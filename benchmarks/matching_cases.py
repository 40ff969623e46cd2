"""The questions of the matching benchmark: entries with the work they mean, or with none in the catalogue."""

import random
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from apps.scholar_app.enrichment.document import Document
from apps.scholar_app.enrichment.errors import DocumentError
from apps.scholar_app.enrichment.names import surname_key
from apps.scholar_app.enrichment.record import Name, Record
from apps.scholar_app.enrichment.references import reference_of
from apps.scholar_app.enrichment.text import normalise_title, plain_text, squeeze

from .matching_noise import Noise, NoisyEntry
from .matching_works import DATA, RETRIEVED, LookAlikes, as_indexed, is_citable, read_lines, real_works

_ABSENT_SHARE = 0.35
#: One journal makes up two thirds of the works; more than this many of one container teach nothing new.
_MAX_OF_CONTAINER = 800
_UNIVERSITIES = ("Stanford University", "University of Cambridge", r"Technische Universit{\"a}t M{\"u}nchen", "EPFL")
_PLACEHOLDERS = ("John Doe", "Jane Smith", "Wei Zhang", "Maria Garcia", "Raj Patel", "Ravi Sharma", "Mei-Ling Wu", "Thomas Schmidt",
                 "Elena Vasquez", "Patrick Murphy", "Olga Sokolova", "James Wright", "Mei Lin", "Kenji Morita")  # fmt: skip
_GENERIC = (
    ("misc", "Private communication"), ("unpublished", "In preparation"), ("misc", "{PyTorch}"), ("online", "Our World in Data"),
    ("misc", "TensorFlow: Large-Scale Machine Learning on Heterogeneous Systems"), ("book", "Introduction"), ("book", "Deep Learning"),
    ("book", "Statistics"), ("book", "Molecular Biology of the Cell"), ("book", "The Elements of Statistical Learning"),
    ("techreport", "Annual Report"), ("techreport", "Editorial"), ("manual", "R: A Language and Environment for Statistical Computing"),
    ("misc", "GitHub repository"), ("book", "Machine Learning"), ("incollection", "Hypertension"), ("incollection", "Conclusion"),
    ("misc", "Data set"), ("patent", "Method and apparatus for image processing"), ("book", "Schizophrenia"), ("article", "Editorial"),
    ("article", "Introduction"), ("article", "Book Review"), ("article", "Letter to the Editor"),
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """An entry and what may be answered.

    ``right``: the DOIs that are the work; ``tolerated``: those of another version of it, or of the work behind an
    entry that was altered without hiding which work it is. ``work`` is what the split goes by.
    """

    kind: str
    entry: NoisyEntry
    work: str
    right: frozenset[str] = frozenset()
    tolerated: frozenset[str] = frozenset()
    #: The true record exists in the catalogue, so that finding it counts.
    present: bool = False

    @property
    def is_for_fitting(self) -> bool:
        """One half of the works fits, the other half judges."""
        return zlib.crc32(self.work.encode()) % 2 == 0


@dataclass(frozen=True)
class World:
    """A catalogue and the questions put to it."""

    records: list[Record]
    cases: list[Case]


def build_world(seed: int = 1) -> World:
    """The real works without a third of them, their look-alikes, and an entry for each."""
    return _Builder(seed).build()


class _Builder:
    def __init__(self, seed: int) -> None:
        self._rnd = random.Random(seed)
        self._works = real_works()
        self._alikes = LookAlikes([work for work in self._works if is_citable(work)], self._rnd)
        self._records: dict[str, Record] = {}
        self._cases: list[Case] = []
        self._by_doi = {work.doi: work for work in self._works}
        self._twins: dict[str, set[str]] = {}

    def build(self) -> World:
        for work in self._works:
            if not is_citable(work):
                self._records[work.doi] = work
        per_container: dict[str, int] = {}
        citable = [work for work in self._works if is_citable(work)]
        self._rnd.shuffle(citable)
        for work in citable:
            count = per_container[work.container] = per_container.get(work.container, 0) + 1
            if count > _MAX_OF_CONTAINER and work.container:
                self._records[work.doi] = work
            else:
                self._ask(work)
        self._natural_pairs()
        self._invent(citable)
        return World(list(self._records.values()), [self._with_duplicates(case) for case in self._cases])

    def _with_duplicates(self, case: Case) -> Case:
        """Nothing but the place tells apart what has the same title and authors: duplicates and other versions."""
        work = self._by_doi.get(case.work)
        if work is None or (case.kind.startswith("invented") and not case.tolerated):
            return case
        if not self._twins:
            versions = (record for doi, record in self._records.items() if doi.startswith(_VERSIONS))
            for record in (*self._works, *versions):
                self._twins.setdefault(_work_key(record), set()).add(record.doi)
        return replace(case, tolerated=(case.tolerated | self._twins.get(_work_key(work), set())) - case.right)

    def _ask(self, work: Record) -> None:
        absent = self._rnd.random() < _ABSENT_SHARE
        indexed = as_indexed(work, self._rnd)
        if not absent:
            self._records[work.doi] = indexed
        versions = self._surround(work, 0.9 if absent else 0.35)
        heavy = 1.0 if self._rnd.random() < 0.85 else 2.2
        noise = Noise(self._rnd, heavy)
        if work.authors and work.type in ("journal-article", "proceedings-article") and self._rnd.random() < 0.05:
            preprint = frozenset(doi for doi in versions if doi.startswith("10.5555/preprint"))
            self._add(
                "preprint", noise.entry(work, preprint=True), work, right=preprint, tolerated=versions | {work.doi}
            )
            return
        kind = "absent" if absent else "thin record" if indexed != work else "heavy" if heavy > 1 else "plain"
        right = frozenset() if absent else frozenset({work.doi})
        self._add(kind, noise.entry(work), work, right=right, tolerated=versions)

    def _surround(self, work: Record, chance: float) -> frozenset[str]:
        """Puts look-alikes of the work into the catalogue; the DOIs of those that are versions of it."""
        versions = set()
        while self._rnd.random() < chance:
            chance *= 0.6
            if self._rnd.random() < 0.25 and work.type in ("journal-article", "proceedings-article") and work.authors:
                made = self._alikes.make(self._rnd.choice(sorted(self._alikes.versions)), work)
                versions.add(made.doi)
            else:
                made = self._alikes.make(self._rnd.choice(sorted(self._alikes.strangers)), work)
            self._records[made.doi] = made
        return frozenset(versions)

    def _add(
        self,
        kind: str,
        entry: NoisyEntry,
        work: Record,
        *,
        right: frozenset[str] = frozenset(),
        tolerated: frozenset[str] = frozenset(),
    ) -> None:
        self._cases.append(Case(kind, entry, work.doi, right, tolerated, bool(right)))

    def _natural_pairs(self) -> None:
        """What DBLP and Semantic Scholar say of works that OpenAlex describes: nobody's noise model."""
        for path, reader in (
            (DATA / "catalogue" / "dblp_hits.jsonl.gz", _dblp_entry),
            (DATA / "catalogue" / "s2_papers.jsonl.gz", _s2_entry),
        ):
            for hit in read_lines(path):
                doi, entry = reader(hit)
                if doi in self._records and "10.48550" not in doi:
                    self._cases.append(Case("natural", entry, doi, frozenset({doi}), frozenset(), True))

    def _invent(self, citable: list[Record]) -> None:
        """References that do not exist, made of works that do."""
        present = [
            work for work in citable if work.doi in self._records and work.authors and len(work.title.split()) > 4
        ]
        for work in self._rnd.sample(present, 3000):
            kind = self._rnd.choice(sorted(_INVENTIONS))
            entry = Noise(self._rnd, 0.3).entry(work)
            fields = dict(entry.fields)
            if "author" not in fields:
                continue
            if self._rnd.random() < 0.6:  # inventors rarely give pages
                for name in ("pages", "volume", "number"):
                    fields.pop(name, None)
            fields, allowed = _INVENTIONS[kind](self, work, fields)
            self._add(
                f"invented: {kind}",
                replace(entry, fields=fields),
                work,
                tolerated=frozenset({work.doi} if allowed else ()),
            )
        for work in self._rnd.sample(present, 1500):
            self._add("thesis", self._thesis_entry(work), work)
        for _ in range(1500):
            self._add("generic", self._generic_entry(), self._alikes.other())

    def _thesis_entry(self, work: Record) -> NoisyEntry:
        words = work.title.split()
        cut = " ".join(words[: max(2, int(len(words) * 0.6))])
        title = (
            work.title
            if self._rnd.random() < 0.25
            else f"{cut} {self._rnd.choice(['and Applications', 'in Practice', 'Methods'])}"
        )
        author = f"{work.authors[0].family}, {work.authors[0].given}"
        year = str((work.year or 2000) + self._rnd.choice([0, 1, 2]))
        return NoisyEntry(
            "phdthesis", {"title": title, "author": author, "year": year, "school": self._rnd.choice(_UNIVERSITIES)}
        )

    def _generic_entry(self) -> NoisyEntry:
        kind, title = self._rnd.choice(_GENERIC)
        names = [self._rnd.choice(self._alikes.other().authors) for _ in range(self._rnd.choice([0, 1, 1, 2, 3]))]
        fields = {"title": title, "year": str(self._rnd.randint(1985, 2024)), "author": _joined(names)}
        if kind == "article":
            other = self._alikes.other()
            fields |= {"journal": other.container, "volume": other.volume}
        return NoisyEntry(kind, {name: value for name, value in fields.items() if value})

    # Inventions: each gives the altered fields, and whether the work itself may still be named.
    def swapped_authors(self, work: Record, fields: dict[str, str]) -> tuple[dict[str, str], bool]:
        while (other := self._alikes.other()) and set(other.authors) & set(work.authors):
            pass
        return fields | {"author": _joined(list(other.authors))}, False

    def placeholder_authors(self, _work: Record, fields: dict[str, str]) -> tuple[dict[str, str], bool]:
        return fields | {"author": " and ".join(self._rnd.sample(_PLACEHOLDERS, 3))}, False

    def some_authors_replaced(self, work: Record, fields: dict[str, str]) -> tuple[dict[str, str], bool]:
        names = list(work.authors)
        for place in self._rnd.sample(range(len(names)), (len(names) + 1) // 2):
            names[place] = self._rnd.choice(self._alikes.other().authors)
        return fields | {"author": _joined(names)}, False

    def near_miss_title(self, work: Record, fields: dict[str, str]) -> tuple[dict[str, str], bool]:
        return fields | {"title": self._alikes.change_word(plain_text(work.title))}, False

    def chimeric_title(self, work: Record, fields: dict[str, str]) -> tuple[dict[str, str], bool]:
        other = plain_text(self._alikes.other().title).split()
        mine = plain_text(work.title).split()
        return fields | {"title": " ".join(mine[: len(mine) // 2] + other[len(other) // 2 :])}, False

    def hybrid(self, work: Record, fields: dict[str, str]) -> tuple[dict[str, str], bool]:
        return self.near_miss_title(work, self.swapped_authors(work, fields)[0])

    def other_work_same_authors(self, _work: Record, fields: dict[str, str]) -> tuple[dict[str, str], bool]:
        return fields | {"title": plain_text(self._alikes.other().title)}, False

    def wrong_venue(self, _work: Record, fields: dict[str, str]) -> tuple[dict[str, str], bool]:
        kept = {
            name: value
            for name, value in fields.items()
            if name not in ("volume", "number", "pages", "journal", "booktitle")
        }
        return kept | {
            "booktitle": self._rnd.choice(["ICML", "NeurIPS", "AAAI", "Proceedings of the ACL", "CVPR"])
        }, True

    def partial_authors(self, work: Record, fields: dict[str, str]) -> tuple[dict[str, str], bool]:
        return fields | {"author": _joined(list(work.authors[: max(1, len(work.authors) - 1)]))}, True


_INVENTIONS = {
    "swapped authors": _Builder.swapped_authors, "placeholder authors": _Builder.placeholder_authors,
    "some authors replaced": _Builder.some_authors_replaced, "near-miss title": _Builder.near_miss_title,
    "chimeric title": _Builder.chimeric_title, "hybrid": _Builder.hybrid, "title of another work": _Builder.other_work_same_authors,
    "wrong venue": _Builder.wrong_venue, "partial authors": _Builder.partial_authors,
}  # fmt: skip


#: Look-alikes with the title and the authors of a work: other versions of it.
_VERSIONS = tuple(f"10.5555/{kind}." for kind in ("preprint", "thesis", "other-venue", "same-place"))


def _work_key(record: Record) -> str:
    """Equal for duplicates and versions of one work; a short title needs the first author besides."""
    title, author = _title_and_author(record)
    return title if len(title) > 40 else f"{title} {author}"


def _title_and_author(record: Record) -> tuple[str, str]:
    return squeeze(normalise_title(record.title)), surname_key(record.authors[0].family) if record.authors else ""


def _joined(names: list[Name]) -> str:
    return " and ".join(f"{name.family}, {name.given}" if name.given else name.family for name in names)


def _dblp_entry(hit: dict[str, Any]) -> tuple[str, NoisyEntry]:
    info = hit["info"]
    authors = info.get("authors", {}).get("author", [])
    authors = authors if isinstance(authors, list) else [authors]
    names = [re.sub(r" \d{4}$", "", author["text"]) for author in authors]
    kind = "article" if info.get("type") == "Journal Articles" else "inproceedings"
    venue = info.get("venue", "")
    fields = {
        "title": info.get("title", ""), "author": " and ".join(names), "year": info.get("year", ""), "volume": info.get("volume", ""),
        "number": info.get("number", ""), "pages": info.get("pages", ""), "journal" if kind == "article" else "booktitle": venue if isinstance(venue, str) else venue[0],
    }  # fmt: skip
    doi = info.get("doi", "").lower().replace("&lt;", "<").replace("&gt;", ">")
    return doi, NoisyEntry(kind, {name: value for name, value in fields.items() if value})


def _s2_entry(paper: dict[str, Any]) -> tuple[str, NoisyEntry]:
    journal = paper.get("journal") or {}
    fields = {
        "title": paper.get("title") or "", "author": " and ".join(author.get("name", "") for author in paper.get("authors") or []),
        "year": str(paper.get("year") or ""), "journal": journal.get("name") or paper.get("venue") or "",
        "volume": str(journal.get("volume") or ""), "pages": str(journal.get("pages") or ""),
    }  # fmt: skip
    doi = (paper.get("externalIds") or {}).get("DOI", "").lower()
    return doi, NoisyEntry("article", {name: value for name, value in fields.items() if value})


def truth_world(world: World) -> World:
    """The real entries with their known DOIs, and the references that were invented for another benchmark.

    Of most, the work is not among the catalogue's: then only a wrong answer can count. For the altered ones the record
    of the original is put beside it, as far as the explanation tells it.
    """
    records = {record.doi: record for record in world.records}
    for work in real_works():
        records.setdefault(work.doi, work)
    cases: list[Case] = []
    for pair in read_lines(DATA / "truth" / "pairs.jsonl"):
        for entry in _entries(pair["bib"]):
            doi = pair["doi"].lower()
            cases.append(Case("real entry", entry, doi, frozenset({doi}), frozenset(), doi in records))
    for row in read_lines(DATA / "truth" / "hallucinated_entries.jsonl"):
        cases.extend(_hallucinated(row, entry, records) for entry in _entries(row["bib"]))
    twins: dict[tuple[str, str], set[str]] = {}
    for record in records.values():
        twins.setdefault(_title_and_author(record), set()).add(record.doi)
    return World(list(records.values()), [_tolerating_twins(case, twins) for case in cases])


def _tolerating_twins(case: Case, twins: dict[tuple[str, str], set[str]]) -> Case:
    """The same title and first author under another DOI: a version, or the same work as another source of this data."""
    if not case.right:
        return case
    reference = reference_of(case.entry)
    author = surname_key(reference.authors[0].family) if reference.authors else ""
    return replace(
        case, tolerated=frozenset(twins.get((squeeze(normalise_title(reference.title)), author), set())) - case.right
    )


_KEEPS_THE_WORK = frozenset({None, "nonexistent_venue", "wrong_venue", "preprint_as_published", "future_date", "arxiv_version_mismatch",
                             "partial_author_list", "fabricated_doi"})  # fmt: skip


def _hallucinated(row: dict[str, Any], entry: NoisyEntry, records: dict[str, Record]) -> Case:
    doi = f"10.5556/{row['id']}"
    kind = row["type"]
    reference = reference_of(entry)
    title, authors = reference.title, reference.authors
    original = re.search(r"original: '(.*?)'?\)?$", row["explanation"])
    if kind in ("near_miss_title", "chimeric_title", "hybrid_fabrication"):
        title = original[1] if original else ""
    if kind in ("swapped_authors", "placeholder_authors", "merged_citation", "hybrid_fabrication"):
        authors = tuple(Name(f"Original{letter}", "Author") for letter in "abc")
    if title and kind != "plausible_fabrication":
        container = "" if kind in ("wrong_venue", "nonexistent_venue", "preprint_as_published") else reference.container
        year = reference.year if kind not in ("future_date", "arxiv_version_mismatch") else None
        records[doi] = Record("crossref", RETRIEVED, title=title, authors=authors, year=year, doi=doi, container=container,
                              type="proceedings-article")  # fmt: skip
    same = frozenset({doi}) if kind in _KEEPS_THE_WORK else frozenset()
    if row["label"] == "VALID":
        return Case("valid", entry, doi, same, frozenset(), True)
    return Case(f"invented by others: {kind}", entry, doi, frozenset(), same)


def _entries(bib: str) -> Iterator[NoisyEntry]:
    try:
        entries = Document.read(bib.encode()).entries
    except DocumentError:  # one is cut off in the middle of its authors
        return
    for entry in entries:
        fields = {name: value for name, value in entry.fields.items() if name not in ("doi", "url")}
        yield NoisyEntry(entry.type, fields)


__all__ = ["Case", "World", "build_world", "truth_world"]
