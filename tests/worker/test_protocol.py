"""The language between worker and child: what is said arrives, and nonsense is refused."""

import json
import math
from types import MappingProxyType

import pytest

from apps.scholar_app.enrichment.record import Pause, Progress, Settled, SourceTally
from apps.scholar_app.supervision.protocol import (
    ACTIVITY_CHARACTERS,
    LINE_BYTES,
    Away,
    BrokenMessageError,
    Failed,
    Finished,
    Message,
    Moved,
    Order,
    Stopped,
    decode,
    decode_order,
    encode,
)

PROGRESS = Progress(
    entries_total=10,
    entries_done=4,
    outcomes=MappingProxyType({"enriched": 3, "not_found": 1}),
    sources=MappingProxyType({"crossref": SourceTally(asked=4, answered=3, found=2, cached=1, seconds=0.25)}),
    activity="Asking Crossref for 50 DOIs\nü",
    waiting=MappingProxyType({"openalex": Pause(12, "OpenAlex asks for a pause of 12 s (429)")}),
    latest=(Settled("müller2020", "enriched"), Settled("", "skipped")),
    left=1234.5,
)


@pytest.mark.parametrize(
    "message",
    [
        Moved(PROGRESS),
        Finished(result_bytes=0, report_bytes=2, sha256="ab", outcomes={"enriched": 2}),
        Stopped(),
        Failed("empty", "The file is empty."),
        Away("crossref", "503", retryable=True),
    ],
)
def test_what_is_said_arrives(message: Message) -> None:
    line = encode(message)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert decode(line) == message


def test_order_arrives() -> None:
    order = Order("5f0c1a52-8c1e-4f0e-9d57-2b1d6b3c7a10", lease_seconds=60.0)
    assert decode_order(encode(order)) == order


def test_longest_progress_fits_into_a_line() -> None:
    sources = {f"source{number:02}": SourceTally(10**9, 10**9, 10**9, 10**9, 1e9 / 3) for number in range(20)}
    endless = "\N{GRINNING FACE}" * 10_000
    waiting = {name: Pause(10**9, endless) for name in list(sources)[:11]}
    latest = (Settled(endless, "ambiguous"),) * 100
    line = encode(Moved(Progress(10**9, 10**9, sources=sources, activity=endless, waiting=waiting, latest=latest)))
    assert len(line) < LINE_BYTES


def test_endless_activity_is_cut() -> None:
    moved = decode(encode(Moved(Progress(1, 1, activity="x" * 10_000))))
    assert moved == Moved(Progress(1, 1, activity="x" * ACTIVITY_CHARACTERS))


def test_text_no_database_can_store_is_made_storable() -> None:
    assert decode(encode(Failed("x", "NUL \0 and half a pair \ud800"))) == Failed("x", "NUL \ufffd and half a pair ?")


def _spoilt(message: Message, **changes: object) -> bytes:
    return json.dumps(json.loads(encode(message)) | changes).encode()


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"7",
        b"{}",
        b'{"kind":"Order","job_id":"x","lease_seconds":1}',
        b'{"kind":"__class__"}',
        b'{"kind":["Stopped"]}',
        b'{"kind":"Failed","code":"x"}',
        b'{"kind":"Failed","code":"x","message":"y","more":1}',
        b'{"kind":"Failed","code":1,"message":"y"}',
        b'{"kind":"Away","source":"x","message":"y","retryable":1}',
        b'{"kind":"Finished","result_bytes":-1,"report_bytes":2,"sha256":"","outcomes":{}}',
        b'{"kind":"Finished","result_bytes":true,"report_bytes":2,"sha256":"","outcomes":{}}',
        b'{"kind":"Finished","result_bytes":1.5,"report_bytes":2,"sha256":"","outcomes":{}}',
        b'{"kind":"Finished","result_bytes":1,"report_bytes":2,"sha256":"","outcomes":{"enriched":"2"}}',
        b'{"kind":"Finished","result_bytes":1,"report_bytes":2,"sha256":"","outcomes":2}',
        b'{"kind":"Finished","result_bytes":4294967296,"report_bytes":2,"sha256":"","outcomes":{}}',
        b"[" * 100_000,
        encode(Moved(Progress(1, 1, sources={"x": SourceTally(seconds=float("nan"))}))),
        _spoilt(Moved(PROGRESS), progress=None),
        _spoilt(Moved(PROGRESS), progress={}),
        _spoilt(Moved(PROGRESS), progress=json.loads(encode(Moved(PROGRESS)))["progress"] | {"entries_done": -1}),
        _spoilt(Moved(PROGRESS), progress=json.loads(encode(Moved(PROGRESS)))["progress"] | {"sources": {"x": 1}}),
        _spoilt(
            Moved(PROGRESS), progress=json.loads(encode(Moved(PROGRESS)))["progress"] | {"waiting": {"x": [-1, ""]}}
        ),
        _spoilt(Moved(PROGRESS), progress=json.loads(encode(Moved(PROGRESS)))["progress"] | {"latest": [["key"]]}),
        _spoilt(Moved(PROGRESS), progress=json.loads(encode(Moved(PROGRESS)))["progress"] | {"left": "soon"}),
        _spoilt(Moved(PROGRESS), progress=json.loads(encode(Moved(PROGRESS)))["progress"] | {"left": math.inf}),
    ],
)
def test_nonsense_is_refused(line: bytes) -> None:
    with pytest.raises(BrokenMessageError):
        decode(line)
