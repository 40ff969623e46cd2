"""A real browser against a real server. Whatever it asks for, and whatever it complains about, is noted and judged."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 20_000  # milliseconds
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason=f"no browser: none of {', '.join(NAMES)} is on the PATH"))


@dataclass
class Observed:
    """What a browser did besides showing pages."""

    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def foreign(self, own: str) -> list[str]:
        """Requests that went to another host than ``own``."""
        return [url for url in self.asked if urlsplit(url).netloc not in {urlsplit(own).netloc, ""}]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    # Playwright runs a loop in this thread, and Django takes that for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def observed() -> Observed:
    return Observed()


Contexts = Callable[..., BrowserContext]


@pytest.fixture
def new_context(browser: Browser, observed: Observed, live_server: LiveServer) -> Iterator[Contexts]:
    """Makes browsers of their own cookies; at the end none of them may have strayed or complained."""
    contexts: list[BrowserContext] = []

    def make(**options: object) -> BrowserContext:
        context = browser.new_context(base_url=live_server.url, **options)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE)
        context.on("request", lambda request: observed.asked.append(request.url))
        context.on(
            "console",
            lambda message: observed.complaints.append(message.text) if message.type in {"error", "warning"} else None,
        )
        context.on("weberror", lambda error: observed.complaints.append(str(error.error)))
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()
    assert observed.foreign(live_server.url) == []
    assert observed.complaints == []


@pytest.fixture
def page(new_context: Contexts) -> Page:
    return new_context().new_page()
