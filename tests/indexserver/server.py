"""The server: one thread a connection, keep-alive, a log, limits that count who breaks them, and planned faults."""

import socket
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from . import arxiv, crossref, datacite, dblp, europepmc, inspire, openalex, pubmed, semanticscholar, unpaywall
from .faults import Fault
from .requests import Reply, Request
from .works import Work

INDEXES: dict[str, Any] = {
    module.__name__.rpartition(".")[2]: module
    for module in (
        arxiv, crossref, datacite, dblp, europepmc, inspire, openalex, pubmed, semanticscholar, unpaywall,
    )
}  # fmt: skip


@dataclass(frozen=True)
class Limit:
    """At most ``calls`` in any ``seconds`` seconds, and ``at_once`` under way; 0: as many as you like."""

    calls: int = 0
    seconds: float = 1.0
    at_once: int = 0


@dataclass(frozen=True)
class Logged:
    """A call as it came in. ``connection`` tells connections apart."""

    at: float
    request: Request
    budget: str
    connection: int
    fault: str = ""


class IndexServer:
    """Use it as a context manager. ``latency`` is in seconds, of every answer; ``port`` 0 is any free one."""

    def __init__(self, works: Iterable[Work] = (), *, latency: float = 0.0, port: int = 0) -> None:
        self.works = list(works)
        self.latency = latency
        self.log: list[Logged] = []
        #: What went over a limit, in words. Empty is what a polite client leaves behind.
        self.violations: list[str] = []
        #: Calls to addresses that belong to no index.
        self.strays: list[str] = []
        self.limits: dict[tuple[str, str], Limit] = {}
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._arrivals: dict[tuple[str, str], deque[float]] = defaultdict(deque)
        self._under_way: dict[str, int] = defaultdict(int)
        self._planned: dict[str, deque[Fault | None]] = defaultdict(deque)
        self._always: dict[str, Fault] = {}
        self._http = _Http(("127.0.0.1", port), _Handler)
        self._http.site = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def forget(self) -> None:
        """Become as good as new, for another test."""
        with self._lock:
            for kept in (self.works, self.log, self.violations, self.strays):
                kept.clear()
            for state in (self.limits, self._arrivals, self._planned, self._always):
                state.clear()

    @property
    def port(self) -> int:
        """The port on 127.0.0.1."""
        return self._http.server_address[1]

    def url(self, index: str) -> str:
        """The base address of an index."""
        return f"http://127.0.0.1:{self.port}/{index}"

    def limit(self, index: str, budget: str, limit: Limit) -> None:
        """Enforce a limit from now on: who breaks it is answered 429, and counted."""
        self.limits[index, budget] = limit

    def plan(self, index: str, faults: Sequence[Fault | None]) -> None:
        """The next calls to an index end in these faults, in order; ``None`` is an honest answer."""
        self._planned[index].extend(faults)

    def always(self, index: str, fault: Fault | None) -> None:
        """Every call to an index ends in this fault from now on; ``None``: no longer."""
        if fault is None:
            self._always.pop(index, None)
        else:
            self._always[index] = fault

    def calls(self, index: str) -> list[Logged]:
        """What an index was asked so far."""
        with self._lock:
            return [logged for logged in self.log if logged.request.index == index]

    def under_way(self, index: str) -> int:
        """How many calls to an index are being answered."""
        with self._lock:
            return self._under_way[index]

    def next_fault(self, index: str) -> Fault | None:
        with self._lock:
            return self._planned[index].popleft() if self._planned[index] else self._always.get(index)

    @contextmanager
    def admitted(self, request: Request, connection: int, fault: str) -> Iterator[bool]:
        """Log the call, and say whether it keeps to the limits."""
        budget = INDEXES[request.index].budget(request)
        with self._lock:
            now = time.monotonic()
            self.log.append(Logged(now, request, budget, connection, fault))
            self._under_way[request.index] += 1
            allowed = self._keeps(request.index, budget, now)
        try:
            yield allowed
        finally:
            with self._lock:
                self._under_way[request.index] -= 1

    def _keeps(self, index: str, budget: str, now: float) -> bool:
        limit = self.limits.get((index, budget), Limit())
        arrivals = self._arrivals[index, budget]
        arrivals.append(now)
        while arrivals and now - arrivals[0] >= limit.seconds:
            arrivals.popleft()
        broken = []
        if limit.calls and len(arrivals) > limit.calls:
            broken.append(f"{index} {budget}: {len(arrivals)} calls within {limit.seconds:g} s")
        if limit.at_once and self._under_way[index] > limit.at_once:
            broken.append(f"{index} {budget}: {self._under_way[index]} calls at once")
        self.violations += broken
        return not broken


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    site: IndexServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that give up are what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Http
    connection: socket.socket

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def log_message(self, *_: object) -> None:
        """The log is the server's own."""

    def _answer(self, body: bytes) -> None:
        site, request = self.server.site, self._request(body)
        if request.index in INDEXES:
            self._answer_for(site, request)
        else:
            site.strays.append(self.path)
            self.say(Reply.text("no such index", status=404))

    def _answer_for(self, site: IndexServer, request: Request) -> None:
        fault = site.next_fault(request.index) or _Handler.say
        # Over before it is answered: a client that has the answer may ask again at once.
        with site.admitted(request, self.client_address[1], fault.__name__) as allowed:
            site.stopping.wait(site.latency)
            reply = INDEXES[request.index].answer(request, site.works)
        if allowed:
            fault(self, reply)
        else:
            self.say(Reply(429, b"too fast", "text/plain", {"Retry-After": "1"}))

    def _request(self, body: bytes) -> Request:
        parts = urlsplit(self.path)
        index, _, path = parts.path.lstrip("/").partition("/")
        headers = {name.lower(): value for name, value in self.headers.items()}
        params = dict(parse_qsl(parts.query, keep_blank_values=True))
        return Request(index, self.command, f"/{unquote(path)}", params, headers, body)

    def say(self, reply: Reply) -> None:
        """Send an answer whole."""
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.kind)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)
