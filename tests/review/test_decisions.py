"""Deciding: what a step does, what it refuses, and that the way back leads to where one was."""

import json
from typing import Any

import pytest

from apps.scholar_app.review import decisions as deciding
from apps.scholar_app.review.decisions import NO_DECISIONS, NONE_OF_THESE, Decision, DecisionError, Decisions, Verdict
from tests.review.making import enriched, shelf

REPORT = enriched()[1]
LOOK = shelf(REPORT).raw
KNOWN, BROKEN, TWICE, COUNTED, GROUP, NOBODY = range(6)


def decide(*said: Decision, before: Decisions = NO_DECISIONS) -> Decisions:
    return before.decide(said, look=LOOK)


def reject(entry: int | None, *fields: str) -> Decision:
    return Decision("reject", entry, fields)


def accept(entry: int | None, *fields: str) -> Decision:
    return Decision("accept", entry, fields)


def choose(entry: int, candidate: int | None) -> Decision:
    return Decision("choose", entry, candidate=candidate)


def test_a_field_is_rejected_in_its_entry_alone() -> None:
    decided = decide(reject(KNOWN, "publisher"))
    assert not decided.accepts(KNOWN, "publisher")
    assert decided.accepts(KNOWN, "url")
    assert decided.accepts(COUNTED, "publisher")


def test_accepting_it_again_leaves_nothing_decided() -> None:
    decided = decide(accept(KNOWN, "publisher"), before=decide(reject(KNOWN, "publisher")))
    assert not decided
    assert len(decided.history) == 2


def test_without_fields_everything_that_the_entry_was_brought_is_meant() -> None:
    decided = decide(reject(KNOWN))
    brought = deciding.brought(LOOK(KNOWN))
    assert brought
    assert not any(decided.accepts(KNOWN, name) for name in brought)


def test_a_field_left_out_everywhere_is_left_out_wherever_nothing_else_was_said() -> None:
    decided = decide(reject(None, "abstract"), accept(COUNTED, "abstract"))
    assert not decided.accepts(KNOWN, "abstract")
    assert decided.accepts(COUNTED, "abstract")
    again = decide(accept(None, "abstract"), before=decided)
    assert again.accepts(KNOWN, "abstract")


def test_what_was_rejected_one_by_one_stays_so_when_the_field_is_added_everywhere_after_all() -> None:
    decided = decide(reject(KNOWN, "abstract"), reject(None, "abstract"), accept(None, "abstract"))
    assert not decided.accepts(KNOWN, "abstract")
    assert decided.accepts(COUNTED, "abstract")


def test_a_field_is_decided_on_under_whatever_name_it_is_written() -> None:
    for name in ("journaltitle", "journal"):
        assert not decide(reject(KNOWN, name)).accepts(KNOWN, "journaltitle")
    assert not decide(reject(None, "journaltitle")).accepts(COUNTED, "journal")


@pytest.mark.parametrize("entry", [KNOWN, None])
def test_a_citation_count_takes_its_date_and_source_along(entry: int | None) -> None:
    decided = decide(reject(entry, "citation_count"))
    for name in ("citation_count", "citation_count_date", "citation_count_source"):
        assert not decided.accepts(KNOWN, name)
    assert decide(reject(KNOWN, "citation_count_date")).accepts(KNOWN, "citation_count")


@pytest.mark.parametrize(("candidate", "choice"), [(0, 0), (1, 1), (None, NONE_OF_THESE)])
def test_a_candidate_or_none_is_chosen(candidate: int | None, choice: int) -> None:
    assert decide(choose(TWICE, candidate)).of(TWICE) == Verdict(choice=choice)


def test_another_choice_begins_anew_with_its_fields() -> None:
    decided = decide(choose(TWICE, 0), reject(TWICE, "url"))
    assert not decided.accepts(TWICE, "url")
    assert decide(choose(TWICE, 1), before=decided).accepts(TWICE, "url")


def test_resetting_forgets_what_was_decided_about_the_entry() -> None:
    before = decide(reject(KNOWN, "url"))
    decided = decide(choose(TWICE, 0), Decision("reset", TWICE), before=before)
    assert decided == before
    assert decide(Decision("reset", KNOWN), before=before).entries == {}


