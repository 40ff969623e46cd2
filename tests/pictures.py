"""Pictures of the site: ``make pictures`` draws those of the documents anew, from the example bibliography.

``python -m tests.pictures FOLDER`` draws every page instead, light and dark, as wide as a phone, a tablet and a desk.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from playwright.sync_api import Browser, Page, sync_playwright

from deployment.scripts import run
from examples import demo
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.indexserver import FAULTS, IndexServer
from tests.indexserver.works import bibliography, made

RESULT: Final = demo.ROOT / "docs" / "images" / "result.png"
WIDTHS: Final = {"phone": 360, "tablet": 768, "desk": 1280}
PATIENCE: Final = 60_000  # milliseconds
PASSWORD: Final = "a password of mine"
#: Entries whose look-up takes long enough to be seen.
ENTRIES: Final = 60
Shoot = Callable[[str], None]


class Site(NamedTuple):
    """Where a site is, and its worker."""

    address: str
    worker: "Popen[bytes]"


@contextmanager
def site(**settings: str) -> Iterator[Site]:
    """A new site with the example's catalogue, an operator and a worker, until the end of the block."""
    run.stop_on_signals()
    with TemporaryDirectory() as folder:
        environment = demo.settings() | {"SCITEX_DATA_DIR": folder, "DJANGO_SUPERUSER_PASSWORD": PASSWORD} | settings
        run.prepare(environment)
        run.manage("load_catalogue", str(demo.CATALOGUE), environment=environment)
        operator = ("--noinput", "--username", "operator", "--email", "operator@example.org")
        run.manage("createsuperuser", *operator, "--verbosity", "0", environment=environment)
        address = demo.free_address()
        processes: list[Popen[bytes]] = []
        try:
            with Path(os.devnull).open("wb") as log:
                processes = run.start(address, environment, log=log)
                demo.wait_for("the site", lambda: demo.is_ready(f"http://{address}"))
                yield Site(f"http://{address}", processes[1])
        finally:
            run.stop(processes)


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser without a window."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield chromium
        chromium.close()


def send(page: Page, file: Path) -> None:
    """Send a file by the form."""
    page.goto("/scholar/bibtex/")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Look up and complete").click()


def sent(page: Page) -> str:
    """Send the example; the address of its completed job."""
    send(page, demo.BIBLIOGRAPHY)
    page.get_by_role("link", name="Download the enriched file").wait_for(timeout=PATIENCE)
    return page.url


def of_the_documents(chromium: Browser, address: str) -> None:
    """The picture in the README."""
    page = chromium.new_context(base_url=address, viewport={"width": 1280, "height": 900}).new_page()
    sent(page)
    page.screenshot(path=RESULT)


def shooting(page: Page, folder: Path) -> Shoot:
    """What draws a page as it is now: a file for each width and colour."""

    def shoot(name: str) -> None:
        for width, pixels in WIDTHS.items():
            page.set_viewport_size({"width": pixels, "height": 900})
            for colour in ("light", "dark"):
                page.emulate_media(color_scheme=colour)  # type: ignore[arg-type]
                page.screenshot(path=folder / f"{name}-{width}-{colour}.png", full_page=True)

    return shoot


def of_every_page(chromium: Browser, folder: Path) -> None:
    """Every page, those of a job that goes on or went wrong too."""
    folder.mkdir(parents=True, exist_ok=True)
    with site() as place:
        page = chromium.new_context(base_url=place.address).new_page()
        of_visitors(page, shooting(page, folder))
        of_members(page, shooting(page, folder))
    with IndexServer(made(ENTRIES), latency=1.5) as index, site(**asking(index)) as place:
        page = chromium.new_context(base_url=place.address).new_page()
        of_one_job(page, shooting(page, folder), index=index, worker=place.worker)
        of_operators(page, shooting(page, folder))


def of_visitors(page: Page, shoot: Shoot) -> None:
    """What everybody sees."""
    for name in ("bibtex/", "account/sign-up/", "account/sign-in/", "account/password/reset/", "nothing/"):
        page.goto(f"/scholar/{name}")
        shoot(name.strip("/").replace("/", "-"))
    page.goto("/api/v1/docs")
    shoot("api")
    page.goto("/scholar/bibtex/")
    page.locator("input[type=file]").set_input_files(demo.BIBLIOGRAPHY)
    page.locator(".look h2").first.wait_for(timeout=PATIENCE)
    shoot("look")
    job = sent(page)
    shoot("result")
    for name in ("entry/3/", "diff/"):
        page.goto(job + name)
        shoot(name.strip("/").replace("/", "-"))
    page.goto("/scholar/bibtex/history/")
    shoot("history")


def of_members(page: Page, shoot: Shoot) -> None:
    """What an account adds."""
    page.goto("/scholar/account/sign-up/")
    page.get_by_label("Username").fill("ada")
    for field in page.locator("input[type=password]").all():
        field.fill(PASSWORD)
    page.locator("main button[type=submit]").first.click()
    page.goto("/scholar/account/")
    shoot("account")


def asking(index: IndexServer) -> Mapping[str, str]:
    """The settings of a site that asks this index, and soon gives up."""
    return {
        "SCITEX_SOURCES": "catalogue,crossref",
        "SCITEX_CROSSREF_URL": index.url("crossref"),
        "SCITEX_SOURCE_PATIENCE_SECONDS": "8",
    }


def of_one_job(page: Page, shoot: Shoot, *, index: IndexServer, worker: "Popen[bytes]") -> None:
    """A job from its waiting to its end, which is a bad one."""
    with TemporaryDirectory() as folder:
        first, second = Path(folder, "thesis.bib"), Path(folder, "other.bib")
        for file in (first, second):
            file.write_bytes(bibliography(made(ENTRIES), with_doi=lambda number: number % 3 > 0))
        worker.send_signal(signal.SIGSTOP)
        send(page, first)
        page.get_by_text("Waiting: yours is next").wait_for(timeout=PATIENCE)
        job = page.url
        shoot("waiting")
        send(page, second)
        page.get_by_role("heading", name="One file at a time").wait_for(timeout=PATIENCE)
        shoot("one-at-a-time")
    worker.send_signal(signal.SIGCONT)
    page.goto(job)
    page.get_by_text("entries have their answer").wait_for(timeout=PATIENCE)
    shoot("running")
    index.always("crossref", FAULTS["status_503"])
    page.get_by_text("This job failed").wait_for(timeout=PATIENCE)
    shoot("failed")


def of_operators(page: Page, shoot: Shoot) -> None:
    """What operators see."""
    page.goto("/admin/")
    page.locator("#id_username").fill("operator")
    page.locator("#id_password").fill(PASSWORD)
    page.locator("[type=submit]").click()
    for name in ("", "status/", "scholar_app/enrichmentjob/", "scholar_app/cleanuprun/"):
        page.goto(f"/admin/{name}")
        shoot(f"admin-{name}".strip("/-").replace("/", "-"))


def main() -> int:
    """Draw."""
    with browser() as chromium:
        if len(sys.argv) > 1:
            of_every_page(chromium, Path(sys.argv[1]))
        else:
            with site() as place:
                of_the_documents(chromium, place.address)
    return 0


if __name__ == "__main__":
    sys.exit(main())
