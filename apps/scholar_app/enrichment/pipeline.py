"""A document and its sources in, the enriched document and a report out; the same answers give the same result.

In rounds, over some hundred entries at a time: all identifiers in batches, searches for what no identifier found, then
the other sources by the identifiers just learned.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from . import findings
from .asking import Asker, OnProgress, Watch
from .document import Damage, Document, Entry, EntryChange
from .fields import NOT_REFERENCES, Holdings, holdings_of
from .identifiers import identifiers_of
from .merging import Wishes
from .record import Identifier, Progress
from .report import DocumentFacts, EntryReport, Report, SourceReport
from .settling import settle, skipped
from .sources.base import Source
from .subject import Subject

#: Entries that go through the rounds together: enough to fill every source's batches, few enough to see it move.
BLOCK: Final = 500
_NAMING: Final = ("doi", "eprint", "pmid", "pmcid", "isbn", "url")


@dataclass(frozen=True, slots=True)
class Options:
    """What the user and the operator want.

    ``optional_sources`` may stay away without failing the run; ``fields``, if given, are the only ones to be added.
    """

    replace_placeholders: bool = False
    optional_sources: frozenset[str] = frozenset()
    fields: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Enrichment:
    """The file with its additions, proved, and what was done to it."""

    data: bytes
    report: Report


def _nobody(progress: Progress) -> None:
    """Nobody watches."""


def enrich(
    document: Document,
    sources: Sequence[Source],
    *,
    today: date,
    options: Options = Options(),
    on_progress: OnProgress = _nobody,
) -> Enrichment:
    """Complete and check every entry against ``sources``, which are asked, and believed, in their order.

    ``on_progress`` may raise to end the run. Raises :class:`SourceError` where a source that is not optional stays
    away, or all stay away, and :class:`DocumentProofError` where the output cannot be proved: then there is no result.
    """
    return _Run(document, sources, today=today, options=options, on_progress=on_progress).enrich()


class _Run:
    def __init__(
        self,
        document: Document,
        sources: Sequence[Source],
        *,
        today: date,
        options: Options,
        on_progress: OnProgress,
    ) -> None:
        self.document = document
        self.sources = sources
        self.today = today
        self.wishes = Wishes(options.replace_placeholders, options.fields, _has_numeric_months(document))
        self.watch = Watch(len(document.entries), len(document.damaged), sources, on_progress)
        self.asker = Asker(sources, optional=options.optional_sources, watch=self.watch)
        self.coverage = _Coverage()
        self.reports: dict[int, EntryReport] = {}
        self.changes: dict[int, EntryChange] = {}
        self.traits: list[findings.Traits] = []

    def enrich(self) -> Enrichment:
        self.watch.tell("Reading the file")
        repeated = _repeated_identifiers(self.document.entries)
        for block in blocks(self.document.entries):
            self._look_up(block)
            self.asker.forget(but=repeated)
        self.watch.tell("Writing and proving the result")
        return self._published()

    def _look_up(self, entries: Sequence[Entry]) -> None:
        """Ask all sources for these entries, and settle each as soon as nothing more is to be asked for it."""
        subjects = []
        for entry in entries:
            reason = why_skipped(entry)
            subject = Subject(entry) if not reason else None
            if subject is not None and subject.can_be_looked_up:
                subjects.append(subject)
            else:
                self._skip(entry, reason or "It has neither a title nor an identifier to look it up by.")
        self._settle_known(self.asker.identify(subjects))
        self._complete([subject for subject in subjects if subject.is_identified])
        unknown = [subject for subject in subjects if not subject.is_identified]
        self._settle_known(self.asker.search(unknown))
        self._complete(unknown)

    def _settle_known(self, answered: Iterable[Subject]) -> None:
        """Settle, while others are still asked for, each entry that no source can tell more about."""
        for subject in answered:
            if subject.is_identified and self.asker.is_done_with(subject):
                self._settle(subject)

    def _complete(self, subjects: Sequence[Subject]) -> None:
        """Ask by the identifiers just learned; twice, since a later source may tell what an earlier one resolves."""
        left = [subject for subject in subjects if subject.entry.index not in self.reports]
        for _ in range(2):
            self._settle_known(self.asker.identify([subject for subject in left if subject.is_identified]))
            left = [subject for subject in left if subject.entry.index not in self.reports]
        for subject in left:
            self._settle(subject)

    def _settle(self, subject: Subject) -> None:
        present = [source for source in self.sources if source.name not in self.asker.away]
        settled = settle(subject, today=self.today, wishes=self.wishes, sources=present)
        warnings = (
            *findings.of_entry(subject.entry, subject.reference.identifiers, today=self.today),
            *settled.report.warnings,
            *findings.of_work(subject.reference, settled.lenders),
        )
        report = replace(settled.report, warnings=warnings)
        self._keep(subject.entry, subject.holdings, report, settled.change)
        self.traits.append(findings.traits_of(subject.entry, subject.reference, doi=report.doi))

    def _skip(self, entry: Entry, reason: str) -> None:
        report = skipped(key=entry.key, line=entry.line, entry_type=entry.type, reason=reason)
        warnings = findings.of_entry(entry, identifiers_of(entry), today=self.today)
        self._keep(entry, holdings_of(entry), replace(report, warnings=tuple(warnings)), None)

    def _keep(self, entry: Entry, holdings: Holdings, report: EntryReport, change: EntryChange | None) -> None:
        self.coverage.count(holdings, report)
        self.reports[entry.index] = report
        if change is not None:
            self.changes[entry.index] = change
        self.watch.settle(entry.index, entry.key, report.outcome)

    def _published(self) -> Enrichment:
        data = self.document.prove_and_render(self.changes)
        report = Report(
            entries=tuple(self._entries()),
            sources={source.name: self._source(source) for source in self.sources},
            document=self._facts(len(data)),
            fields_before=dict(self.coverage.before),
            fields_after=dict(self.coverage.after),
        )
        return Enrichment(data, report)

    def _entries(self) -> list[EntryReport]:
        """All entries and damaged blocks in the order of the file."""
        duplicates = findings.duplicates(sorted(self.traits, key=lambda one: one.index))
        reports = [
            replace(report, warnings=(*report.warnings, *duplicates.get(index, ()), *self._missed(index)))
            for index, report in sorted(self.reports.items())
        ]
        damaged = [_damaged(damage) for damage in self.document.damaged]
        return sorted([*reports, *damaged], key=lambda report: report.line)

    def _missed(self, index: int) -> Iterator[str]:
        for name, indexes in self.asker.unasked.items():
            if index in indexes:
                yield f"{name} could not be asked about it: {self.asker.away[name]}."

    def _source(self, source: Source) -> SourceReport:
        missed = sorted(self.asker.unasked.get(source.name, ()))
        keys = tuple(self.document.entries[index].key for index in missed)
        return SourceReport(source.tally(), self.asker.away.get(source.name, ""), keys)

    def _facts(self, enriched_bytes: int) -> DocumentFacts:
        document = self.document
        return DocumentFacts(
            encoding=document.encoding,
            newline=document.newline,
            bytes=len(document.data),
            enriched_bytes=enriched_bytes,
            entries=len(document.entries),
            damaged=len(document.damaged),
        )


class _Coverage:
    """How many entries have each field, before and after."""

    def __init__(self) -> None:
        self.before: Counter[str] = Counter()
        self.after: Counter[str] = Counter()

    def count(self, holdings: Holdings, report: EntryReport) -> None:
        held_by = {name: field for field, name in holdings.placeholders.items()}
        gained = {addition.field for addition in report.added}
        gained |= {held_by.get(addition.field, addition.field) for addition in report.replaced}
        self.before.update(holdings.present)
        self.after.update(holdings.present | gained)


def why_skipped(entry: Entry) -> str:
    """Why nobody is asked about this entry; empty for one that is looked up."""
    if entry.type in NOT_REFERENCES:
        return f"@{entry.type} is not a reference."
    return "" if entry.editable else f"Left as it is: {entry.reason}."


def _damaged(damage: Damage) -> EntryReport:
    return skipped(key=damage.key, line=damage.line, entry_type="", reason=f"Damaged, left as it is: {damage.cause}")


def blocks(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    """The entries of each round, in the order of the file."""
    for start in range(0, len(entries), BLOCK):
        yield entries[start : start + BLOCK]


def _repeated_identifiers(entries: Sequence[Entry]) -> frozenset[Identifier]:
    """What more than one entry names in the same words: answers for it are kept for the whole run."""
    named = [[(field, entry.fields[field].lower()) for field in _NAMING if field in entry.fields] for entry in entries]
    counted = Counter(pair for pairs in named for pair in pairs)
    repeated = (entry for entry, pairs in zip(entries, named, strict=True) if any(counted[pair] > 1 for pair in pairs))
    return frozenset(identifier for entry in repeated for identifier in identifiers_of(entry))


def _has_numeric_months(document: Document) -> bool:
    """Whether most entries write ``month = 3``."""
    months = [entry.get("month") for entry in document.entries]
    numeric = sum(month.strip().isdigit() for month in months)
    return numeric * 2 > sum(bool(month) for month in months)
