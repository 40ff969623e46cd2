"""An entry for tests that need no file around it."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class PlainEntry:
    type: str = "article"
    fields: dict[str, str] = field(default_factory=dict)
    inherited: dict[str, str] = field(default_factory=dict)

    def get(self, *names: str) -> str:
        return next((value for name in names if (value := self.fields.get(name, "").strip())), "")


def entry(entry_type: str = "article", **fields: str) -> PlainEntry:
    return PlainEntry(entry_type, fields)
