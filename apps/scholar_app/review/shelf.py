"""A stored report opened for reading: what it says of the whole, which entries fit a wish, and only these in full."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from functools import cached_property
from io import BytesIO
from typing import Any, BinaryIO, Final

from .decisions import NO_DECISIONS, NONE_OF_THESE, DecisionError, Decisions
from .entry_index import Row, bits_of, encode, names_of, searchable
from .reviewed import outcome_of, reviewed

#: Outcomes that a person should look at.
DOUBTFUL: Final = frozenset({"ambiguous", "conflict", "not_found"})


class Shelf:
    """``report`` and ``index`` are open files, the latter ``None`` for a report that was stored without one."""

    def __init__(self, report: BinaryIO, index: BinaryIO | None, decisions: Decisions = NO_DECISIONS) -> None:
        if index is None:
            encoded = encode(json.load(report))
            report, index = BytesIO(encoded.report), BytesIO(encoded.index)
        self._report, self._index = report, index
        self.decisions = decisions
        self.whole: dict[str, Any] = json.loads(index.readline())
        self._rows = index.readline()

    @cached_property
    def rows(self) -> list[Row]:
        """A row for each entry, by its number."""
        return [Row(*row) for row in json.loads(self._rows)]

    @cached_property
    def _texts(self) -> list[str]:
        return list(json.loads(self._index.readline()))

    @cached_property
    def outcomes(self) -> list[str]:
        """The outcome of each entry, as decided."""
        if not self.decisions:
            return [row.outcome for row in self.rows]
        verdicts = self.decisions.entries
        return [
            outcome_of(row.outcome, self.decisions.of(number).choice, gains=bool(self._gain(number, row)))
            if number in verdicts or row.gain & self._left_out
            else row.outcome
            for number, row in enumerate(self.rows)
        ]

    @property
    def counts(self) -> dict[str, int]:
        """How many entries have each outcome, as decided; those that none has are left out."""
        return dict(Counter(self.outcomes))

    @cached_property
    def totals(self) -> dict[str, Any]:
        """The report's totals, as decided."""
        before: dict[str, Any] = self.whole["totals"]
        if not self.decisions:
            return before
        shift = self._shift()
        fields = {
            name: {**said, "after": said["after"] + shift[name]} for name, said in before.get("fields", {}).items()
        }
        counts = {name: 0 for name in before if name not in ("entries", "fields")}
        return {**before, **counts, **self.counts, "fields": fields}

    def _shift(self) -> Counter[str]:
        """By how many more or fewer entries have each field than the report says."""
        changes = Counter((row.gain, self._gain(number, row)) for number, row in enumerate(self.rows))
        shift: Counter[str] = Counter()
        for (before, after), entries in changes.items():
            shift.update(dict.fromkeys(names_of(after & ~before), entries))
            shift.subtract(dict.fromkeys(names_of(before & ~after), entries))
        return shift

    def _gain(self, number: int, row: Row) -> int:
        """The fields that an entry gains, as decided, as bits."""
        verdict = self.decisions.entries.get(number)
        if verdict is None:
            return row.gain & ~self._left_out
        choice = verdict.choice
        offered = row.gain if choice is None else 0 if choice == NONE_OF_THESE else row.offers[choice]
        accepted = bits_of([name for name, said in verdict.fields.items() if said])
        rejected = bits_of([name for name, said in verdict.fields.items() if not said])
        return offered & ~rejected & (~self._left_out | accepted)

    @cached_property
    def _left_out(self) -> int:
        return bits_of(sorted(self.decisions.everywhere))

    def wants_a_look(self, number: int) -> bool:
        """Whether a person should look at this entry: a doubt that nobody has settled, damage, or a warning."""
        return self._looks[number]

    @property
    def worth_a_look(self) -> int:
        """How many entries a person should look at."""
        return sum(self._looks)

    @cached_property
    def _looks(self) -> list[bool]:
        chosen = {number for number, verdict in self.decisions.entries.items() if verdict.choice is not None}
        return [
            (outcome in DOUBTFUL and number not in chosen) or row.damaged or bool(row.kinds)
            for number, (row, outcome) in enumerate(zip(self.rows, self.outcomes, strict=True))
        ]

    def is_decided(self, number: int) -> bool:
        """Whether anything was decided about this very entry."""
        return bool(self.decisions.of(number))

    def numbers(self, wish: Callable[[int], bool], *, query: str = "") -> list[int]:
        """The entries that fit the wish and hold every word of the query in key, title, authors, year or DOI."""
        numbers: Iterable[int] = range(len(self.rows))
        words = searchable(query).split()
        if words:
            texts = self._texts
            numbers = [number for number in numbers if all(word in texts[number] for word in words)]
        return [number for number in numbers if wish(number)]

    def raw(self, number: int) -> dict[str, Any]:
        """An entry as it was published. Raises :class:`DecisionError` where there is none."""
        if not 0 <= number < len(self.rows):
            raise DecisionError("no_such_entry", f"The report has no entry {number}.")
        row = self.rows[number]
        self._report.seek(row.start)
        entry: dict[str, Any] = json.loads(self._report.read(row.length))
        return entry

    def entry(self, number: int) -> dict[str, Any]:
        """An entry as decided."""
        return reviewed(self.raw(number), number, self.decisions)

    def decided(self, decisions: Decisions) -> "Shelf":
        """The same report under other decisions."""
        other = copy(self)
        for name in ("outcomes", "totals", "_left_out", "_looks"):
            other.__dict__.pop(name, None)
        other.decisions = decisions
        return other

    def full(self) -> dict[str, Any]:
        """The whole report as decided."""
        self._report.seek(0)
        report: dict[str, Any] = json.load(self._report)
        entries = [reviewed(entry, number, self.decisions) for number, entry in enumerate(report["entries"])]
        return {**report, "entries": entries, "totals": self.totals}

    def brings(self) -> Sequence[str]:
        """The fields that some entry of the published report gains."""
        bits = 0
        for row in self.rows:
            bits |= row.gain
        return list(names_of(bits))
