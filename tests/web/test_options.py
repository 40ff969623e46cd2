"""What a person may choose for a job, on the page and over the API alike, and that the work keeps to it."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from apps.scholar_app import jobs
from apps.scholar_app.enrichment.fields import ADDABLE, COMPANIONS
from apps.scholar_app.models import EnrichmentJob
from apps.scholar_app.options import CHOOSABLE, enrichment_options, sources_of
from tests.api.making import program, send
from tests.web.making import content, upload, uploaded

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _three_sources(settings: Settings) -> None:
    settings.SCITEX_SOURCES = ("catalogue", "crossref", "openalex")
    settings.SCITEX_OPTIONAL_SOURCES = ("openalex",)


def options(**fields: Any) -> Any:
    return uploaded(Client(), **fields).options


def test_every_field_that_can_be_added_can_be_chosen() -> None:
    companions = {companion for others in COMPANIONS.values() for companion in others}
    assert sorted([*CHOOSABLE, *companions]) == sorted(ADDABLE)


def test_who_chooses_nothing_gets_everything() -> None:
    assert options() == {"replace_placeholders": False}


def test_who_ticks_every_box_gets_what_is_added_later_too() -> None:
    everything = {"fields": list(CHOOSABLE), "sources": ["openalex", "catalogue", "crossref"]}
    assert options(**everything) == {"replace_placeholders": False}


def test_chosen_fields_and_sources_reach_the_job_in_their_own_order() -> None:
    chosen = options(fields=["url", "doi"], sources=["openalex", "crossref"], replace_placeholders="on")
    assert chosen == {"replace_placeholders": True, "fields": ["doi", "url"], "sources": ["crossref", "openalex"]}


def test_names_may_be_separated_by_commas_in_any_case() -> None:
    assert options(fields="url, DOI,") == {"replace_placeholders": False, "fields": ["doi", "url"]}


def test_a_field_brings_those_along_that_mean_nothing_without_it() -> None:
    assert options(fields="eprint")["fields"] == ["eprint", "archiveprefix", "primaryclass"]
    assert options(fields="citation_count")["fields"] == [
        "citation_count", "citation_count_date", "citation_count_source",
    ]  # fmt: skip


def test_a_form_with_no_box_ticked_adds_nothing_and_only_checks() -> None:
    assert options(fields="") == {"replace_placeholders": False, "fields": []}


@pytest.mark.parametrize(
    ("fields", "code", "says"),
    [
        ({"fields": "dio"}, "unknown_field", "“dio” is no field that can be added. Did you mean “doi”?"),
        ({"fields": "crossref"}, "unknown_field", "There are: author, title"),
        ({"sources": "crosref"}, "unknown_source", "“crosref” is no source of this site. Did you mean “crossref”?"),
        ({"sources": "pubmed"}, "unknown_source", "There are: catalogue, crossref, openalex."),
        ({"sources": ""}, "no_source", "Choose at least one source to ask."),
        ({"fields": "%(name)s<b>"}, "unknown_field", "“%(name)s&lt;b&gt;” is no field"),
    ],
    ids=["misspelt-field", "other-field", "misspelt-source", "other-source", "no-source", "hostile"],
)
def test_a_wrong_option_is_named_by_page_and_api_alike_and_costs_nothing(
    fields: dict[str, str], code: str, says: str
) -> None:
    response = upload(Client(), **fields)
    assert response.status_code == 422
    page = content(response).decode()
    assert says in page
    assert 'role="alert"' in page
    answer = send(program(), **fields)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)
    assert says in answer.json()["error"]["message"].replace("<", "&lt;").replace(">", "&gt;")
    assert not EnrichmentJob.objects.exists()


def test_the_api_takes_the_same_options_under_the_same_names() -> None:
    answer = send(program(), fields="doi,url", sources="crossref", replace_placeholders="true")
    assert answer.status_code == 202
    assert EnrichmentJob.objects.get().options == {
        "replace_placeholders": True, "fields": ["doi", "url"], "sources": ["crossref"],
    }  # fmt: skip


def test_the_enrichment_is_told_what_was_chosen() -> None:
    told = enrichment_options({"replace_placeholders": True, "fields": ["doi"]})
    assert (told.replace_placeholders, told.fields, told.optional_sources) == (
        True, frozenset({"doi"}), frozenset({"openalex"}),
    )  # fmt: skip
    assert enrichment_options({}).fields is None
    assert enrichment_options({"fields": []}).fields == frozenset()


@pytest.mark.parametrize(
    ("chosen", "asked"),
    [
        ({}, ["catalogue", "crossref", "openalex"]),
        ({"sources": ["openalex", "crossref"]}, ["crossref", "openalex"]),
        ({"sources": ["pubmed", "crossref"]}, ["crossref"]),
        ({"sources": ["pubmed"]}, ["catalogue", "crossref", "openalex"]),
    ],
    ids=["all", "some", "one-is-gone", "all-are-gone"],
)
def test_whom_a_job_asks_is_what_was_chosen_of_what_is_there(chosen: dict[str, Any], asked: list[str]) -> None:
    assert sources_of(chosen) == asked


def ticked(page: str, name: str) -> list[str]:
    boxes = [tag for tag in page.split("<input")[1:] if f'name="{name}"' in tag and "checkbox" in tag.split(">")[0]]
    return [box.partition('value="')[2].partition('"')[0] for box in boxes if " checked" in box.split(">")[0]]


def test_the_form_remembers_what_its_owner_chose_last(client: Client) -> None:
    page = content(client.get("/scholar/bibtex/")).decode()
    assert ticked(page, "fields") == list(CHOOSABLE)
    job = uploaded(client, fields=["doi"], sources=["crossref"], replace_placeholders="on")
    jobs.cancel(job.pk, [jobs.Owner(visitor=job.visitor)])
    page = content(client.get("/scholar/bibtex/")).decode()
    assert (ticked(page, "fields"), ticked(page, "sources")) == (["doi"], ["crossref"])
    assert ticked(page, "replace_placeholders") == ["on"] or 'name="replace_placeholders"' in page
    stranger = content(Client().get("/scholar/bibtex/")).decode()
    assert ticked(stranger, "fields") == list(CHOOSABLE)


def test_a_refused_form_keeps_its_ticks(client: Client) -> None:
    page = content(upload(client, b"no bibtex", fields=["", "doi"], sources=["", "openalex"])).decode()
    assert (ticked(page, "fields"), ticked(page, "sources")) == (["doi"], ["openalex"])


def test_the_page_of_a_job_says_what_was_chosen(client: Client) -> None:
    job = uploaded(client, fields=["doi", "url"], sources=["crossref"], replace_placeholders="on")
    page = content(client.get(f"/scholar/bibtex/job/{job.pk}/")).decode()
    for words in ("doi url", "Crossref", "Placeholders are replaced"):
        assert words in page


# Pasted text

PASTED = "@article{k,\n  title = {Ümläute},\n}\n"


def send_text(client: Client, text: str, **more: str) -> Any:
    return client.post("/scholar/bibtex/upload/", {"pasted": text, **more})


def test_pasted_text_becomes_a_file_with_plain_line_ends(client: Client) -> None:
    from apps.scholar_app import files

    assert send_text(client, PASTED.replace("\n", "\r\n"), replace_placeholders="on").status_code == 302
    job = EnrichmentJob.objects.get()
    assert (job.original_name, job.entries_total) == ("pasted.bib", 1)
    assert job.options == {"replace_placeholders": True}
    assert files.read(job.upload_name) == PASTED.encode()


@pytest.mark.parametrize(
    ("text", "status", "says"),
    [
        ("Dear all,", 422, "No BibTeX entry"),
        (" \r\n ", 400, "No file was chosen"),
        ("@article{k, title={\x00}}", 422, "zero byte"),
    ],
    ids=["a-letter", "blank", "binary"],
)
def test_pasted_text_is_held_to_the_rules_of_files(text: str, status: int, says: str, client: Client) -> None:
    response = send_text(client, text)
    assert response.status_code == status
    assert says in content(response).decode()
    assert not EnrichmentJob.objects.exists()


@pytest.mark.parametrize(("over", "status"), [(0, 302), (1, 413)])
def test_the_limit_of_size_holds_for_pasted_text(over: int, status: int, client: Client, settings: Settings) -> None:
    settings.SCITEX_MAX_UPLOAD_BYTES = 1000
    assert send_text(client, PASTED.ljust(998 + over, "%")).status_code == status


def test_more_than_a_megabyte_may_be_pasted(client: Client) -> None:
    assert send_text(client, PASTED + "%" * 3_000_000).status_code == 302


def test_a_file_and_a_text_at_once_are_one_too_many(client: Client) -> None:
    response = upload(client, pasted=PASTED)
    assert response.status_code == 400
    assert "Send one at a time" in content(response).decode()
