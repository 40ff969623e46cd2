"""The rows of what an entry is brought.

They are made here and not by a template, because a page has hundreds of them: a template takes three times as long.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from .scholar import doi_link, linked, shortened, source_title

register = template.Library()

_ROW: Final = """<tr class="{state}"><th scope="row">{field}</th><td>{value}{was}</td>
<td class="soft">{source}, {retrieved}</td><td class="act"><button type="submit" name="do"
value="{action} {number} {field}" id="d{number}-{field}" aria-label="{word} {field}">{word}</button></td></tr>"""
_REJECTED: Final = "<del>{}</del>"
_WAS: Final = ' <span class="soft">{}</span>'


@register.simple_tag
def addition_rows(entry: Mapping[str, Any], shown: int) -> SafeString:
    """A row with its button for each field; values longer than ``shown`` are cut."""
    return format_html_join("\n", _ROW, _rows(entry, shown))


def _rows(entry: Mapping[str, Any], shown: int) -> Iterator[dict[str, Any]]:
    accept, reject = _("Accept"), _("Reject")
    for row in entry["rows"]:
        rejected = row["is_rejected"]
        yield {
            "number": entry["number"],
            "field": row["field"],
            "state": "rejected" if rejected else "",
            "value": _value(row, shown),
            "was": _was(row.get("was")),
            "source": source_title(row["source"]),
            "retrieved": row["retrieved"],
            "action": "accept" if rejected else "reject",
            "word": accept if rejected else reject,
        }


def _value(row: Mapping[str, Any], shown: int) -> SafeString | str:
    value = row["value"]
    if row["is_rejected"]:
        return format_html(_REJECTED, shortened(value, shown))
    return doi_link(value) if row["field"] == "doi" else linked(value, shown)


def _was(value: str | None) -> SafeString | str:
    if value is None:
        return ""
    return format_html(_WAS, _("in place of “%(was)s”") % {"was": shortened(value, 60)})
