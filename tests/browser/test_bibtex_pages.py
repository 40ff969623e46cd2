"""The way of a bibliography through a real browser: with and without script, by mouse and keyboard, wide and narrow."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from apps.scholar_app import files, jobs
from apps.scholar_app.enrichment.record import Progress
from apps.scholar_app.models import EnrichmentJob
from tests.browser.conftest import Contexts, Observed
from tests.waiting import wait_until
from tests.web.making import BIBTEX, ENRICHED, added, candidate, complete, entry, report

pytestmark = pytest.mark.django_db(transaction=True)

FORM = "/scholar/bibtex/"
SEND = "Look up and complete"
#: Puts a file on the drop zone as a mouse does: with a DataTransfer of its own.
DROP = """([names, text]) => {
  const transfer = new DataTransfer();
  for (const name of names) transfer.items.add(new File([text], name));
  const zone = document.querySelector(".drop");
  for (const type of ["dragenter", "dragover", "drop"]) {
    zone.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }
}"""


@pytest.fixture
def bib(tmp_path: Path) -> Path:
    path = tmp_path / "references.bib"
    path.write_bytes(BIBTEX)
    return path


def send(page: Page, path: Path) -> EnrichmentJob:
    page.goto(FORM)
    page.get_by_label("BibTeX file").set_input_files(path)
    page.get_by_role("button", name=SEND).click()
    page.wait_for_url("**/bibtex/job/*/")
    return the_job()


def the_job() -> EnrichmentJob:
    return EnrichmentJob.objects.latest("created_at")


def advance(claim: jobs.Claim, done: int) -> None:
    assert jobs.renew(claim, progress=Progress(4, done, {"enriched": done}, activity=f"Asking Crossref, {done} done"))


def claimed(job: EnrichmentJob) -> jobs.Claim:
    claim = jobs.claim(worker="test", job_id=job.pk)
    assert claim, "the job was not waiting"
    return claim


def finish(claim: jobs.Claim) -> None:
    entries = (
        entry("vaswani2017", added=added(doi="10.48550/arXiv.1706.03762")),
        entry("smith2019", "ambiguous", reason="Two works fit.", candidates=(candidate(),)),
    )
    made = report(*entries)
    assert jobs.complete(claim, result=ENRICHED, report=made.to_json(), outcomes=made.outcomes)


def test_a_file_goes_from_the_form_through_live_progress_to_the_download(page: Page, bib: Path) -> None:
    claim = claimed(send(page, bib))
    advance(claim, 1)
    expect(page.get_by_text("1 of 4 entries")).to_be_visible()
    expect(page.get_by_text("Asking Crossref, 1 done")).to_be_visible()
    advance(claim, 3)
    expect(page.get_by_text("3 of 4 entries")).to_be_visible()
    expect(page.get_by_role("img", name="3 Enriched")).to_be_visible()
    finish(claim)
    expect(page.get_by_text("1 of 2 entries gained something.")).to_be_visible()
    expect(page).to_have_title("Completed: references.bib · SciTeX Scholar")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the enriched file").click()
    assert download.value.suggested_filename == "references.enriched.bib"
    assert Path(download.value.path()).read_bytes() == ENRICHED


def test_progress_survives_a_reload(page: Page, bib: Path) -> None:
    claim = claimed(send(page, bib))
    advance(claim, 2)
    page.reload()
    expect(page.get_by_text("2 of 4 entries")).to_be_visible()
    finish(claim)
    expect(page.get_by_role("link", name="See what was added")).to_be_visible()


def test_progress_outlives_a_server_that_is_away_for_a_moment(page: Page, bib: Path, observed: Observed) -> None:
    away = {"refused": 1, "broken": 1}

    def answer(route: Route) -> None:
        if away["refused"]:
            away["refused"] = 0
            route.abort("connectionrefused")
        elif away["broken"]:
            away["broken"] = 0
            route.fulfill(status=502, body="bad gateway")
        else:
            route.continue_()

    page.route("**/progress/**", answer)
    claim = claimed(send(page, bib))
    advance(claim, 2)
    expect(page.get_by_text("2 of 4 entries")).to_be_visible(timeout=30_000)
    assert away == {"refused": 0, "broken": 0}
    observed.complaints.clear()


def test_a_job_deleted_in_another_tab_shows_as_gone(page: Page, bib: Path, observed: Observed) -> None:
    job = send(page, bib)
    assert jobs.delete(job.pk, [jobs.Owner(visitor=job.visitor)])
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    observed.complaints.clear()


def test_a_file_is_dropped(page: Page) -> None:
    page.goto(FORM)
    page.evaluate(DROP, [["dropped.bib"], BIBTEX.decode()])
    expect(page.get_by_role("status").filter(has_text="dropped.bib")).to_be_visible()
    page.get_by_role("button", name=SEND).click()
    page.wait_for_url("**/bibtex/job/*/")
    assert the_job().original_name == "dropped.bib"
    assert files.read(the_job().upload_name) == BIBTEX


def test_several_dropped_files_are_refused_with_a_word(page: Page) -> None:
    page.goto(FORM)
    page.evaluate(DROP, [["a.bib", "b.bib"], BIBTEX.decode()])
    expect(page.get_by_text("Drop one at a time.")).to_be_visible()
    assert page.get_by_label("BibTeX file").evaluate("field => field.files.length") == 0


def test_a_file_that_is_too_large_is_refused_before_it_is_sent(
    page: Page, tmp_path: Path, settings: object, observed: Observed
) -> None:
    settings.SCITEX_MAX_UPLOAD_BYTES = 1000  # type: ignore[attr-defined]
    large = tmp_path / "large.bib"
    large.write_bytes(BIBTEX.ljust(1001))
    page.goto(FORM)
    page.get_by_label("BibTeX file").set_input_files(large)
    expect(page.get_by_role("status").filter(has_text="larger than 1000")).to_be_visible()
    page.get_by_role("button", name=SEND).click()
    assert not [url for url in observed.asked if "upload" in url]


def test_a_body_far_too_large_still_gets_its_page(new_context: Contexts, tmp_path: Path, observed: Observed) -> None:
    large = tmp_path / "large.bib"
    large.write_bytes(b"x" * 12 * 1024 * 1024)
    page = new_context(java_script_enabled=False).new_page()
    page.goto(FORM)
    page.get_by_label("BibTeX file").set_input_files(large)
    page.get_by_role("button", name=SEND).click()
    expect(page.get_by_role("heading", name="This file is too large")).to_be_visible()
    observed.complaints.clear()


def test_a_refused_file_is_explained_beside_the_field(page: Page, tmp_path: Path, observed: Observed) -> None:
    letter = tmp_path / "letter.bib"
    letter.write_bytes(b"Dear all,")
    page.goto(FORM)
    page.get_by_label("BibTeX file").set_input_files(letter)
    page.get_by_role("button", name=SEND).click()
    expect(page.get_by_role("alert")).to_contain_text("No BibTeX entry was found")
    field = page.get_by_label("BibTeX file")
    expect(field).to_have_attribute("aria-invalid", "true")
    described_by = str(field.get_attribute("aria-describedby"))
    assert page.get_by_role("alert").get_attribute("id") in described_by.split()
    observed.complaints.clear()


def test_the_second_file_can_take_the_place_of_the_first(page: Page, bib: Path, observed: Observed) -> None:
    first = send(page, bib)
    page.goto(FORM)
    other = bib.with_name("other.bib")
    other.write_bytes(BIBTEX)
    page.get_by_label("BibTeX file").set_input_files(other)
    page.get_by_role("button", name=SEND).click()
    expect(page.get_by_role("heading", name="One file at a time")).to_be_visible()
    page.get_by_role("button", name="Cancel it and start other.bib").click()
    page.wait_for_url("**/bibtex/job/*/")
    assert EnrichmentJob.objects.get(pk=first.pk).status == "cancelled"
    assert the_job().original_name == "other.bib"
    observed.complaints.clear()


def test_everything_works_without_script(new_context: Contexts, bib: Path) -> None:
    page = new_context(java_script_enabled=False).new_page()
    job = send(page, bib)
    expect(page.get_by_text("yours is next")).to_be_visible()
    claim = claimed(job)
    finish(claim)
    # The page reloads itself.
    expect(page.get_by_text("1 of 2 entries gained something.")).to_be_visible()
    page.get_by_role("link", name="1 is worth a look").click()
    expect(page.get_by_role("heading", name="smith2019")).to_be_visible()
    expect(page.get_by_role("heading", name="vaswani2017")).not_to_be_visible()
    page.get_by_role("link", name="See what was added").click()
    expect(page.get_by_text("doi = {10.48550/arXiv.1706.03762},")).to_be_visible()
    page.get_by_role("link", name="Back to the result").click()
    page.get_by_text("Delete this job").click()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("have been deleted")).to_be_visible()
    assert not EnrichmentJob.objects.exists()


def test_a_job_is_cancelled_and_tried_again(page: Page, bib: Path) -> None:
    job = send(page, bib)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("This job was cancelled")).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("yours is next")).to_be_visible()
    assert the_job().pk != job.pk


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent.trim() || document.activeElement.type"))


def test_the_whole_way_by_keyboard_with_the_focus_in_sight(page: Page, bib: Path) -> None:
    page.goto(FORM)
    seen = []
    for _ in range(12):
        page.keyboard.press("Tab")
        seen.append(focused(page))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
        assert outline == "3px", seen
        if seen[-1] == SEND:
            break
    assert seen == [
        "Skip to the content", "SciTeX Scholar", "Upload", "Sign in", "Sign up", "file", "or paste its text",
        "checkbox", "Choose what is added, and who is asked", SEND,
    ]  # fmt: skip
    page.get_by_label("BibTeX file").set_input_files(bib)
    page.get_by_role("button", name=SEND).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/bibtex/job/*/")
    page.get_by_role("button", name="Cancel").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("This job was cancelled")).to_be_visible()


def test_progress_is_announced_in_tenths(page: Page, bib: Path) -> None:
    claim = claimed(send(page, bib))
    advance(claim, 2)
    expect(page.locator("#announced")).to_have_text("50 percent done")
    assert page.locator("#announced").get_attribute("role") == "status"


@pytest.mark.parametrize("width", [320, 390, 820, 1360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_every_width_in_either_light(
    width: int, scheme: str, new_context: Contexts, bib: Path, observed: Observed
) -> None:
    page = new_context(viewport={"width": width, "height": 800}, color_scheme=scheme).new_page()
    job = send(page, bib)
    looked_at = [page.url, FORM, "/scholar/account/sign-up/", "/nowhere"]
    finish_after = len(looked_at)
    looked_at += [page.url, f"{page.url}diff/"]
    for number, address in enumerate(looked_at):
        if number == finish_after:
            complete(job, entry("k" * 90, doi="10.1000/" + "x" * 90, added=added(url="https://e.org/" + "y" * 300)))
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    brightness = sum(int(part) for part in paper.removeprefix("rgb(").removesuffix(")").split(", "))
    assert (brightness > 384) == (scheme == "light")
    observed.complaints.clear()


def test_signing_up_on_the_way_keeps_the_job(page: Page, bib: Path) -> None:
    job = send(page, bib)
    page.get_by_role("link", name="sign up", exact=True).click()
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password", exact=True).fill("correct horse 1")
    page.get_by_label("Password confirmation").fill("correct horse 1")
    page.get_by_role("button", name="Sign up").click()
    page.wait_for_url(f"**/bibtex/job/{job.pk}/")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    assert EnrichmentJob.objects.get(pk=job.pk).user is not None


def test_two_clicks_are_one_upload(page: Page, bib: Path, live_server: LiveServer) -> None:
    page.goto(FORM)
    page.get_by_label("BibTeX file").set_input_files(bib)
    page.get_by_role("button", name=SEND).dblclick(no_wait_after=True)
    page.wait_for_url("**/bibtex/job/*/")
    wait_until(lambda: EnrichmentJob.objects.count() == 1, what="one job")


def test_the_watch_sees_a_stray_request_and_a_breach_of_the_policy(
    page: Page, observed: Observed, live_server: LiveServer
) -> None:
    page.route("https://elsewhere.example/**", lambda route: route.fulfill(body=""))
    page.goto(FORM)
    page.evaluate("""() => {
      const image = new Image();
      image.src = "https://elsewhere.example/x.png";
      document.body.append(image);
      document.body.setAttribute("style", "color: red");
    }""")
    wait_until(lambda: page.evaluate("1") and len(observed.complaints) >= 2, what="complaints about the policy")
    assert any("Content Security Policy" in complaint for complaint in observed.complaints)
    assert observed.foreign(live_server.url) == ["https://elsewhere.example/x.png"]
    observed.asked.clear()
    observed.complaints.clear()
