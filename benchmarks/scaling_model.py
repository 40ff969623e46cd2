"""What so many users a day ask of each part of the service, from a few measured costs: pure arithmetic.

Demand is that of the busiest hour. A part's *use* is demand over capacity: at 1.0 it is saturated, and what comes on top
waits until the queue refuses it at the door.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import ceil

DAY = 86_400.0
GIGABYTE = 1e9


@dataclass(frozen=True)
class Habits:
    """What users do. Assumed, not measured; change them on the command line."""

    files_per_user: float = 1.2
    entries_per_file: float = 60.0
    #: Of the entries, those that are looked up by an identifier; the others are searched by title.
    with_identifier: float = 0.6
    #: Of the entries, those that the local catalogue answers.
    known_locally: float = 0.0
    #: The busiest hour against the mean of the day.
    peak: float = 3.0
    #: How citations spread over works: the n-th most cited is asked for n ** -skew as often as the first.
    works: float = 100e6
    skew: float = 0.8
    #: Days that an answer is remembered, and that finished jobs are kept.
    remembered_days: float = 30.0
    kept_days: float = 30.0
    pages_per_job: float = 20.0


@dataclass(frozen=True)
class Index:
    """How an index may be asked: seconds from one call to the next, and what goes into one."""

    name: str
    per_call: int
    batch_seconds: float
    search_seconds: float


@dataclass(frozen=True)
class Costs:
    """Measured on this machine: seconds of one core, bytes, and seconds of the database for one job."""

    cpu_per_entry: float
    cpu_per_job: float
    cpu_per_page: float
    bytes_per_answer: float
    bytes_per_job: float
    bytes_per_entry: float
    database_seconds_per_job: float


@dataclass(frozen=True)
class Demand:
    """What comes together."""

    jobs_per_second: float
    remembered: float
    answers_kept: float
    index_use: float
    database_use: float
    worker_cores: float
    web_cores: float
    memory_gigabytes: float
    files_gigabytes: float


def remembered(asked_per_day: float, habits: Habits) -> tuple[float, float]:
    """The share of questions that the memory answers, and how many answers it holds, with popularity after Zipf.

    A work asked for x times within the time to live is answered from memory x / (1 + x) of the time.
    """
    weights = list(_ranks(habits))
    total = sum(count * rank**-habits.skew for rank, count in weights)
    hits = kept = 0.0
    for rank, count in weights:
        share = rank**-habits.skew / total
        within = asked_per_day * share * habits.remembered_days
        hits += count * share * within / (1 + within)
        kept += count * within / (1 + within)
    return hits, kept


def _ranks(habits: Habits, *, steps_per_octave: int = 8) -> Iterator[tuple[float, float]]:
    """The works in bands of similar popularity: the middle rank, and how many there are."""
    first = 1.0
    while first < habits.works:
        after = min(max(first + 1, first * 2 ** (1 / steps_per_octave)), habits.works)
        yield (first + after - 1) / 2, after - first
        first = after


def demand(users: float, *, habits: Habits, costs: Costs, index: Index) -> Demand:
    """Of so many users a day, at their busiest hour, with one index besides the local catalogue."""
    jobs = users * habits.files_per_user
    asked = jobs * habits.entries_per_file * (1 - habits.known_locally)
    share, kept = remembered(asked, habits)
    missed = habits.entries_per_file * (1 - habits.known_locally) * (1 - share)
    by_identifier, by_title = missed * habits.with_identifier, missed * (1 - habits.with_identifier)
    calls = by_identifier if by_identifier < 1 else ceil(by_identifier / index.per_call)
    peak = jobs / DAY * habits.peak
    return Demand(
        jobs_per_second=peak,
        remembered=share,
        answers_kept=kept,
        index_use=peak * (calls * index.batch_seconds + by_title * index.search_seconds),
        database_use=peak * costs.database_seconds_per_job,
        worker_cores=peak * (costs.cpu_per_job + habits.entries_per_file * costs.cpu_per_entry),
        web_cores=peak * habits.pages_per_job * costs.cpu_per_page,
        memory_gigabytes=(kept * costs.bytes_per_answer + jobs * habits.kept_days * costs.bytes_per_job) / GIGABYTE,
        files_gigabytes=jobs * habits.kept_days * habits.entries_per_file * costs.bytes_per_entry / GIGABYTE,
    )


def carries(use: Callable[[float], float], *, most: float = 1e9) -> float:
    """The users a day at which ``use`` reaches 1; it must not fall with more users."""
    low, high = 1.0, most
    if use(high) < 1:
        return most
    while high / low > 1.001:
        middle = (low * high) ** 0.5
        low, high = (middle, high) if use(middle) < 1 else (low, middle)
    return low
