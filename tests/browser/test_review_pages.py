"""Reviewing in a real browser: with and without script, by keyboard alone, in two tabs, wide and narrow."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from apps.scholar_app import jobs
from apps.scholar_app.models import EnrichmentJob
from tests.browser.conftest import Contexts, Observed
from tests.browser.test_bibtex_pages import send
from tests.browser.test_every_page import barriers
from tests.review.making import MIND, TEXT, enriched
from tests.review.test_decisions import TWICE

pytestmark = pytest.mark.django_db(transaction=True)

RESULT, REPORT = enriched()


@pytest.fixture
def bib(tmp_path: Path) -> Path:
    path = tmp_path / "thesis.bib"
    path.write_bytes(TEXT.encode())
    return path


def completed(page: Page, path: Path) -> EnrichmentJob:
    """A job of this browser with something to decide, shown."""
    job = send(page, path)
    claim = jobs.claim(worker="test", job_id=job.pk)
    assert claim, "the job was not waiting"
    counts = {name: count for name, count in REPORT["totals"].items() if name not in ("entries", "fields")}
    assert jobs.complete(claim, result=RESULT, report=REPORT, outcomes=counts)
    page.goto(f"/scholar/bibtex/job/{job.pk}/")
    return job


def button(page: Page, says: str) -> Locator:
    """The button with this word for the server."""
    return page.locator(f'button[value="{says}"]')


def downloaded(page: Page) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the enriched file").click()
    return Path(download.value.path()).read_bytes()


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id"))


def test_decisions_are_live_and_keep_the_place_and_the_focus(page: Page, bib: Path) -> None:
    job = completed(page, bib)
    page.evaluate("window.same = true")
    button(page, "reject 0 publisher").click()
    expect(button(page, "accept 0 publisher")).to_be_focused()
    expect(page.locator("#e0 tr.rejected")).to_contain_text("Oxford University Press")
    expect(page.get_by_text("You decided on 1 entry.")).to_be_visible()
    place = [one["doi"] for one in REPORT["entries"][TWICE]["candidates"]].index(MIND)
    button(page, f"choose {TWICE} {place}").click()
    expect(page.get_by_text("✓ You chose this one")).to_be_focused()
    expect(page.get_by_text("3 of 6 entries gained something.")).to_be_visible()
    button(page, "reject * abstract").click()
    expect(page.get_by_text("Left out everywhere: abstract.")).to_be_visible()
    expect(button(page, "accept * abstract")).to_be_focused()
    assert page.evaluate("window.same"), "the page was loaded anew"
    assert jobs.decisions_of(job).version == 3
    data = downloaded(page)
    assert MIND.encode() in data
    assert b"abstract" not in data
    for left in (2, 1, 0):
        page.get_by_role("button", name="Undo", exact=True).click()
        expect(page.locator("#decided input[name=version]")).to_have_value(str(6 - left))
    expect(page.get_by_text("Nothing is decided")).to_be_visible()
    assert focused(page) == "undo"
    assert downloaded(page) == RESULT


def test_who_clicks_fast_loses_no_click(page: Page, bib: Path) -> None:
    job = completed(page, bib)
    for field in ("publisher", "url", "issn", "month"):
        button(page, f"reject 0 {field}").dispatch_event("click")
    expect(page.locator("#e0 tr.rejected")).to_have_count(4)
    assert jobs.decisions_of(job).version == 4


def test_everything_works_without_script(new_context: Contexts, bib: Path) -> None:
    page = new_context(java_script_enabled=False).new_page()
    completed(page, bib)
    button(page, "reject 0 publisher").click()
    page.wait_for_url(lambda url: url.endswith("keep=0#e0"))
    expect(button(page, "accept 0 publisher")).to_be_visible()
    page.get_by_role("link", name="Ambiguous 1").click()
    page.get_by_role("link", name="Compare twice").click()
    button(page, f"choose {TWICE} 1").click()
    expect(page.get_by_text("✓ You chose this one")).to_be_visible()
    page.get_by_role("link", name="Back to the result").click()
    page.get_by_label("Find entries").fill("gadgets")
    page.get_by_role("button", name="Find", exact=True).click()
    expect(page.locator(".entry")).to_have_count(1)
    page.get_by_role("button", name="Undo all").click()
    expect(page.get_by_text("Nothing is decided")).to_be_visible()
    assert downloaded(page) == RESULT


def test_by_keyboard_alone_a_field_is_rejected_and_taken_back(page: Page, bib: Path) -> None:
    completed(page, bib)
    page.get_by_label("Find entries").focus()
    for _ in range(60):
        page.keyboard.press("Tab")
        if focused(page) == "d0-publisher":
            break
    assert focused(page) == "d0-publisher"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineWidth") == "3px"
    page.keyboard.press("Enter")
    expect(button(page, "accept 0 publisher")).to_be_focused()
    page.keyboard.press("Space")
    expect(button(page, "reject 0 publisher")).to_be_focused()
    expect(page.get_by_text("Nothing is decided")).to_be_visible()


def test_two_tabs_do_not_overwrite_each_other(new_context: Contexts, bib: Path) -> None:
    context = new_context()
    page, other = context.new_page(), context.new_page()
    job = completed(page, bib)
    other.goto(page.url)
    button(page, "reject 0 publisher").click()
    expect(button(page, "accept 0 publisher")).to_be_visible()
    button(other, "reject 0 url").click()
    expect(other.get_by_text("Something was decided meanwhile in another tab")).to_be_visible()
    expect(button(other, "accept 0 publisher")).to_be_visible()
    button(other, "reject 0 url").click()
    expect(button(other, "accept 0 url")).to_be_visible()
    assert jobs.decisions_of(job).version == 2


@pytest.mark.parametrize("width", [320, 820, 1360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_review_fits_every_width_in_either_light(
    width: int, scheme: str, new_context: Contexts, bib: Path, observed: Observed
) -> None:
    page = new_context(viewport={"width": width, "height": 800}, color_scheme=scheme).new_page()
    completed(page, bib)
    button(page, f"choose {TWICE} 1").click()
    expect(page.get_by_text("✓ You chose this one")).to_be_visible()
    for address in (page.url, f"{page.url}entry/{TWICE}/", f"{page.url}entry/0/"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address


def test_nobody_is_kept_out_of_the_review(new_context: Contexts, bib: Path) -> None:
    page = new_context(reduced_motion="reduce").new_page()
    completed(page, bib)
    result = page.url
    button(page, "reject 0 publisher").click()
    expect(button(page, "accept 0 publisher")).to_be_visible()
    button(page, f"choose {TWICE} 1").click()
    expect(page.get_by_text("✓ You chose this one")).to_be_visible()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for address in (result, f"{result}entry/{TWICE}/", f"{result}entry/0/"):
            page.goto(address)
            assert barriers(page) == [], (scheme, address)


def test_a_refused_order_says_so_and_the_page_goes_on(page: Page, bib: Path) -> None:
    completed(page, bib)
    button(page, "reject 0 publisher").evaluate("button => { button.value = 'reject 0 nothing'; }")
    page.locator("#d0-publisher").click()
    expect(page.get_by_text("Nothing is brought to this entry for nothing.")).to_be_visible()
    button(page, "reject 0 publisher").click()
    expect(button(page, "accept 0 publisher")).to_be_visible()
