"""What holds for every page: nobody is kept out, nothing inline or from elsewhere, and little to load."""

import gzip
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern
from playwright.sync_api import BrowserContext, Page, Response
from pytest_django.live_server_helper import LiveServer

from apps.scholar_app import jobs, keys, presence, urls
from apps.scholar_app.models import EnrichmentJob
from tests.browser.conftest import Contexts
from tests.jobs.making import claimed
from tests.web.making import added, candidate, complete, entry, fail, uploaded

pytestmark = pytest.mark.django_db(transaction=True)
SERIOUS = {"serious", "critical"}
LARGEST, LARGEST_OF_DJANGO = 100_000, 125_000  # bytes; Django's own lists bring jQuery along
#: Colours may take a moment to change.
SETTLED = "() => Promise.all(document.getAnimations().map(animation => animation.finished)).then(() => true)"
INLINE = """() => [...document.querySelectorAll("*")].filter(element =>
  element.matches("script:not([src]):not([type='application/json']), style, [style], a[href^='javascript:']")
  || [...element.attributes].some(attribute => attribute.name.startsWith("on"))).map(element => element.outerHTML)"""
#: Addresses that answer with something else than a page of their own: forms are sent there, or files come from there.
NO_PAGES = {
    "bibtex_upload", "bibtex_look", "job_progress", "job_cancel", "job_letter", "job_retry", "job_delete",
    "job_download", "job_original", "job_report_json", "job_report_csv", "job_decide", "job_entry", "sign_out",
    "key_create", "key_revoke", "account_delete",
}  # fmt: skip
#: With what the address is completed by.
OF_A_JOB = {"job", "job_diff"}
VISITORS = ("bibtex_form", "history", "sign_up", "sign_in", "password_reset", "password_reset_confirm", *OF_A_JOB)
MEMBERS = ("account", "password_change")
OPERATORS = (
    "/admin/", "/admin/status/", "/admin/scholar_app/enrichmentjob/", "/admin/scholar_app/cleanuprun/",
)  # fmt: skip


def test_the_tables_name_every_address() -> None:
    names = {pattern.name for pattern in urls.urlpatterns if isinstance(pattern, URLPattern)}
    assert names == {*NO_PAGES, *VISITORS, *MEMBERS}


def sign_in(context: BrowserContext, client: Client, live_server: LiveServer) -> None:
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])


def barriers(page: Page, *, rules: tuple[str, ...] = ()) -> list[str]:
    """What axe finds serious: rule and places; of these ``rules``, or of all."""
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = list(rules)
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{finding['id']}: {[node['html'][:120] for node in finding['nodes']][:3]}"
        for finding in found
        if finding["impact"] in SERIOUS
    ]


class Judge:
    """Looks at pages one by one and keeps what is wrong with each."""

    def __init__(self, context: BrowserContext) -> None:
        self.page = context.new_page()
        self.wrong: dict[str, list[str]] = {}
        self._answers: list[Response] = []
        self.page.on("response", self._note)

    def look(self, name: str, address: str, *, status: int = 200) -> None:
        """Go there, in light and dark."""
        self._answers.clear()
        self.page.emulate_media(color_scheme="light", reduced_motion="reduce")
        answer = self.page.goto(address)
        assert answer, address
        found = [] if answer.status == status else [f"status {answer.status}"]
        found += [f"inline: {html[:120]}" for html in self.page.evaluate(INLINE)]
        found += list(loose_policy(answer.header_value("Content-Security-Policy") or ""))
        largest = LARGEST_OF_DJANGO if "/admin/scholar_app/" in address else LARGEST
        found += [f"{self._weight()} bytes"] if self._weight() > largest else []
        found += barriers(self.page)
        self.page.emulate_media(color_scheme="dark")
        self.page.evaluate(SETTLED)
        found += [f"dark: {barrier}" for barrier in barriers(self.page, rules=("color-contrast",))]
        if found:
            self.wrong[name] = found

    def _note(self, answer: Response) -> None:
        self._answers.append(answer)

    def _weight(self) -> int:
        """Bytes that a first visit loads besides tables; what is static is sent compressed."""
        return sum(map(weight, self._answers))


def weight(answer: Response) -> int:
    if 300 <= answer.status < 400:
        return 0  # a browser gives nobody the body of a redirection
    body = answer.body()
    if "/static/" in answer.url:
        return len(gzip.compress(body))
    return len(re.sub(rb"<table.*?</table>", b"", body, flags=re.DOTALL))


