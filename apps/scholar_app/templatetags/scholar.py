"""How values from files and indexes become links and words. Whatever is no web address becomes no link."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, urlsplit

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ..enrichment.sources.titles import TITLES
from ..models import EnrichmentJob
from ..outcomes import OUTCOMES, STATES, WIDTH, segments
from ..review.decisions import NONE_OF_THESE

register = template.Library()

SOURCE_TITLES: Final = {"catalogue": "local catalogue", **TITLES}
_LINK: Final = '<a href="{}" rel="noopener noreferrer nofollow">{}</a>'


@register.filter
def source_title(name: str) -> str:
    """The name people know a source by."""
    return SOURCE_TITLES.get(name, name)


@register.filter
def outcome_label(outcome: str) -> str:
    """An outcome in words."""
    return str(OUTCOMES.get(outcome, outcome))


@register.filter
def shortened(text: object, most: int) -> str:
    """The text, with an ellipsis in place of what is beyond so many characters: ``truncatechars``, much quicker."""
    whole = str(text)
    return whole if len(whole) <= most else whole[: most - 1] + "…"


@register.filter
def some_names(names: Sequence[str], most: int = 4) -> str:
    """The first names, each cut where it is very long, and an ellipsis for the others."""
    shown = [shortened(name, 60) for name in names[:most]]
    return ", ".join([*shown, "…"] if len(names) > most else shown)


@register.filter
def state_label(status: str) -> str:
    """A job's state in words."""
    return str(STATES.get(status, status))


@register.inclusion_tag("scholar/_bar.html")
def bar(job: EnrichmentJob, size: str = "") -> dict[str, Any]:
    """The job's outcomes as a picture, with its words for those who do not see it."""
    pieces = segments(job)
    text = ", ".join(f"{piece.count} {piece.label}" for piece in pieces if piece.count) or _("no outcome yet")
    return {"segments": pieces, "size": size, "whole": WIDTH, "text": text}


@register.inclusion_tag("scholar/_legend.html")
def legend(job: EnrichmentJob) -> dict[str, Any]:
    """What the colours of the bar mean, and how many of each there are."""
    return {"segments": segments(job)}


@register.inclusion_tag("scholar/_plain_bar.html")
def plain_bar(width: float, name: str) -> dict[str, Any]:
    """One piece of a bar, for a row whose number says the same in words."""
    return {"width": width, "name": name, "whole": WIDTH}


@register.inclusion_tag("scholar/_choose.html")
def choose_this(entry: Mapping[str, Any], place: int, candidate: Mapping[str, Any]) -> dict[str, Any]:
    """The button that says that the entry is the candidate at ``place``, or the word that it was pressed."""
    number = entry["number"]
    return {
        "number": number,
        "which": place,
        "id": f"d{number}-c{place}",
        "is_chosen": entry["choice"] == place,
        "chosen": _("You chose this one"),
        "offer": _("It is this one"),
        "about": candidate.get("title", ""),
        "doi": candidate.get("doi"),
    }


@register.inclusion_tag("scholar/_choose.html")
def choose_none(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The button that says that the entry is none of its candidates, or the word that it was pressed."""
    number = entry["number"]
    return {
        "number": number,
        "which": "none",
        "id": f"d{number}-none",
        "is_chosen": entry["choice"] == NONE_OF_THESE,
        "chosen": _("You said that it is none of these"),
        "offer": _("It is none of these"),
        "about": entry["key"],
    }


@register.filter
def duration(seconds: float) -> str:
    """A time as people say it: ``a moment``, ``12 s``, ``3 min``, ``1 h 20 min``."""
    if seconds < 1:
        return _("a moment")
    if seconds < 90:
        return _("%(seconds)d s") % {"seconds": math.ceil(seconds)}
    minutes = math.ceil(seconds / 60)
    if minutes < 90:
        return _("%(minutes)d min") % {"minutes": minutes}
    return _("%(hours)d h %(minutes)d min") % {"hours": minutes // 60, "minutes": minutes % 60}


@register.filter
def doi_link(doi: str) -> SafeString:
    """The DOI, linked to its resolver."""
    return format_html(_LINK, "https://doi.org/" + quote(doi, safe="/()._-;:"), doi)


@register.filter
def linked(value: Any, shown: int = 300) -> SafeString | str:
    """The value, as a link where it is an ``http`` or ``https`` address; longer ones than ``shown`` are cut."""
    text = str(value)
    return format_html(_LINK, text, shortened(text, shown)) if is_web_address(text) else shortened(text, shown)


def is_web_address(text: str) -> bool:
    """Whether this is an absolute ``http(s)`` address without blanks, quotes or control characters."""
    if not text.startswith(("http://", "https://")) or any(c <= " " or c in "\"'<>\\^`{|}\x7f" for c in text):
        return False
    try:
        return bool(urlsplit(text).hostname)
    except ValueError:
        return False
