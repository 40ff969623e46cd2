"""Files that are refused at the door: no result could come of them, and the page and the API say so plainly."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.scholar_app import jobs, submissions
from apps.scholar_app.door import CannotBeDone, admit
from apps.scholar_app.enrichment.sources.circuit import SharedCircuits
from apps.scholar_app.enrichment.sources.shared import SharedFile
from apps.scholar_app.enrichment.sources.spending import SharedSpending, opens_in
from apps.scholar_app.held import Upload
from apps.scholar_app.models import EnrichmentJob
from apps.scholar_app.wiring import LIMITS_FILE
from tests.api.making import program, send
from tests.web.making import BIBTEX, upload

pytestmark = pytest.mark.django_db

HOUR = 3600


@pytest.fixture(autouse=True)
def site(settings, tmp_path):
    """Limits of the test's own, and one index that is required."""
    settings.SCITEX_DATA_DIR = tmp_path
    settings.SCITEX_SOURCES = ("crossref",)
    settings.SCITEX_SOURCE_RATES = settings.SCITEX_SOURCE_RATES | {"crossref": (1, 60.0)}
    return settings


def titles(number: int) -> Upload:
    data = b"".join(b"@article{k%d, title = {Number %d of many}}\n" % (n, n) for n in range(number))
    return Upload(data, "references.bib", number, {})


def pauses(source: str, seconds: float, tmp_path) -> None:
    """The index asks for a pause, as the workers have noted it."""
    now = timezone.now().timestamp()
    circuits = SharedCircuits(SharedFile(tmp_path / LIMITS_FILE))
    reason = "asks for a pause (429)"
    circuits.failed(source, started=now, now=now, asked_pause=seconds, luck=0.5, reason=reason)


def refused(upload: Upload) -> CannotBeDone:
    with pytest.raises(CannotBeDone) as caught:
        admit(upload)
    return caught.value


@pytest.mark.parametrize(("number", "is_taken"), [(1371, True), (1373, False)])
def test_file_that_takes_more_than_a_day_by_the_limits_is_refused(number, is_taken):
    """At a call a minute, and the margin that is kept, a day has 1,371 calls after the first one."""
    if is_taken:
        assert admit(titles(number)) == pytest.approx(number * 63, rel=0.05)
        return
    refusal = refused(titles(number))
    assert (refusal.code, refusal.retry_after) == ("takes_too_long", None)
    assert "at least 24 hours; at most 24 hours" in str(refusal)


def test_operator_says_how_long_is_too_long(site):
    site.SCITEX_LONGEST_JOB_HOURS = 1
    assert "at least 2 hours; at most 60 minutes" in str(refused(titles(120)))


def test_large_file_whose_identifiers_only_reading_shows_is_not_refused(site):
    """They stand where a quick look does not find them."""
    entry = b"@article{k%d, title = {Number %d of many}, url = {https://doi.org/10.1000/%d}, note = {%s}}\n"
    data = b"".join(entry % (n, n, n, b"x" * 200) for n in range(1500))
    assert len(data) > 256 * 1024
    assert admit(Upload(data, "references.bib", 1500, {})) < HOUR


@pytest.mark.parametrize(("pause", "is_taken"), [(110.0, True), (130.0, False)])
def test_required_source_that_is_closed_for_longer_than_a_job_waits_is_a_reason(tmp_path, pause, is_taken):
    pauses("crossref", pause, tmp_path)
    if is_taken:
        assert admit(titles(1)) < HOUR
        return
    refusal = refused(titles(1))
    assert refusal.code == "source_closed"
    assert refusal.retry_after in (129, 130)
    assert str(refusal).startswith("Crossref may not be asked for another 3 minutes (asks for a pause (429))")


def test_source_that_is_optional_or_was_not_chosen_is_none(site, tmp_path):
    pauses("crossref", HOUR, tmp_path)
    site.SCITEX_SOURCES = ("crossref", "openalex")
    assert admit(Upload(BIBTEX, "references.bib", 1, {"sources": ["openalex"]})) < HOUR
    site.SCITEX_OPTIONAL_SOURCES = ("crossref",)
    assert admit(Upload(BIBTEX, "references.bib", 1, {})) < HOUR


@pytest.mark.parametrize(("number", "code"), [(100, ""), (101, "costs_too_much")])
def test_file_that_costs_more_than_a_day_may_is_refused(site, number, code):
    """A search costs a tenth of a cent, and without a key ten cents a day may be spent."""
    site.SCITEX_SOURCES = ("openalex",)
    if not code:
        assert admit(titles(number)) < HOUR
        return
    refusal = refused(titles(number))
    assert (refusal.code, refusal.retry_after) == (code, None)
    assert str(refusal).startswith("OpenAlex would cost at least $0.10 for this file; at most $0.10 a day")


