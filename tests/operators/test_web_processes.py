"""A real gunicorn with two web processes: what they count is one count, and what they say has one form."""

import http.client
import json
import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from apps.scholar_app import keys
from deployment.scripts.run import web_command
from tests.waiting import wait_until
from tests.web.making import user
from tests.worker.live import ROOT, LiveWorker, site_environment
from tests.worker.processes import is_alive

pytestmark = [pytest.mark.processes, pytest.mark.promises, pytest.mark.django_db(transaction=True)]
TOKEN = "a-token-for-prometheus"
REFUSED = "scholar_uploads_refused_total"


class Site(LiveWorker):
    """A site of two web processes, either of which can be made to answer alone."""

    @property
    def port(self) -> int:
        found = wait_until(lambda: re.findall(r"Listening at: http://127\.0\.0\.1:(\d+)", self.log.read_text()))
        return int(found[0])

    def two(self) -> list[int]:
        """The two processes, when both answer."""
        wait_until(lambda: len(self.running()) == 2, what="two web processes")
        pids = self.running()
        for pid in pids:
            with self.only(pid):
                self.ask("/healthz")
        return pids

    def running(self) -> list[int]:
        """The web processes."""
        return [pid for pid in self.children() if is_alive(pid)]

    @contextmanager
    def only(self, pid: int) -> Iterator[None]:
        """The other process stands still, so this one answers."""
        others = [other for other in self.children() if other != pid]
        for other in others:
            os.kill(other, signal.SIGSTOP)
        yield
        for other in others:
            os.kill(other, signal.SIGCONT)

    def ask(self, path: str, *, body: bytes | None = None, **headers: str) -> tuple[int, str, http.client.HTTPMessage]:
        """Status, text and headers of the answer."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        line.request("GET" if body is None else "POST", path, body, {"Connection": "close", **headers})
        response = line.getresponse()
        answer = response.status, response.read().decode(), response.headers
        line.close()
        return answer

    def scrape(self) -> dict[str, float]:
        """Every sample of the metrics, but what changes by itself."""
        status, text, _ = self.ask("/metrics", Authorization=f"Bearer {TOKEN}")
        assert status == 200, text
        families = text_string_to_metric_families(text)
        samples = [sample for family in families for sample in family.samples if "disk" not in sample.name]
        return {f"{sample.name}{sample.labels}": sample.value for sample in samples}


StartSite = Callable[..., Site]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[StartSite]:
    sites: list[Site] = []

    def begin(*options: str, **environment: str) -> Site:
        _python, *command = web_command("127.0.0.1:0")
        *before, application = command
        changes = {"SCITEX_SOURCES": "catalogue", "SCITEX_METRICS_TOKEN": TOKEN} | environment
        whole = [*before, "--log-level", "info", *options, application]
        own = site_environment(PYTHONPATH=str(ROOT), **changes)
        sites.append(Site(whole, environment=own, log=tmp_path / f"site{len(sites)}.log"))
        return sites[-1]

    yield begin
    for site in sites:
        site.close()


def program(**headers: str) -> dict[str, str]:
    _, key = keys.issue(user("ada").pk, name="a program")
    return {"Authorization": f"Bearer {key}", **headers}


def send_nothing(site: Site, key: dict[str, str]) -> None:
    """An empty file: refused, and counted."""
    part = 'Content-Disposition: form-data; name="bibtex_file"; filename="references.bib"'
    body = f"--border\r\n{part}\r\n\r\n\r\n--border--\r\n".encode()
    form = {"Content-Type": "multipart/form-data; boundary=border"}
    status, text, _ = site.ask("/api/v1/jobs", body=body, **key, **form)
    assert (status, json.loads(text)["error"]["code"]) == (422, "empty")


def test_figures_are_those_of_all_web_processes_and_survive_the_death_of_one(start: StartSite) -> None:
    site, key = start(), program()
    first, second = site.two()
    for pid, times in ((first, 2), (second, 3)):
        with site.only(pid):
            for _ in range(times):
                send_nothing(site, key)
    told = []
    for pid in (first, second):
        with site.only(pid):
            told.append(site.scrape())
    assert told[0] == told[1]
    assert sum(value for name, value in told[0].items() if name.startswith(REFUSED)) == 5
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: first not in site.children(), what="the end of the killed one")
    (new,) = set(site.two()) - {second}
    with site.only(new):
        assert site.scrape() == told[0]
        send_nothing(site, key)
    with site.only(second):
        assert sum(value for name, value in site.scrape().items() if name.startswith(REFUSED)) == 6


def test_requests_of_a_key_are_counted_over_the_web_processes(start: StartSite) -> None:
    site, key = start(SCITEX_API_RATE="5/3600s"), program()
    answers: list[tuple[int, str]] = []
    for pid, times in zip(site.two(), (3, 3), strict=True):
        with site.only(pid):
            for _ in range(times):
                status, _text, headers = site.ask("/api/v1/jobs", **key)
                answers.append((status, headers["RateLimit-Remaining"]))
    assert answers == [(200, "4"), (200, "3"), (200, "2"), (200, "1"), (200, "0"), (429, "0")]


def nonsense(site: Site) -> None:
    """A line that is no HTTP, from an address that is nobody's business."""
    line = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
    line.connect()
    assert line.sock
    line.sock.sendall(b"GET / HTTP/9.9 ada@example.org\r\n\r\n")
    line.sock.recv(1000)
    line.close()


def test_every_line_of_the_server_is_an_object_without_an_address(start: StartSite) -> None:
    site = start(SCITEX_LOG_FORMAT="json")
    assert site.ask("/healthz?who=ada")[0] == 200
    nonsense(site)
    wait_until(lambda: site.said("Invalid request"), what="the refusal in the log")
    site.send(signal.SIGTERM)
    assert site.wait() == 0
    lines: list[dict[str, Any]] = [json.loads(line) for line in site.log.read_text().splitlines()]
    assert {"time", "level", "logger", "message"} <= set.intersection(*(set(line) for line in lines))
    messages = " ".join(line["message"] for line in lines if line["logger"] == "gunicorn.error")
    assert "Booting worker" in messages
    assert "Invalid request from ip=<hidden>" in messages
    visited = [line["message"] for line in lines if "Listening" not in line["message"]]
    assert not re.search(r"127\.0\.0\.1|healthz|example\.org", " ".join(visited))


def test_access_log_is_for_who_asks_for_it_and_names_no_visitor(start: StartSite) -> None:
    site = start("--access-logfile", "-", SCITEX_LOG_FORMAT="json")
    assert site.ask("/healthz?who=ada", **{"User-Agent": "a browser of ada"})[0] == 200
    wait_until(lambda: site.said("gunicorn.access"), what="the line of the visit")
    (line,) = [json.loads(line) for line in site.log.read_text().splitlines() if "gunicorn.access" in line]
    assert (line["method"], line["path"], line["status"]) == ("GET", "/healthz", "200")
    assert float(line["seconds"]) >= 0
    assert not re.search(r"127\.0\.0\.1|ada", json.dumps(line))


def test_text_is_the_form_where_none_is_chosen(start: StartSite) -> None:
    site = start()
    wait_until(lambda: site.said("Booting worker"), what="the first line")
    line = next(line for line in site.log.read_text().splitlines() if "Starting gunicorn" in line)
    assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} INFO gunicorn\.error Starting gunicorn", line)
