"""What the pages show, in which order and how large, from the first waiting to the last page of the result."""

import re
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.scholar_app import jobs
from apps.scholar_app.enrichment.record import Pause, Progress, Settled, SourceTally
from apps.scholar_app.enrichment.report import EntryReport, SourceReport
from apps.scholar_app.models import EnrichmentJob
from apps.scholar_app.polling import PAUSES, SPREAD
from apps.scholar_app.supervision import reasons
from tests.jobs.making import claimed, in_turn, put_back
from tests.web.making import (
    BIBTEX,
    added,
    candidate,
    complete,
    content,
    entry,
    fail,
    page,
    uploaded,
    url,
)

pytestmark = pytest.mark.django_db


def working(job: EnrichmentJob, **progress: Any) -> jobs.Claim:
    claim = jobs.claim(worker="test", job_id=job.pk)
    assert claim, "the job was not waiting"
    assert jobs.renew(claim, progress=Progress(entries_total=40, **progress))
    return claim


# Progress


def test_a_waiting_job_says_how_many_are_in_front(client: Client) -> None:
    others = uploaded(Client()), uploaded(Client())
    job = uploaded(client)
    in_turn(*others, job)
    assert "2 files are in front of yours" in page(client, "job", job)


def test_a_job_at_work_says_how_far_it_is_and_with_whom(client: Client) -> None:
    job = uploaded(client)
    tally = SourceTally(asked=20, answered=19, found=11, cached=3, seconds=4.25)
    working(job, entries_done=13, outcomes={"enriched": 13}, sources={"crossref": tally}, activity="Asking Crossref")
    for name in ("job", "job_progress"):
        shown = page(client, name, job)
        assert "13 of 40 entries" in shown
        assert "Asking Crossref" in shown
        assert "4.3" in shown
        assert 'aria-label="13 Enriched"' in shown


@pytest.mark.parametrize(
    ("state", "limit", "said"),
    [("pending", 5, "It has waited for longer"), ("processing", 10, "It has run for longer")],
)
def test_who_watches_a_job_past_its_limit_is_told_that_it_will_end_and_what_to_do(
    state: str, limit: int, said: str, client: Client
) -> None:
    job = uploaded(client)
    if state == "processing":
        claimed(job)
    since = "queued_at" if state == "pending" else "started_at"
    put_back(job.pk, **{since: timedelta(minutes=limit, seconds=-30)})
    assert 'id="overdue"' not in page(client, "job_progress", job)
    put_back(job.pk, **{since: timedelta(minutes=1)})
    for name in ("job", "job_progress"):
        shown = page(client, name, job)
        assert said in shown
        assert "cancel it here and try again" in shown


def test_a_job_that_has_ended_is_not_overdue(client: Client) -> None:
    job = complete(uploaded(client))
    put_back(job.pk, queued_at=timedelta(hours=1), started_at=timedelta(hours=1))
    assert 'id="overdue"' not in page(client, "job_progress", job)


def delay(shown: str) -> int:
    """Milliseconds until the next look."""
    return int(re.search(r"load delay:(\d+)ms", shown)[1])  # type: ignore[index]


def test_the_page_polls_with_a_growing_pause_and_never_stops_before_the_end(client: Client) -> None:
    job = uploaded(client)
    for seen in range(30):
        shown = page(client, "job_progress", job, f"?seen={seen}")
        base = PAUSES[min(seen, len(PAUSES) - 1)]
        assert abs(delay(shown) - 1000 * base) <= 1000 * base * SPREAD
        assert f"?seen={seen + 1}&" in shown


@pytest.mark.parametrize("seen", ["x", "-1", "999999999999", "१", ""])
def test_a_senseless_count_of_looks_begins_anew(seen: str, client: Client) -> None:
    assert delay(page(client, "job_progress", uploaded(client), f"?seen={seen}")) <= 1000 * PAUSES[0] * (1 + SPREAD)


def test_polling_stops_when_the_job_has_ended_and_the_page_is_loaded_anew(client: Client) -> None:
    job = uploaded(client)
    assert "HX-Refresh" not in client.get(url("job_progress", job), headers={"HX-Request": "true"})
    complete(job)
    response = client.get(url("job_progress", job), headers={"HX-Request": "true"})
    assert response["HX-Refresh"] == "true"
    assert "hx-get" not in content(response).decode()


