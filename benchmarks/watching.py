"""The 200 people of ``bench_watchers``, in a process of their own: each looks at a job's page as its htmx would.

``python -m benchmarks.watching ADDRESS COOKIE_NAME SECONDS`` reads ``{cookie: path of the job}`` as JSON and prints how
long each answer took, by kind of page.
"""

import asyncio
import json
import re
import sys
import time
from collections import defaultdict
from urllib.parse import urlsplit

NEXT = re.compile(rb'hx-get="([^"]+)"\s+hx-trigger="load delay:(\d+)ms')
#: People come one after another, within so many seconds.
ARRIVALS = 5.0


class Person:
    """One visitor with one connection."""

    def __init__(self, address: str, cookie: str, times: dict[str, list[float]]) -> None:
        split = urlsplit(address)
        self.host, self.port = split.hostname or "", split.port or 80
        self.cookie, self.times = cookie, times
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def get(self, path: str, *, kind: str, htmx: bool = False) -> tuple[dict[str, str], bytes]:
        """The headers and body of an answer; its time is noted under ``kind``, from the first byte sent to the last."""
        lines = [f"GET {path} HTTP/1.1", f"Host: {self.host}:{self.port}", f"Cookie: {self.cookie}"]
        request = "\r\n".join([*lines, *(["HX-Request: true"] if htmx else []), "", ""]).encode()
        try:
            answer = await self._exchange(request, kind=kind)
        except (
            ConnectionError,
            asyncio.IncompleteReadError,
        ):  # the server hangs up after two seconds; browsers try again
            self.writer = None
            answer = await self._exchange(request, kind=kind)
        return answer

    async def _exchange(self, request: bytes, *, kind: str) -> tuple[dict[str, str], bytes]:
        if self.writer is None or self.reader is None or self.reader.at_eof():
            self.reader, self.writer = await asyncio.open_connection(self.host, self.port)
        begun = time.perf_counter()
        self.writer.write(request)
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        body = await self.reader.readexactly(int(headers.get("content-length", 0)))
        self.times[kind].append(time.perf_counter() - begun)
        if " 200 " not in status:
            raise RuntimeError(f"{request!r}: {status}")
        if headers.get("connection") == "close":
            self.writer.close()
            self.writer = None
        return headers, body

    async def watch(self, path: str, *, late: float, until: float) -> None:
        """Come, look at the form and the job, and stay as long as the job goes on; then read the result once."""
        await asyncio.sleep(late)
        await self.get("/scholar/bibtex/", kind="form")
        _, body = await self.get(path, kind="job")
        while time.monotonic() < until and (following := NEXT.search(body)):
            await asyncio.sleep(int(following[2]) / 1000)
            headers, body = await self.get(following[1].decode().replace("&amp;", "&"), kind="progress", htmx=True)
            if headers.get("hx-refresh"):
                await self.get(path, kind="result")
                break


async def watch(address: str, name: str, seconds: float, people: dict[str, str]) -> dict[str, list[float]]:
    """Let all of them watch for so long."""
    times: dict[str, list[float]] = defaultdict(list)
    until = time.monotonic() + seconds
    await asyncio.gather(
        *(
            Person(address, f"{name}={cookie}", times).watch(path, late=ARRIVALS * n / len(people), until=until)
            for n, (cookie, path) in enumerate(people.items())
        )
    )
    return times


if __name__ == "__main__":
    print(json.dumps(asyncio.run(watch(sys.argv[1], sys.argv[2], float(sys.argv[3]), json.load(sys.stdin)))))
