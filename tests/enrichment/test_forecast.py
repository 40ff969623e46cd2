"""The time left as it is told during runs on a clock of the test's, against what the run then really took."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest

from apps.scholar_app.enrichment import enrich
from apps.scholar_app.enrichment.asking import Watch
from apps.scholar_app.enrichment.errors import SourceError
from apps.scholar_app.enrichment.forecast import Forecast
from apps.scholar_app.enrichment.pipeline import BLOCK, Options
from apps.scholar_app.enrichment.planning import Plan, plan
from apps.scholar_app.enrichment.record import Identifier, Name, Progress, Query, Record, SourceTally
from apps.scholar_app.enrichment.sources.base import Outline, Pace

from .making import TODAY, document_of

#: As Crossref is asked for 50 DOIs, and for a title, three times a second, with the margin that is kept.
THREE_A_SECOND = Pace(per_call=50, batch_seconds=0.35, search_seconds=0.35)
ONE_IN_THREE = Pace(per_call=500, batch_seconds=3.15, search_seconds=3.15)
MINUTE = 60.0
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass
class Time:
    now: float = 1000.0


def steady(_: float) -> float:
    """As fast as the limits allow."""
    return 1.0


@dataclass
class Index:
    """A source that takes its time, on the test's clock: ``slowness`` times what its limits demand.

    It knows the works with these numbers. What is ``remembered`` it answers at once, as the memory of look-ups does.
    """

    time: Time
    name: str = "crossref"
    pace: Pace = THREE_A_SECOND
    slowness: Callable[[float], float] = steady
    knows: Callable[[int], bool] = lambda number: True  # noqa: ARG005
    remembers: Callable[[int], bool] = lambda number: False  # noqa: ARG005
    resolves: frozenset = frozenset({"doi"})
    searches: bool = True
    batch_size: int = 50
    counted: SourceTally = field(default_factory=SourceTally)

    @property
    def outline(self) -> Outline:
        return Outline(self.name, self.resolves, self.searches, lambda asked: asked.scheme == "doi", self.pace)

    def fetch(self, identifiers: Sequence[Identifier]) -> Mapping[Identifier, Record]:
        self.takes(self.pace.batch_seconds, questions=len(identifiers))
        numbers = {identifier: int(identifier.value.rpartition(".")[2]) for identifier in identifiers}
        return {one: record_of(number, self.name) for one, number in numbers.items() if self.knows(number)}

    def search(self, query: Query) -> Sequence[Record]:
        number = int(query.title.rpartition(" ")[2])
        self.answers(number)
        return [record_of(number, self.name)] if self.knows(number) else []

    def answers(self, number: int) -> None:
        """Take the time of a search, unless it is remembered."""
        if self.remembers(number):
            self.counted = replace(self.counted, asked=self.counted.asked + 1, cached=self.counted.cached + 1)
        else:
            self.takes(self.pace.search_seconds, questions=1)

    def takes(self, seconds: float, *, questions: int) -> None:
        self.time.now += seconds * self.slowness(self.time.now)
        self.counted = replace(self.counted, asked=self.counted.asked + questions)

    def tally(self) -> SourceTally:
        return self.counted


def title(number: int) -> str:
    """Far enough from any other."""
    return f"Crystals {' '.join(DIGITS[int(digit)] for digit in f'{number:05}')} {number}"


def record_of(number: int, source: str) -> Record:
    names = (Name("Knuth", "Donald E."),)
    return Record(source, TODAY, title(number), authors=names, year=2020, years=(2020,), doi=f"10.1000/x.{number}")


def entry(number: int, *, doi: bool = False) -> str:
    said = f"title = {{{title(number)}}}, author = {{Knuth, Donald E.}}, year = 2020"
    return f"@article{{k{number}, {said}{f', doi = {{10.1000/x.{number}}}' if doi else ''}}}\n"


class Told:
    """What was told, and when."""

    def __init__(self, planned: Plan, time: Time) -> None:
        self.forecast, self.time = Forecast(planned), time
        self.began = time.now
        self.left: list[tuple[float, float]] = []

    def __call__(self, progress: Progress) -> None:
        left = self.forecast.note(progress, now=self.time.now).left
        self.left.append((self.time.now, left if left is not None else -1.0))

    def worst(self, *, after: float = MINUTE, until: float | None = None) -> float:
        """The largest error from then on, as a share of what was really left; the last ten seconds count as ten."""
        end = self.time.now
        told = [(at, left) for at, left in self.left if after <= at - self.began < (until or end)]
        return max(abs(left - (end - at)) / max(end - at, 10.0) for at, left in told)


def searched(indexes: Sequence[Index], told: Callable[[Progress], None], *, titles: int) -> None:
    """A run over titles alone, as the pipeline makes it, without the work of matching."""
    watch = Watch(titles, 0, indexes, told)
    watch.tell("Reading the file")
    for start in range(0, titles, BLOCK):
        left: Sequence[int] = range(start, min(start + BLOCK, titles))
        watch.steps = replace(watch.steps, rounds=watch.steps.rounds + 1)
        for index in indexes:
            watch.searches(index.name, titles=len(left))
            for number in left:
                watch.tell("Searching")
                index.answers(number)
                watch.searched(index.name, is_found=index.knows(number))
            left = [number for number in left if not index.knows(number)]
    watch.tell("Writing and proving the result")


def plan_of_titles(indexes: Sequence[Index], titles: int) -> Plan:
    return plan(document_of("".join(entry(number) for number in range(titles))), [index.outline for index in indexes])


@pytest.fixture(scope="module")
def document_of_titles():
    return document_of("".join(entry(number) for number in range(5000)))


def told_of(indexes: Sequence[Index], document) -> Told:
    """What is told during a run over 5,000 titles."""
    told = Told(plan(document, [index.outline for index in indexes]), indexes[0].time)
    searched(indexes, told, titles=5000)
    return told


def test_five_thousand_titles_at_three_a_second(document_of_titles):
    told = told_of([Index(Time())], document_of_titles)
    assert told.time.now - told.began == pytest.approx(1750)
    assert told.worst(after=0) < 0.05


@pytest.mark.parametrize("times", [0.9, 2.0, 4.0])
def test_index_that_is_slower_or_faster_than_its_limits_is_believed_within_a_minute(document_of_titles, times):
    told = told_of([Index(Time(), slowness=lambda _: times)], document_of_titles)
    assert told.worst() < 0.2


@pytest.mark.parametrize("times", [0.5, 2.0, 3.0])
def test_index_that_changes_its_pace_in_the_middle_is_believed_two_minutes_later(document_of_titles, times):
    changes = 800.0
    told = told_of([Index(Time(), slowness=lambda now: times if now > 1000 + changes else 1.0)], document_of_titles)
    assert told.worst(after=changes + 2 * MINUTE) < 0.2


def test_jobs_that_come_and_share_the_limit_and_go_again_are_allowed_for(document_of_titles):
    """Two others from the fifth minute to the tenth: nobody knows beforehand when they end, so not within that time."""
    told = told_of([Index(Time(), slowness=lambda now: 3.0 if 300 < now - 1000 < 600 else 1.0)], document_of_titles)
    assert told.worst(after=600 + 2 * MINUTE) < 0.2


@pytest.mark.parametrize("found_by_first", [0.0, 0.5, 0.9, 1.0])
def test_titles_that_go_on_to_a_slower_index_are_counted_as_they_were_so_far(document_of_titles, found_by_first):
    time = Time()
    first = Index(time, knows=lambda number: number * 7 % 100 < 100 * found_by_first)
    second = Index(time, "semanticscholar", pace=ONE_IN_THREE)
    told = told_of([first, second], document_of_titles)
    assert told.worst() < 0.2


def test_catalogue_that_knows_most_of_it_leaves_little_for_the_limits(document_of_titles):
    time = Time()
    catalogue = Index(time, "catalogue", pace=Pace(500, 0.05, 0.001), knows=lambda number: number % 10 != 0)
    # It is not asked by identifiers here, as it would be for what the catalogue finds.
    index = Index(time, resolves=frozenset())
    told = Told(plan(document_of_titles, [replace(catalogue.outline, pace=None), index.outline]), time)
    searched([catalogue, index], told, titles=5000)
    assert time.now - told.began == pytest.approx(180)
    assert told.worst() < 0.2


def test_run_that_goes_on_where_another_stopped_counts_what_is_left(document_of_titles):
    told = told_of([Index(Time(), remembers=lambda number: number < 3000)], document_of_titles)
    assert told.time.now - told.began == pytest.approx(700)
    assert told.worst() < 0.2


def test_what_is_remembered_here_and_there_is_counted_as_often_as_it_was_so_far(document_of_titles):
    told = told_of([Index(Time(), remembers=lambda number: number * 7 % 10 < 4)], document_of_titles)
    assert told.worst() < 0.2


def test_pause_that_an_index_asks_for_says_little_of_the_time_after_it(document_of_titles):
    paused = iter([True])
    told = told_of(
        [Index(Time(), slowness=lambda now: 350.0 if now > 1500 and next(paused, False) else 1.0)], document_of_titles
    )
    assert told.worst(after=500 + 125) < 0.3
    assert told.worst(after=500 + 125 + MINUTE) < 0.2


@pytest.mark.parametrize("dead", [0.0, 0.3], ids=["all-doi-lead-somewhere", "some-doi-lead-nowhere"])
def test_real_run_over_identifiers_and_titles_is_told_as_well(dead):
    """1,100 entries through the real pipeline at a tenth of the pace; a third of them by title, mixed with the rest."""
    time, slow = Time(), Pace(per_call=50, batch_seconds=5.0, search_seconds=3.0)
    knows = {"knows": lambda number: number * 7 % 10 >= 10 * dead}
    indexes = [Index(time, pace=slow, **knows), Index(time, "openalex", pace=Pace(50, 0.5, 0.5), **knows)]
    document = document_of("".join(entry(number, doi=number % 3 > 0) for number in range(1100)))
    told = Told(plan(document, [index.outline for index in indexes]), time)
    enriched = enrich(document, indexes, today=TODAY, on_progress=told)
    assert sum(enriched.report.outcomes.values()) == 1100
    assert told.worst(after=3 * MINUTE) < 0.2


class Away(Index):
    """Cannot be asked."""

    def search(self, query: Query) -> Sequence[Record]:
        raise SourceError(self.name, f"away, asked for {query}")

    def fetch(self, identifiers: Sequence[Identifier]) -> Mapping[Identifier, Record]:
        raise SourceError(self.name, f"away, asked for {identifiers}")


def test_index_that_stays_away_is_not_waited_for(document_of_titles):
    time = Time()

    indexes = [Index(time, knows=lambda number: number % 2 > 0), Away(time, "semanticscholar", pace=ONE_IN_THREE)]
    document = document_of("".join(entry(number) for number in range(BLOCK + 100)))
    told = Told(plan(document, [index.outline for index in indexes]), time)
    options = Options(optional_sources=frozenset({"semanticscholar"}))
    enrich(document, indexes, today=TODAY, options=options, on_progress=told)
    assert told.worst(after=BLOCK * 0.35 + 1) < 0.2


def test_nothing_is_left_at_the_end():
    time = Time()
    document = document_of(entry(1) + entry(2, doi=True))
    told = Told(plan(document, [Index(time).outline]), time)
    enrich(document, [Index(time)], today=TODAY, on_progress=told)
    assert told.left[-1][1] == pytest.approx(0.0, abs=0.01)
