"""A look at a file before it is sent, and what is told while one waits: by script, without it, by keyboard, narrow."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from apps.scholar_app import files, jobs
from apps.scholar_app.enrichment.record import Pause, Progress, Settled, SourceTally
from apps.scholar_app.models import EnrichmentJob
from tests.browser.conftest import Contexts, Observed
from tests.browser.test_bibtex_pages import FORM, SEND, claimed, finish, send, the_job
from tests.jobs.making import MINUTE, put_back
from tests.waiting import wait_until
from tests.web.making import BIBTEX

pytestmark = pytest.mark.django_db(transaction=True)

TWICE = BIBTEX + BIBTEX.replace(b"vaswani2017", b"again")
LOOKED = "What is in it"
#: As if somebody pasted with the keyboard, anywhere on the page.
PASTE = """text => {
  const clipboardData = new DataTransfer();
  clipboardData.setData("text", text);
  document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
}"""
#: A browser that notes what it would have shown.
NOTING = """
  const kept = location.protocol === "about:" ? {} : localStorage;
  window.told = JSON.parse(kept.told || "[]");
  window.Notification = class {
    static permission = "granted";
    static async requestPermission() { return "granted"; }
    constructor(title, options) {
      window.told.push([title, options.body]);
      kept.told = JSON.stringify(window.told);
    }
  };
