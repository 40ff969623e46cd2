"""One call on the wire: bounded in time and in size, over connections that are kept."""

import gzip
import json
import logging

import pytest

from apps.scholar_app.enrichment.sources.reading import ShapeError
from apps.scholar_app.enrichment.sources.transport import Answer, Bounds, TooLargeError, Transport, TransportError
from tests.indexserver.faults import FAULTS, status

WORDS = json.dumps({"message": "x" * 1000}).encode()


@pytest.fixture
def send(server):
    return sending(server, Bounds(connect=10.0, read=20.0, whole=30.0, size=100_000))


def sending(server, bounds):
    transport = Transport({"User-Agent": "test"}, bounds=bounds)
    return lambda **more: transport.send("GET", server.url("crossref") + "/works", **more)


@pytest.mark.parametrize("name", ["silent", "slow_headers", "slow_body"])
def test_answer_that_takes_too_long_is_given_up(server, name):
    server.plan("crossref", [FAULTS[name]])
    send = sending(server, Bounds(connect=10.0, read=0.15, whole=0.3))
    with pytest.raises(TransportError, match="did not answer in time"):
        send()


def test_server_that_does_not_speak_tls_is_not_believed(server):
    address = server.url("crossref").replace("http:", "https:")
    with pytest.raises(TransportError, match=r"could not prove its identity \(TLS\)"):
        Transport({"User-Agent": "test"}).send("GET", address)


def compressed(size):
    body = gzip.compress(b" " * size)

    def fault(handler, reply):
        handler.say(type(reply)(200, body, "application/json", {"Content-Encoding": "gzip"}))

    return fault


def test_compressed_answer_is_measured_as_it_unfolds(server, send):
    server.plan("crossref", [compressed(100_000), compressed(100_001), compressed(50_000_000)])
    assert len(send().body) == 100_000
    for _ in range(2):
        with pytest.raises(TooLargeError):
            send()


def test_answer_in_pieces_is_put_together(server, send):
    def chunked(handler, _):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for piece in (WORDS[:100], WORDS[100:]):
            handler.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        handler.wfile.write(b"0\r\n\r\n")

    server.plan("crossref", [chunked, chunked])
    assert send().body == send().body == WORDS
    assert len({logged.connection for logged in server.calls("crossref")}) == 1


def test_departure_is_told_of_once_for_every_call(server, send):
    gone = []
    for _ in range(3):
        send(on_departure=lambda: gone.append(len(server.calls("crossref"))))
    assert gone == [0, 1, 2]


def test_redirect_is_an_answer_and_not_followed(server, send):
    server.plan("crossref", [status(302, Location="/crossref/elsewhere")])
    assert send().status == 302
    assert len(server.calls("crossref")) == 1


def test_proxy_of_the_environment_is_used_for_every_call(server, monkeypatch):
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.port}")
    monkeypatch.setenv("no_proxy", "local.invalid")
    transport = Transport({"User-Agent": "test"}, bounds=Bounds(connect=10.0))
    for _ in range(2):
        transport.send("GET", "http://index.invalid/works")
    assert server.strays == ["http://index.invalid/works"] * 2
    with pytest.raises(TransportError, match="could not be reached"):
        transport.send("GET", "http://local.invalid/works")


def test_query_does_not_show_in_the_most_talkative_log(send, caplog):
    caplog.set_level(logging.DEBUG)
    send(params={"api_key": "s3cr3t"})
    assert "GET /crossref/works" in caplog.text
    assert "s3cr3t" not in caplog.text


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/html", b"{}"),
        ("text/plain", b"{}"),
        ("application/xml", b"{}"),
        ("application/json", b""),
        ("application/json", b'{"a": 1'),
        ("application/json", b"\xff\xfe{"),
        ("application/json", b"[" * 100_000),
        ("application/json", b'{"a":' * 100_000),
        ("application/json", b'{"year": ' + b"9" * 5_000 + b"}"),
        ("application/json", b"<html>"),
    ],
)
def test_what_is_no_json_is_refused(kind, body):
    with pytest.raises(ShapeError):
        Answer(200, {"content-type": kind}, body).json()


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json;charset=utf-8", "application/vnd.crossref-api-message+json", ""]
)
def test_json_by_any_of_its_names_is_read(kind):
    assert Answer(200, {"content-type": kind}, b'{"a": 1}').json() == {"a": 1}
