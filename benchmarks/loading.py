"""The people of ``bench_load``, in a process of their own: some upload, and 200 watch, as browsers do.

``python -m benchmarks.loading ADDRESS SECONDS SEED`` prints what every upload was answered, how long each answer took
by kind of page, and which answers were no good.
"""

import asyncio
import json
import random
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable
from dataclasses import asdict, dataclass, field
from urllib.parse import urlsplit

from tests.enrichment.making import is_input_with_insertions

from .load_files import Sent, sent
from .watching import NEXT

WATCHERS, UPLOADS_A_MINUTE = 200, 20
#: Jobs that are looked at by anybody at a time: those sent last.
_LATEST = 30
_TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="(\w+)"')
_FORM, _UPLOAD = "/scholar/bibtex/", "/scholar/bibtex/upload/"


@dataclass
class Upload:
    """One file, and what the site said to it; ``job`` is the path of its page."""

    number: int
    status: int = 0
    job: str = ""
    cookies: dict[str, str] = field(default_factory=dict)
    ended: bool = False


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    cookies: dict[str, str]
    body: bytes


class Ledger:
    """What was seen."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.uploads: list[Upload] = []
        self.times: dict[str, list[float]] = defaultdict(list)
        self.statuses: dict[str, Counter[str]] = defaultdict(Counter)
        self.wrong_downloads: list[str] = []
        self.right_downloads = 0

    def watched(self) -> list[Upload]:
        return [upload for upload in self.uploads if upload.job and not upload.ended][-_LATEST:]


class Browser:
    """One connection at a time, kept as long as the server keeps it."""

    def __init__(self, address: str, ledger: Ledger, cookies: dict[str, str]) -> None:
        split = urlsplit(address)
        self.host, self.port = split.hostname or "", split.port or 80
        self.ledger, self.cookies = ledger, cookies
        self.stream: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str, *, kind: str, htmx: bool = False) -> Answer | None:
        """The answer, or ``None`` where the connection broke twice; a kept one may have been closed meanwhile."""
        more = ["HX-Request: true"] if htmx else []
        for last in (False, True):
            try:
                return await self._ask(f"GET {path}", b"", more, kind=kind)
            except (OSError, asyncio.IncompleteReadError):
                self.close()
                if last:
                    self.ledger.statuses[kind]["broken off"] += 1
        return None

    async def post(self, path: str, body: bytes, content_type: str, *, kind: str) -> Answer | None:
        """The answer to a form, which is sent once over a connection of its own; ``None`` where it broke off."""
        self.close()
        more = [f"Content-Type: {content_type}", f"Content-Length: {len(body)}"]
        try:
            return await self._ask(f"POST {path}", body, more, kind=kind)
        except (OSError, asyncio.IncompleteReadError):
            self.close()
            self.ledger.statuses[kind]["broken off"] += 1
        return None

    async def _ask(self, what: str, body: bytes, more: list[str], *, kind: str) -> Answer:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        lines = [
            f"{what} HTTP/1.1",
            f"Host: {self.host}:{self.port}",
            *([f"Cookie: {cookies}"] if cookies else []),
            *more,
        ]
        begun = time.perf_counter()
        if self.stream is None:
            self.stream = await asyncio.open_connection(self.host, self.port)
        reader, writer = self.stream
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        await writer.drain()
        answer = await _read(reader)
        self.ledger.times[kind].append(time.perf_counter() - begun)
        self.ledger.statuses[kind][str(answer.status)] += 1
        self.cookies.update(answer.cookies)
        if answer.headers.get("connection") == "close":
            self.close()
        return answer

    def close(self) -> None:
        if self.stream:
            self.stream[1].close()
        self.stream = None


async def _read(reader: asyncio.StreamReader) -> Answer:
    status, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").strip().split("\r\n")
    pairs = [(name.lower(), value) for name, _, value in (line.partition(": ") for line in lines)]
    cookies = dict(value.partition(";")[0].split("=", 1) for name, value in pairs if name == "set-cookie")
    headers = dict(pairs)
    if headers.get("transfer-encoding") == "chunked":
        body = await _chunks(reader)
    else:
        body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Answer(int(status.split()[1]), headers, cookies, body)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int(await reader.readline(), 16):
        body += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return body


def _form(token: str, file: Sent) -> tuple[bytes, str]:
    parts = f'--x\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n{token}\r\n'
    parts += f'--x\r\nContent-Disposition: form-data; name="bibtex_file"; filename="{file.name}"\r\n'
    return (
        f"{parts}Content-Type: text/x-bibtex\r\n\r\n".encode() + file.data + b"\r\n--x--\r\n",
        "multipart/form-data; boundary=x",
    )


async def upload(address: str, ledger: Ledger, number: int) -> None:
    """Come, look at the form, send a file through it, and note what was answered."""
    browser, file = Browser(address, ledger, {}), sent(ledger.seed, number)
    form = await browser.get(_FORM, kind="form")
    token = _TOKEN.search(form.body) if form else None
    if not token:
        return
    mine = Upload(number)
    ledger.uploads.append(mine)
    answer = await browser.post(_UPLOAD, *_form(token[1].decode(), file), kind=f"upload ({file.kind})")
    if answer:
        mine.status, mine.cookies = answer.status, browser.cookies
        mine.job = answer.headers.get("location", "") if answer.status == 302 else ""
    browser.close()


async def watch(address: str, ledger: Ledger, *, chance: random.Random, until: float) -> None:
    """Look at one job after the other; the form where there is none."""
    while time.monotonic() < until:
        jobs = ledger.watched()
        if not jobs:
            await Browser(address, ledger, {}).get(_FORM, kind="form")
            await asyncio.sleep(2 + chance.random())
            continue
        job = chance.choice(jobs)
        browser = Browser(address, ledger, job.cookies)
        await _watch_one(browser, job, until=until)
        browser.close()
        await asyncio.sleep(chance.random())


async def _watch_one(browser: Browser, job: Upload, *, until: float) -> None:
    shown = await browser.get(job.job, kind="job")
    while shown and shown.status == 200 and time.monotonic() < until and (following := NEXT.search(shown.body)):
        await asyncio.sleep(int(following[2]) / 1000)
        shown = await browser.get(following[1].decode().replace("&amp;", "&"), kind="progress", htmx=True)
        if shown and shown.headers.get("hx-refresh"):
            first, job.ended = not job.ended, True
            await browser.get(job.job, kind="result")
            if first:
                await _take(browser, job)
            return


async def _take(browser: Browser, job: Upload) -> None:
    """Download the result, if there is one, and compare it with what was sent."""
    found = await browser.get(f"{job.job}download/", kind="download")
    if found and found.status == 200:
        data = sent(browser.ledger.seed, job.number).data
        if is_input_with_insertions(data.decode("latin-1"), found.body.decode("latin-1")):
            browser.ledger.right_downloads += 1
        else:
            browser.ledger.wrong_downloads.append(job.job)


async def everybody(address: str, seconds: float, seed: int) -> Ledger:
    """Uploads come evenly; those who watch come within the first seconds. All go at the end, uploads first."""
    ledger, until = Ledger(seed), time.monotonic() + seconds
    chance = random.Random(seed)
    watching = (watch(address, ledger, chance=chance, until=until) for _ in range(WATCHERS))
    tasks = [_late(5 * number / WATCHERS, task) for number, task in enumerate(watching)]
    uploads = round(UPLOADS_A_MINUTE * seconds / 60)
    tasks += [_late(60 * number / UPLOADS_A_MINUTE, upload(address, ledger, number)) for number in range(uploads)]
    await asyncio.gather(*tasks)
    return ledger


async def _late(seconds: float, task: Awaitable[None]) -> None:
    await asyncio.sleep(seconds)
    await task


if __name__ == "__main__":
    seen = asyncio.run(everybody(sys.argv[1], float(sys.argv[2]), int(sys.argv[3])))
    told = {name: value for name, value in vars(seen).items() if name != "uploads"}
    print(json.dumps(told | {"uploads": [asdict(upload) for upload in seen.uploads]}))
