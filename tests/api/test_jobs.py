"""The API's answers: the life of a job as a program sees it, and every refusal in its one shape."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from apps.scholar_app import jobs, keys
from apps.scholar_app.api import waiting
from apps.scholar_app.api.answers import eta_seconds
from apps.scholar_app.enrichment.record import Progress
from apps.scholar_app.models import EnrichmentJob, Status, Submission
from tests.api.making import ROOT, accepted, program, send
from tests.web.making import BIBTEX, ENRICHED, complete, content, fail, stored_files

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> Client:
    return program()


def error(response: Any) -> tuple[int, str]:
    """Status and code of a refusal, in exactly the promised shape."""
    assert response["Content-Type"] == "application/json"
    assert "no-store" in response["Cache-Control"]
    said = response.json()["error"]
    assert set(said) == {"code", "message"}
    assert said["message"]
    return response.status_code, said["code"]


def test_a_file_becomes_a_job(ada: Client) -> None:
    response = send(ada)
    answer = response.json()
    assert (response.status_code, answer["status"], answer["entries_total"]) == (202, "pending", 1)
    assert response["Location"] == answer["links"]["self"] == f"http://testserver{ROOT}/jobs/{answer['id']}"
    assert answer["links"]["result"] is answer["links"]["report"] is answer["links"]["decisions"] is None
    assert (answer["queue_position"], answer["error"]) == (1, None)
    assert 0 < answer["eta_seconds"] < 60


def test_a_completed_job_offers_result_and_report(ada: Client) -> None:
    job = complete(accepted(ada))
    answer = ada.get(f"{ROOT}/jobs/{job.pk}").json()
    assert (answer["status"], answer["counts"]["enriched"], answer["queue_position"]) == ("completed", 1, 0)
    result = ada.get(answer["links"]["result"])
    assert content(result) == ENRICHED
    assert result["Content-Disposition"] == 'attachment; filename="references.enriched.bib"'
    assert result["Content-Type"] == "text/x-bibtex"
    assert ada.get(answer["links"]["decisions"]).status_code == 200
    report = ada.get(answer["links"]["report"])
    assert b'"totals"' in content(report)
    table = ada.get(f"{answer['links']['report']}?format=csv")
    assert table["Content-Type"] == "text/csv; charset=utf-8"
    assert content(table).decode().lstrip("\ufeff").startswith("key,")


def test_a_failed_job_says_why(ada: Client) -> None:
    job = fail(accepted(ada))
    answer = ada.get(f"{ROOT}/jobs/{job.pk}").json()
    assert answer["error"] == {"code": "source_away", "message": "Crossref did not answer."}
    assert error(ada.get(f"{ROOT}/jobs/{job.pk}/result")) == (409, "source_away")


@pytest.mark.parametrize("what", ["result", "report"])
def test_a_job_that_is_not_completed_offers_nothing(what: str, ada: Client) -> None:
    job = accepted(ada)
    assert error(ada.get(f"{ROOT}/jobs/{job.pk}/{what}")) == (409, "not_completed")
    jobs.cancel(job.pk, [jobs.Owner.of(job)])
    assert error(ada.get(f"{ROOT}/jobs/{job.pk}/{what}")) == (409, "cancelled")


def test_a_job_is_cancelled_once(ada: Client) -> None:
    job = accepted(ada)
    assert ada.post(f"{ROOT}/jobs/{job.pk}/cancel").json()["status"] == "cancelled"
    again = ada.post(f"{ROOT}/jobs/{job.pk}/cancel")
    assert error(again) == (409, "already_ended")
    assert again.json()["job"]["status"] == "cancelled"


def test_deleting_leaves_nothing(ada: Client, django_capture_on_commit_callbacks: Any) -> None:
    job = complete(accepted(ada))
    with django_capture_on_commit_callbacks(execute=True):
        response = ada.delete(f"{ROOT}/jobs/{job.pk}")
    assert (response.status_code, content(response)) == (204, b"")
    assert not EnrichmentJob.objects.exists()
    assert not {name for name in stored_files() if str(job.pk) in name}
    assert error(ada.delete(f"{ROOT}/jobs/{job.pk}")) == (404, "not_found")


def test_jobs_are_listed_page_by_page_newest_first(ada: Client) -> None:
    made = [str(complete(accepted(ada)).pk) for _ in range(5)]
    seen, url = [], f"{ROOT}/jobs?per_page=2"
    while url:
        answer = ada.get(url).json()
        seen += [job["id"] for job in answer["jobs"]]
        url = answer["next"]
    assert seen == made[::-1]


@pytest.mark.parametrize(
    ("done", "ago", "eta"), [(0, 60, None), (25, 60, 180), (100, 60, 0), (120, 60, 0), (50, -1, 0)]
)
def test_the_time_left_is_estimated_by_the_entries_done(done: int, ago: int, eta: int | None) -> None:
    now = timezone.now()
    began = now - timedelta(seconds=ago)
    job = EnrichmentJob(status=Status.PROCESSING, started_at=began, entries_total=100, entries_done=done)
    assert eta_seconds(job, now=now) == eta


def test_the_time_left_is_what_the_run_itself_says(ada: Client) -> None:
    job = accepted(ada)
    claim = jobs.claim(worker="test", job_id=job.pk)
    assert claim is not None
    jobs.renew(claim, progress=Progress(100, 10, left=77.4))
    assert ada.get(f"{ROOT}/jobs/{job.pk}").json()["eta_seconds"] == 77


@pytest.mark.parametrize(
    ("data", "name", "refusal"),
    [
        (b"", "references.bib", (422, "empty")),
        (b"no entry at all", "references.bib", (422, "not_bibtex")),
        (BIBTEX, "references.txt", (422, "wrong_extension")),
        (BIBTEX, "references.exe.bib", (422, "double_extension")),
        (BIBTEX, "x" * 300 + ".bib", (422, "name_too_long")),
        (BIBTEX + b"%" * 2000, "references.bib", (413, "too_large")),
    ],
)
def test_a_bad_file_is_refused_as_on_the_pages_and_costs_nothing(
    data: bytes, name: str, refusal: tuple[int, str], ada: Client, settings: Settings
) -> None:
    settings.SCITEX_MAX_UPLOAD_BYTES = 1000
    for to in ("jobs", "enrich"):
        assert error(send(ada, data, name=name, to=to)) == refusal
    assert not EnrichmentJob.objects.exists()


@pytest.mark.parametrize("name", ["../references.bib", "/etc/references.bib", "a\\\\b.bib"])
def test_a_file_name_with_a_path_is_refused(name: str, ada: Client) -> None:
    head = f'--frame\r\nContent-Disposition: form-data; name="bibtex_file"; filename="{name}"\r\n\r\n'
    body = head.encode() + BIBTEX + b"\r\n--frame--\r\n"
    response = ada.post(f"{ROOT}/jobs", body, content_type="multipart/form-data; boundary=frame")
    assert error(response) == (422, "name_with_path")


def test_a_body_that_no_upload_may_have_is_refused_unread(ada: Client, settings: Settings) -> None:
    settings.SCITEX_MAX_UPLOAD_BYTES = 1000
    assert error(send(ada, b"x" * 100_000)) == (413, "too_large")


def test_no_file_is_a_bad_request(ada: Client) -> None:
    assert error(ada.post(f"{ROOT}/jobs")) == (400, "required")


@pytest.mark.parametrize("address", ["", "nothing", "jobs/", "jobs/1", "jobs/None/result", "../../etc/passwd"])
def test_what_is_not_there_is_404_in_json(address: str, ada: Client) -> None:
    assert error(ada.get(f"{ROOT}/{address}")) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "jobs"), ("GET", "enrich"), ("PATCH", "jobs"), ("OPTIONS", "jobs")]
)
def test_a_wrong_method_is_405_in_json_and_names_the_right_ones(method: str, path: str, ada: Client) -> None:
    response = ada.generic(method, f"{ROOT}/{path}")
    assert error(response) == (405, "method_not_allowed")
    assert "POST" in response["Allow"]


@pytest.mark.parametrize("query", ["page=0", "page=x", "per_page=101", "page=99999999999999999999"])
def test_a_bad_parameter_is_named(query: str, ada: Client) -> None:
    response = ada.get(f"{ROOT}/jobs?{query}")
    assert error(response) == (422, "invalid_parameter")
    assert response.json()["error"]["message"].startswith(query.partition("=")[0])


def test_a_malformed_form_is_a_bad_request(ada: Client) -> None:
    response = ada.post(f"{ROOT}/jobs", b"no boundary", content_type="multipart/form-data")
    assert error(response) == (400, "bad_request")


def test_a_crash_gives_no_secret_away(ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a secret in the traceback")

    monkeypatch.setattr(jobs, "jobs_of", broken)
    ada.raise_request_exception = False
    response = ada.get(f"{ROOT}/jobs")
    assert error(response) == (500, "internal_error")
    assert "secret" not in content(response).decode()


def test_a_second_job_is_refused_with_the_first_ones_link(ada: Client) -> None:
    job = accepted(ada)
    response = send(ada)
    assert error(response) == (409, "active_job")
    assert response.json()["job"]["id"] == str(job.pk)
    assert response["Location"].endswith(f"/jobs/{job.pk}")


def test_a_second_job_replaces_the_first_on_request(ada: Client) -> None:
    first = accepted(ada)
    second = accepted(ada, replace="1")
    assert [EnrichmentJob.objects.get(pk=job.pk).status for job in (first, second)] == ["cancelled", "pending"]


def test_uploads_are_counted_and_the_limit_is_told(ada: Client, settings: Settings) -> None:
    settings.SCITEX_UPLOADS_PER_HOUR = 2
    for left in ("1", "0"):
        response = send(ada)
        assert (response["RateLimit-Limit"], response["RateLimit-Remaining"]) == ("2", left)
        complete(EnrichmentJob.objects.get(pk=response.json()["id"]))
    refused = send(ada)
    assert error(refused) == (429, "too_many_uploads")
    assert 0 < int(refused["Retry-After"]) <= 3600
    assert refused["RateLimit-Remaining"] == "0"
    assert refused["RateLimit-Reset"] == refused["Retry-After"]


def test_a_full_queue_is_said_so(ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> None:
        raise jobs.QueueFull(90)

    monkeypatch.setattr("apps.scholar_app.jobs.submitting.refuse_if_full", full)
    response = send(ada)
    assert error(response) == (503, "queue_full")
    assert response["Retry-After"] == "90"


def test_placeholders_are_replaced_on_request_alone(ada: Client) -> None:
    assert complete(accepted(ada)).options == {"replace_placeholders": False}
    assert accepted(ada, replace_placeholders="true").options == {"replace_placeholders": True}


@pytest.fixture
def mary(mail: None) -> Client:
    """A program of somebody with an address, on a site that sends letters."""
    return program(User.objects.create_user("mary", "mary@example.org"), name="mary")


@pytest.mark.parametrize("to", ["jobs", "enrich?wait=0"])
def test_a_letter_is_sent_at_the_end_to_who_asks_for_it(mary: Client, to: str) -> None:
    job = complete(accepted(mary, to=to, letter="true"))
    [(taken, link)] = jobs.take_letters()
    assert (taken.pk, link) == (job.pk, f"http://testserver{reverse('scholar:job', args=[job.pk])}")


def test_no_letter_is_sent_to_who_asks_for_none(mary: Client) -> None:
    complete(accepted(mary, letter="false"))
    assert jobs.take_letters() == []


@pytest.mark.parametrize("missing", ["address", "post office"])
def test_who_can_have_no_letter_is_told_so_and_nothing_is_stored(
    ada: Client, mary: Client, missing: str, settings: Settings
) -> None:
    if missing == "post office":
        settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    asking, before = (ada if missing == "address" else mary), stored_files()
    assert error(send(asking, letter="true")) == (422, "no_letter")
    assert (EnrichmentJob.objects.count(), stored_files()) == (0, before)


class Clock:
    """Time that passes when somebody sleeps; after so many looks something happens."""

    def __init__(self, *happenings: Any) -> None:
        self.now, self.slept = 0.0, list[float]()
        self.happenings = list(happenings)

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept.append(seconds)
        if self.happenings:
            self.happenings.pop(0)()


def nothing() -> None:
    """Happens."""


def wait(job: EnrichmentJob, clock: Clock, seconds: float = 60) -> EnrichmentJob:
    owner = jobs.Owner.of(job)
    return waiting.wait_for_end(job.pk, owner, seconds=seconds, monotonic=clock.monotonic, sleep=clock.sleep)


def test_waiting_ends_with_the_job(ada: Client) -> None:
    job = accepted(ada)
    clock = Clock(nothing, nothing, lambda: complete(job))
    assert wait(job, clock).status == "completed"
    assert len(clock.slept) == 3


@pytest.mark.parametrize(("asked", "waited"), [(0, 0), (5, 5), (60, 60), (3600, 60)])
def test_nobody_waits_longer_than_asked_or_a_minute(asked: int, waited: int, ada: Client) -> None:
    clock = Clock()
    assert wait(accepted(ada), clock, asked).status == "pending"
    assert sum(clock.slept) == pytest.approx(waited)
    assert clock.slept == [] or max(clock.slept) <= 2
    assert len(clock.slept) < 45, "the pauses grow"


def test_waiting_for_a_job_that_is_deleted_ends(ada: Client) -> None:
    job = accepted(ada)
    clock = Clock(lambda: jobs.delete(job.pk, [jobs.Owner.of(job)]))
    with pytest.raises(EnrichmentJob.DoesNotExist):
        wait(job, clock)


def test_when_many_wait_the_next_does_not(ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    job, clock = accepted(ada), Clock()
    for _ in range(waiting.SEATS):
        assert waiting._seats.acquire(blocking=False)
    try:
        assert wait(job, clock).status == "pending"
    finally:
        waiting._seats.release(waiting.SEATS)
    assert clock.slept == []
    wait(job, clock)
    assert clock.slept, "with a seat one waits"


def test_enrich_answers_202_when_it_takes_longer(ada: Client) -> None:
    response = send(ada, to="enrich?wait=0")
    assert (response.status_code, response.json()["status"]) == (202, "pending")
    assert response["Location"] == response.json()["links"]["self"]


@pytest.fixture
def worker_in_between(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Lets something happen to the job while the request waits."""

    def happen(what: Any) -> None:
        def waited(job_id: Any, owner: Any, *, seconds: float) -> EnrichmentJob:
            what(jobs.find(job_id, [owner]))
            return jobs.find(job_id, [owner])

        monkeypatch.setattr("apps.scholar_app.api.routes.wait_for_end", waited)

    return happen