@pytest.mark.parametrize(("number", "is_taken"), [(40, True), (41, False)])
def test_file_that_costs_more_than_is_left_today_is_refused_until_midnight(site, tmp_path, number, is_taken):
    site.SCITEX_SOURCES = ("openalex",)
    now = timezone.now().timestamp()
    SharedSpending(SharedFile(tmp_path / LIMITS_FILE)).pay("openalex", price=60_000, budget=100_000, now=now)
    if is_taken:
        assert admit(titles(number)) < HOUR
        return
    refusal = refused(titles(number))
    assert refusal.code == "source_closed"
    assert refusal.retry_after == pytest.approx(opens_in(now), abs=60)
    assert "what is left of its money today is not enough" in str(refusal)


def test_limits_that_cannot_be_read_are_left_to_the_worker(tmp_path):
    (tmp_path / "limits").write_text("in the way")
    assert admit(titles(1)) < HOUR


def test_page_says_so_and_keeps_nothing(tmp_path):
    pauses("crossref", HOUR, tmp_path)
    response = upload(Client())
    assert response.status_code == 503
    assert 3590 <= int(response["Retry-After"]) <= 3600
    text = response.content.decode()
    assert "Crossref may not be asked for another 60 minutes" in text
    assert "Nothing was stored." in text
    assert not EnrichmentJob.objects.exists()


def test_page_of_what_would_take_too_long_asks_for_no_second_try(site):
    site.SCITEX_LONGEST_JOB_HOURS = 1
    response = upload(Client(), titles(120).data)
    assert response.status_code == 422
    assert "Retry-After" not in response
    assert "add DOIs, or split the file" in response.content.decode()


def test_program_is_told_by_a_code(site, tmp_path):
    ada = program()
    site.SCITEX_LONGEST_JOB_HOURS = 1
    response = send(ada, titles(120).data)
    assert (response.status_code, response.json()["error"]["code"]) == (422, "takes_too_long")
    pauses("crossref", HOUR, tmp_path)
    response = send(ada)
    assert (response.status_code, response.json()["error"]["code"]) == (503, "source_closed")
    assert int(response["Retry-After"]) > 3000


def test_waiting_job_is_told_how_long_it_will_take():
    """Before anybody has looked at it: a title at a call a minute."""
    client = Client()
    upload(client)
    job = EnrichmentJob.objects.get()
    assert jobs.seconds_left(job) == round(job.progress["left"])
    page = client.get(reverse("scholar:job_progress", args=[job.pk])).content.decode()
    assert "left." in page


def test_job_that_is_tried_again_keeps_what_was_known_of_it():
    client = Client()
    upload(client)
    job = EnrichmentJob.objects.get()
    EnrichmentJob.objects.filter(pk=job.pk).update(progress={"left": 777.0})
    owner = jobs.Owner.of(job)
    jobs.cancel(job.pk, [owner])
    assert jobs.retry(job.pk, [owner]).progress == {"left": 777.0}


def ended_upload(client: Client) -> EnrichmentJob:
    upload(client)
    job = EnrichmentJob.objects.get()
    jobs.cancel(job.pk, [jobs.Owner.of(job)])
    return job


@pytest.mark.parametrize(("pause", "status"), [(110.0, 302), (130.0, 503)])
def test_job_that_is_tried_again_is_refused_as_an_upload_would_be(tmp_path, pause, status):
    client = Client()
    job = ended_upload(client)
    pauses("crossref", pause, tmp_path)
    response = client.post(reverse("scholar:job_retry", args=[job.pk]))
    assert response.status_code == status
    assert EnrichmentJob.objects.count() == (2 if status == 302 else 1)
    if status == 503:
        assert int(response["Retry-After"]) in (129, 130)
        assert "Crossref may not be asked for another 3 minutes" in response.content.decode()


def test_operator_begins_nothing_anew_that_would_be_refused(tmp_path):
    job = ended_upload(Client())
    pauses("crossref", HOUR, tmp_path)
    operator = Client()
    operator.force_login(User.objects.create_superuser("operator"))
    chosen = {"action": "retry_jobs", "_selected_action": [str(job.pk)], "confirmed": "yes"}
    page = operator.post(reverse("admin:scholar_app_enrichmentjob_changelist"), chosen, follow=True)
    assert "0 jobs were begun anew. 1 could not be." in page.content.decode()
    assert EnrichmentJob.objects.count() == 1


def test_file_that_cannot_be_read_may_be_tried_again_and_fails_for_that_once_more():
    owner = jobs.Owner(visitor=uuid4())
    job = jobs.submit(owner, data=b"Dear Sir or Madam", original_name="letter.bib", entries_total=0)
    jobs.cancel(job.pk, [owner])
    assert submissions.retry(job.pk, [owner]).status == "pending"
