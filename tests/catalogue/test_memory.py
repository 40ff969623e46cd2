"""What was asked once is not asked again while the answer is fresh; what could not be asked is never remembered."""

import multiprocessing
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from apps.scholar_app.catalogue.memory import Lifetimes, LookupMemory, Question, Remembering, forget_expired
from apps.scholar_app.catalogue.store import chunks
from apps.scholar_app.enrichment.errors import SourceError
from apps.scholar_app.enrichment.record import Identifier, Name, Query, Record, SourceTally
from apps.scholar_app.lookups import Lookup
from tests.catalogue.works import paper

pytestmark = [pytest.mark.django_db, pytest.mark.promises]

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)
LIFETIMES = Lifetimes(records=30 * DAY, not_found=DAY, citations=7 * DAY)


class Index:
    """A source that knows some works, counts what it is asked, and fails where it is told to."""

    name = "crossref"
    resolves = frozenset({"doi", "pmid"})
    batch_size = 3
    searches = True

    def __init__(self, *records: Record, fails_at_call: int = 0) -> None:
        self.records = records
        self.calls: list[Sequence[Identifier] | Query] = []
        self.fails_at_call = fails_at_call

    def fetch(self, identifiers: Sequence[Identifier]) -> Mapping[Identifier, Record]:
        self._asked(list(identifiers))
        return {i: record for i in identifiers for record in self.records if i in record.identifiers()}

    def search(self, query: Query) -> Sequence[Record]:
        self._asked(query)
        return [record for record in self.records if record.title == query.title]

    def tally(self) -> SourceTally:
        return SourceTally(asked=len(self.calls), answered=len(self.calls), seconds=len(self.calls))

    def _asked(self, what: Sequence[Identifier] | Query) -> None:
        self.calls.append(what)
        if len(self.calls) == self.fails_at_call:
            raise SourceError(self.name, "away")


def remembering(index, *, now=NOW, **options):
    return Remembering(index, LookupMemory(LIFETIMES), now=lambda: now, **options)


def doi(number):
    return Identifier("doi", f"10.1000/paper.{number}")


def test_a_record_is_asked_for_once_by_any_job():
    index = Index(paper(1))
    assert remembering(index).fetch([doi(1)]) == {doi(1): paper(1)}
    assert remembering(index).fetch([doi(1)]) == {doi(1): paper(1)}
    assert index.calls == [[doi(1)]]


def test_no_such_record_is_an_answer_too():
    index = Index()
    assert remembering(index).fetch([doi(1)]) == {}
    assert remembering(index).fetch([doi(1)]) == {}
    assert index.calls == [[doi(1)]]


def test_a_search_is_done_once_and_its_order_kept():
    query = Query("Same title")
    index = Index(*(paper(n, title="Same title") for n in (3, 1, 2)))
    first, second = remembering(index).search(query), remembering(index).search(query)
    assert list(first) == list(second) == list(index.records)
    assert index.calls == [query]


def test_a_search_without_hits_is_remembered():
    index = Index()
    assert list(remembering(index).search(Query("Nothing"))) == []
    assert list(remembering(index).search(Query("Nothing"))) == []
    assert len(index.calls) == 1


@pytest.mark.parametrize(
    "other",
    [
        Query("Another title", (Name("Doe", "Jane"),), 2000),
        Query("Title", (Name("Doe", "Jane"),), 2001),
        Query("Title", (Name("Doe", "John"),), 2000),
        Query("Title", (), 2000),
        Query("Title", (Name("Doe", "Jane"),), 2000, volume="1"),
        Query("Title", (Name("Doe", "Jane"),), 2000, first_page="1"),
        Query("Title", (Name("Doe", "Jane"),), 2000, container="1"),
    ],
)
def test_another_question_is_asked(other):
    index = Index()
    remembering(index).search(Query("Title", (Name("Doe", "Jane"),), 2000))
    remembering(index).search(other)
    assert len(index.calls) == 2


