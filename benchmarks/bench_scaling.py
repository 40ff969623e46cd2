"""How many users a day the service carries, and what gives out first: a model over costs measured here.

``python -m benchmarks scaling``; ``python -m benchmarks.bench_scaling --entries-per-file 200 --known-locally 0.9``
changes what users are assumed to do. The model is ``benchmarks/scaling_model.py``.
"""
# ruff: noqa: PLC0415  (Django can be imported only when its settings are)

import argparse
import json
import multiprocessing
import random
import resource
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, fields, replace
from typing import Any

from apps.scholar_app.enrichment import Document, enrich
from apps.scholar_app.enrichment.record import Identifier
from apps.scholar_app.enrichment.sources import registry
from apps.scholar_app.enrichment.sources.limits import Rate
from apps.scholar_app.enrichment.sources.manners import Access
from benchmarks.bench_jobs import FOLDER, _set_up
from benchmarks.bench_sources import TODAY, crossref
from benchmarks.scaling_model import Costs, Demand, Habits, Index, carries, demand
from tests.indexserver.works import bibliography, made
from tests.on_postgresql import server

OUTPUT = FOLDER / "scaling.json"
USERS = (1_000, 10_000, 100_000, 1_000_000)
LOCALLY = (0.0, 0.9, 0.99)
CONTACT = Access(contact="bench@example.org")
ENTRIES, JOBS, PAGES, ANSWERS = 300, 150, 200, 2_000
#: As long as an abstract is, of words that compress as text does.
ABSTRACT_WORDS = 150
FAST = Rate(1_000, 1.0)


def main() -> None:
    """Measure, print the tables, write ``var/bench/scaling.json``."""
    parser = argparse.ArgumentParser(description=__doc__)
    for field in fields(Habits):
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=float, default=field.default)
    habits = Habits(**vars(parser.parse_args()))
    measured = {name: measured_on(name) for name in ("sqlite", "postgresql")}
    costs = {name: Costs(**values) for name, values in measured.items()}
    indexes = [index_of(name) for name in registry.INDEXES if registry.INDEXES[name].source.searches]
    _print_costs(costs)
    _print_demand(habits, costs, index_of("crossref"))
    ends = _print_ends(habits, costs, indexes)
    told = {"habits": asdict(habits), "costs": measured, "users_a_day": ends}
    OUTPUT.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def index_of(name: str) -> Index:
    """As its limits are for who gives an address."""
    pace = registry.outline(name, CONTACT).pace
    if pace is None:
        raise SystemExit(f"{name} has no limits")
    return Index(name, pace.per_call, pace.batch_seconds, pace.search_seconds * pace.calls_per_search)


# ------------------------------------------------------------------ costs


def measured_on(database: str) -> dict[str, float]:
    """The costs with this database, in a process of its own, since a process has one site."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_measure, args=(database, theirs))
    process.start()
    theirs.close()
    try:
        costs: dict[str, float] = ours.recv()
    except EOFError:
        raise SystemExit(f"the costs on {database} could not be measured") from None
    process.join()
    return costs


def _measure(database: str, pipe: Any) -> None:
    folder = FOLDER / f"scaling-{database}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        if database == "postgresql":
            with server(durable=True) as url:
                _set_up(folder, url)
                pipe.send(_costs())
        else:
            _set_up(folder, "")
            pipe.send(_costs())
    finally:
        from django.db import connections

        connections.close_all()
        shutil.rmtree(folder, ignore_errors=True)


def _costs() -> dict[str, float]:
    return {
        "cpu_per_entry": cpu_per_entry(),
        "cpu_per_job": cpu_of_a_child(),
        **costs_of_jobs(),
        "bytes_per_answer": bytes_per_answer(),
        # The upload, and twice as much again for result and report.
        "bytes_per_entry": 3.0 * len(bibliography(made(ENTRIES), with_doi=lambda _: True)) / ENTRIES,
    }


def cpu_per_entry() -> float:
    """Seconds of our own CPU: half of the entries by DOI, half by title; the index is another process."""
    data = bibliography(made(ENTRIES), with_doi=lambda number: number % 2 == 0)
    with crossref(FAST) as (source, _):
        began = time.process_time()
        enrich(Document.read(data), [source], today=TODAY)
        return (time.process_time() - began) / ENTRIES


def cpu_of_a_child() -> float:
    """Seconds of CPU until a job's own process is ready to begin."""
    code = "import django; django.setup(); import apps.scholar_app.supervision.body"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def costs_of_jobs() -> dict[str, float]:
    """One job after the other through its life, as its one writer sees it; and what its page costs."""
    from django.core.management import call_command
    from django.test import Client
    from django.urls import reverse

    from apps.scholar_app import jobs
    from apps.scholar_app.enrichment.record import Progress
    from tests.jobs.making import complete, submitted

    size, began = _database_bytes(), time.perf_counter()
    for _ in range(JOBS):
        claim = jobs.claim(worker="bench", job_id=submitted().pk)
        if claim is None:
            raise SystemExit("a job was not to be had")
        for done in range(3):
            jobs.renew(claim, progress=Progress(entries_total=60, entries_done=done))
        complete(claim)
    seconds = (time.perf_counter() - began) / JOBS
    grown = (_database_bytes() - size) / JOBS
    call_command("collectstatic", interactive=False, verbosity=0)
    client = Client(SERVER_NAME="localhost")
    if client.get(reverse("scholar:bibtex_form")).status_code != 200:
        raise SystemExit("the page cannot be had")
    began = time.process_time()
    for _ in range(PAGES):
        client.get(reverse("scholar:bibtex_form"))
    cpu = (time.process_time() - began) / PAGES
    return {"database_seconds_per_job": seconds, "bytes_per_job": grown, "cpu_per_page": cpu}