def test_enrich_gives_the_enriched_file(ada: Client, worker_in_between: Any) -> None:
    worker_in_between(complete)
    response = send(ada, to="enrich")
    assert (response.status_code, content(response)) == (200, ENRICHED)
    assert response["Scitex-Job"] == str(EnrichmentJob.objects.get().pk)


def test_enrich_says_why_a_job_failed(ada: Client, worker_in_between: Any) -> None:
    worker_in_between(fail)
    response = send(ada, to="enrich")
    assert error(response) == (502, "source_away")
    assert response.json()["job"]["status"] == "failed"


@pytest.mark.parametrize("query", ["wait=-1", "wait=x"])
def test_a_wait_that_makes_no_sense_starts_nothing(query: str, ada: Client) -> None:
    assert error(send(ada, to=f"enrich?{query}")) == (422, "invalid_parameter")
    assert not EnrichmentJob.objects.exists()


def keyed(client: Client, key: str = "my-key", **arguments: Any) -> Any:
    return send(client, headers={"Idempotency-Key": key}, **arguments)


def test_a_key_means_one_job_however_often_it_is_sent(ada: Client) -> None:
    first = keyed(ada).json()["id"]
    assert keyed(ada).json()["id"] == first
    complete(EnrichmentJob.objects.get(pk=first))
    again = keyed(ada)
    assert (again.status_code, again.json()["id"], again.json()["status"]) == (202, first, "completed")
    assert keyed(ada, key="another").json()["id"] != first


