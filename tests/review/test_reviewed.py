"""The report and the file as decided: only what was accepted is there, and everything else as the user wrote it."""

from collections import Counter
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from apps.scholar_app.enrichment import Document, DocumentProofError
from apps.scholar_app.review.decisions import NO_DECISIONS, NONE_OF_THESE, Decision, DecisionError, Decisions, brought
from apps.scholar_app.review.excerpt import Excerpt, can_be_written
from apps.scholar_app.review.reviewed import render
from tests.enrichment.making import is_input_with_insertions
from tests.review.making import MIND, REPRINT, TEXT, enriched, shelf
from tests.review.test_decisions import COUNTED, GROUP, KNOWN, NOBODY, TWICE, accept, choose, reject

DATA = TEXT.encode()
RESULT, REPORT = enriched()
IN_PLACE = ("journaltitle", "citation_count")


def after(*said: Decision, before: Decisions = NO_DECISIONS) -> list[dict[str, Any]]:
    opened = shelf(REPORT, before.decide(said, look=shelf(REPORT).raw))
    return list(opened.full()["entries"])


def test_with_nothing_decided_the_file_is_the_published_one() -> None:
    assert render(DATA, REPORT["entries"]) == RESULT


def test_with_everything_rejected_the_file_is_the_upload_byte_for_byte() -> None:
    assert render(DATA, after(reject(KNOWN), reject(COUNTED))) == DATA


def test_a_rejected_field_is_not_there_at_all_and_what_it_replaced_is_again() -> None:
    entries = after(reject(KNOWN, "publisher", "journaltitle"), reject(COUNTED, "citation_count"))
    known, _, counted, *_ = Document.read(render(DATA, entries)).entries
    assert "publisher" not in known.fields
    assert known.fields["journaltitle"] == "unknown"
    assert counted.fields["citation_count"] == "4"
    assert not {"citation_count_date", "citation_count_source"} & set(counted.fields)


def test_a_rejected_value_is_told_apart_in_the_report_with_its_source() -> None:
    entry = after(reject(KNOWN, "publisher"))[KNOWN]
    assert entry["rejected"] == {"publisher": REPORT["entries"][KNOWN]["added"]["publisher"]}
    assert "publisher" not in entry["added"]
    assert entry["outcome"] == "enriched"


def test_an_entry_that_nothing_is_left_for_is_complete_and_says_why() -> None:
    entry = after(reject(KNOWN))[KNOWN]
    assert entry["outcome"] == "complete"
    assert entry["reason"].endswith("You rejected what was found for it.")


@pytest.mark.parametrize(("candidate", "doi"), [(0, REPRINT), (1, MIND)])
def test_a_choice_brings_what_the_candidate_adds_and_is_marked_as_yours(candidate: int, doi: str) -> None:
    candidate = [one["doi"] for one in REPORT["entries"][TWICE]["candidates"]].index(doi)
    entries = after(choose(TWICE, candidate))
    entry = entries[TWICE]
    assert (entry["outcome"], entry["doi"], entry["choice"]) == ("enriched", doi, candidate)
    assert entry["reason"].startswith("Chosen by you")
    twice = Document.read(render(DATA, entries)).entries[1]
    assert twice.fields["doi"] == doi
    assert is_input_with_insertions(TEXT, render(DATA, after(choose(TWICE, candidate), *undone())).decode())


def undone() -> list[Decision]:
    return [reject(KNOWN, "journal"), reject(COUNTED, "citation_count")]


def test_none_of_these_is_not_found_and_adds_nothing() -> None:
    entries = after(choose(TWICE, None))
    assert (entries[TWICE]["outcome"], entries[TWICE]["choice"]) == ("not_found", NONE_OF_THESE)
    assert render(DATA, entries) == RESULT


