"""The whole way with values that nobody may find again: not in a log, a metric or an error, and nothing that an answer
names is fetched. One run of a real site and a real worker, whose index fails now and then."""

import re
import socket
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

from deployment.scripts import run
from examples.demo import free_address, settings
from tests.indexserver import IndexServer, faults
from tests.indexserver.works import Work
from tests.waiting import wait_until

pytestmark = pytest.mark.processes

#: By what it is; each is unlike any word of ours.
MARKS = {
    "contact address": "zqcontact@operators.example", "index key": "zqindexkey77", "metrics token": "zqmetricstoken55",
    "secret key": "zqsecretkey" * 5, "name": "zqnutzer", "mailbox": "zqmailbox@people.example",
    "password": "zqPass wort 9931", "wrong password": "zqWrong wort 1199", "file name": "zqfilename",
    "citation key": "zqcitekey", "title": "zqtitleword", "author": "Zqauthor", "note": "zqnoteword",
    "name of a key": "zqkeyname", "address": "198.51.100.77", "query": "zqqueryword", "form": "zqformword",
}  # fmt: skip


@dataclass
class Seen:
    """What could be found again, and where it was looked for."""

    secrets: dict[str, str]
    shown: dict[str, str] = field(default_factory=dict)
    strays: list[str] = field(default_factory=list)
    calls: int = 0
    #: What /healthz answered while so many clients had sent half a request, and after they had gone.
    slow: list[tuple[int, bool]] = field(default_factory=list)


class Person:
    """A browser behind the proxy on this machine."""

    def __init__(self, site: str) -> None:
        self.site, self.session = site, requests.Session()
        self.session.headers["X-Forwarded-For"] = MARKS["address"]

    def post(self, form: str, to: str, *, file: tuple[str, bytes] | None = None, **data: str) -> requests.Response:
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get(form).text)
        token = {"csrfmiddlewaretoken": found[1] if found else ""}
        files = {"bibtex_file": file} if file else None
        return self.session.post(f"{self.site}{to}", data=token | data, files=files, timeout=60)

    def get(self, path: str) -> requests.Response:
        return self.session.get(f"{self.site}{path}", timeout=60)

    def completes(self, name: str, data: bytes) -> bool:
        """Whether there is a result; none as long as an index counts as away, at the door or in the job."""
        address = self.post(FORM, UPLOAD, file=(name, data)).url
        if "/job/" not in address:
            return False
        wait_until(lambda: self.ended(address), seconds=90, every=0.2, what="the end of the job")
        return "Download the enriched file" in self.session.get(address, timeout=60).text

    def ended(self, page: str) -> bool:
        return 'hx-trigger="load delay' not in self.session.get(page, timeout=60).text


def work(port: int) -> Work:
    """A work whose every address leads to where nobody should be asked."""
    trap = f"http://127.0.0.1:{port}/fetched"
    link = [
        {"URL": f"{trap}/link.pdf", "content-type": "application/pdf", "intended-application": "similarity-checking"}
    ]
    extra = {"URL": f"{trap}/url", "link": link, "resource": {"primary": {"URL": f"{trap}/resource"}}, "license": link}
    return Work(
        MARKS["title"] + " of computable numbers", doi="10.1000/1", authors=((MARKS["author"], "Ada"),), extra=extra
    )


BIBTEX = (
    f"@article{{{MARKS['citation key']},\n  title = {{{MARKS['title']} of computable numbers}},\n"
    f"  author = {{{MARKS['author']}, Ada}},\n  note = {{{MARKS['note']}}},\n  doi = {{10.1000/1}}\n}}\n"
).encode()
THREADS = int(run.web_command("")[run.web_command("").index("--threads") + 1])
HALF_HEAD = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Never-Ending: "
HALF_BODY = (
    b"POST /scholar/bibtex/upload/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    b"Content-Length: 100000\r\n\r\n--x\r\n"
)
BIB, FORM, UPLOAD = f"{MARKS['file name']}.bib", "/scholar/bibtex/", "/scholar/bibtex/upload/"


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    folder = tmp_path_factory.mktemp("site")
    log_path = folder / "site.log"
    with IndexServer() as server, log_path.open("wb") as log:
        server.works.append(work(server.port))
        environment = settings() | environment_of(folder, server)
        run.prepare(environment)
        address = free_address()
        processes = run.start(address, environment, log=log)
        try:
            seen = lived(f"http://{address}", server, log_path)
        finally:
            run.stop(processes)
        seen.shown["log"] = log_path.read_text(encoding="utf-8", errors="replace")
        seen.strays, seen.calls = server.strays, len(server.log)
    return seen


def environment_of(folder: Path, server: IndexServer) -> dict[str, str]:
    return {
        "SCITEX_DATA_DIR": str(folder / "data"), "SCITEX_SOURCES": "crossref,semanticscholar",
        "SCITEX_OPTIONAL_SOURCES": "", "DJANGO_SETTINGS_MODULE": "scitex_cloud.settings",
        "SCITEX_CROSSREF_URL": server.url("crossref"), "SCITEX_SEMANTICSCHOLAR_URL": server.url("semanticscholar"),
        "SCITEX_CONTACT_EMAIL": MARKS["contact address"], "SCITEX_SEMANTICSCHOLAR_KEY": MARKS["index key"],
        "SCITEX_METRICS_TOKEN": MARKS["metrics token"], "SCITEX_SECRET_KEY": MARKS["secret key"],
        "SCITEX_SOURCE_PATIENCE_SECONDS": "2", "SCITEX_SEMANTICSCHOLAR_RATE": "50/1s",
        "SCITEX_UPLOADS_PER_HOUR": "1000",
    }  # fmt: skip


