"""How a line of the log looks: text for people or one JSON object for programs, and never a secret or an address.

Lines of ours begin with pairs like ``job=<id> from=pending to=processing``; as JSON each pair is a field of its own.
"""

import json
import logging
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

_PAIRS: Final = re.compile(r"(?:[a-z_]+=\S+(?:\s|$))+")
_PAIR: Final = re.compile(r"([a-z_]+)=(\S+)")
#: What is never written, and what stands in its place. Whoever writes a line is careful; this is for lines of others.
_HIDDEN: Final = (
    (re.compile(r"\bscitex_[0-9A-Za-z]{4,}_[\w-]{8,}"), "<key>"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}"), r"\1 <hidden>"),
    (re.compile(r"(/password/reset/)[^/\s]+/[^/\s]+"), r"\1<hidden>"),
    (re.compile(r"(\w+://)[^/\s:@]*:[^/\s@]+@"), r"\1<hidden>@"),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "<address>"),
    (re.compile(r"\bip=[^\s,;]+?(?=[:.]?(?:[\s,;]|$))"), "ip=<hidden>"),  # gunicorn's, of whoever sends nonsense
)


def without_secrets(text: str) -> str:
    """``text`` with keys, passwords, links that reset them, and e-mail addresses taken out."""
    for pattern, instead in _HIDDEN:
        text = pattern.sub(instead, text)
    return text


class TextFormatter(logging.Formatter):
    """Time, level, logger, message: a line for people."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The line, and the traceback below it where there is one."""
        return without_secrets(super().format(record))


class JsonFormatter(logging.Formatter):
    """One object a line: ``time`` (UTC), ``level``, ``logger``, ``message``, the pairs, ``exception``."""

    def format(self, record: logging.LogRecord) -> str:
        """The object; a message can neither break the line nor overwrite a field."""
        message = without_secrets(record.getMessage())
        pairs = _PAIRS.match(message)
        fields: dict[str, Any] = dict(_PAIR.findall(pairs[0])) if pairs else {}
        fields |= {
            "time": datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": message,
        }
        if record.exc_info:
            fields["exception"] = without_secrets(self.formatException(record.exc_info))
        return json.dumps(fields, ensure_ascii=False)


#: By their names in ``SCITEX_LOG_FORMAT``.
FORMATTERS: Final[Mapping[str, type[logging.Formatter]]] = {"text": TextFormatter, "json": JsonFormatter}
