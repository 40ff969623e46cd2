"""Reviewing on the pages: what a button does, what follows from it, and who is told when two decide at once."""

import csv
import io
import json
import re
from typing import Any

import pytest
from django.test import Client

from apps.scholar_app import files, jobs, reviews
from apps.scholar_app.enrichment import Document
from apps.scholar_app.models import EnrichmentJob
from apps.scholar_app.review.decisions import DecisionError
from apps.scholar_app.review_views import parse
from tests.review.making import MIND, TEXT, enriched
from tests.review.test_decisions import KNOWN, TWICE
from tests.web.making import complete as complete_with
from tests.web.making import content, entry, page, uploaded, url

pytestmark = pytest.mark.django_db

RESULT, REPORT = enriched()
SCRIPTED = {"HX-Request": "true"}


def completed(client: Client) -> EnrichmentJob:
    """A job with something to decide, as the pipeline made it."""
    job = uploaded(client, data=TEXT.encode())
    claim = jobs.claim(worker="test", job_id=job.pk)
    assert claim, "the job was not waiting"
    counts = {name: count for name, count in REPORT["totals"].items() if name not in ("entries", "fields")}
    assert jobs.complete(claim, result=RESULT, report=REPORT, outcomes=counts)
    return EnrichmentJob.objects.get(pk=job.pk)


def press(client: Client, job: EnrichmentJob, do: str, *, version: int = 0, **more: Any) -> Any:
    """Send the form by the button that says ``do``."""
    headers = more.pop("headers", None)
    return client.post(url("job_decide", job), {"do": do, "version": version, **more}, headers=headers)


def version_of(job: EnrichmentJob) -> int:
    return jobs.decisions_of(job).version


def download(client: Client, job: EnrichmentJob) -> bytes:
    return content(client.get(url("job_download", job)))


def fields_of(data: bytes, number: int) -> dict[str, str]:
    return dict(Document.read(data).entries[number].fields)


def test_a_rejected_field_is_not_in_the_download_the_differences_or_the_reports(client: Client) -> None:
    job = completed(client)
    assert "publisher" in fields_of(download(client, job), 0)
    assert press(client, job, "reject 0 publisher").status_code == 302
    assert "publisher" not in fields_of(download(client, job), 0)
    assert "Oxford" not in re.split(r"counted", page(client, "job_diff", job))[0]
    report = json.loads(content(client.get(url("job_report_json", job))))
    assert "publisher" in report["entries"][KNOWN]["rejected"]
    assert report["totals"]["fields"]["publisher"]["after"] == 1
    assert report["document"]["enriched_bytes"] == len(download(client, job))
    rows = list(csv.DictReader(io.StringIO(content(client.get(url("job_report_csv", job))).decode())))
    assert "publisher" not in rows[KNOWN]["added"]


def test_as_long_as_nothing_is_decided_the_published_file_is_served(client: Client) -> None:
    job = completed(client)
    assert download(client, job) == RESULT
    press(client, job, "reject 0 publisher")
    press(client, job, "accept 0 publisher", version=1)
    assert download(client, job) == RESULT
    assert json.loads(content(client.get(url("job_report_json", job)))) == REPORT


def test_with_everything_rejected_the_download_is_the_upload_byte_for_byte(client: Client) -> None:
    job = completed(client)
    press(client, job, "reject 0")
    press(client, job, "reject 3", version=1)
    assert download(client, job) == TEXT.encode()
    assert "byte for byte" in page(client, "job_diff", job)


def test_a_chosen_work_is_in_the_download_and_in_the_counts(client: Client) -> None:
    job = completed(client)
    assert (job.enriched, job.ambiguous) == (2, 1)
    place = [one["doi"] for one in REPORT["entries"][TWICE]["candidates"]].index(MIND)
    press(client, job, f"choose {TWICE} {place}")
    job.refresh_from_db()
    assert (job.enriched, job.ambiguous, job.status) == (3, 0, "completed")
    assert fields_of(download(client, job), 1)["doi"] == MIND
    shown = page(client, "job", job)
    assert "You chose this one" in shown
    assert "3 of 6 entries gained something" in shown


def test_a_choice_that_cannot_be_written_is_refused(client: Client) -> None:
    job = completed(client)
    report = json.loads(json.dumps(REPORT))
    report["entries"][TWICE]["candidates"][0]["added"] = {
        "title": {"value": "x", "source": "crossref", "retrieved": ""}
    }
    encoded = reviews.files.read(job.report_name)
    assert encoded
    files.rewrite(job.report_name, json.dumps(report).encode())
    files.delete([files.index_name(job.report_name)])
    response = press(client, job, f"choose {TWICE} 0")
    assert "cannot be written into this entry" in content(client.get(response["Location"])).decode()
    assert version_of(job) == 0


