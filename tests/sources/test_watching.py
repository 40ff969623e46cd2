"""The server of indexes by hand: what a person sees of limits, and what can be made to go wrong."""

import argparse
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from apps.scholar_app.enrichment.sources.manners import Access
from apps.scholar_app.enrichment.sources.registry import INDEXES
from tests.indexserver import Limit, options
from tests.indexserver.watching import table, usual_limits

ROOT = Path(__file__).resolve().parents[2]


def parsed(*arguments):
    parser = argparse.ArgumentParser(exit_on_error=False)
    options.add(parser)
    return parser.parse_args(arguments)


def line(server, budget):
    end = server.log[-1].at + 0.5
    return next(shown.split() for shown in table(server, now=end) if shown.startswith(budget))


def test_table_counts_the_calls_of_each_budget_and_who_broke_its_limit(server):
    server.limit("crossref", "list", Limit(calls=2, seconds=60, at_once=1))
    for _ in range(3):
        requests.get(server.url("crossref") + "/works?query.bibliographic=x", timeout=10)
    requests.get(server.url("crossref") + "/works/10.1000/x", timeout=10)
    assert line(server, "crossref list") == ["crossref", "list", "3", "3", "3", "2/60s", "0", "of", "1", "1"]
    assert line(server, "crossref single") == ["crossref", "single", "1", "1", "1", "none", "0", "of", "any", "0"]


def test_table_of_an_idle_server_is_its_heading_alone(server):
    assert len(table(server, now=0.0)) == 1


def test_limits_are_those_that_we_keep_unless_others_are_given(server):
    options.apply(parsed("--limit", "arxiv:call=7/2s:3"), server)
    crossref = INDEXES["crossref"].manners(Access(contact="op@example.org"))
    assert server.limits["crossref", "list"] == Limit(*crossref.rates["list"], crossref.at_once)
    assert server.limits["arxiv", "call"] == Limit(7, 2.0, 3)
    assert {index for index, _ in usual_limits()} == set(INDEXES)


def test_fault_comes_so_many_times_or_always(server):
    options.apply(parsed("--fault", "crossref=status_503:2", "--fault", "dblp=status_500"), server)
    server.limits.clear()  # What is asked here is asked at once.
    said = [requests.get(server.url("crossref") + "/works/10.1000/x", timeout=10).status_code for _ in range(3)]
    assert said == [503, 503, 404]
    assert {requests.get(server.url("dblp") + "/x", timeout=10).status_code for _ in range(3)} == {500}


@pytest.mark.parametrize(
    "nonsense",
    [
        ("--limit", "crossref=3/1s"),
        ("--limit", "crossref:lists=3/1s"),
        ("--fault", "crossref=rain"),
        ("--fault", "nobody=reset"),
        ("--latency", "soon"),
    ],
)
def test_nonsense_is_refused(nonsense):
    with pytest.raises(argparse.ArgumentError):
        parsed(*nonsense)


@pytest.mark.processes
def test_demo_shows_limits_being_kept_through_a_fault(tmp_path):
    command = [
        sys.executable, "-m", "tests.demo_online", "--entries", "6", "--sources", "crossref", "--latency", "0.01",
        "--limit", "crossref:list=20/1s:3", "--fault", "crossref=status_503:1", "--folder", str(tmp_path / "demo"),
    ]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "job completed: 6 of 6 entries" in done.stdout
    assert done.stdout.endswith("4 calls, 0 of them over a limit.\n")