def lived(site: str, server: IndexServer, log: Path) -> Seen:
    """Somebody comes, sends files, errs, has an account and a key; a job fails, another one is completed."""
    person, seen = Person(site), Seen(dict(MARKS))
    wait_until(lambda: is_up(site), seconds=60, what=f"the site; see {log}")
    server.plan("crossref", [faults.status(500), faults.html])
    server.always("semanticscholar", faults.status(503))
    failing = person.post(FORM, UPLOAD, file=(BIB, BIBTEX))
    assert "/job/" in failing.url, failing.text
    wait_until(lambda: person.ended(failing.url), seconds=60, every=0.2, what=f"the failed job; see {log}")
    server.always("semanticscholar", None)
    signed_up(person, seen)
    wait_until(lambda: person.completes(BIB, BIBTEX), seconds=120, every=0.5, what=f"the completed job; see {log}")
    person.post(FORM, UPLOAD, file=(BIB, b"@article{" + BIBTEX[:60]))
    erred(person, seen)
    seen.slow = [(number, beset(site, number)) for number in (THREADS - 1, 4 * THREADS)]
    return seen


def is_up(site: str) -> bool:
    try:
        return requests.get(f"{site}/healthz", timeout=20).ok
    except requests.RequestException:
        return False


def beset(site: str, number: int) -> bool:
    """Whether the site answers while, or where they are more than its threads after, clients send half a request."""
    host, port = site.removeprefix("http://").split(":")
    with ExitStack() as clients:
        for turn in range(number):
            client = clients.enter_context(socket.create_connection((host, int(port))))
            client.sendall(HALF_BODY if turn % 2 else HALF_HEAD)
        if number < THREADS:
            return is_up(site)
    return is_up(site)


def signed_up(person: Person, seen: Seen) -> None:
    sign_in, account = "/scholar/account/sign-in/", "/scholar/account/"
    passwords = dict.fromkeys(("password1", "password2"), MARKS["password"])
    person.post(
        "/scholar/account/sign-up/",
        "/scholar/account/sign-up/",
        username=MARKS["name"],
        email=MARKS["mailbox"],
        **passwords,
    )
    shown = person.post(account, "/scholar/account/keys/", name=MARKS["name of a key"]).text
    seen.secrets["API key"] = re.findall(r"scitex_\w{8}_[\w-]{43}", shown)[0]
    key = {"Authorization": f"Bearer {seen.secrets['API key']}"}
    assert requests.get(f"{person.site}/api/v1/jobs", headers=key, timeout=60).ok
    stranger = Person(person.site)
    stranger.post(sign_in, sign_in, username=MARKS["name"], password=MARKS["wrong password"])
    stranger.post("/scholar/account/password/reset/", "/scholar/account/password/reset/", email=MARKS["mailbox"])
    for cookie in person.session.cookies:
        seen.secrets[cookie.name] = cookie.value or ""


def erred(person: Person, seen: Seen) -> None:
    """Every page that says what went wrong, and what machines read."""
    site, key = person.site, {"Authorization": f"Bearer {seen.secrets['API key']}"}
    wrong_host = requests.get(f"{site}{FORM}?q={MARKS['query']}", headers={"Host": "evil.example"}, timeout=60)
    forged = requests.post(f"{site}{UPLOAD}", data={"note": MARKS["form"]}, timeout=60)
    missing = person.get(f"/scholar/nowhere/?q={MARKS['query']}")
    api = requests.post(f"{site}/api/v1/jobs?q={MARKS['query']}", headers=key, data=b"x", timeout=60)
    bearer = {"Authorization": f"Bearer {MARKS['metrics token']}"}
    metrics, ready = (requests.get(f"{site}/{path}", headers=bearer, timeout=60) for path in ("metrics", "readyz"))
    assert [each.status_code for each in (wrong_host, forged, missing, api, metrics)] == [400, 403, 404, 415, 200]
    pages = {
        "wrong host": wrong_host,
        "forged": forged,
        "missing": missing,
        "api": api,
        "metrics": metrics,
        "readyz": ready,
    }
    seen.shown |= {name: found.text + str({**found.headers, "Set-Cookie": ""}) for name, found in pages.items()}


def test_the_run_came_by_everything_that_could_tell(seen: Seen) -> None:
    log = seen.shown["log"]
    events = ("to=completed", "to=failed", "event=signed_in", "event=password_refused", "event=key_issued")
    for event in (*events, "Crossref answered 500", "Forbidden", "Unprocessable"):
        assert event in log, log
    assert "scholar_jobs" in seen.shown["metrics"]
    assert log.count("Traceback") == log.count("DisallowedHost: "), "only Django's own, for a name that is not ours"


def test_nothing_of_it_is_in_a_log_a_metric_or_an_error(seen: Seen) -> None:
    found = [
        f"{secret} in {place}"
        for secret, text in seen.secrets.items()
        for place, shown in seen.shown.items()
        if text.lower() in shown.lower() and not (secret == "name" and place == "missing")  # their own page greets them
    ]
    assert found == []


def test_no_address_in_an_answer_is_ever_fetched(seen: Seen) -> None:
    assert seen.calls > 3
    assert seen.strays == []


def test_slow_clients_fewer_than_threads_hold_up_nobody_and_those_who_leave_give_theirs_back(seen: Seen) -> None:
    """More than that hold up the process as long as they stay: why there is to be a proxy that buffers."""
    assert seen.slow == [(THREADS - 1, True), (4 * THREADS, True)]