def test_the_warnings_of_a_chosen_work_become_the_entrys() -> None:
    work = {**REPORT["entries"][TWICE]["candidates"][0], "warnings": ["It was retracted."]}
    entry = {**REPORT["entries"][TWICE], "candidates": [work]}
    report = {**REPORT, "entries": [entry]}
    opened = shelf(report, NO_DECISIONS.decide([choose(0, 0)], look=lambda _: entry))
    assert opened.entry(0)["warnings"][-1] == "It was retracted."


def test_a_report_about_another_file_is_never_written_into_this_one() -> None:
    for wrong in (DATA.replace(b"known,", b"other,", 1), DATA + b"@misc{more, title = {x}}", b"\n" + DATA):
        with pytest.raises(DocumentProofError, match="another file"):
            render(wrong, REPORT["entries"])


@st.composite
def decisions(draw: st.DrawFn) -> Decision | str:
    """Mostly what the report offers, now and then what it does not, and the ways back."""
    action = draw(st.sampled_from(["accept", "accept", "reject", "reject", "choose", "reset", "undo", "undo all"]))
    entry = draw(st.sampled_from([KNOWN, TWICE, COUNTED, None]))
    if action in ("undo", "undo all"):
        return action
    if action == "choose":
        return choose(TWICE, draw(st.sampled_from([0, 1, None])))
    if action == "reset":
        return Decision("reset", entry or 0)
    fields = draw(
        st.lists(st.sampled_from(["doi", "url", "journal", "abstract", "month", "citation_count"]), max_size=2)
    )
    return Decision("accept" if action == "accept" else "reject", entry, tuple(fields))


class Model:
    """What is decided, in the plainest words: one dictionary of verdicts, one of choices, one set; copied each step."""

    def __init__(self) -> None:
        self.states: list[tuple[dict[tuple[int, str], bool], dict[int, int], set[str]]] = [({}, {}, set())]

    def take(self, decision: Decision) -> None:
        verdicts, choices, everywhere = ({**self.states[-1][0]}, {**self.states[-1][1]}, {*self.states[-1][2]})
        entry, along = decision.entry, {"citation_count": ["citation_count_date", "citation_count_source"]}
        fields = [one for name in decision.fields for one in [name, *along.get(name, [])]]
        if decision.action in ("choose", "reset"):
            assert entry is not None
            verdicts = {key: said for key, said in verdicts.items() if key[0] != entry}
            choices.pop(entry, None)
            if decision.action == "choose":
                choices[entry] = NONE_OF_THESE if decision.candidate is None else decision.candidate
        elif entry is None:
            everywhere = everywhere - set(fields) if decision.action == "accept" else everywhere | set(fields)
        else:
            there = {"journal" if name == "journaltitle" else name for name in self.offer(entry, choices)}
            for name in there if not fields else there & set(fields):
                verdicts.pop((entry, name), None)
                if (decision.action == "accept") == (name in everywhere):
                    verdicts[entry, name] = decision.action == "accept"
        if (verdicts, choices, everywhere) != self.states[-1]:
            self.states.append((verdicts, choices, everywhere))

    def clear(self) -> None:
        if self.states[-1] != ({}, {}, set()):
            self.states.append(({}, {}, set()))

    def offer(self, entry: int, choices: dict[int, int]) -> dict[str, Any]:
        said, choice = REPORT["entries"][entry], choices.get(entry)
        if choice == NONE_OF_THESE:
            return {}
        return brought(said if choice is None else said["candidates"][choice])

    def accepted(self, entry: int) -> dict[str, str]:
        verdicts, choices, everywhere = self.states[-1]
        name_of = {"journaltitle": "journal"}
        return {
            name: one["value"]
            for name, one in self.offer(entry, choices).items()
            if verdicts.get((entry, name_of.get(name, name)), name_of.get(name, name) not in everywhere)
        }


