"""What the worker and its child tell each other: one JSON object a line, through a pipe each way.

The child has read strangers' bytes, so the worker checks what comes from it like anything else from outside.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from ..enrichment.record import Pause, Progress, Settled, SourceTally

#: No line may be longer; the child is broken, or not ours any more, if it sends one.
LINE_BYTES = 64 * 1024
ACTIVITY_CHARACTERS = 300
KEY_CHARACTERS = WHY_CHARACTERS = 150
_LATEST = 10
#: What a column of the database takes.
_LARGEST = 2**31 - 1

#: As the source of an :class:`Away`: our own database, which is no index but can be away like one.
DATABASE = "database"

BEAT = b"beat\n"
STOP = b"stop\n"


class BrokenMessageError(ValueError):
    """The child sent something that no honest child sends."""


@dataclass(frozen=True, slots=True)
class Order:
    """Worker to child, first line: work on this job, and leave if nobody speaks to you for ``lease_seconds``."""

    job_id: str
    lease_seconds: float


@dataclass(frozen=True, slots=True)
class Moved:
    """Child to worker: how far it is."""

    progress: Progress


@dataclass(frozen=True, slots=True)
class Finished:
    """The product is in the shared file: ``result_bytes`` of the enriched document, then ``report_bytes`` of JSON."""

    result_bytes: int
    report_bytes: int
    sha256: str
    outcomes: dict[str, int]


@dataclass(frozen=True, slots=True)
class Stopped:
    """The child was asked to stop and did, at a safe point."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The job cannot be done; ``code`` for programs, ``message`` for people."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Away:
    """A required source could not be asked."""

    source: str
    message: str
    retryable: bool


Message = Moved | Finished | Stopped | Failed | Away


def encode(message: Order | Message) -> bytes:
    """One line of JSON, with its line end."""
    body = {"progress": _plain(message.progress)} if isinstance(message, Moved) else asdict(message)
    return json.dumps({"kind": type(message).__name__} | body, separators=(",", ":")).encode() + b"\n"


def decode_order(line: bytes) -> Order:
    """The order in ``line``, written by our own worker."""
    body = json.loads(line)
    return Order(job_id=body["job_id"], lease_seconds=body["lease_seconds"])


def decode(line: bytes) -> Message:
    """The child's message in ``line``. Raises :class:`BrokenMessageError`."""
    try:
        body = json.loads(line)
        kind = body.pop("kind")
        if set(body) != {field.name for field in fields(_KINDS[kind])}:
            raise KeyError(kind)
        return _READERS[kind](body)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BrokenMessageError(f"unreadable message of {len(line)} bytes") from error


def _plain(progress: Progress) -> dict[str, object]:
    return {
        "entries_total": progress.entries_total,
        "entries_done": progress.entries_done,
        "outcomes": dict(progress.outcomes),
        "sources": {name: asdict(tally) for name, tally in progress.sources.items()},
        "activity": progress.activity[:ACTIVITY_CHARACTERS],
        "waiting": {name: (left, why[:WHY_CHARACTERS]) for name, (left, why) in progress.waiting.items()},
        "latest": [(key[:KEY_CHARACTERS], outcome) for key, outcome in progress.latest[:_LATEST]],
        "left": progress.left,
    }


def _moved(body: Mapping[str, Any]) -> Moved:
    told = body["progress"]
    return Moved(
        Progress(
            entries_total=_count(told["entries_total"]),
            entries_done=_count(told["entries_done"]),
            outcomes=_counts(told["outcomes"]),
            sources={_text(name): _tally(tally) for name, tally in told["sources"].items()},
            activity=_text(told["activity"])[:ACTIVITY_CHARACTERS],
            waiting={_text(name): _pause(pause) for name, pause in told["waiting"].items()},
            latest=tuple(_settled(settled) for settled in told["latest"][:_LATEST]),
            left=None if told["left"] is None else _seconds(told["left"]),
        )
    )


def _finished(body: Mapping[str, Any]) -> Finished:
    sizes = _count(body["result_bytes"]), _count(body["report_bytes"])
    return Finished(*sizes, _text(body["sha256"]), _counts(body["outcomes"]))


def _away(body: Mapping[str, Any]) -> Away:
    if type(body["retryable"]) is not bool:
        raise TypeError("retryable")
    return Away(_text(body["source"]), _text(body["message"]), body["retryable"])


_KINDS: Final = {kind.__name__: kind for kind in (Moved, Finished, Stopped, Failed, Away)}
_READERS: Final[Mapping[str, Callable[[Mapping[str, Any]], Message]]] = {
    "Moved": _moved,
    "Finished": _finished,
    "Stopped": lambda _: Stopped(),
    "Failed": lambda body: Failed(_text(body["code"]), _text(body["message"])),
    "Away": _away,
}


def _tally(body: Mapping[str, Any]) -> SourceTally:
    asked, answered, found, cached = (_count(body[name]) for name in ("asked", "answered", "found", "cached"))
    return SourceTally(asked, answered, found, cached, seconds=_seconds(body["seconds"]))


def _pause(body: Sequence[object]) -> Pause:
    seconds, why = body
    return Pause(_count(seconds), _text(why)[:WHY_CHARACTERS])


def _settled(body: Sequence[object]) -> Settled:
    key, outcome = body
    return Settled(_text(key)[:KEY_CHARACTERS], _text(outcome)[:KEY_CHARACTERS])


def _counts(body: Mapping[str, object]) -> dict[str, int]:
    return {_text(name): _count(value) for name, value in body.items()}


def _count(value: object) -> int:
    if type(value) is not int or not 0 <= value <= _LARGEST:
        raise ValueError("not a count")
    return value


def _seconds(value: object) -> float:
    if not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("no number of seconds")
    return float(value)


def _text(value: object) -> str:
    """A text that every database can store: PostgreSQL refuses NUL, and half of a surrogate pair is no character."""
    if not isinstance(value, str):
        raise TypeError("no text")
    return value.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
