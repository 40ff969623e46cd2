"""What a page learns while a source is being waited for."""

import pytest

from apps.scholar_app.enrichment.planning import rough_plan
from apps.scholar_app.enrichment.record import Pause, Progress, SourceTally
from apps.scholar_app.enrichment.sources.base import Outline, Pace
from apps.scholar_app.supervision.body import Teller
from apps.scholar_app.supervision.watchdog import Watch

WHY = "Crossref asks for a pause of 12 s (429)"
STATE = Progress(10, 4, sources={"crossref": SourceTally(asked=4)}, activity="Asking crossref")


class Listener:
    def __init__(self) -> None:
        self.now = 100.0
        self.heard: list[Progress] = []
        self.teller = Teller(self.heard.append, entries_total=10, clock=lambda: self.now)
        self.teller.tell(STATE)


def test_a_pause_is_told_with_its_source_its_reason_and_what_is_left_of_it() -> None:
    one = Listener()
    one.teller.wait(12.0, WHY, "crossref")
    one.now += 1
    one.teller.wait(11.0, WHY, "crossref")
    assert [told.waiting for told in one.heard[-2:]] == [
        {"crossref": Pause(12, WHY)}, {"crossref": Pause(11, WHY)},
    ]  # fmt: skip


def test_a_pause_that_is_over_is_told_no_more() -> None:
    one = Listener()
    one.teller.wait(12.0, WHY, "crossref")
    one.now += 12
    one.teller.tell(STATE)
    assert one.heard[-1] == STATE


def test_sources_that_pause_at_the_same_time_are_told_side_by_side() -> None:
    one = Listener()
    one.teller.wait(12.0, WHY, "crossref")
    one.teller.wait(5.0, "OpenAlex answered 503", "openalex")
    assert one.heard[-1].waiting == {"crossref": Pause(12, WHY), "openalex": Pause(5, "OpenAlex answered 503")}


def test_the_everyday_wait_for_a_turn_is_not_told() -> None:
    one = Listener()
    one.teller.wait(2.9, "waiting for a turn at Crossref", "crossref")
    assert one.heard[-1] == STATE


def test_waiting_is_no_progress() -> None:
    one = Listener()
    watch = Watch(started=0, renewed=0)
    watch.note(one.heard[-1], now=1)
    one.teller.wait(12.0, WHY, "crossref")
    watch.note(one.heard[-1], now=50)
    assert watch.moved == 1


def test_the_time_left_is_told_from_when_the_plan_is_known_with_a_long_pause_on_top() -> None:
    one = Listener()
    assert one.heard[-1].left is None
    pace = Pace(per_call=50, batch_seconds=1.0, search_seconds=1.0)
    crossref = Outline("crossref", frozenset(), searches=True, knows=lambda _: True, pace=pace)
    one.teller.expect(rough_plan(100, named=0, sources=[crossref]))
    one.teller.tell(STATE)
    left = one.heard[-1].left
    assert left == pytest.approx(100.0)
    one.teller.wait(9.0, WHY, "crossref")
    assert one.heard[-1].left == left
    one.teller.wait(30.0, WHY, "crossref")
    assert one.heard[-1].left == pytest.approx(130.0)