def test_an_identifier_of_another_scheme_and_another_source_are_other_questions():
    index, other = Index(), Index()
    other.name = "openalex"
    remembering(index).fetch([Identifier("doi", "1")])
    remembering(index).fetch([Identifier("pmid", "1")])
    remembering(other).fetch([Identifier("pmid", "1")])
    assert (len(index.calls), len(other.calls)) == (2, 1)


@pytest.mark.parametrize(
    ("known", "lifetime"),
    [
        ([paper(1, citation_count=None)], LIFETIMES.records),
        ([paper(1, citation_count=5)], LIFETIMES.citations),
        ([paper(1, citation_count=0)], LIFETIMES.citations),
        ([], LIFETIMES.not_found),
    ],
)
def test_an_answer_is_fresh_until_its_time_is_over_and_no_longer(known, lifetime):
    index = Index(*known)
    remembering(index).fetch([doi(1)])
    remembering(index, now=NOW + lifetime - MOMENT).fetch([doi(1)])
    assert len(index.calls) == 1
    remembering(index, now=NOW + lifetime).fetch([doi(1)])
    assert len(index.calls) == 2
    remembering(index, now=NOW + 2 * lifetime - MOMENT).fetch([doi(1)])
    assert len(index.calls) == 2


def test_a_citation_count_may_be_old_where_nobody_wants_it():
    index = Index(paper(1, citation_count=5))
    remembering(index).fetch([doi(1)])
    later = NOW + LIFETIMES.records - MOMENT
    assert remembering(index, now=later, citations=False).fetch([doi(1)])[doi(1)].citation_count == 5
    assert len(index.calls) == 1
    remembering(index, now=later, citations=True).fetch([doi(1)])
    assert len(index.calls) == 2


def test_only_what_is_not_known_is_asked_and_in_full_batches():
    index = Index(*(paper(n) for n in range(20)))
    remembering(index).fetch([doi(n) for n in (1, 4, 5)])
    source = remembering(index)
    assert source.batch_size >= 12
    assert source.fetch([doi(n) for n in range(12)]) == {doi(n): paper(n) for n in range(12)}
    assert [len(call) for call in index.calls] == [3, 3, 3, 3]
    assert not {doi(1), doi(4), doi(5)} & {i for call in index.calls[1:] for i in call}


def test_an_identifier_twice_in_one_question_is_asked_once():
    index = Index(paper(1))
    assert remembering(index).fetch([doi(1), doi(1)]) == {doi(1): paper(1)}
    assert index.calls == [[doi(1)]]


def test_what_could_not_be_asked_is_not_remembered():
    index = Index(paper(1, title="Title"), fails_at_call=1)
    with pytest.raises(SourceError):
        remembering(index).fetch([doi(1), doi(2)])
    assert not Lookup.objects.exists()
    assert remembering(index).fetch([doi(1), doi(2)]) == {doi(1): index.records[0]}
    failing = Index(paper(1, title="Title"), fails_at_call=1)
    with pytest.raises(SourceError):
        remembering(failing).search(Query("Title"))
    assert list(remembering(failing).search(Query("Title"))) == [failing.records[0]]


def test_what_was_answered_before_a_failure_is_not_asked_again():
    index = Index(*(paper(n) for n in range(9)), fails_at_call=3)
    with pytest.raises(SourceError):
        remembering(index).fetch([doi(n) for n in range(9)])
    assert remembering(index).fetch([doi(n) for n in range(9)]) == {doi(n): paper(n) for n in range(9)}
    assert index.calls[3:] == [[doi(6), doi(7), doi(8)]]


def test_each_batch_is_remembered_before_the_next_is_asked_for():
    """A worker that is killed between two calls has lost nothing."""
    index = Index(*(paper(n) for n in range(9)))
    rows = []
    ask = index.fetch
    index.fetch = lambda batch: rows.append(Lookup.objects.count()) or ask(batch)
    remembering(index).fetch([doi(n) for n in range(9)])
    assert rows == [0, 3, 6]


