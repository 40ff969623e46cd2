"""The pictures of the operators' pages."""

from typing import Any

from django import template

from ..charts import Chart

register = template.Library()


@register.inclusion_tag("scholar/operators/_columns.html")
def columns(caption: str, chart: Chart) -> dict[str, Any]:
    """Columns, with a table of their numbers behind them."""
    return {"caption": caption, "chart": chart, "last": chart.columns[-1].label if chart.columns else ""}


@register.inclusion_tag("scholar/operators/_strip.html")
def strip(width: float, name: str) -> dict[str, Any]:
    """One strip of so much of the whole; the words beside it say the same."""
    return {"width": width, "name": name}
