"""What a person decided about a report, and the way back from it step by step.

Values that never change: each step gives new ``Decisions``. Nothing is decided that the report does not offer.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from ..enrichment.fields import ADDABLE, COMPANIONS, addable_name

Action = Literal["accept", "reject", "choose", "reset"]
Entry = Mapping[str, Any]
#: Finds an entry of the report by its number, from 0; raises :class:`DecisionError` where there is none.
Look = Callable[[int], Entry]

#: The choice of somebody who says that none of the candidates is the work.
NONE_OF_THESE: Final = -1
#: In what an entry or a candidate brings, in the order of writing.
GROUPS: Final = ("added", "replaced", "refreshed")
#: Characters of JSON that the way back may take; the oldest steps go first.
_LONGEST_HISTORY: Final = 500_000


class DecisionError(Exception):
    """It cannot be decided so: ``code`` for programs, the text for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Decision:
    """One thing to decide.

    ``accept`` and ``reject`` are about ``fields`` of an entry, or all it brings where none are named; without
    ``entry`` about these fields in all entries that nobody decided on one by one. ``choose`` takes a ``candidate`` of
    an ambiguous entry, by its place from 0, or none of them; ``reset`` forgets what was decided about an entry.
    """

    action: Action
    entry: int | None = None
    fields: tuple[str, ...] = ()
    candidate: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided about one entry: ``fields`` are accepted or not; ``choice`` is a candidate's place from 0."""

    fields: Mapping[str, bool] = field(default_factory=dict)
    choice: int | None = None

    def __bool__(self) -> bool:
        return bool(self.fields) or self.choice is not None

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"fields": dict(self.fields), "choice": self.choice}


_NOTHING: Final = Verdict()
#: What was before a step: ``{"everywhere": [...], "entries": {"12": verdict or None}}``.
Step = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Decisions:
    """All that was decided; ``everywhere`` are the fields that are left out wherever nothing else was decided."""

    entries: Mapping[int, Verdict] = field(default_factory=dict)
    everywhere: frozenset[str] = frozenset()
    history: tuple[Step, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.entries or self.everywhere)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any] | None) -> "Decisions":
        """What :meth:`to_json` gave; nothing decided for ``None``."""
        if not kept:
            return cls()
        entries = {int(number): _verdict(said) for number, said in kept["entries"].items()}
        return cls(entries, frozenset(kept["everywhere"]), tuple(kept["history"]))

    def to_json(self) -> dict[str, Any]:
        """Plain values, history and all."""
        entries = {str(number): verdict.to_json() for number, verdict in self.entries.items()}
        return {"everywhere": sorted(self.everywhere), "entries": entries, "history": list(self.history)}

    def of(self, number: int) -> Verdict:
        """What was decided about an entry."""
        return self.entries.get(number, _NOTHING)

    def accepts(self, number: int, name: str) -> bool:
        """Whether a field, by the name under which it is written, goes into this entry."""
        known = addable_name(name)
        return self.of(number).fields.get(known, known not in self.everywhere)

    def decide(self, decisions: Iterable[Decision], *, look: Look) -> "Decisions":
        """All of these as one step. Raises :class:`DecisionError`, and then nothing is decided."""
        state = self
        for decision in decisions:
            state = state._one(decision, look)
        return self._followed_by(state)

    def undo(self) -> "Decisions":
        """As before the last step; the same where there is none."""
        if not self.history:
            return self
        *earlier, last = self.history
        entries = dict(self.entries)
        for number, before in last["entries"].items():
            entries.pop(int(number), None)
            if before is not None:
                entries[int(number)] = _verdict(before)
        return Decisions(entries, frozenset(last["everywhere"]), tuple(earlier))

    def undo_all(self) -> "Decisions":
        """Nothing decided any more. It is a step like others and can be undone."""
        return self._followed_by(replace(self, entries={}, everywhere=frozenset()))

    def _one(self, decision: Decision, look: Look) -> "Decisions":
        if decision.entry is None:
            return self._everywhere(decision)
        entry, verdict = look(decision.entry), self.of(decision.entry)
        if decision.action == "choose":
            return self._with(decision.entry, Verdict(choice=_choice(entry, decision.candidate)))
        if decision.action == "reset":
            return self._with(decision.entry, _NOTHING)
        verdicts = dict(verdict.fields)
        for name in _named(offer_of(entry, verdict.choice), decision.fields):
            accepted = decision.action == "accept"
            verdicts.pop(name, None)
            if accepted == (name in self.everywhere):
                verdicts[name] = accepted
        return self._with(decision.entry, replace(verdict, fields=verdicts))

    def _everywhere(self, decision: Decision) -> "Decisions":
        if decision.action not in ("accept", "reject") or not decision.fields:
            raise DecisionError("entry_needed", "Say which entry, or accept or reject fields in all of them.")
        names = {follower for name in decision.fields for follower in _with_followers(_addable(name))}
        kept = self.everywhere - names if decision.action == "accept" else self.everywhere | names
        return replace(self, everywhere=kept)

    def _with(self, number: int, verdict: Verdict) -> "Decisions":
        entries = {other: said for other, said in self.entries.items() if other != number}
        return replace(self, entries={**entries, number: verdict} if verdict else entries)

    def _followed_by(self, state: "Decisions") -> "Decisions":
        """That state, with the way back to this one; this one where they are the same."""
        if state.entries == self.entries and state.everywhere == self.everywhere:
            return self
        touched = [
            number
            for number in dict.fromkeys((*self.entries, *state.entries))
            if self.entries.get(number) != state.entries.get(number)
        ]
        before = {str(number): said.to_json() if (said := self.of(number)) else None for number in touched}
        step = {"everywhere": sorted(self.everywhere), "entries": before}
        return replace(state, history=_bounded((*self.history, step)))


