"""What somebody may choose for a job: which fields are added, whom to ask, and whether placeholders give way.

A job keeps what differs from the whole: ``{"replace_placeholders": bool, "fields": [...], "sources": [...]}``, without
``fields`` where all may be added, and without ``sources`` where all that are configured are asked.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .enrichment.fields import ADDABLE, COMPANIONS
from .enrichment.pipeline import Options

#: Every field to choose, as people think of them.
FIELD_GROUPS: Final[Sequence[tuple[Promise, tuple[str, ...]]]] = (
    (gettext_lazy("Identifiers"), ("doi", "url", "eprint", "pmid", "pmcid", "isbn", "issn")),
    (gettext_lazy("The work"), ("author", "title", "year", "month", "abstract", "keywords", "pdf")),
    (gettext_lazy("Where it appeared"), ("journal", "booktitle", "publisher", "volume", "number", "pages")),
    (gettext_lazy("How often it is cited"), ("citation_count",)),
)
CHOOSABLE: Final = tuple(field for _title, fields in FIELD_GROUPS for field in fields)


def checked_fields(names: Iterable[str]) -> list[str] | None:
    """The fields to add, in the order of writing; ``None``: all of them. Raises ``ValidationError``."""
    wanted = _known(names, known=ADDABLE, code="unknown_field", text=_("“%(name)s” is no field that can be added."))
    wanted |= {companion for field in wanted for companion in COMPANIONS.get(field, ())}
    return None if wanted >= set(ADDABLE) else [field for field in ADDABLE if field in wanted]


def checked_sources(names: Iterable[str]) -> list[str] | None:
    """The sources to ask, in the order of the settings; ``None``: all of them. Raises ``ValidationError``."""
    configured = settings.SCITEX_SOURCES
    wanted = _known(names, known=configured, code="unknown_source", text=_("“%(name)s” is no source of this site."))
    if not wanted:
        raise ValidationError(_("Choose at least one source to ask."), code="no_source")
    return None if wanted >= set(configured) else [name for name in configured if name in wanted]


def _known(names: Iterable[str], *, known: Sequence[str], code: str, text: str) -> set[str]:
    given = {name.strip().lower() for part in names for name in part.split(",")} - {""}
    for name in sorted(given - set(known)):
        close = difflib.get_close_matches(name, known, n=1)
        hint = _("Did you mean “%(close)s”?") % {"close": close[0]} if close else _("There are: %(known)s.")
        raise ValidationError(f"{text} {hint}", code=code, params={"name": name[:60], "known": ", ".join(known)})
    return given


@dataclass(frozen=True, slots=True)
class Chosen:
    """What somebody chose for a job, for people: the shorter of what is added and what is not.

    ``None`` where nothing was left out; fields that come along with others are not named.
    """

    only_fields: Sequence[str] | None = None
    not_fields: Sequence[str] | None = None
    sources: Sequence[str] | None = None
    replace_placeholders: bool = False

    @classmethod
    def of(cls, chosen: Mapping[str, Any]) -> "Chosen":
        """The options of a job."""
        added = None if "fields" not in chosen else [field for field in CHOOSABLE if field in chosen["fields"]]
        left_out = [field for field in CHOOSABLE if added is not None and field not in added]
        few = added is not None and len(added) <= len(left_out)
        return cls(
            only_fields=added if few else None,
            not_fields=left_out if left_out and not few else None,
            sources=chosen.get("sources"),
            replace_placeholders=bool(chosen.get("replace_placeholders")),
        )

    def __bool__(self) -> bool:
        return self != Chosen()


def enrichment_options(chosen: Mapping[str, Any]) -> Options:
    """A job's options in the words of the enrichment."""
    fields = chosen.get("fields")
    return Options(
        replace_placeholders=bool(chosen.get("replace_placeholders")),
        optional_sources=frozenset(settings.SCITEX_OPTIONAL_SOURCES),
        fields=None if fields is None else frozenset(fields),
    )


def sources_of(chosen: Mapping[str, Any]) -> list[str]:
    """Whom to ask for a job. What is no longer configured is left out; where nothing is left, all are asked."""
    configured: Sequence[str] = settings.SCITEX_SOURCES
    wanted = chosen.get("sources") or configured
    return [name for name in configured if name in wanted] or list(configured)