def test_the_page_comes_back_to_the_same_entry_which_is_still_there(client: Client) -> None:
    job = completed(client)
    response = press(client, job, f"choose {TWICE} none", show="ambiguous", q="twice", page="1")
    assert response["Location"] == f"{url('job', job)}?show=ambiguous&q=twice&page=1&keep={TWICE}#e{TWICE}"
    shown = content(client.get(response["Location"])).decode()
    assert f'id="e{TWICE}"' in shown
    assert "You said that it is none of these" in shown
    assert f'id="e{TWICE}"' not in page(client, "job", job, "?show=ambiguous")


def test_who_decides_upon_an_older_version_is_told_and_nothing_is_lost(client: Client) -> None:
    job = completed(client)
    press(client, job, "reject 0 publisher")
    told = content(client.get(press(client, job, "reject 0 url")["Location"])).decode()
    assert "Something was decided meanwhile in another tab" in told
    assert version_of(job) == 1
    said = fields_of(download(client, job), 0)
    assert "publisher" not in said
    assert "url" in said


def test_with_script_the_one_who_comes_later_sees_how_it_stands_now(client: Client) -> None:
    job = completed(client)
    press(client, job, "reject 0 publisher")
    assert press(client, job, "reject 0 url", headers=SCRIPTED)["HX-Refresh"] == "true"
    assert "Something was decided meanwhile" in page(client, "job", job)
    assert version_of(job) == 1


def test_with_script_only_the_entry_and_what_follows_from_it_come_back(client: Client) -> None:
    job = completed(client)
    response = press(client, job, "reject 0 publisher", headers=SCRIPTED)
    shown = content(response).decode()
    assert response["HX-Retarget"] == "#e0"
    assert re.findall(r'id="(e\d+|outcome|decided)"', shown) == ["e0", "outcome", "decided"]
    assert 'name="version" value="1"' in shown
    assert 'value="accept 0 publisher"' in shown
    assert "<html" not in shown


@pytest.mark.parametrize("do", ["reject * abstract", "undo"])
def test_with_script_a_step_about_many_entries_brings_all_of_the_result(do: str, client: Client) -> None:
    job = completed(client)
    press(client, job, "reject 0 publisher")
    response = press(client, job, do, version=1, headers=SCRIPTED)
    assert "HX-Retarget" not in response
    assert content(response).decode().lstrip().startswith('<div id="result">')
    assert "Delete this job" not in content(response).decode()


def test_on_the_page_of_an_entry_one_stays_there(client: Client) -> None:
    job = completed(client)
    response = press(client, job, f"choose {TWICE} 1", back="entry", number=TWICE)
    assert response["Location"] == url("job_entry", job, TWICE)
    shown = content(press(client, job, "undo", version=1, back="entry", number=TWICE, headers=SCRIPTED)).decode()
    assert "In your file" in shown
    assert "You chose this one" not in shown


def test_undo_goes_back_step_by_step_and_all_at_once(client: Client) -> None:
    job = completed(client)
    for version, do in enumerate(["reject 0 publisher", "reject * abstract", f"choose {TWICE} 1", "undo"]):
        press(client, job, do, version=version)
    assert f'value="choose {TWICE} 1"' in page(client, "job", job)
    assert "Left out everywhere: abstract." in page(client, "job", job)
    press(client, job, "undo-all", version=4)
    assert download(client, job) == RESULT
    assert "Nothing is decided" in page(client, "job", job)
    press(client, job, "undo", version=5)
    assert "Left out everywhere: abstract." in page(client, "job", job)


@pytest.mark.parametrize(
    "do",
    ["", "x", "reject", "reject x doi", "reject 0 doi more", "choose 0", "choose 2 x", "choose 2 -1", "reject -1",
     "reject 99 doi", "reject 0 nothing", "choose * 1", "undo all", "reject ١ doi", "reset *", "x" * 5000],
)  # fmt: skip
@pytest.mark.parametrize("headers", [{}, SCRIPTED])
def test_a_senseless_order_is_answered_and_changes_nothing(do: str, headers: dict[str, str], client: Client) -> None:
    job = completed(client)
    response = press(client, job, do, headers=headers)
    assert response.status_code == (200 if headers else 302)
    assert version_of(job) == 0
    assert 'class="notice warning"' in page(client, "job", job)


@pytest.mark.parametrize("version", ["", "x", "-1", "1", "99999999999999999999"])
def test_an_order_upon_no_version_changes_nothing(version: str, client: Client) -> None:
    job = completed(client)
    assert press(client, job, "reject 0 url", version=version).status_code == 302
    assert version_of(job) == 0


