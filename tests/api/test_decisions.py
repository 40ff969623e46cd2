"""Reviewing by programs: the same decisions as on the pages, whole steps, upon the version that was seen."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from apps.scholar_app import jobs
from apps.scholar_app.models import EnrichmentJob
from tests.api.making import ROOT, accepted, program
from tests.review.test_decisions import KNOWN, TWICE
from tests.web.making import content, page
from tests.web.test_review import REPORT, RESULT, TEXT, press, version_of

pytestmark = pytest.mark.django_db


def completed(client: Client) -> EnrichmentJob:
    """A job of this program with something to decide."""
    job = accepted(client, data=TEXT.encode())
    claim = jobs.claim(worker="test", job_id=job.pk)
    assert claim, "the job was not waiting"
    counts = {name: count for name, count in REPORT["totals"].items() if name not in ("entries", "fields")}
    assert jobs.complete(claim, result=RESULT, report=REPORT, outcomes=counts)
    return EnrichmentJob.objects.get(pk=job.pk)


def decide(client: Client, job: EnrichmentJob, *decisions: dict[str, Any], version: Any = 0, to: str = "") -> Any:
    body = {"version": version, **({"decisions": list(decisions)} if not to else {})}
    return post(client, job, body, to=to)


def post(client: Client, job: EnrichmentJob, body: Any, *, to: str = "") -> Any:
    return client.post(f"{ROOT}/jobs/{job.pk}/decisions{to}", json.dumps(body), content_type="application/json")


def reject(entry: int | None, *fields: str) -> dict[str, Any]:
    return {"action": "reject", "entry": entry, "fields": list(fields)}


def test_nothing_is_decided_at_first() -> None:
    client = program()
    job = completed(client)
    seen = client.get(f"{ROOT}/jobs/{job.pk}/decisions").json()
    assert seen == {
        "version": 0, "undoable": 0, "everywhere": [], "entries": [],
        "counts": {"enriched": 2, "complete": 0, "not_found": 1, "ambiguous": 1, "conflict": 0, "skipped": 2},
    }  # fmt: skip


def test_a_step_is_taken_whole_and_result_report_counts_and_page_follow() -> None:
    client = program()
    job = completed(client)
    choice = {"action": "choose", "entry": TWICE, "candidate": 1}
    seen = decide(client, job, reject(KNOWN, "publisher"), reject(None, "abstract"), choice).json()
    assert (seen["version"], seen["undoable"], seen["everywhere"]) == (1, 1, ["abstract"])
    assert seen["entries"] == [
        {"entry": KNOWN, "key": "known", "accepted": [], "rejected": ["publisher"], "choice": None},
        {"entry": TWICE, "key": "twice", "accepted": [], "rejected": [], "choice": 1},
    ]
    assert seen["counts"]["enriched"] == 3
    assert client.get(f"{ROOT}/jobs/{job.pk}").json()["counts"]["ambiguous"] == 0
    assert b"abstract" not in content(client.get(f"{ROOT}/jobs/{job.pk}/result"))
    report = json.loads(content(client.get(f"{ROOT}/jobs/{job.pk}/report")))
    assert report["entries"][TWICE]["choice"] == 1
    assert report["totals"]["fields"]["abstract"]["after"] == 0
    assert b"Chosen by you" in content(client.get(f"{ROOT}/jobs/{job.pk}/report?format=csv"))
    person = Client()
    person.force_login(User.objects.get())
    assert "You chose this one" in page(person, "job", job)


def test_of_a_step_with_one_fault_nothing_is_taken() -> None:
    client = program()
    job = completed(client)
    refused = decide(client, job, reject(KNOWN, "publisher"), reject(KNOWN, "doi"))
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "no_such_field")
    assert version_of(job) == 0


def test_who_decides_upon_an_older_version_is_refused_whoever_came_first() -> None:
    client = program()
    job = completed(client)
    person = Client()
    person.force_login(User.objects.get())
    press(person, job, "reject 0 publisher")
    refused = decide(client, job, reject(KNOWN, "url"))
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "decided_meanwhile")
    assert decide(client, job, reject(KNOWN, "url"), version=1).json()["version"] == 2


def test_undo_goes_back_a_step_or_all_the_way() -> None:
    client = program()
    job = completed(client)
    for version in range(3):
        decide(client, job, reject(KNOWN, ["publisher", "url", "issn"][version]), version=version)
    back = decide(client, job, version=3, to="/undo").json()
    assert back["entries"][0]["rejected"] == ["publisher", "url"]
    cleared = post(client, job, {"version": 4, "all": True}, to="/undo").json()
    assert (cleared["version"], cleared["entries"], cleared["undoable"]) == (5, [], 3)
    assert content(client.get(f"{ROOT}/jobs/{job.pk}/result")) == RESULT


@pytest.mark.parametrize(
    "body",
    [
        {}, {"version": 0}, {"version": 0, "decisions": []}, {"version": "0", "decisions": [{"action": "reject"}]},
        {"version": -1, "decisions": [{"action": "reject", "entry": 0}]},
        {"version": 0, "decisions": [{"action": "delete", "entry": 0}]},
        {"version": 0, "decisions": [{"action": "reject", "entry": -1}]},
        {"version": 0, "decisions": [{"action": "reject", "entry": 0, "fields": [""]}]},
        {"version": 0, "decisions": [{"action": "choose", "entry": 2, "candidate": 1.5}]},
        {"version": 0, "decisions": [{"action": "reject", "entry": 0}] * 1001}, [], "x", None,
    ],
    ids=[
        "nothing", "no decisions", "an empty step", "a text as version", "a version before the first", "no such action",
        "an entry before the first", "a field without name", "half a candidate", "too many at once", "a list", "a text",
        "null",
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_and_changes_nothing(body: Any) -> None:
    client = program()
    job = completed(client)
    refused = post(client, job, body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "invalid_parameter")
    assert version_of(job) == 0


def test_what_is_no_json_is_a_bad_request() -> None:
    client = program()
    job = completed(client)
    refused = client.post(f"{ROOT}/jobs/{job.pk}/decisions", b"{", content_type="application/json")
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "bad_request")


def test_a_job_that_is_not_completed_is_not_decided_on() -> None:
    client = program()
    job = accepted(client)
    for answer in (decide(client, job, reject(0)), client.get(f"{ROOT}/jobs/{job.pk}/decisions")):
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_completed")