def test_tenths_are_announced_when_they_change_and_not_otherwise(client: Client) -> None:
    job = uploaded(client)
    working(job, entries_done=13)
    assert "30 percent done" in page(client, "job_progress", job, "?seen=1&said=20")
    assert "percent" not in page(client, "job_progress", job, "?seen=1&said=30")


def test_without_script_the_page_reloads_itself_until_the_end(client: Client) -> None:
    job = uploaded(client)
    assert re.search(r'<noscript>\s*<meta http-equiv="refresh" content="5">', page(client, "job", job))
    complete(job)
    assert "refresh" not in page(client, "job", job)


def test_looking_at_progress_takes_few_queries(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    job = uploaded(client)
    with django_assert_max_num_queries(4):
        client.get(url("job_progress", job))


# The end


def test_a_failed_job_says_why_and_offers_nothing_but_another_try(client: Client) -> None:
    job = fail(uploaded(client), code="source_away", message="Crossref did not answer for 2 minutes.")
    shown = page(client, "job", job)
    assert "Crossref did not answer for 2 minutes." in shown
    assert url("job_retry", job) in shown
    assert f'href="{url("job_download", job)}"' not in shown


@pytest.mark.parametrize("name", ["job_download", "job_report_json", "job_report_csv", "job_diff"])
@pytest.mark.parametrize("state", ["pending", "processing", "failed", "cancelled"])
def test_only_a_completed_job_has_something_to_download(name: str, state: str, client: Client) -> None:
    job = uploaded(client)
    if state == "processing":
        working(job, entries_done=40)
    elif state == "failed":
        fail(job)
    elif state == "cancelled":
        client.post(url("job_cancel", job))
    assert EnrichmentJob.objects.get(pk=job.pk).status == state
    assert client.get(url(name, job)).status_code == 404


def test_the_upload_can_be_had_back_whatever_became_of_it(client: Client) -> None:
    job = fail(uploaded(client, name="Müller.bib"))
    response = client.get(url("job_original", job))
    assert content(response) == BIBTEX
    assert "filename*=utf-8''M%C3%BCller.bib" in response["Content-Disposition"]


def test_cancelling_ends_the_job_and_cancelling_again_says_so(client: Client) -> None:
    job = uploaded(client)
    assert client.post(url("job_cancel", job)).status_code == 302
    assert EnrichmentJob.objects.get(pk=job.pk).status == "cancelled"
    again = client.post(url("job_cancel", job), follow=True)
    assert "nothing to cancel" in content(again).decode()


def test_cancelling_leaves_a_completed_job_alone(client: Client) -> None:
    job = complete(uploaded(client))
    client.post(url("job_cancel", job))
    assert EnrichmentJob.objects.get(pk=job.pk).status == "completed"


def test_trying_again_makes_a_new_job_of_the_same_upload(client: Client) -> None:
    job = fail(uploaded(client, name="mine.bib"))
    client.post(url("job_retry", job))
    new = EnrichmentJob.objects.get(status="pending")
    assert (new.original_name, new.visitor) == ("mine.bib", job.visitor)
    assert EnrichmentJob.objects.get(pk=job.pk).status == "failed"


def test_trying_again_beside_an_active_job_is_a_choice(client: Client) -> None:
    failed = fail(uploaded(client))
    active = uploaded(client)
    response = client.post(url("job_retry", failed))
    assert response.status_code == HTTPStatus.CONFLICT
    assert url("job_retry", failed) in content(response).decode()
    client.post(url("job_retry", failed), {"replace": "1"})
    assert EnrichmentJob.objects.get(pk=active.pk).status == "cancelled"
    assert EnrichmentJob.objects.filter(status="pending").count() == 1


def test_a_deleted_job_is_gone(client: Client) -> None:
    job = complete(uploaded(client))
    response = client.post(url("job_delete", job), follow=True)
    assert "have been deleted" in content(response).decode()
    assert client.get(url("job", job)).status_code == 404


# The result


def test_the_result_opens_with_the_picture_of_its_outcomes(client: Client) -> None:
    entries = [entry(), entry("b"), entry("c", "conflict", reason="Title differs."), entry("d", "complete")]
    shown = page(client, "job", complete(uploaded(client), *entries))
    assert 'aria-label="2 Enriched, 1 Complete, 1 In conflict"' in shown
    widths = [float(width) for width in re.findall(r'<rect class="is-[a-z_]+"[^>]* width="([\d.]+)"', shown)]
    assert widths == [500, 250, 250]
    assert "2 of 4 entries gained something" in shown
    assert "1 is worth a look" in shown
    assert "Title differs." in shown


def test_added_values_stand_beside_their_source(client: Client) -> None:
    job = complete(uploaded(client), entry(added=added(doi="10.1000/182", abstract="We show that.")))
    shown = page(client, "job", job)
    for text in ("10.1000/182", "We show that.", "Crossref, 2026-01-31"):
        assert text in shown


def test_a_doubt_is_shown_with_the_works_that_may_be_meant(client: Client) -> None:
    job = complete(uploaded(client), entry("smith", "ambiguous", reason="Two works fit.", candidates=(candidate(),)))
    shown = page(client, "job", job)
    for text in ("Two works fit.", "Deep learning", "Smith, Jane", "2019", "first page: 12 against 45"):
        assert text in shown
    assert 'href="https://doi.org/10.1000/182"' in shown


def test_what_was_replaced_is_shown_with_what_it_replaced(client: Client) -> None:
    (value,) = added(volume="12")
    shown = page(client, "job", complete(uploaded(client), entry(replaced=(replace(value, was="??"),))))
    assert "in place of “??”" in shown


def test_a_source_that_stayed_away_is_named_with_the_entries_it_was_not_asked_for(client: Client) -> None:
    away = SourceReport(SourceTally(), away="Too many requests.", not_asked=tuple(f"key{n}" for n in range(30)))
    shown = page(client, "job", complete(uploaded(client), semanticscholar=away))
    assert "Semantic Scholar could not be asked for everything" in shown
    assert "Too many requests." in shown
    assert "These 30 entries" in shown
    assert "key19, …" in shown


@pytest.mark.parametrize(
    ("show", "keys"),
    [("", "abcdefg"), ("look", "bcdfg"), ("conflict", "c"), ("skipped", "eg"), ("no such choice", "abcdefg")],
)
def test_entries_can_be_chosen_by_outcome(show: str, keys: str, client: Client) -> None:
    entries = [
        entry("a"),
        entry("b", "ambiguous"),
        entry("c", "conflict"),
        entry("d", "not_found"),
        entry("e", "skipped"),
        entry("f", "complete", warnings=("This work was retracted.",)),
        entry("g", "skipped", type="", reason="The entry is not closed."),
    ]
    shown = page(client, "job", complete(uploaded(client), *entries), f"?show={show}")
    assert re.findall(r"<h3><bdi>(.)</bdi>", shown) == list(keys)


@pytest.mark.parametrize(("query", "first"), [("", 0), ("?page=2", 25), ("?page=9", 50), ("?page=x", 0)])
def test_entries_come_page_by_page(query: str, first: int, client: Client) -> None:
    job = complete(uploaded(client), *[entry(f"k{number}") for number in range(60)])
    keys = re.findall(r"<h3><bdi>(\w+)</bdi>", page(client, "job", job, query))
    assert keys == [f"k{number}" for number in range(first, min(first + 25, 60))]


def long_entry(number: int, *, fields: int, text: str) -> EntryReport:
    values = {f"field{n}": text * 1000 for n in range(fields)}
    return entry(f"key{number}" * 30, added=added(**values), warnings=(text * 300,) * 3, reason=text * 1000)


@pytest.mark.parametrize("fields", [0, 4, 24])
@pytest.mark.parametrize("text", ["x", "x y ", "'\"&<", "文献"])
def test_no_page_of_a_long_result_is_large_and_besides_its_entries_it_is_small(
    fields: int, text: str, client: Client
) -> None:
    lines = "".join(f"  field{number} = {{{text * 1000}}},\n" for number in range(400)).encode()
    entries = [long_entry(number, fields=fields, text=text) for number in range(50)]
    job = complete(uploaded(client), *entries, result=BIBTEX + lines)
    assert len(page(client, "job_diff", job).encode()) < 100_000
    shown = page(client, "job", job)
    assert len(shown.encode()) < 160_000
    assert len(re.sub(r'<ol class="entries">.*?</ol>', "", shown, flags=re.DOTALL).encode()) < 40_000


def test_every_entry_of_a_long_result_is_on_some_page(client: Client) -> None:
    entries = [long_entry(number, fields=24, text="'") for number in range(50)]
    job = complete(uploaded(client), *entries)
    keys = [re.findall(r"<h3><bdi>key(\d+)key", page(client, "job", job, f"?page={number}")) for number in range(1, 60)]
    pages = list(dict.fromkeys(map(tuple, keys)))
    assert [key for keys in pages for key in keys] == [str(number) for number in range(50)]


def test_the_differences_show_added_lines_between_their_neighbours(client: Client) -> None:
    shown = page(client, "job_diff", complete(uploaded(client)))
    assert "doi = {10.48550/arXiv.1706.03762}," in shown
    assert re.search(r"year = 2017<ins>,</ins>", shown)
    assert re.search(r"<td[^>]*>⋯</td>\s*<td>@article{vaswani2017,</td>", shown)


def test_nothing_added_is_said_so(client: Client) -> None:
    job = complete(uploaded(client), entry(outcome="complete"), result=BIBTEX)
    assert "byte for byte" in page(client, "job_diff", job)


# The state of the work


def test_a_job_tells_who_is_waited_for_and_why_and_what_was_settled_last(client: Client) -> None:
    job = uploaded(client)
    claim = claimed(job)
    waiting = {"crossref": Pause(12, "Crossref asks for a pause of 30 s (429)")}
    latest = (Settled("vaswani2017", "enriched"),)
    sources = {"crossref": SourceTally(asked=5, answered=4)}
    assert jobs.renew(claim, progress=Progress(40, 10, sources=sources, waiting=waiting, latest=latest, left=95.0))
    shown = " ".join(page(client, "job_progress", job).split())
    assert "Crossref asks for a pause of 30 s (429): 12 s to wait." in shown
    assert '<th scope="col">waits</th>' in shown
    assert "About 2 min left." in shown
    assert "<code><bdi>vaswani2017</bdi></code>" in shown
    assert "Enriched" in shown.partition("vaswani2017")[2]


def test_the_tab_says_how_far_the_job_is_and_how_it_ended(client: Client) -> None:
    job = uploaded(client, name="thesis.bib")
    assert title_of(page(client, "job", job)) == "Waiting: thesis.bib · SciTeX Scholar"
    claim = claimed(job)
    assert jobs.renew(claim, progress=Progress(40, 10))
    assert title_of(page(client, "job", job)) == "25 %: thesis.bib · SciTeX Scholar"
    looked = content(client.get(url("job_progress", job), headers={"HX-Request": "true"})).decode()
    assert title_of(looked) == "25 %: thesis.bib · SciTeX Scholar"
    assert jobs.fail(claim, code="source_away", message="Crossref did not answer.")
    assert title_of(page(client, "job", job)) == "Failed: thesis.bib · SciTeX Scholar"


def title_of(html: str) -> str:
    return " ".join(html.partition("<title>")[2].partition("</title>")[0].split())


def test_a_job_of_an_older_worker_that_said_less_is_shown_all_the_same(client: Client) -> None:
    job = uploaded(client)
    EnrichmentJob.objects.filter(pk=job.pk).update(progress={"activity": "Asking", "sources": {}})
    assert "Asking" in page(client, "job_progress", job)


@pytest.mark.parametrize(
    ("minutes", "status", "says"),
    [(6, "pending", "its turn never came"), (11, "processing", "10 of 40 entries had their answer. What was found")],
)
def test_a_job_that_the_clean_up_failed_says_what_to_do(minutes: int, status: str, says: str, client: Client) -> None:
    job = uploaded(client)
    if status == "processing":
        assert jobs.renew(claimed(job), progress=Progress(40, 10))
    put_back(job.pk, **{"queued_at" if status == "pending" else "started_at": timedelta(minutes=minutes)})
    assert sum(jobs.fail_stale()) == 1
    looked = client.get(url("job_progress", job), headers={"HX-Request": "true"})
    assert looked["HX-Refresh"] == "true", "whoever watches is told at the next look"
    shown = page(client, "job", job)
    assert says in shown
    assert "Try again" in shown


def test_a_failed_job_says_once_that_what_was_found_is_kept(client: Client) -> None:
    job = fail(uploaded(client), code="source_away", message=reasons.source_away("crossref", "503").message)
    assert page(client, "job", job).count("remembered") == 1


@pytest.mark.parametrize(("code", "again"), [("source_away", True), ("not_bibtex", False), ("out_of_memory", False)])
def test_another_try_is_offered_where_it_makes_sense(code: str, again: bool, client: Client) -> None:
    job = fail(uploaded(client), code=code)
    assert (url("job_retry", job) in page(client, "job", job)) == again