def test_sending_again_goes_on_waiting_for_the_same_job(ada: Client, worker_in_between: Any) -> None:
    keyed(ada)
    worker_in_between(complete)
    assert content(keyed(ada, to="enrich")) == ENRICHED
    assert EnrichmentJob.objects.count() == 1


def test_a_key_belongs_to_its_owner(ada: Client) -> None:
    eve = program(name="eve")
    assert keyed(ada).json()["id"] != keyed(eve).json()["id"]


@pytest.mark.parametrize("change", [{"data": BIBTEX + b" "}, {"name": "b.bib"}, {"replace_placeholders": "true"}])
def test_a_key_with_another_file_is_refused(change: Any, ada: Client) -> None:
    keyed(ada)
    assert error(keyed(ada, **change)) == (422, "idempotency_key_reused")


def test_a_key_counts_for_a_day(ada: Client) -> None:
    first = keyed(ada).json()["id"]
    complete(EnrichmentJob.objects.get(pk=first))
    almost, over = timedelta(hours=23, minutes=59), timedelta(hours=24, seconds=1)
    Submission.objects.update(at=timezone.now() - almost)
    assert keyed(ada).json()["id"] == first
    Submission.objects.update(at=timezone.now() - over)
    assert keyed(ada).json()["id"] != first


def test_a_refused_file_uses_up_no_key(ada: Client) -> None:
    active = accepted(ada)
    assert error(keyed(ada)) == (409, "active_job")
    complete(active)
    assert keyed(ada).status_code == 202


def test_a_key_of_a_deleted_job_makes_no_new_one(ada: Client) -> None:
    ada.delete(f"{ROOT}/jobs/{keyed(ada).json()['id']}")
    assert error(keyed(ada)) == (409, "job_deleted")


def test_a_key_that_is_too_long_is_refused(ada: Client) -> None:
    assert keyed(ada, key="k" * 255).status_code == 202
    assert error(keyed(ada, key="k" * 256)) == (422, "invalid_parameter")


def test_old_keys_are_pruned(ada: Client) -> None:
    keyed(ada)
    assert jobs.EXPIRED[Submission](10) == 0
    Submission.objects.update(at=timezone.now() - timedelta(hours=24, seconds=1))
    assert jobs.EXPIRED[Submission](10) == 1


def test_only_users_have_keys() -> None:
    assert keys.recognise("") is None