def test_a_newer_answer_takes_the_place_of_an_expired_one():
    index = Index()
    remembering(index).fetch([doi(1)])
    index.records = (paper(1),)
    assert remembering(index, now=NOW + DAY).fetch([doi(1)]) == {doi(1): paper(1)}
    assert Lookup.objects.get().found
    assert remembering(index, now=NOW + 2 * DAY).fetch([doi(1)]) == {doi(1): paper(1)}


def test_an_answer_that_cannot_be_read_counts_as_forgotten():
    index = Index(paper(1))
    remembering(index).fetch([doi(1)])
    Lookup.objects.update(answer=b"written by another version")
    assert remembering(index).fetch([doi(1)]) == {doi(1): paper(1)}
    assert len(index.calls) == 2


def test_the_table_does_not_say_who_asked_for_what():
    remembering(Index()).search(Query("An unpublished idea", (Name("Nobody", "N."),)))
    row = Lookup.objects.values_list("source", "kind", "key", "answer").get()
    assert "idea" not in str(row).lower()
    assert "nobody" not in str(row).lower()


def test_the_tally_tells_what_came_from_memory():
    index = Index(paper(1, title="Title"))
    remembering(index).fetch([doi(1), doi(2)])
    index.calls.clear()
    source = remembering(index)
    source.fetch([doi(1), doi(2)])
    source.search(Query("Title"))
    assert source.tally() == SourceTally(asked=3, answered=3, found=1, cached=2, seconds=1)


def test_it_offers_itself_as_the_source_it_wraps():
    source = remembering(Index())
    assert (source.name, source.resolves, source.searches) == ("crossref", {"doi", "pmid"}, True)


def test_every_record_a_source_gave_is_handed_on_once():
    kept = []
    index = Index(paper(1, title="Title"), paper(2))
    for _ in range(2):
        source = remembering(index, keep=kept.append)
        source.fetch([doi(1), doi(2), doi(3)])
        source.search(Query("Title"))
    assert kept == [[paper(1, title="Title"), paper(2)], [paper(1, title="Title")]]


def test_expired_answers_are_forgotten_a_few_at_a_time_and_fresh_ones_stay():
    index = Index(*(paper(n) for n in range(5)))
    source = remembering(index)
    source.fetch([doi(n) for n in range(8)])
    assert forget_expired(100, now=NOW + DAY - MOMENT, lifetimes=LIFETIMES) == 0
    assert forget_expired(2, now=NOW + DAY, lifetimes=LIFETIMES) == 2
    assert forget_expired(2, now=NOW + DAY, lifetimes=LIFETIMES) == 1
    assert Lookup.objects.count() == 5
    assert forget_expired(100, now=NOW + 30 * DAY - MOMENT, lifetimes=LIFETIMES) == 0
    assert forget_expired(100, now=NOW + 30 * DAY, lifetimes=LIFETIMES) == 5


def test_an_answer_that_is_asked_for_anew_while_expired_ones_are_forgotten_stays(monkeypatch):
    index = Index(paper(1))
    remembering(index).fetch([doi(1)])

    def in_between(expired):
        monkeypatch.undo()
        remembering(index, now=NOW + 30 * DAY).fetch([doi(1)])
        yield expired

    monkeypatch.setattr("apps.scholar_app.catalogue.memory.chunks", in_between)
    assert forget_expired(9, now=NOW + 30 * DAY, lifetimes=LIFETIMES) == 0
    assert Lookup.objects.count() == 1


def test_times_to_live_come_from_the_settings(settings):
    settings.SCITEX_RECORD_TTL_DAYS, settings.SCITEX_NOT_FOUND_TTL_DAYS, settings.SCITEX_CITATION_TTL_DAYS = 3, 1, 2
    assert Lifetimes.of_settings() == Lifetimes(records=3 * DAY, not_found=DAY, citations=2 * DAY)
    remembering(Index(paper(1))).fetch([doi(1)])
    assert forget_expired(9, now=NOW + 3 * DAY) == 1


