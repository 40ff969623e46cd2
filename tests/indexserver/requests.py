"""What the server understands of a call, and what it says."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Request:
    """A call to one index: ``path`` is below the index's own base and percent-decoded; ``body`` is a POST's."""

    index: str
    method: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """An answer; the server adds the length."""

    status: int = 200
    body: bytes = b""
    kind: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, value: Any, *, status: int = 200, **headers: str) -> "Reply":
        """A JSON answer."""
        return cls(status, json.dumps(value).encode(), "application/json", headers)

    @classmethod
    def text(cls, text: str, *, status: int = 200, kind: str = "text/plain") -> "Reply":
        """A text answer."""
        return cls(status, text.encode(), kind)
