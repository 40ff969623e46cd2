"""What the status and the headers of an answer mean: worth another try, final, a pause, a limit, another address."""

import email.utils
import math
import re
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from .limits import Rate
from .spending import DOLLAR
from .transport import Answer

#: Statuses below 500 that may pass: nothing there (in the middle of a deployment), request timeout, too early.
_PASSING = frozenset({404, 408, 425})
_INTERVAL = re.compile(r"(\d{1,6}(?:\.\d+)?)\s*s?")
_LONGEST_RESET = 86_400.0


class Failure(Exception):  # noqa: N818 - it is not an error until the patience is over
    """The index did not give a usable answer, but may soon. ``pause``: the seconds it asks to be left alone."""

    def __init__(self, message: str, *, pause: float | None = None) -> None:
        super().__init__(message)
        self.pause = pause


class Refusal(Exception):  # noqa: N818
    """The index will not answer this, however often it is asked."""


def of_status(answer: Answer, *, limit_statuses: frozenset[int], now: float) -> Failure | Refusal:
    """What a status that is no answer means; ``now`` is in seconds since 1970."""
    pause = asked_pause(answer, now=now)
    if answer.status == 429 or answer.status in limit_statuses:
        seconds = "" if pause is None else f" of {pause:.0f} s"
        return Failure(f"asks for a pause{seconds} ({answer.status})", pause=pause)
    if not 400 <= answer.status < 500 or answer.status in _PASSING:
        return Failure(f"answered {answer.status}", pause=pause)
    return Refusal(f"refused the question ({answer.status})")


def asked_pause(answer: Answer, *, now: float) -> float | None:
    """The seconds of ``Retry-After``, which comes as a number or as a date; else those until a spent limit is reset."""
    value = answer.headers.get("retry-after", "").strip()
    if value:
        return _seconds(value) if _is_number(value) else _until(value, answer.headers.get("date", ""), now)
    if answer.headers.get("x-ratelimit-remaining", "").strip() == "0":
        reset = _seconds(answer.headers.get("x-ratelimit-reset", ""))
        return reset if reset is not None and reset <= _LONGEST_RESET else None
    return None


def told_rate(answer: Answer) -> Rate | None:
    """The limit that the index says it keeps: so many calls (``5``) in an interval (``1s``)."""
    for name in ("x-rate-limit", "x-ratelimit"):
        calls = answer.headers.get(f"{name}-limit", "").strip()
        interval = _INTERVAL.fullmatch(answer.headers.get(f"{name}-interval", "").strip())
        if re.fullmatch(r"[1-9]\d{0,5}", calls) and interval and float(interval[1]) > 0:
            return Rate(int(calls), float(interval[1]))
    return None


def told_at_once(answer: Answer) -> int | None:
    """How many calls the index says it takes at once."""
    value = answer.headers.get("x-concurrency-limit", "").strip()
    return int(value) if re.fullmatch(r"[1-9]\d{0,3}", value) else None


class Money(NamedTuple):
    """What the index says of money, in millionths of a dollar: what the call cost, and what is left."""

    cost: int | None
    left: int | None


def told_money(answer: Answer) -> Money:
    """OpenAlex names both in every answer; what was paid in advance is spent when the day's own is used up."""
    left, prepaid = _dollars(answer, "remaining"), _dollars(answer, "prepaid-remaining")
    return Money(_dollars(answer, "cost"), None if left is None else left + (prepaid or 0))


def _dollars(answer: Answer, what: str) -> int | None:
    value = answer.headers.get(f"x-ratelimit-{what}-usd", "").strip()
    return round(float(value) * DOLLAR) if re.fullmatch(r"\d{1,6}(?:\.\d{1,12})?", value) else None


def redirect(url: str, answer: Answer) -> str:
    """Where a redirect leads. Raises ``Failure`` unless it is the same host, over a connection no less safe."""
    location = answer.headers.get("location", "")
    try:
        target = urljoin(url, location)
        if location and _origin(target) in (_origin(url), _secured(url)):
            return target
    except ValueError:  # No address at all, or no port has such a number.
        pass
    raise Failure("sends its callers to another address")


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _secured(url: str) -> tuple[str, str | None, int | None]:
    """The origin of a plain address when it is asked over TLS instead."""
    scheme, host, port = _origin(url)
    return ("https", host, 443) if (scheme, port) == ("http", 80) else (scheme, host, port)


def _is_number(value: str) -> bool:
    return _seconds(value) is not None


def _seconds(value: str) -> float | None:
    """A number of seconds that makes sense; a negative one is none at all."""
    try:
        seconds = float(value)
    except ValueError:
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _until(value: str, date: str, now: float) -> float | None:
    """The seconds from the answer's own date (its clock, not ours, made the other one) until a date."""
    moment = _moment(value)
    if moment is None:
        return None
    return max(0.0, moment - (_moment(date) or now))


def _moment(value: str) -> float | None:
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except (ValueError, IndexError, TypeError, OverflowError):
        return None
    return (moment if moment.tzinfo else datetime.replace(moment, tzinfo=UTC)).timestamp()