def test_a_short_time_for_records_is_not_outlived_by_their_citation_counts():
    times = replace(LIFETIMES, records=2 * DAY)
    assert times.of([paper(citation_count=1)], citations=True) == 2 * DAY


def _remember_all(numbers):
    """In a process of its own: remember the same answers as the others, in an order of its own."""
    connection.close()
    memory = LookupMemory(LIFETIMES)
    for round_ in range(10):
        answers = {Question.about(doi(n)): (paper(n),) for n in numbers}
        memory.remember("crossref", answers, asked_at=NOW + round_ * MOMENT)
    connection.close()


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_workers_that_remember_the_same_answers_at_once_leave_one_of_each():
    connection.close()
    context = multiprocessing.get_context("fork")
    orders = [list(range(40)), list(range(39, -1, -1)), [*range(20, 40), *range(20)]]
    workers = [context.Process(target=_remember_all, args=(order,)) for order in orders]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert Lookup.objects.count() == 40
    known = LookupMemory(LIFETIMES).recall(
        "crossref", [Question.about(doi(n)) for n in range(40)], now=NOW, citations=True
    )
    assert len(known) == 40


class ManyAtOnce(Index):
    """An index that takes several searches at once."""

    def search_many(self, queries, *, late):
        left = list(queries)
        try:
            while left:
                yield self.search(left.pop(0))
        finally:
            for query in left[:1]:
                late(query, self.search(query))

    def fetch_many(self, identifiers, *, late):
        left = [list(some) for some in chunks(identifiers, self.batch_size)]
        try:
            while left:
                yield self._piece(left.pop(0))
        finally:
            for batch in left[:1]:
                late(self._piece(batch))

    def _piece(self, batch):
        records = self.fetch(batch)
        return {identifier: records.get(identifier) for identifier in batch}


def test_search_that_is_answered_when_nobody_listens_any_more_is_not_made_again():
    index = ManyAtOnce(paper(1, title="First"), paper(2, title="Second"))
    answers = remembering(index).search_many([Query("First"), Query("Second"), Query("Third")])
    next(answers)
    answers.close()
    assert index.calls == [Query("First"), Query("Second")]
    list(remembering(index).search_many([Query("First"), Query("Second"), Query("Third")]))
    assert index.calls == [Query("First"), Query("Second"), Query("Third")]


def test_identifiers_that_are_answered_when_nobody_listens_any_more_are_not_asked_for_again():
    index = ManyAtOnce(paper(1), paper(4))
    pieces = remembering(index).fetch_many([doi(number) for number in range(9)])
    next(pieces)
    pieces.close()
    assert len(index.calls) == 2
    remembering(index).fetch([doi(number) for number in range(6)])
    assert len(index.calls) == 2


@pytest.mark.parametrize("kind", [Index, ManyAtOnce])
def test_many_searches_ask_for_what_is_not_known_and_keep_their_order(kind):
    index = kind(paper(1, title="First"), paper(2, title="Second"))
    queries = [Query("Second"), Query("Nowhere"), Query("First")]
    remembering(index).search(Query("Nowhere"))
    answers = [list(records) for records in remembering(index).search_many(queries)]
    assert [[record.title for record in records] for records in answers] == [["Second"], [], ["First"]]
    assert index.calls == [Query("Nowhere"), Query("Second"), Query("First")]
    assert [list(records) for records in remembering(index).search_many(queries)] == answers
    assert len(index.calls) == 3


@pytest.mark.parametrize("kind", [Index, ManyAtOnce])
def test_search_that_failed_among_many_costs_itself_alone(kind):
    index = kind(paper(1, title="First"), fails_at_call=2)
    with pytest.raises(SourceError):
        list(remembering(index).search_many([Query("First"), Query("Second")]))
    assert [list(records) for records in remembering(index).search_many([Query("First"), Query("Second")])] == [
        [paper(1, title="First")],
        [],
    ]
    assert index.calls == [Query("First"), Query("Second"), Query("Second")]
