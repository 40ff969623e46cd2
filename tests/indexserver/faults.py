"""The ways in which an index misbehaves. A fault gets the connection and the honest answer, and spoils it."""

import email.utils
import json
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .requests import Reply

if TYPE_CHECKING:
    from .server import _Handler

Fault = Callable[["_Handler", Reply], None]
HTML = "<!doctype html><html><head><title>Sorry</title></head><body><h1>Maintenance</h1></body></html>"
#: More than any client should take in.
OVERSIZED = 64 * 1024 * 1024


def reset(handler: "_Handler", _: Reply) -> None:
    """The connection is torn down instead of an answer."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True


def closed(handler: "_Handler", _: Reply) -> None:
    """The connection is closed without a word."""
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


def silent(handler: "_Handler", _: Reply) -> None:
    """No answer, ever."""
    handler.server.site.stopping.wait()
    handler.close_connection = True


def slow_headers(handler: "_Handler", _: Reply) -> None:
    """An answer whose headers never end, a few bytes at a time."""
    _drip(handler, b"HTTP/1.1 200 OK\r\nX-Padding: ")


def slow_body(handler: "_Handler", _: Reply) -> None:
    """An answer whose body never ends, a byte at a time."""
    _drip(handler, b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n ")


def _drip(handler: "_Handler", beginning: bytes) -> None:
    handler.close_connection = True
    handler.wfile.write(beginning)
    while not handler.server.site.stopping.wait(0.02):
        handler.wfile.write(b" ")


def status(code: int, text: str = HTML, kind: str = "text/html", **headers: str) -> Fault:
    """An answer of this status."""

    def fault(handler: "_Handler", _: Reply) -> None:
        handler.say(
            Reply(code, text.encode(), kind, {name.replace("_", "-"): value for name, value in headers.items()})
        )

    fault.__name__ = f"status_{code}"
    return fault


def retry_after(value: str, *, code: int = 429) -> Fault:
    """An answer that asks for a pause."""
    return status(code, "slow down", "text/plain", Retry_After=value)


def retry_at(seconds: float) -> Fault:
    """An answer that asks for a pause by naming the end of it."""

    def fault(handler: "_Handler", _: Reply) -> None:
        date = email.utils.formatdate(time.time() + seconds, usegmt=True)
        handler.say(Reply(429, b"slow down", "text/plain", {"Retry-After": date}))

    fault.__name__ = "status_429_until"
    return fault


def html(handler: "_Handler", _: Reply) -> None:
    """A page for people, and 200."""
    handler.say(Reply.text(HTML, kind="text/html"))


def html_that_claims_to_be_json(handler: "_Handler", reply: Reply) -> None:
    """The same, under the kind of the honest answer."""
    handler.say(replace(reply, status=200, body=HTML.encode()))


def cut_off(handler: "_Handler", reply: Reply) -> None:
    """Half of the answer, as if it were the whole."""
    handler.say(replace(reply, body=reply.body[: len(reply.body) // 2]))


def broken_off(handler: "_Handler", reply: Reply) -> None:
    """Half of the answer; then the connection ends, before what was announced has come."""
    handler.close_connection = True
    handler.send_response(reply.status)
    handler.send_header("Content-Type", reply.kind)
    handler.send_header("Content-Length", str(len(reply.body)))
    handler.end_headers()
    handler.wfile.write(reply.body[: len(reply.body) // 2])


def wrong_kind(handler: "_Handler", reply: Reply) -> None:
    """The honest answer, said to be something else."""
    handler.say(replace(reply, kind="text/csv"))


def empty(handler: "_Handler", reply: Reply) -> None:
    """Nothing at all, and 200."""
    handler.say(replace(reply, status=200, body=b""))


def oversized(handler: "_Handler", reply: Reply) -> None:
    """An answer that goes on and on, without saying how long."""
    handler.close_connection = True
    handler.send_response(200)
    handler.send_header("Content-Type", reply.kind)
    handler.end_headers()
    for _ in range(OVERSIZED // 65536):
        handler.wfile.write(b" " * 65536)


def oversized_and_says_so(handler: "_Handler", reply: Reply) -> None:
    """The same, announced."""
    handler.close_connection = True
    handler.send_response(200)
    handler.send_header("Content-Type", reply.kind)
    handler.send_header("Content-Length", str(OVERSIZED))
    handler.end_headers()


def redirect_loop(handler: "_Handler", _: Reply) -> None:
    """Come again, for ever."""
    handler.say(Reply(302, b"", "text/plain", {"Location": handler.path}))


def redirect_elsewhere(handler: "_Handler", _: Reply) -> None:
    """Ask another host: one that answers, but was never meant to be asked."""
    port = handler.server.site.port
    handler.say(Reply(302, b"", "text/plain", {"Location": f"http://localhost:{port}/elsewhere/works"}))


def wrong_types(handler: "_Handler", reply: Reply) -> None:
    """JSON in which every object is a list, and every list an object; XML of another kind."""
    if "xml" in reply.kind:
        return handler.say(replace(reply, status=200, body=b"<feed><entry><id>1</id></entry></feed>"))
    return handler.say(replace(reply, status=200, body=json.dumps(_turned(json.loads(reply.body or b"0"))).encode()))


def _turned(value: Any) -> Any:
    if isinstance(value, dict):
        return [_turned(item) for item in value.values()]
    return {str(index): _turned(item) for index, item in enumerate(value)} if isinstance(value, list) else value


def hollow(handler: "_Handler", reply: Reply) -> None:
    """JSON with ``null`` for the outermost of its lists."""
    handler.say(replace(reply, body=json.dumps(_without_lists(json.loads(reply.body))).encode()))


def _without_lists(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_lists(item) for key, item in value.items()}
    return None if isinstance(value, list) else value


def nothing_expected(handler: "_Handler", _: Reply) -> None:
    """JSON without anything that was asked for."""
    handler.say(Reply.of({"hello": "world"}))


#: Every fault after which an index has *not* said that it has no such record.
FAULTS: dict[str, Fault] = {
    fault.__name__: fault
    for fault in (
        reset, closed, silent, slow_headers, slow_body, html, html_that_claims_to_be_json, cut_off, broken_off,
        wrong_kind, empty, oversized, oversized_and_says_so, redirect_loop, redirect_elsewhere, nothing_expected,
        status(400), status(401), status(403), status(404), status(405), status(429), status(500), status(502),
        status(503), status(504),
    )
} | {
    "status_404_bare": status(404, "", "text/plain"),
    "status_204": status(204, "", "application/json"),
    "retry_after_seconds": retry_after("3600"),
    "retry_after_date": retry_at(3600),
    "retry_after_nonsense": retry_after("soon"),
    "retry_after_on_503": retry_after("3600", code=503),
}  # fmt: skip