def test_orders_are_read_exactly() -> None:
    assert parse("choose 2 none").candidate is None
    assert parse("reject 0").fields == ()
    assert parse("reject * doi").entry is None
    with pytest.raises(DecisionError):
        parse("reject  doi")


@pytest.mark.parametrize("state", ["pending", "cancelled"])
def test_only_a_completed_job_is_decided_on(state: str, client: Client) -> None:
    job = uploaded(client)
    if state == "cancelled":
        client.post(url("job_cancel", job))
    assert press(client, job, "reject 0 doi").status_code == 404
    assert client.get(url("job_entry", job)).status_code == 404


@pytest.mark.parametrize("number", [6, 999_999_999])
def test_there_is_no_page_for_an_entry_beyond_the_last(number: int, client: Client) -> None:
    assert client.get(url("job_entry", completed(client), number)).status_code == 404


def test_an_entrys_page_shows_it_in_full_as_it_will_be(client: Client) -> None:
    job = completed(client)
    shown = page(client, "job_entry", job)
    assert "journaltitle = {unknown}" in shown
    assert "publisher = {Oxford University Press}," in shown
    ambiguous = content(client.get(url("job_entry", job, TWICE))).decode()
    assert ambiguous.count("It is this one") == 2
    assert "10.1000/reprint" in ambiguous
    assert 'class="adds"' in ambiguous


@pytest.mark.parametrize("number", range(6))
def test_every_entry_has_a_page_damaged_and_skipped_ones_too(number: int, client: Client) -> None:
    shown = content(client.get(url("job_entry", completed(client), number))).decode()
    assert f"<bdi>{REPORT['entries'][number]['key']}</bdi>" in shown


def test_a_report_that_was_stored_without_index_is_reviewed_all_the_same(client: Client) -> None:
    job = completed(client)
    with_index = page(client, "job", job)
    files.delete([files.index_name(job.report_name)])
    tokens = r'name="csrfmiddlewaretoken" value="\w+"'
    assert re.sub(tokens, "", page(client, "job", job)) == re.sub(tokens, "", with_index)
    press(client, job, "reject 0 publisher")
    assert "publisher" not in fields_of(download(client, job), 0)


def test_the_file_is_made_once_for_each_decision(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    job = completed(client)
    made: list[int] = []
    render = reviews.render

    def counting(*said: Any) -> Any:
        made.append(1)
        return render(*said)

    monkeypatch.setattr(reviews, "render", counting)
    press(client, job, "reject 0 publisher")
    first = download(client, job)
    assert download(client, job) == first
    assert len(made) == 1
    press(client, job, "reject 0 url", version=1)
    assert download(client, job) != first
    assert len(made) == 2


def test_a_file_that_cannot_be_kept_is_served_all_the_same(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    job = completed(client)
    press(client, job, "reject 0 publisher")
    monkeypatch.setattr(files, "rewrite", full)
    assert "publisher" not in fields_of(download(client, job), 0)


def test_a_job_deleted_while_its_file_is_made_leaves_none(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    job = completed(client)
    press(client, job, "reject 0 publisher")
    rewrite = files.rewrite

    def delete_first(name: str, data: bytes) -> None:
        jobs.delete(job.pk, [jobs.Owner.of(job)])
        rewrite(name, data)

    monkeypatch.setattr(files, "rewrite", delete_first)
    download(client, job)
    with pytest.raises(FileNotFoundError):
        files.read(files.reviewed_name(job.result_name))


@pytest.mark.parametrize(
    ("query", "found"),
    [("?q=twice", "twice"), ("?q=GADGETS+2001", "nobody"), ("?q=turing&show=ambiguous", "twice"), ("?q=nowhere", ""),
     ("?show=duplicate", "known twice counted"), ("?show=decided", "known"), ("?q=%3Cb%3E", "")],
)  # fmt: skip
def test_entries_are_found_by_words_and_chosen_by_what_they_are(query: str, found: str, client: Client) -> None:
    job = completed(client)
    press(client, job, "reject 0 publisher")
    shown = page(client, "job", job, query)
    assert re.findall(r"<h3><bdi>(\w+)</bdi>", shown) == found.split()
    assert "<b>" not in shown


def test_a_long_result_keeps_its_place_and_its_search_while_one_decides(client: Client) -> None:
    job = complete_with(uploaded(client), *[entry(f"k{number}", "ambiguous") for number in range(60)])
    shown = page(client, "job", job, "?q=k&page=2")
    assert 'name="page" value="2"' in shown
    assert 'name="q" value="k"' in shown
    assert "?q=k&amp;page=3" in shown