REFUSED: dict[str, tuple[Decision, str]] = {
    "entry beyond": (reject(6, "doi"), "no_such_entry"),
    "entry before": (reject(-1, "doi"), "no_such_entry"),
    "field not brought": (reject(KNOWN, "doi"), "no_such_field"),
    "field nobody knows": (reject(KNOWN, "} evil"), "no_such_field"),
    "one of two": (reject(KNOWN, "url", "doi"), "no_such_field"),
    "nothing brought": (reject(NOBODY), "no_such_field"),
    "nothing to a damaged one": (reject(BROKEN), "no_such_field"),
    "nothing before a choice": (reject(TWICE, "doi"), "no_such_field"),
    "no field anywhere": (reject(None, "note"), "no_such_field"),
    "everything everywhere": (reject(None), "entry_needed"),
    "reset everywhere": (Decision("reset"), "entry_needed"),
    "choose nowhere": (Decision("choose"), "entry_needed"),
    "choose for a known one": (choose(KNOWN, None), "nothing_to_choose"),
    "choose for one not found": (choose(NOBODY, None), "nothing_to_choose"),
    "candidate beyond": (choose(TWICE, 2), "no_such_candidate"),
    "candidate before": (choose(TWICE, -1), "no_such_candidate"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_the_report_does_not_offer_is_refused_and_then_nothing_is_decided(case: str) -> None:
    wrong, code = REFUSED[case]
    with pytest.raises(DecisionError) as refusal:
        decide(reject(KNOWN, "url"), wrong)
    assert refusal.value.code == code


def test_after_none_of_these_nothing_is_brought() -> None:
    with pytest.raises(DecisionError):
        decide(choose(TWICE, None), reject(TWICE, "doi"))


def test_a_candidate_of_an_older_report_that_says_not_what_it_adds_is_not_chosen() -> None:
    entry = {**LOOK(TWICE), "candidates": [{"doi": "10.1/x", "title": "A"}]}
    with pytest.raises(DecisionError) as refusal:
        NO_DECISIONS.decide([choose(TWICE, 0)], look=lambda _: entry)
    assert refusal.value.code == "nothing_to_choose"
    assert NO_DECISIONS.decide([choose(TWICE, None)], look=lambda _: entry).of(TWICE).choice == NONE_OF_THESE


def test_undo_goes_back_step_by_step_and_then_no_further() -> None:
    steps = [(reject(KNOWN, "url"),), (reject(None, "abstract"), choose(TWICE, 1)), (reject(TWICE, "doi"),)]
    states = [NO_DECISIONS]
    for step in steps:
        states.append(decide(*step, before=states[-1]))
    now = states[-1]
    for before in reversed(states[:-1]):
        now = now.undo()
        assert now == before
    assert now.undo() is now


def test_undoing_all_is_a_step_that_can_be_undone() -> None:
    decided = decide(reject(KNOWN, "url"), choose(TWICE, 1))
    cleared = decided.undo_all()
    assert not cleared
    assert cleared.undo() == decided
    assert NO_DECISIONS.undo_all() is NO_DECISIONS


def test_a_step_that_changes_nothing_is_none() -> None:
    decided = decide(reject(KNOWN, "url"))
    assert decide(reject(KNOWN, "url"), before=decided) is decided
    assert decide(accept(KNOWN, "publisher"), before=decided) is decided


def test_decisions_are_kept_as_plain_values_and_come_back_the_same() -> None:
    decided = decide(reject(KNOWN, "url"), reject(None, "abstract"), before=decide(choose(TWICE, 1)))
    kept: dict[str, Any] = json.loads(json.dumps(decided.to_json()))
    assert Decisions.from_json(kept) == decided
    assert Decisions.from_json(kept).undo().undo() == NO_DECISIONS
    assert Decisions.from_json(None) is not None
    assert not Decisions.from_json(None)


def test_the_way_back_is_as_long_as_there_is_room_and_at_least_one_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deciding, "_LONGEST_HISTORY", 300)
    decided = NO_DECISIONS
    for number in range(20):
        decided = decide(reject(KNOWN, "url") if number % 2 == 0 else accept(KNOWN, "url"), before=decided)
    assert 1 < len(decided.history) < 10
    monkeypatch.setattr(deciding, "_LONGEST_HISTORY", 1)
    assert len(decide(reject(KNOWN, "publisher"), before=decided).history) == 1
