"""A report, entry by entry, as it reads once somebody has decided, and the file that follows from it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from ..enrichment.document import Document, Entry, EntryChange, Limits
from ..enrichment.errors import DocumentProofError
from ..enrichment.written import value_of
from .decisions import GROUPS, NONE_OF_THESE, Decisions, offer_of

Reported = Mapping[str, Any]
_REJECTED: Final = "You rejected what was found for it."
#: The file was taken in by the limits of its day.
_TAKEN_IN: Final = Limits(max_bytes=2**40, max_entries=2**31)
_NONE: Final = "None of the works found is it: so you chose."


def reviewed(entry: Reported, number: int, decisions: Decisions) -> dict[str, Any]:
    """The entry as decided: what is rejected stands under ``rejected``, and ``choice`` says whom you chose.

    ``choice`` is a candidate's place from 0, or -1 for none of them. An entry that nobody decided on has
    neither, unless a field is left out everywhere that it would have got.
    """
    choice = decisions.of(number).choice
    offer = offer_of(entry, choice)
    groups = {group: offer.get(group, {}) for group in GROUPS}
    kept = {group: _accepted(said, number, decisions) for group, said in groups.items()}
    rejected = {name: one for group, said in groups.items() for name, one in said.items() if name not in kept[group]}
    if choice is None and not rejected:
        return dict(entry)
    said = _verdict_on(entry, choice, gains=bool(kept["added"] or kept["replaced"]), rejects=bool(rejected))
    return {**entry, **kept, "rejected": rejected, "choice": choice, **said}


def _accepted(additions: Mapping[str, Any], number: int, decisions: Decisions) -> dict[str, Any]:
    return {name: one for name, one in additions.items() if decisions.accepts(number, name)}


def _verdict_on(entry: Reported, choice: int | None, *, gains: bool, rejects: bool) -> dict[str, Any]:
    """Outcome, reason and whose work it is."""
    outcome = outcome_of(entry["outcome"], choice, gains=gains)
    if choice == NONE_OF_THESE:
        return {"outcome": outcome, "reason": _NONE}
    if choice is None:
        emptied = rejects and not gains and entry["outcome"] == "enriched"
        return {"outcome": outcome, "reason": f"{entry['reason']} {_REJECTED}".strip() if emptied else entry["reason"]}
    chosen = entry["candidates"][choice]
    why = "; ".join(chosen["reasons"])
    return {
        "outcome": outcome,
        "reason": f"Chosen by you{f': {why}' if why else ''}.",
        "doi": chosen["doi"] or None,
        "score": chosen["score"],
        "warnings": [*entry["warnings"], *chosen.get("warnings", ())],
    }


def outcome_of(outcome: str, choice: int | None, *, gains: bool) -> str:
    """The outcome once decided: a choice makes an ambiguous entry one of the others, and so does rejecting all."""
    if choice == NONE_OF_THESE:
        return "not_found"
    if choice is not None:
        return "enriched" if gains else "complete"
    return "complete" if outcome == "enriched" and not gains else outcome


def render(data: bytes, entries: Sequence[Reported]) -> bytes:
    """The upload with what the entries of its report bring, proved; exactly ``data`` where that is nothing.

    ``entries`` are all of them, in the report's order, as decided. Raises :class:`DocumentProofError` where the report
    is not about this file, and where the output cannot be proved.
    """
    document = Document.read(data, limits=_TAKEN_IN)
    return document.prove_and_render(dict(_changes(document.entries, entries)))


def _changes(written: Sequence[Entry], reported: Iterable[Reported]) -> Iterator[tuple[int, EntryChange]]:
    """By index of entry; damaged blocks are in the report, without a type, but are no entries."""
    readable = [entry for entry in reported if entry["type"]]
    if len(readable) != len(written):
        raise DocumentProofError("The report is about another file: it has another number of entries.")
    for there, said in zip(written, readable, strict=True):
        if (there.key, there.line) != (said["key"], said["line"]):
            raise DocumentProofError(f"The report is about another file: line {there.line} has another entry.")
        change = change_of(said)
        if change is not None:
            yield there.index, change


def change_of(entry: Reported) -> EntryChange | None:
    """What an entry of the report, or a candidate, brings to the file."""
    add = _values(entry["added"])
    new = (*_values(entry["refreshed"]), *_values(entry["replaced"]))
    return EntryChange(add=add, replace=new) if add or new else None


def _values(additions: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple((name, value_of(name, addition["value"])) for name, addition in additions.items())