def loose_policy(policy: str) -> Iterator[str]:
    """What a Content-Security-Policy allows that it should not."""
    directives = dict(part.strip().partition(" ")[::2] for part in policy.split(";") if part.strip())
    expected: Mapping[str, str] = {
        "default-src": "'none'", "base-uri": "'none'", "frame-ancestors": "'none'", "script-src": "'self'",
        "style-src": "'self'", "form-action": "'self'", "connect-src": "'self'",
    }  # fmt: skip
    for name, value in expected.items():
        if directives.get(name) != value:
            yield f"policy: {name} is {directives.get(name)}"
    if "unsafe" in policy or "*" in policy:
        yield f"policy: {policy}"


def with_result(client: Client) -> EnrichmentJob:
    """A completed job with an entry of each outcome."""
    rows = [
        entry("a", "enriched", added=added(doi="10.1/1", year="2019", journal="A & B")),
        entry("b", "complete"),
        entry("c", "ambiguous", candidates=(candidate(), candidate(doi="10.1/2"))),
        entry("d", "conflict", warnings=("Retracted: see 10.1/3.",)),
        entry("e", "not_found"),
        entry("f", "skipped", reason="A brace is opened and never closed."),
    ]
    return complete(uploaded(client), *rows)


def of_job(name: str, job: EnrichmentJob) -> str:
    return f"/scholar/bibtex/job/{job.pk}/{'diff/' if name == 'job_diff' else ''}"


def test_every_page_of_a_visitor_is_open_to_all_and_strict(new_context: Contexts, live_server: LiveServer) -> None:
    context, client = new_context(), Client()
    job = with_result(client)
    sign_in(context, client, live_server)
    judge = Judge(context)
    plain = {
        "bibtex_form": "bibtex/", "history": "bibtex/history/", "sign_up": "account/sign-up/",
        "sign_in": "account/sign-in/", "password_reset": "account/password/reset/",
        "password_reset_confirm": "account/password/reset/MQ/set-password/",
    }  # fmt: skip
    for name in VISITORS:
        judge.look(name, of_job(name, job) if name in OF_A_JOB else f"/scholar/{plain[name]}")
    judge.look("api docs", "/api/v1/docs")
    for state, of_state in states(client).items():
        judge.look(state, of_job("job", of_state))
    assert judge.wrong == {}


def states(client: Client) -> dict[str, EnrichmentJob]:
    """A job in each state that has a page of its own look."""
    failed = fail(uploaded(client))
    working = uploaded(client)
    claimed(working)
    return {"failed": failed, "processing": working}


def test_every_page_of_a_member_and_an_operator_is_open_to_all_and_strict(
    new_context: Contexts, live_server: LiveServer
) -> None:
    context, client = new_context(), Client()
    boss = User.objects.create_superuser("boss", "boss@example.org", "a password of mine")
    client.force_login(boss)
    keys.issue(boss.pk, name="laptop")
    with_result(client)
    fail(uploaded(client))
    uploaded(client)
    presence.beat("here:1", processes=4)
    jobs.clean_up(retention_days=30, delete_old_jobs=False, by="timer")
    sign_in(context, client, live_server)
    judge = Judge(context)
    for name in MEMBERS:
        judge.look(name, {"account": "/scholar/account/", "password_change": "/scholar/account/password/"}[name])
    for address in OPERATORS:
        judge.look(address, address)
    assert judge.wrong == {}


PLANTED = {
    "label": ("label", "main.append(document.createElement('input'))"),
    "contrast": ("color-contrast", "main.append('x'); main.style.color = '#ccc'"),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_barrier_is_found(fault: str, new_context: Contexts) -> None:
    page = new_context().new_page()
    page.goto("/scholar/account/sign-in/")
    rule, plant = PLANTED[fault]
    assert barriers(page) == []
    page.evaluate(f"() => {{ const main = document.querySelector('main'); {plant}; }}")
    assert rule in [finding.partition(":")[0] for finding in barriers(page)]


def test_a_loose_policy_is_found() -> None:
    strict = (
        "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; script-src 'self'; style-src 'self'; "
        "form-action 'self'; connect-src 'self'"
    )
    assert list(loose_policy(strict)) == []
    assert list(loose_policy(strict.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'"))) != []
    assert list(loose_policy(strict.replace("default-src 'none'", "default-src *"))) != []


def test_every_answer_of_ours_has_the_strict_policy_pages_of_errors_too(client: Client) -> None:
    for address in ("/scholar/bibtex/", "/scholar/nothing", "/admin/login/", "/api/v1/docs", "/healthz", "/metrics"):
        assert list(loose_policy(client.get(address)["Content-Security-Policy"])) == [], address
