"""What of a record is a fact, in the form that the file wants: at the borders of what can be one."""

from typing import Any

import pytest

from apps.scholar_app.enrichment.facts import fact
from tests.enrichment.test_adversary import widgets


@pytest.mark.parametrize(
    ("field", "said", "written"),
    [
        ("year", {"year": None}, ""), ("year", {"year": 0}, ""), ("year", {"year": 1399}, ""),
        ("year", {"year": 1400}, "1400"), ("year", {"year": 2200}, "2200"), ("year", {"year": 2201}, ""),
        ("title", {"title": "On Widgets"}, "On Widgets"),
        ("title", {"title": "On Widgets", "subtitle": "Their Theory"}, "On Widgets: Their Theory"),
        ("title", {"title": "On Widgets: Their Theory", "subtitle": "their theory"}, "On Widgets: Their Theory"),
        ("journal", {"container": "<i>Widgets</i> and B<sub>2</sub>"}, "Widgets and B2"),
        ("doi", {"doi": "10.1000/Ab"}, "10.1000/Ab"), ("doi", {"doi": "10.1000/ab."}, ""),
        ("doi", {"doi": "10.1000/a b"}, ""), ("doi", {"doi": "10.1000/{ab}"}, ""),
        ("doi", {"doi": "doi:10.1000/ab"}, ""),
        ("primaryclass", {"arxiv": "2001.01234", "arxiv_class": "cs.LG"}, "cs.LG"),
        ("primaryclass", {"arxiv": "2001.01234", "arxiv_class": "cs LG"}, ""),
        ("volume", {"volume": "Vol. 12 No. 3"}, "12 No. 3"), ("volume", {"volume": "vol 12"}, "12"),
        ("pages", {"pages": "64-64"}, "64--64"), ("pages", {"pages": "64-63"}, ""),
        ("abstract", {"abstract": "a" * 19}, ""), ("abstract", {"abstract": "a" * 20}, "a" * 20),
        ("abstract", {"abstract": "No abstract available." + " Please see the full text." * 9}, ""),
    ],
)  # fmt: skip
def test_a_value_is_a_fact_up_to_its_border(field: str, said: dict[str, Any], written: str) -> None:
    assert fact(widgets(**said), field) == written


@pytest.mark.parametrize(("count", "written"), [(49, 49), (50, 50), (51, 50)])
def test_of_many_keywords_the_first_fifty_are_written(count: int, written: int) -> None:
    keywords = fact(widgets(keywords=tuple(f"word{number:02}" for number in range(count))), "keywords")
    assert keywords.split(", ") == [f"word{number:02}" for number in range(written)]