"""


@pytest.fixture
def bib(tmp_path: Path) -> Path:
    path = tmp_path / "references.bib"
    path.write_bytes(TWICE)
    return path


def test_a_chosen_file_is_shown_at_once_and_nothing_is_stored(page: Page, bib: Path) -> None:
    page.goto(FORM)
    page.get_by_label("BibTeX file").set_input_files(bib)
    expect(page.get_by_role("heading", name=LOOKED)).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("What is in it is shown below.")
    expect(page.get_by_role("row", name="article 2")).to_be_visible()
    expect(page.get_by_text("It has the same title, authors and year as").first).to_be_visible()
    assert not EnrichmentJob.objects.exists()
    page.get_by_role("button", name=SEND).click()
    page.wait_for_url("**/bibtex/job/*/")
    assert files.read(the_job().upload_name) == TWICE


def test_what_is_wrong_with_a_file_is_said_before_it_is_sent(
    page: Page, bib: Path, tmp_path: Path, observed: Observed
) -> None:
    letter = tmp_path / "letter.bib"
    letter.write_bytes(b"Dear all,")
    page.goto(FORM)
    page.get_by_label("BibTeX file").set_input_files(letter)
    expect(page.get_by_role("status").filter(has_text="No BibTeX entry was found")).to_be_visible()
    page.get_by_label("BibTeX file").set_input_files(bib)
    expect(page.get_by_role("heading", name=LOOKED)).to_be_visible()
    expect(page.locator(".drop.refused")).to_have_count(0)
    observed.complaints.clear()


def test_pasted_text_is_shown_and_sent_like_a_file(page: Page) -> None:
    page.goto(FORM)
    page.get_by_text("or paste its text").click()
    page.get_by_label("BibTeX text").fill(TWICE.decode())
    expect(page.get_by_role("status").filter(has_text="pasted.bib")).to_be_visible()
    expect(page.get_by_role("heading", name=LOOKED)).to_be_visible()
    page.get_by_role("button", name=SEND).click()
    page.wait_for_url("**/bibtex/job/*/")
    assert the_job().original_name == "pasted.bib"
    assert files.read(the_job().upload_name) == TWICE


def test_text_pasted_anywhere_on_the_page_is_taken(page: Page) -> None:
    page.goto(FORM)
    page.evaluate(PASTE, TWICE.decode())
    expect(page.get_by_label("BibTeX text")).to_have_value(TWICE.decode())
    expect(page.get_by_role("heading", name=LOOKED)).to_be_visible()


def test_of_a_text_and_a_file_the_last_one_counts(page: Page, bib: Path) -> None:
    page.goto(FORM)
    page.evaluate(PASTE, "@misc{first, title = {First}}")
    expect(page.locator(".look")).to_contain_text("pasted.bib")
    page.get_by_label("BibTeX file").set_input_files(bib)
    expect(page.locator(".look")).to_contain_text("references.bib")
    expect(page.get_by_label("BibTeX text")).to_have_value("")
    page.get_by_role("button", name=SEND).click()
    page.wait_for_url("**/bibtex/job/*/")
    assert files.read(the_job().upload_name) == TWICE


def test_a_look_that_fails_stands_in_nobodys_way(page: Page, bib: Path, observed: Observed) -> None:
    def fail(route: Route) -> None:
        route.fulfill(status=502, body="<h1>Bad gateway</h1>")

    page.route("**/bibtex/look/", fail)
    page.goto(FORM)
    page.get_by_label("BibTeX file").set_input_files(bib)
    expect(page.locator(".look")).to_have_text("The file could not be shown. You can send it all the same.")
    page.get_by_role("button", name=SEND).click()
    page.wait_for_url("**/bibtex/job/*/")
    observed.complaints.clear()


def test_the_plan_follows_who_is_asked(page: Page, bib: Path) -> None:
    page.goto(FORM)
    page.get_by_label("BibTeX file").set_input_files(bib)
    expect(page.locator(".look")).to_contain_text("Crossref")
    page.get_by_text("Choose what is added").click()
    page.get_by_label("Crossref").uncheck()
    expect(page.locator(".look")).to_contain_text("nobody outside this site has to be asked")


def test_chosen_fields_and_sources_are_sent_shown_and_remembered(page: Page, bib: Path) -> None:
    page.goto(FORM)
    page.get_by_text("Choose what is added").click()
    page.get_by_label("abstract").uncheck()
    page.get_by_label("Crossref").uncheck()
    page.get_by_label("BibTeX file").set_input_files(bib)
    page.get_by_role("button", name=SEND).click()
    page.wait_for_url("**/bibtex/job/*/")
    expect(page.get_by_text("These fields are not added: abstract")).to_be_visible()
    expect(page.get_by_text("Only these are asked: local catalogue")).to_be_visible()
    assert "abstract" not in the_job().options["fields"]
    page.goto(FORM)
    expect(page.get_by_label("abstract")).not_to_be_checked()
    expect(page.get_by_label("doi")).to_be_checked()


def test_without_script_a_file_is_looked_at_and_started_without_choosing_it_again(
    new_context: Contexts, bib: Path
) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto(FORM)
    page.get_by_label("BibTeX file").set_input_files(bib)
    page.get_by_role("button", name="Look at it first").click()
    expect(page.get_by_role("heading", name=LOOKED)).to_be_visible()
    assert not EnrichmentJob.objects.exists()
    page.get_by_role("button", name=SEND).click()
    page.wait_for_url("**/bibtex/job/*/")
    assert files.read(the_job().upload_name) == TWICE


def test_without_script_text_is_pasted_and_sent(new_context: Contexts) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto(FORM)
    page.get_by_text("or paste its text").click()
    page.get_by_label("BibTeX text").fill(TWICE.decode())
    page.get_by_role("button", name=SEND).click()
    page.wait_for_url("**/bibtex/job/*/")
    assert files.read(the_job().upload_name) == TWICE


def test_a_newcomer_tries_the_example_by_keyboard(page: Page) -> None:
    page.goto(FORM)
    page.get_by_role("button", name="Try it with an example").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=LOOKED)).to_be_visible()
    page.get_by_role("button", name=SEND).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/bibtex/job/*/")
    assert the_job().original_name == "references.bib"


def test_the_tab_and_the_page_say_how_far_it_is_who_is_waited_for_and_how_it_ended(page: Page, bib: Path) -> None:
    claim = claimed(send(page, bib))
    progress = Progress(
        4,
        1,
        {"enriched": 1},
        {"crossref": SourceTally(asked=2, answered=1)},
        waiting={"crossref": Pause(12, "Crossref asks for a pause of 20 s (429)")},
        latest=(Settled("vaswani2017", "enriched"),),
        left=95.0,
    )
    assert jobs.renew(claim, progress=progress)
    expect(page).to_have_title("25 %: references.bib · SciTeX Scholar")
    expect(page.get_by_text("Crossref asks for a pause of 20 s (429): 12 s to wait.")).to_be_visible()
    expect(page.get_by_text("About 2 min left.")).to_be_visible()
    expect(page.locator(".latest")).to_contain_text("vaswani2017")
    assert jobs.fail(claim, code="processing_timeout", message="This job ran for more than 10 minutes.")
    expect(page).to_have_title("Failed: references.bib · SciTeX Scholar")
    expect(page.get_by_text("1 of 4 entries had their answer.")).to_be_visible()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


def test_nothing_jumps_while_the_progress_is_looked_at(page: Page, bib: Path) -> None:
    claim = claimed(send(page, bib))
    sources = {"crossref": SourceTally(asked=1)}
    latest = (Settled("one", "enriched"),)
    assert jobs.renew(claim, progress=Progress(4, 1, sources=sources, latest=latest, activity="Asking"))
    expect(page.get_by_text("1 of 4 entries")).to_be_visible()
    before = page.get_by_role("button", name="Cancel").bounding_box()
    waiting = {"crossref": Pause(12, "Crossref asks for a pause of 20 s (429)")}
    more = Progress(4, 2, sources=sources, latest=latest * 6, activity="Asking", waiting=waiting, left=30.0)
    assert jobs.renew(claim, progress=more)
    expect(page.get_by_text("2 of 4 entries")).to_be_visible()
    assert page.get_by_role("button", name="Cancel").bounding_box() == before


def test_who_asked_the_browser_is_told_at_the_end_once_and_nobody_else(new_context: Contexts, bib: Path) -> None:
    context = new_context()
    context.add_init_script(NOTING)
    page, other = context.new_page(), context.new_page()
    claim = claimed(send(page, bib))
    other.goto(page.url)
    page.get_by_role("button", name="Tell me when it is done").click()
    expect(page.get_by_role("button", name="This browser will tell you")).to_be_disabled()
    finish(claim)
    expect(page.get_by_role("link", name="Download the enriched file")).to_be_visible()
    wait_until(lambda: page.evaluate("told.length") == 1, what="the word of the browser")
    assert page.evaluate("told") == [["Completed", "references.bib"]]
    expect(other.get_by_role("link", name="Download the enriched file")).to_be_visible()
    page.reload()
    assert page.evaluate("told.length") == 1


def test_a_browser_that_refuses_to_tell_offers_it_no_more(new_context: Contexts, bib: Path) -> None:
    context = new_context()
    context.add_init_script('window.Notification = class { static permission = "denied"; };')
    page = context.new_page()
    send(page, bib)
    expect(page.get_by_role("button", name="Tell me when it is done")).not_to_be_visible()


def test_an_email_is_asked_for_while_the_work_goes_on(
    new_context: Contexts, bib: Path, live_server: LiveServer, settings: object
) -> None:
    ada = Client()
    ada.force_login(User.objects.create_user("ada", "ada@example.org"))
    cookie = ada.cookies["scitex_session"].value
    context = new_context()
    context.add_cookies([{"name": "scitex_session", "value": cookie, "url": live_server.url}])
    page = context.new_page()
    job = send(page, bib)
    page.get_by_role("button", name="E-mail me when it is done").click()
    expect(page.get_by_text("You will get an e-mail at ada@example.org")).to_be_visible()
    assert jobs.letter_wished(job.pk)
    page.get_by_role("button", name="Send none").click()
    expect(page.get_by_role("button", name="E-mail me when it is done")).to_be_visible()
    assert not jobs.letter_wished(job.pk)


@pytest.mark.parametrize("width", [320, 1280])
def test_a_look_fits_every_width(width: int, new_context: Contexts, bib: Path) -> None:
    bib.write_bytes(b"@article{%s, title = {%s}, doi = {%s}}\n" % (b"k" * 90, b"t" * 300, b"x" * 200) + TWICE)
    page = new_context(viewport={"width": width, "height": 800}).new_page()
    page.goto(FORM)
    page.get_by_text("Choose what is added").click()
    page.get_by_text("or paste its text").click()
    page.get_by_label("BibTeX file").set_input_files(bib)
    expect(page.get_by_role("heading", name=LOOKED)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_who_watches_is_told_at_once_that_the_clean_up_ended_the_job_and_what_to_do(page: Page, bib: Path) -> None:
    job = send(page, bib)
    put_back(job.pk, queued_at=6 * MINUTE)
    expect(page.get_by_text("It has waited for longer than a file may")).to_be_visible()
    jobs.clean_up(retention_days=30, delete_old_jobs=False, by="timer")
    expect(page).to_have_title("Failed: references.bib · SciTeX Scholar")
    expect(page.get_by_text("This job waited for more than 5 minutes and was not started.")).to_be_visible()
    expect(page.get_by_text("Nothing is wrong with your file: its turn never came.")).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("Waiting: yours is next.")).to_be_visible()
    assert not page.get_by_text("It has waited for longer than a file may").is_visible()