NO_DECISIONS: Final = Decisions()


def offer_of(entry: Entry, choice: int | None) -> Entry:
    """Who brings the entry its fields: the chosen candidate, nobody, or the report itself."""
    if choice == NONE_OF_THESE:
        return {}
    return entry if choice is None else dict(entry["candidates"][choice])


def brought(offer: Entry) -> dict[str, dict[str, Any]]:
    """Everything an entry or a candidate brings, by field as it is written."""
    return {name: addition for group in GROUPS for name, addition in offer.get(group, {}).items()}


def can_be_chosen(entry: Entry) -> bool:
    """Whether a person may say which of its candidates an entry is."""
    return entry["outcome"] == "ambiguous" and bool(entry["candidates"])


def _named(offer: Entry, fields: Sequence[str]) -> list[str]:
    """The fields that are meant, under the names they are decided by: those that follow them too."""
    there = {addable_name(name) for name in brought(offer)}
    wanted = [addable_name(name) for name in fields] or list(there)
    if not wanted or not there.issuperset(wanted):
        named = ", ".join(sorted(set(wanted) - there))
        raise DecisionError("no_such_field", f"Nothing is brought to this entry for {named or 'any field'}.")
    return [name for name in dict.fromkeys(f for w in wanted for f in _with_followers(w)) if name in there]


def _with_followers(name: str) -> tuple[str, ...]:
    return (name, *COMPANIONS.get(name, ()))


def _addable(name: str) -> str:
    known = addable_name(name)
    if known not in ADDABLE:
        raise DecisionError("no_such_field", f"Nothing is ever brought for {name[:40]}.")
    return known


def _choice(entry: Entry, candidate: int | None) -> int:
    if not can_be_chosen(entry):
        raise DecisionError("nothing_to_choose", "Only an ambiguous entry has candidates to choose from.")
    if candidate is None:
        return NONE_OF_THESE
    if not 0 <= candidate < len(entry["candidates"]):
        raise DecisionError("no_such_candidate", "There is no such candidate.")
    if "added" not in entry["candidates"][candidate]:
        raise DecisionError("nothing_to_choose", "What this candidate would add is not known; look the file up again.")
    return candidate


def _verdict(said: Mapping[str, Any]) -> Verdict:
    return Verdict(dict(said["fields"]), said["choice"])


def _bounded(history: tuple[Step, ...]) -> tuple[Step, ...]:
    """The last steps as far as there is room for them; always the very last."""
    room, kept = _LONGEST_HISTORY, 0
    for step in reversed(history):
        room -= len(json.dumps(step))
        if room < 0 and kept:
            break
        kept += 1
    return history[-kept:]
