"""A look at a file before anybody is asked: what it shows, that it starts and keeps nothing, and that it has an end."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from apps.scholar_app import files, jobs, owners
from apps.scholar_app.models import EnrichmentJob
from tests.web.making import BIBTEX, content, job_at, stored_files, upload
from tests.web.test_upload import held_id

pytestmark = pytest.mark.django_db

LOOK, UPLOAD = "/scholar/bibtex/look/", "/scholar/bibtex/upload/"
TROUBLED = b"""@article{one, title = {On the electrodynamics of moving bodies}, author = {Einstein, A}, year = 1905,
  doi = {not a doi}, publisher = {unknown}}
@article{two, title = {On the electrodynamics of moving bodies}, author = {Einstein, A}, year = 1905}
@book{three, title = {<script>alert(1)</script>}, isbn = {978-0-00-000000-0}}
@article{broken, title = {No end
"""


def look(client: Client, data: bytes = BIBTEX, *, script: bool = True, name: str = "refs.bib", **more: Any) -> Any:
    """Send the form to be looked at, as the script does or as a page without it."""
    form = {"bibtex_file": SimpleUploadedFile(name, data), **more}
    return client.post(LOOK, form, headers={"HX-Request": "true"} if script else {})


@pytest.fixture(autouse=True)
def _no_files_of_other_tests(settings: Settings) -> None:
    settings.SCITEX_SOURCES = ("catalogue", "crossref", "openalex")
    files.delete(stored_files())


def words(response: Any) -> str:
    return " ".join(content(response).decode().split())


def test_a_look_shows_types_gaps_damage_duplicates_and_suspicious_identifiers(client: Client) -> None:
    response = look(client, TROUBLED)
    assert response.status_code == 200
    page = words(response)
    for said in (
        "3 entries",
        "1 placeholder",
        '<th scope="row">article</th>',
        "Line 5, <code><bdi>broken</bdi></code>: ",
        "It has the same title, authors and year as &#x27;two&#x27; (line 3).",
        "not a DOI (10.&lt;registrant&gt;/&lt;name&gt;)",
        "the check digit is wrong",
        "3 lack it",
    ):
        assert said in page, said
    assert "<script>" not in page


def test_a_look_tells_what_looking_up_will_take_of_those_who_will_be_asked(client: Client) -> None:
    data = BIBTEX.replace(b"year = 2017", b"year = 2017, doi = {10.1000/182}")
    page = words(look(client, data))
    assert '<th scope="row">Crossref</th> <td>1</td> <td>1</td>' in page
    assert "OpenAlex" in page
    assert "OpenAlex" not in words(look(client, data, sources="crossref"))
    assert "nobody outside this site has to be asked" in words(look(client, data, sources="catalogue"))


def test_a_look_tells_beforehand_what_would_be_refused(client: Client, settings: Settings) -> None:
    settings.SCITEX_LONGEST_JOB_HOURS = 1
    settings.SCITEX_SOURCES = ("crossref",)
    settings.SCITEX_SOURCE_RATES = settings.SCITEX_SOURCE_RATES | {"crossref": (1, 60.0)}
    many, few = (
        b"".join(b"@article{k%d, title = {Number %d of many}}\n" % (n, n) for n in range(number)) for number in (70, 9)
    )
    assert "As it is, the file would be refused." in words(look(client, many))
    assert "would be refused" not in words(look(client, few))


def test_a_look_by_script_starts_nothing_and_keeps_nothing(client: Client) -> None:
    assert look(client).status_code == 200
    assert not EnrichmentJob.objects.exists()
    assert not Session.objects.exists()
    assert stored_files() == set()


def test_without_script_the_job_starts_from_the_page_without_choosing_again(client: Client) -> None:
    seen = look(client, script=False, fields=["", "doi"])
    assert "Nobody has been asked yet" in words(seen)
    assert not EnrichmentJob.objects.exists()
    form = {"held": held_id(seen), "fields": ["", "doi", "url"], "sources": ["", "crossref"]}
    job = job_at(client.post(UPLOAD, form))
    assert (files.read(job.upload_name), job.original_name) == (BIBTEX, "refs.bib")
    assert job.options == {"replace_placeholders": False, "fields": ["doi", "url"], "sources": ["crossref"]}
    assert stored_files() == {job.upload_name}, "the held copy is gone"


def test_what_was_chosen_before_the_look_counts_where_the_page_asks_no_more(client: Client) -> None:
    held = held_id(look(client, script=False, fields=["", "doi"]))
    assert job_at(client.post(UPLOAD, {"held": held})).options == {"replace_placeholders": False, "fields": ["doi"]}


def test_a_held_file_is_not_started_with_options_that_make_no_sense(client: Client) -> None:
    held = held_id(look(client, script=False))
    response = client.post(UPLOAD, {"held": held, "fields": "", "sources": ""})
    assert "Choose at least one source" in words(response)
    assert not EnrichmentJob.objects.exists()


def test_a_file_held_after_a_look_is_nobody_elses(client: Client) -> None:
    held = held_id(look(client, script=False))
    stranger = Client()
    look(stranger, script=False)
    assert stranger.post(UPLOAD, {"held": held}).status_code == 422
    assert not EnrichmentJob.objects.exists()


def test_a_session_holds_one_looked_at_file_and_the_sweep_takes_what_nobody_started(client: Client) -> None:
    for _ in range(3):
        look(client, script=False)
    assert len(stored_files()) == 1
    from django.utils import timezone

    assert jobs.sweep_orphans(now=timezone.now() + timedelta(hours=2)).deleted == 1


@pytest.mark.parametrize("script", [True, False], ids=["script", "page"])
@pytest.mark.parametrize(
    ("data", "name", "says"),
    [
        (b"Dear all,", "refs.bib", "No BibTeX entry"),
        (BIBTEX, "refs.exe", "does not end in .bib"),
        (b"", "refs.bib", "The file is empty"),
    ],
    ids=["letter", "name", "empty"],
)
def test_what_an_upload_refuses_a_look_refuses_in_the_same_words(
    script: bool, data: bytes, name: str, says: str, client: Client
) -> None:
    response = look(client, data, script=script, name=name)
    assert response.status_code == 422
    assert says in words(response)
    assert says in words(upload(client, data, name=name))
    assert stored_files() == set()


def test_a_large_file_that_only_reading_shows_to_be_none_is_refused_without_a_fault(client: Client) -> None:
    lines = b"@article{k\n" * 30_000
    assert look(client, lines).status_code == 422
    assert look(client, lines, script=False).status_code == 422


def test_pasted_text_is_looked_at(client: Client) -> None:
    response = client.post(LOOK, {"pasted": BIBTEX.decode()}, headers={"HX-Request": "true"})
    assert "pasted.bib" in words(response)


def test_the_example_can_be_looked_at_and_started_by_anybody(client: Client) -> None:
    seen = client.post(LOOK, {"example": "1", "fields": ["", "doi"]})
    assert "references.bib" in words(seen)
    job = job_at(client.post(UPLOAD, {"held": held_id(seen)}))
    assert (job.original_name, job.options["fields"]) == ("references.bib", ["doi"])


@pytest.mark.parametrize("active", [False, True], ids=["after-a-look", "beside-another-job"])
def test_where_nothing_can_be_held_that_is_said(active: bool, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(name: str, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    if active:
        upload(client)
    monkeypatch.setattr("apps.scholar_app.held.files.write", full)
    response = upload(client) if active else look(client, script=False)
    assert response.status_code == 503
    assert "could not be stored" in words(response)
    assert int(response["Retry-After"]) > 0


# Cheap is not free


def test_looks_are_counted_apart_from_uploads_and_have_an_end(client: Client, settings: Settings) -> None:
    settings.SCITEX_UPLOADS_PER_HOUR = 1
    answers = [look(client).status_code for _ in range(11)]
    assert answers == [200] * 10 + [429]
    assert "You can send it all the same" in words(look(Client()))
    assert upload(client).status_code == 302


def test_looks_that_hold_a_file_are_as_many_as_uploads(client: Client, settings: Settings) -> None:
    settings.SCITEX_UPLOADS_PER_HOUR = 2
    answers = [look(Client(), script=False) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 0 < int(answers[-1]["Retry-After"]) <= 3600
    assert len(stored_files()) == 2


def test_a_look_that_is_refused_costs_none_of_the_files_that_may_be_held(client: Client, settings: Settings) -> None:
    settings.SCITEX_UPLOADS_PER_HOUR = 1
    assert [look(client, b"%PDF-1.7", script=False).status_code for _ in range(3)] == [422] * 3
    assert [look(client, script=False).status_code for _ in range(2)] == [200, 429]


def test_one_large_file_is_looked_at_at_a_time(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.scholar_app import look_views

    monkeypatch.setattr(look_views, "_PATIENCE_SECONDS", 0.01)
    with look_views._reading:
        response = look(client)
    assert (response.status_code, response["Retry-After"]) == (503, "60")
    assert look(client).status_code == 200


def test_a_look_from_elsewhere_is_another_ones(client: Client, settings: Settings, monkeypatch: Any) -> None:
    settings.SCITEX_UPLOADS_PER_HOUR = 1
    for _ in range(10):
        look(client)
    monkeypatch.setattr(owners, "client_address", lambda _: "192.0.2.7")
    assert look(Client()).status_code == 200