def bytes_per_answer() -> float:
    """What the memory of look-ups grows by for one work with an abstract."""
    from django.utils import timezone

    from apps.scholar_app.catalogue.memory import Lifetimes, LookupMemory, Question

    with crossref(FAST) as (source, _):
        (record,) = source.fetch([Identifier("doi", "10.1000/1")]).values()
    luck = random.Random(1)
    words = ["".join(luck.choices("etaoinshrdlucmfw", k=luck.randint(2, 10))) for _ in range(4_000)]
    size, memory = _database_bytes(), LookupMemory(Lifetimes.of_settings())
    for start in range(0, ANSWERS, 100):
        answers = {
            Question.about(Identifier("doi", f"10.1000/{number}")): [
                replace(record, abstract=" ".join(luck.choices(words, k=ABSTRACT_WORDS)))
            ]
            for number in range(start, start + 100)
        }
        memory.remember("crossref", answers, asked_at=timezone.now())
    return (_database_bytes() - size) / ANSWERS


def _database_bytes() -> int:
    from django.db import connection

    sqlite = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    with connection.cursor() as cursor:
        cursor.execute(sqlite if connection.vendor == "sqlite" else "SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


# ------------------------------------------------------------------ tables


def _print_costs(costs: dict[str, Costs]) -> None:
    print(f"\n{'measured':<28}" + "".join(f"{name:>14}" for name in costs))
    for field in fields(Costs):
        print(f"{field.name:<28}" + "".join(f"{getattr(values, field.name):>14.5g}" for values in costs.values()))


def _print_demand(habits: Habits, costs: dict[str, Costs], index: Index) -> None:
    print(f"\n{'users a day':<28}" + "".join(f"{users:>14,}" for users in USERS) + "   (busiest hour, Crossref)")
    for database, values in costs.items():
        columns = [demand(users, habits=habits, costs=values, index=index) for users in USERS]
        shown = [field.name for field in fields(Demand)] if database == "sqlite" else ["database_use"]
        for name in shown:
            label = f"{name} ({database})" if name == "database_use" else name
            print(f"{label:<28}" + "".join(f"{getattr(column, name):>14.4g}" for column in columns))


def _print_ends(habits: Habits, costs: dict[str, Costs], indexes: list[Index]) -> dict[str, list[float]]:
    """The users a day at which each part is saturated, for shares of the works that the local catalogue knows."""
    print(f"\n{'saturated at users a day':<28}" + "".join(f"{share:>13.0%} " for share in LOCALLY) + "  known locally")
    ends: dict[str, list[float]] = {}

    def row(label: str, name: str, values: Costs, index: Index, *, capacity: float = 1.0) -> None:
        def saturated(share: float) -> float:
            there = replace(habits, known_locally=share)
            return carries(
                lambda users: getattr(demand(users, habits=there, costs=values, index=index), name) / capacity
            )

        ends[label] = [saturated(share) for share in LOCALLY]
        print(f"{label:<28}" + "".join(f"{end:>14,.0f}" for end in ends[label]))

    for index in indexes:
        row(f"limit of {index.name}", "index_use", costs["sqlite"], index)
    for database, values in costs.items():
        # SQLite has one writer; PostgreSQL has as many as there are connections, each as fast as its disk's answers.
        row(f"{database}, one connection", "database_use", values, indexes[0])
    row("workers, 2 cores", "worker_cores", costs["sqlite"], indexes[0], capacity=2)
    row("pages, 2 cores", "web_cores", costs["sqlite"], indexes[0], capacity=2)
    row("100 GB of database", "memory_gigabytes", costs["sqlite"], indexes[0], capacity=100)
    row("1 TB of files", "files_gigabytes", costs["sqlite"], indexes[0], capacity=1000)
    return ends


if __name__ == "__main__":
    main()