@settings(max_examples=50, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(decisions(), max_size=15))
@example([reject(None, "url"), accept(KNOWN, "url")])
@example([reject(KNOWN), choose(TWICE, 0), reject(None, "doi"), accept(TWICE, "doi"), "undo all", "undo", "undo"])
def test_whatever_is_decided_and_undone_the_file_is_the_upload_with_what_is_accepted_now(
    steps: list[Decision | str],
) -> None:
    model, decided, look = Model(), NO_DECISIONS, shelf(REPORT).raw
    for step in steps:
        if step == "undo":
            decided = decided.undo()
            model.states = model.states[:-1] or model.states
        elif step == "undo all":
            decided = decided.undo_all()
            model.clear()
        elif isinstance(step, Decision):
            with suppress(DecisionError):
                decided = decided.decide([step], look=look)
                model.take(step)
    _holds(model, Decisions.from_json(decided.to_json()))


def _holds(model: Model, decided: Decisions) -> None:
    opened = shelf(REPORT, decided)
    full = opened.full()
    written = render(DATA, full["entries"])
    for number, (before, now) in enumerate(zip(_entries(DATA), _entries(written), strict=True)):
        reported = number + (number > 0)  # the damaged block is in the report alone
        expected = {name: value.strip("{}") for name, value in model.accepted(reported).items()}
        if "month" in expected:
            expected["month"] = now["month"]
        assert now == {**before, **expected}
    if all(not {"journaltitle", "citation_count"} & set(model.accepted(number)) for number in (KNOWN, COUNTED)):
        assert is_input_with_insertions(TEXT, written.decode())
    if not any(model.accepted(number) for number in (KNOWN, TWICE, COUNTED)):
        assert written == DATA
    _adds_up(full, opened.totals, opened.counts)


def _entries(data: bytes) -> list[dict[str, str]]:
    return [dict(entry.fields) for entry in Document.read(data).entries]


def _adds_up(full: dict[str, Any], totals: dict[str, Any], counts: dict[str, int]) -> None:
    """The totals, which were counted from the index, are those of the entries."""
    assert counts == dict(Counter(entry["outcome"] for entry in full["entries"]))
    assert {name: count for name, count in totals.items() if name in counts} == counts
    for name in ("journal", "url", "abstract", "doi", "month"):
        gained = sum(bool({name, f"{name}title"} & {*one["added"], *one["replaced"]}) for one in full["entries"])
        assert totals["fields"][name]["after"] - totals["fields"][name]["before"] == gained


# One entry by itself


@pytest.mark.parametrize("number", [KNOWN, TWICE, COUNTED, GROUP, NOBODY])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_an_entry_by_itself_is_found_by_its_line_whatever_the_line_ends(number: int, ends: str) -> None:
    entries = REPORT["entries"]
    end = entries[number + 1]["line"] if number + 1 < len(entries) else None
    excerpt = Excerpt(
        TEXT.replace("\n", ends).encode(), key=entries[number]["key"], line=entries[number]["line"], end=end
    )
    assert excerpt.text.startswith("@")
    assert excerpt.text in TEXT
    assert excerpt.with_changes({"added": {}, "refreshed": {}, "replaced": {}}) == excerpt.text


def test_what_a_candidate_brings_is_tried_on_the_entry_by_itself() -> None:
    entry = REPORT["entries"][TWICE]
    work = entry["candidates"][0]
    assert can_be_written(DATA, entry, work, end=entry["line"] + 5)
    twice = {**work, "added": {"title": work["added"]["doi"]}}
    assert not can_be_written(DATA, entry, twice, end=entry["line"] + 5)
    month = {**work, "added": {"month": {"value": "} evil"}}}
    assert not can_be_written(DATA, entry, month, end=entry["line"] + 5)


def test_accepting_is_told_from_rejecting() -> None:
    decided = NO_DECISIONS.decide([reject(KNOWN, "url")], look=shelf(REPORT).raw)
    assert "url" in after(accept(KNOWN, "url"), before=decided)[KNOWN]["added"]
    assert "url" not in shelf(REPORT, decided).entry(KNOWN)["added"]
