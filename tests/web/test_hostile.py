"""What leaves the house: headers, file names and values, however hostile; and what the browser is held to."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from apps.scholar_app import jobs
from apps.scholar_app.enrichment.report import EntryReport
from apps.scholar_app.models import EnrichmentJob
from tests.web.making import (
    ENRICHED,
    added,
    candidate,
    complete,
    content,
    entry,
    fail,
    page,
    upload,
    uploaded,
    url,
)

pytestmark = pytest.mark.django_db

MARKUP = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
LINK = "javascript:alert(1)"


@pytest.mark.parametrize(
    ("sent", "download"),
    [
        ("references.bib", 'filename="references.enriched.bib"'),
        ("My Refs (1).BIB", 'filename="My Refs (1).enriched.bib"'),
        ("文献.bib", "filename*=utf-8''%E6%96%87%E7%8C%AE.enriched.bib"),
        ('a"; filename="evil.exe.bib', "evil.exe"),
        (".bib.bib", 'filename="bib.enriched.bib"'),
    ],
)
def test_the_download_is_a_file_with_a_safe_name(sent: str, download: str, client: Client) -> None:
    job = complete(uploaded(client))
    EnrichmentJob.objects.filter(pk=job.pk).update(original_name=sent)
    response = client.get(url("job_download", job))
    assert content(response) == ENRICHED
    assert response["Content-Type"] == "text/x-bibtex"
    assert response["X-Content-Type-Options"] == "nosniff"
    disposition = response["Content-Disposition"]
    assert disposition.startswith("attachment; filename")
    assert download in disposition
    assert disposition.endswith(('.enriched.bib"', ".enriched.bib"))
    assert disposition.count('"') in {0, 2}, "the quotes of a name cannot end it"


@pytest.mark.parametrize(
    ("name", "kind"), [("job_report_json", "application/json"), ("job_report_csv", "text/csv; charset=utf-8")]
)
def test_reports_are_files_too(name: str, kind: str, client: Client) -> None:
    response = client.get(url(name, complete(uploaded(client))))
    assert content(response)
    assert response["Content-Type"] == kind
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Disposition"].startswith('attachment; filename="references.report.')


@pytest.mark.parametrize(
    "name", ["job", "job_progress", "job_download", "job_original", "job_report_json", "job_report_csv", "job_diff",
     "job_entry"],
)  # fmt: skip
def test_no_cache_keeps_a_page_of_a_job(name: str, client: Client) -> None:
    response = client.get(url(name, complete(uploaded(client))))
    content(response)
    assert set(response["Cache-Control"].split(", ")) >= {"private", "no-store"}


def test_no_cache_keeps_the_list_of_own_jobs(client: Client) -> None:
    assert "no-store" in client.get(reverse("scholar:bibtex_form"))["Cache-Control"]


def hostile_entry() -> EntryReport:
    work = dict.fromkeys(("title", "container", "source"), MARKUP)
    several = dict.fromkeys(("authors", "reasons"), (MARKUP,))
    works = (candidate(doi=MARKUP, **work, **several), candidate(doi="", url=LINK, **work))
    values = added(title=MARKUP, url=LINK, pdf="https://e.org/\"onmouseover='alert(1)'", abstract=MARKUP)
    said = {"reason": MARKUP, "warnings": (MARKUP,), "candidates": works}
    return entry(MARKUP, "conflict", type=MARKUP, doi=MARKUP, added=values, replaced=values, refreshed=values, **said)


def test_hostile_values_are_text_on_every_page(client: Client) -> None:
    name = "<img src=x onerror=alert(1)>.bib"
    refused = upload(client, name=f"{MARKUP}.exe".replace("/", ""))
    job = uploaded(client, data=f"@article{{k,\n  title = {{{MARKUP}}}\n}}".encode(), name=name)
    chosen = upload(client, name=name)
    working_pages = [page(client, name, job) for name in ("job", "job_progress")]
    result = f"@article{{k,\n  title = {{{MARKUP}}},\n  note = {{{MARKUP}}}\n}}".encode()
    done = complete(job, hostile_entry(), result=result)
    failed = fail(uploaded(client, name=name), message=MARKUP)
    shown = [page(client, name, job) for name in ("job", "job_progress", "job_diff")]
    assert all(
        "&lt;script&gt;alert(1)&lt;/script&gt;" in page(client, name, done) for name in ("job", "job_diff", "job_entry")
    )
    shown += [page(client, name, done) for name in ("job", "job_diff", "job_entry")]
    shown += [page(client, "job", failed), content(client.get(reverse("scholar:bibtex_form"))).decode()]
    for html in [content(refused).decode(), content(chosen).decode(), *working_pages, *shown]:
        assert "<img" not in html
        assert "alert(1)</script>" not in html
        assert not re.search(r"<[^>]*\son\w+\s*=\s*[^>]*alert", html.replace("&quot;", "").replace("&#x27;", ""))
        assert not re.search(r'href="(?!https?://|/|\?|#)', html)


def test_only_web_addresses_become_links_and_they_tell_nobody_where_one_came_from(client: Client) -> None:
    values = added(url="https://example.org/a?b=1&c=2", pdf=LINK)
    shown = page(client, "job", complete(uploaded(client), entry(doi="10.1000/a<b>#", added=values)))
    links = re.findall(r'<a href="(http[^"]*)"([^>]*)>', shown)
    assert links == [
        ("https://doi.org/10.1000/a%3Cb%3E%23", ' rel="noopener noreferrer nofollow"'),
        ("https://example.org/a?b=1&amp;c=2", ' rel="noopener noreferrer nofollow"'),
    ]


def every_page(client: Client) -> list[str]:
    job = uploaded(client)
    shown = [page(client, name, job) for name in ("job", "job_progress")]
    shown.append(content(upload(client)).decode())
    complete(job)
    shown += [page(client, name, job) for name in ("job", "job_diff", "job_entry")]
    addresses = (reverse("scholar:bibtex_form"), reverse("scholar:sign_in"), reverse("scholar:sign_up"), "/nowhere")
    return shown + [content(client.get(address)).decode() for address in addresses]


def test_no_page_needs_more_than_the_strict_policy_allows(client: Client) -> None:
    for html in every_page(client):
        assert not re.search(r"<script(?![^>]*\bsrc=)", html)
        assert "<style" not in html
        assert not re.search(r"<[^>]+\s(?:style|on\w+)=", html)
        assert not re.search(r'(?:src|action)="(?:https?:)?//', html)


def test_the_policy_is_sent_with_every_page(client: Client) -> None:
    for address in (reverse("scholar:bibtex_form"), "/nowhere"):
        policy = client.get(address)["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


def test_the_page_of_a_fault_needs_neither_request_nor_database(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a secret in the traceback")

    monkeypatch.setattr(jobs, "jobs_of", broken)
    client.raise_request_exception = False
    response = client.get(reverse("scholar:bibtex_form"))
    assert response.status_code == 500
    assert "Something broke on our side" in content(response).decode()
    assert "secret" not in content(response).decode()


def test_what_will_be_looked_up_is_said_beforehand(client: Client, settings: Settings) -> None:
    settings.SCITEX_SOURCES = ("catalogue", "pubmed", "semanticscholar")
    shown = content(client.get(reverse("scholar:bibtex_form"))).decode()
    assert "PubMed" in shown
    assert "Crossref" not in shown
    assert re.search(r"Semantic Scholar\s*<span[^>]*>\(if it answers\)", shown)
