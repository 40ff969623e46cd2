"""One HTTP call: bounded in time and size whatever the other side does, and never to anywhere but where it was sent.

requests and urllib3 do the work. They limit each single read from the network, so an answer that drips a byte every
few seconds would never end; here the whole answer has a limit too, from its first header on.
"""

import http.client
import io
import json
import logging
import re
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from contextvars import ContextVar
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

from .reading import Json, ShapeError

_CHUNK = 64 * 1024


class TransportError(Exception):
    """No answer came, or not a whole one; the message is for people and holds nothing of the address."""


class TooLargeError(TransportError):
    """The answer is larger than any honest one."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever its status; ``headers`` have lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def kind(self) -> str:
        """The bare content type in lower case, ``""`` where none is given."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def json(self) -> Json:
        """The body as JSON. Raises ``ShapeError`` for anything else, and for JSON that says it is something else."""
        if self.kind and not re.fullmatch(r"(?:application|text)/(?:[\w.-]+\+)?json", self.kind):
            raise ShapeError(f"sent {self.kind} instead of JSON")
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            pass
        raise ShapeError("sent JSON that is cut off or damaged")


@dataclass(frozen=True, slots=True)
class Bounds:
    """Seconds to connect, for one read, for a whole answer; and the largest answer in bytes after decompression."""

    connect: float = 5.0
    read: float = 20.0
    whole: float = 60.0
    size: int = 20 * 1024 * 1024


@dataclass(slots=True)
class _Call:
    """The call that a connection is working for: what it must know of it."""

    bounds: Bounds
    on_departure: Callable[[], None]
    departed: bool = False
    ends: float = field(init=False)

    def __post_init__(self) -> None:
        self.ends = time.monotonic() + self.bounds.whole  # Sockets time out in real time, whatever clock others have.


_call: ContextVar[_Call | None] = ContextVar("_call", default=None)


class Transport:
    """Sends calls with the same headers, over connections that are kept open; follows no redirect.

    Threads may share it: urllib3 hands each its own connection, and the session keeps no cookies or other state.
    """

    def __init__(self, headers: Mapping[str, str], *, bounds: Bounds = Bounds()) -> None:
        self._session = _session(headers)
        self._bounds = bounds

    def send(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        payload: Json = None,
        on_departure: Callable[[], None] = lambda: None,
    ) -> Answer:
        """The answer to one call. ``on_departure`` is called just before the first byte goes out.

        Raises ``TransportError``.
        """
        _call.set(_Call(self._bounds, on_departure))
        timeout = (self._bounds.connect, self._bounds.read)
        try:
            response = self._session.request(
                method, url, params=params, data=data, json=payload, timeout=timeout, stream=True, allow_redirects=False
            )
            with closing(response):
                return Answer(
                    response.status_code,
                    {name.lower(): value for name, value in response.headers.items()},
                    self._body(response),
                )
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            reason = _reason(error, self._bounds)
        finally:
            _call.set(None)
        # Outside the handler: the errors of requests hold the address, and with it keys.
        raise TransportError(reason)

    def _body(self, response: requests.Response) -> bytes:
        body = bytearray()
        declared = response.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > self._bounds.size:
            raise TooLargeError(f"sent more than {self._bounds.size} bytes")
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > self._bounds.size:
                raise TooLargeError(f"sent more than {self._bounds.size} bytes")
        return bytes(body)


class _Session(requests.Session):
    """Looks for proxies and certificates in the environment once for each host; with every call it took a tenth."""

    def __init__(self) -> None:
        super().__init__()
        self._found: dict[tuple[str, str], Any] = {}

    def merge_environment_settings(self, url: Any, *given: Any) -> Any:
        """See requests; what is given is the same for every call of a :class:`Transport`."""
        parts = urlsplit(url)
        key = parts.scheme, parts.netloc
        if key not in self._found:
            self._found[key] = super().merge_environment_settings(url, *given)
        return dict(self._found[key])


def _session(headers: Mapping[str, str]) -> requests.Session:
    session = _Session()
    session.headers.update(headers)
    session.auth = _no_authentication
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.mount("https://", _BoundedAdapter(max_retries=0))
    session.mount("http://", _BoundedAdapter(max_retries=0))
    return session


def _no_authentication(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keeps requests from sending what it finds in somebody's ``.netrc``."""
    return request


class _BoundedReads(io.RawIOBase):
    """A socket's bytes, until the call's time is over."""

    def __init__(self, raw: io.RawIOBase, connection: socket.socket, call: _Call) -> None:
        super().__init__()
        self._raw, self._connection, self._call = raw, connection, call

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        left = self._call.ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(min(self._call.bounds.read, left))
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _BoundedResponse(http.client.HTTPResponse):
    """Reads headers and body through :class:`_BoundedReads`."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        if call := _call.get():
            self.fp = io.BufferedReader(_BoundedReads(self.fp.detach(), sock, call))


def _departs() -> None:
    call = _call.get()
    if call is not None and not call.departed:
        call.departed = True
        call.on_departure()


class _Connection(HTTPConnection):
    response_class = _BoundedResponse

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        _departs()
        super().send(data)


class _SecureConnection(_Connection, HTTPSConnection):
    """The same over TLS."""


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _BoundedAdapter(HTTPAdapter):
    """requests' own adapter, with the connections of this module."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
        return manager


def _reason(error: Exception, bounds: Bounds) -> str:
    """What went wrong, for people, without the address."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return f"could not be reached within {bounds.connect:g} s"
    if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError | TimeoutError):
        return "did not answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "could not prove its identity (TLS)"
    text = str(error)
    if isinstance(error, requests.ConnectionError) and ("NewConnection" in text or "NameResolution" in text):
        return "could not be reached"
    return "closed the connection, or sent an answer that is cut off"


def _without_queries(record: logging.LogRecord) -> bool:
    """Take the queries out of logged addresses: they hold keys. Lets every record pass."""
    if isinstance(record.args, tuple):
        record.args = tuple(re.sub(r"\?\S*", "?...", arg) if isinstance(arg, str) else arg for arg in record.args)
    return True


# Whoever turns on debugging sees urllib3 write every address into the log.
logging.getLogger("urllib3.connectionpool").addFilter(_without_queries)
