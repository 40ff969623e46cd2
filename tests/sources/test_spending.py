"""The money of a day: shared, corrected by what the index says, and never overspent."""

import pytest

from apps.scholar_app.enrichment import Document, Options, SourceError, enrich
from apps.scholar_app.enrichment.record import Identifier, Query
from apps.scholar_app.enrichment.sources import registry
from apps.scholar_app.enrichment.sources.limits import Rate
from apps.scholar_app.enrichment.sources.manners import Access
from apps.scholar_app.enrichment.sources.spending import DAY_SECONDS, Purse, dollars
from apps.scholar_app.enrichment.sources.states import states_of
from tests.indexserver import Work
from tests.indexserver.faults import retry_after, status
from tests.indexserver.requests import Reply

from .faking import TODAY, FakeClock, source_of

NOON = 1_800_000_000.0 // DAY_SECONDS * DAY_SECONDS + DAY_SECONDS / 2
ONE, TWO = Identifier("doi", "10.1000/one"), Identifier("doi", "10.1000/two")
TITLE = Query("Deep learning of everything")
ENTRIES = b"@article{a, title = {Deep Learning of Everything}, author = {Knuth, Donald E.}, year = {2020}}\n"


@pytest.fixture
def clock():
    return FakeClock(NOON)


@pytest.fixture(autouse=True)
def works(server):
    server.works += [Work("Deep learning of everything", doi=ONE.value), Work("Another", doi=TWO.value)]


@pytest.fixture
def openalex(server, shared):
    """A source that may spend as much as two searches and a half cost."""
    return source_of("openalex", server, shared, daily_budget=2_500)


@pytest.fixture
def spending(home):
    return home.keepers().spending


def saying(**money):
    """An honest answer that names money, as ``cost="0.002"``."""

    def fault(handler, reply):
        told = {f"X-RateLimit-{name.replace('_', '-')}-USD": value for name, value in money.items()}
        handler.say(Reply(reply.status, reply.body, reply.kind, told))

    return fault


def test_budget_is_spent_to_its_last_part_and_not_beyond(spending):
    assert spending.pay("x", price=600, budget=1_000, now=NOON)
    assert not spending.pay("x", price=401, budget=1_000, now=NOON)
    assert spending.pay("x", price=400, budget=1_000, now=NOON)
    assert spending.purse("x", now=NOON) == Purse(spent=1_000)


def test_all_who_share_a_home_spend_one_budget(home):
    one, other = (home.keepers().spending for _ in range(2))
    assert one.pay("x", price=1_000, budget=1_000, now=NOON)
    assert not other.pay("x", price=1, budget=1_000, now=NOON)
    assert other.pay("y", price=1, budget=1_000, now=NOON)


def test_budget_opens_at_midnight_and_not_a_second_before(spending):
    midnight = NOON + DAY_SECONDS / 2
    assert spending.pay("x", price=1_000, budget=1_000, now=NOON)
    assert not spending.pay("x", price=1_000, budget=1_000, now=midnight - 1)
    assert spending.pay("x", price=1_000, budget=1_000, now=midnight)


def test_what_the_index_says_is_left_goes_before_our_own_sum(spending):
    spending.correct("x", by=0, told_left=150, now=NOON)
    assert spending.pay("x", price=100, budget=1_000, now=NOON)
    assert not spending.pay("x", price=100, budget=1_000, now=NOON)
    spending.correct("x", by=-100, told_left=400, now=NOON)
    assert spending.purse("x", now=NOON) == Purse(spent=0, told_left=400)


@pytest.mark.parametrize(
    ("amount", "written"),
    [(0, "$0.00"), (100_000, "$0.10"), (1_000_000, "$1.00"), (2_500, "$0.0025"), (1, "$0.000001")],
)
def test_amount_is_written_with_as_many_decimals_as_it_takes(amount, written):
    assert dollars(amount) == written


def test_searches_end_when_the_money_of_the_day_is_used_up(server, openalex, shared):
    assert openalex.search(TITLE)
    assert openalex.search(TITLE)
    with pytest.raises(
        SourceError, match=r"budget of \$0.0025 a day is used up; .* midnight UTC, in 12 h 0 min"
    ) as caught:
        openalex.search(TITLE)
    assert caught.value.retry_after == pytest.approx(DAY_SECONDS / 2, abs=1)
    assert len(server.calls("openalex")) == 2
    assert openalex.fetch([ONE, TWO])  # A list costs a tenth.
    assert shared.spending.purse("openalex", now=NOON).spent == 2_100


def test_search_is_made_again_after_midnight(openalex, clock):
    openalex.search(TITLE)
    openalex.search(TITLE)
    clock.time = NOON + DAY_SECONDS / 2
    assert openalex.search(TITLE)


def test_single_work_is_free(server, shared):
    assert source_of("openalex", server, shared, daily_budget=0).fetch([ONE])
    assert shared.spending.purse("openalex", now=NOON).spent == 0


def test_cost_and_rest_that_an_answer_names_are_believed(server, openalex, shared):
    server.plan("openalex", [saying(Cost="0.002", Remaining="0.0008")])
    assert openalex.search(TITLE)
    assert shared.spending.purse("openalex", now=NOON) == Purse(spent=2_000, told_left=800)
    with pytest.raises(SourceError, match="used up"):
        openalex.search(TITLE)


