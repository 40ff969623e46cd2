"""Pictures of the site: ``make pictures`` draws those of the documents anew, from the example bibliography.

``python -m tests.pictures FOLDER`` draws every page instead, light and dark, as wide as a phone, a tablet and a desk.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen
from tempfile import TemporaryDirectory
from typing import Final

from playwright.sync_api import Browser, Page, sync_playwright

from deployment.scripts import run
from examples import demo
from tests.browser.conftest import CHROMIUM, FLAGS

RESULT: Final = demo.ROOT / "docs" / "images" / "result.png"
WIDTHS: Final = {"phone": 360, "tablet": 768, "desk": 1280}
PATIENCE: Final = 60_000  # milliseconds
Shoot = Callable[[str], None]


@contextmanager
def site() -> Iterator[str]:
    """A new site's address, with the example's catalogue and a worker, until the end of the block."""
    run.stop_on_signals()
    with TemporaryDirectory() as folder:
        environment = demo.settings() | {"SCITEX_DATA_DIR": folder}
        run.prepare(environment)
        run.manage("load_catalogue", str(demo.CATALOGUE), environment=environment)
        address = demo.free_address()
        processes: list[Popen[bytes]] = []
        try:
            with Path(os.devnull).open("wb") as log:
                processes = run.start(address, environment, log=log)
                demo.wait_for("the site", lambda: demo.is_ready(f"http://{address}"))
                yield f"http://{address}"
        finally:
            run.stop(processes)


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser without a window."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield chromium
        chromium.close()


def sent(page: Page) -> str:
    """Send the example; the address of its completed job."""
    page.goto("/scholar/bibtex/")
    page.locator("input[type=file]").set_input_files(demo.BIBLIOGRAPHY)
    page.get_by_role("button", name="Look up and complete").click()
    page.get_by_role("link", name="Download the enriched file").wait_for(timeout=PATIENCE)
    return page.url


def of_the_documents(chromium: Browser, address: str) -> None:
    """The picture in the README."""
    page = chromium.new_context(base_url=address, viewport={"width": 1280, "height": 900}).new_page()
    sent(page)
    page.screenshot(path=RESULT)


def of_every_page(chromium: Browser, address: str, folder: Path) -> None:
    """A file for each page, width and colour."""
    page = chromium.new_context(base_url=address).new_page()

    def shoot(name: str) -> None:
        for width, pixels in WIDTHS.items():
            page.set_viewport_size({"width": pixels, "height": 900})
            for colour in ("light", "dark"):
                page.emulate_media(color_scheme=colour)  # type: ignore[arg-type]
                page.screenshot(path=folder / f"{name}-{width}-{colour}.png", full_page=True)

    of_visitors(page, shoot)
    of_members(page, shoot)


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
        field.fill("a password of mine")
    page.locator("main button[type=submit]").first.click()
    page.goto("/scholar/account/")
    shoot("account")


def main() -> int:
    """Draw."""
    with site() as address, browser() as chromium:
        if len(sys.argv) > 1:
            folder = Path(sys.argv[1])
            folder.mkdir(parents=True, exist_ok=True)
            of_every_page(chromium, address, folder)
        else:
            of_the_documents(chromium, address)
    return 0


if __name__ == "__main__":
    sys.exit(main())