def test_what_was_paid_in_advance_counts_as_left(server, openalex, shared):
    server.plan("openalex", [saying(Remaining="0", Prepaid_Remaining="5.5")])
    assert openalex.search(TITLE)
    assert openalex.search(TITLE)


@pytest.mark.parametrize("nonsense", ["-1", "much", "nan", "1e9", "0.1.2", ""])
def test_sum_that_makes_no_sense_is_not_heard(server, openalex, shared, nonsense):
    server.plan("openalex", [saying(Cost=nonsense, Remaining=nonsense)])
    openalex.search(TITLE)
    assert shared.spending.purse("openalex", now=NOON) == Purse(spent=1_000)


def test_call_without_an_answer_counts_as_paid(server, shared):
    source = source_of("openalex", server, shared, daily_budget=2_500)
    server.plan("openalex", [status(503)])
    source.search(TITLE)
    assert shared.spending.purse("openalex", now=NOON).spent == 2_000


@pytest.mark.parametrize(("key", "budget"), [("", 100_000), ("k3y", 1_000_000)])
def test_budget_is_what_the_account_gives_away_unless_the_operator_says_otherwise(key, budget):
    manners = registry.INDEXES["openalex"].manners
    assert manners(Access(key=key)).daily_budget == budget
    assert manners(Access(key=key, daily_budget=7)).daily_budget == 7


def run(sources, *, optional=frozenset()):
    return enrich(Document.read(ENTRIES), sources, today=TODAY, options=Options(optional_sources=optional))


def test_run_without_money_for_an_optional_source_says_which_entries_it_was_not_asked_for(server, shared):
    server.works.clear()
    sources = [source_of("crossref", server, shared), source_of("openalex", server, shared, daily_budget=0)]
    report = run(sources, optional=frozenset({"openalex"})).report.to_json()
    assert "used up" in report["sources"]["openalex"]["away"]
    assert report["sources"]["openalex"]["not_asked"] == ["a"]
    assert "midnight UTC" in " ".join(report["entries"][0]["warnings"])


def test_run_without_money_for_a_required_source_has_no_result(server, shared):
    server.works.clear()
    with pytest.raises(SourceError, match="openalex: its budget"):
        run([source_of("crossref", server, shared), source_of("openalex", server, shared, daily_budget=0)])


def state(source, shared):
    [state] = states_of([source._client.manners], shared)
    return state


def test_state_of_an_index_that_was_never_asked(server, shared):
    untouched = state(source_of("crossref", server, shared), shared)
    assert (untouched.name, untouched.title, untouched.why) == ("crossref", "Crossref", "")
    assert (untouched.away_since, untouched.closed_until, untouched.answered_at) == (None, None, None)
    assert (untouched.calls_last_minute, untouched.calls_last_day) == (0, 0)
    assert untouched.limits == {"single": Rate(10, 1), "list": Rate(3, 1)}
    assert untouched.money is None


def test_state_counts_the_calls_of_a_minute_and_of_a_day(server, shared, clock):
    source = source_of("crossref", server, shared)
    for _ in range(3):
        source.fetch([ONE])
    source.fetch([ONE, TWO])
    assert (state(source, shared).calls_last_minute, state(source, shared).calls_last_day) == (4, 4)
    clock.time += 120
    assert (state(source, shared).calls_last_minute, state(source, shared).calls_last_day) == (0, 4)
    clock.time += DAY_SECONDS
    assert state(source, shared).calls_last_day == 0


def test_state_names_the_stricter_limit_of_the_two(server, shared):
    server.plan("crossref", [status(503, X_Rate_Limit_Limit="1", X_Rate_Limit_Interval="10s")])
    source = source_of("crossref", server, shared)
    source.fetch([ONE])
    assert state(source, shared).limits == {"single": Rate(1, 10.0), "list": Rate(3, 1)}


def test_state_of_an_index_that_is_away_says_since_when_until_when_and_why(server, shared, clock):
    server.plan("crossref", [retry_after("600")])
    source = source_of("crossref", server, shared)
    with pytest.raises(SourceError):
        source.fetch([ONE])
    away = state(source, shared)
    assert away.away_since == pytest.approx(NOON, abs=1)
    assert away.closed_until == pytest.approx(NOON + 600, abs=1)
    assert away.why == "asks for a pause of 600 s (429)"
    clock.time += 601
    source.fetch([ONE])
    back = state(source, shared)
    assert (back.away_since, back.closed_until, back.why) == (None, None, "")
    assert back.answered_at == pytest.approx(NOON + 601, abs=1)


def test_state_tells_the_money_in_dollars_and_when_there_is_more(openalex, shared):
    openalex.search(TITLE)
    money = state(openalex, shared).money
    assert (money.budget, money.spent, money.left) == (0.0025, 0.001, 0.0015)
    assert state(openalex, shared).closed_until is None
    shared.spending.correct("openalex", by=0, told_left=0, now=NOON)
    spent = state(openalex, shared)
    assert spent.money.left == 0
    assert spent.closed_until == spent.money.opens_at == NOON + DAY_SECONDS / 2
    assert spent.why == "the money of the day is used up"
