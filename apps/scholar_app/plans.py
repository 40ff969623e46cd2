"""What an upload will cost, before anything is asked: calls and seconds per source, by the settings of this site."""

import re
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.utils import timezone

from .catalogue.memory import Lifetimes, LookupMemory
from .enrichment.document import Document
from .enrichment.forecast import expected_seconds
from .enrichment.planning import Plan, SourcePlan, plan, rough_plan
from .forms import READ_AT_ONCE, limits
from .wiring import outlines

__all__ = ["Plan", "SourcePlan", "expected_seconds", "plan_of", "quick_plan_of"]

_NAMES = re.compile(rb"^[ \t,]*(?:doi|eprint)[ \t]*=", re.IGNORECASE | re.MULTILINE)


def plan_of(upload: bytes | Document, *, sources: Sequence[str] | None = None, now: datetime | None = None) -> Plan:
    """The plan of a file, as ``sources`` (those of ``SCITEX_SOURCES``) would be asked at ``now``; none is connected to.

    Identifiers whose answers are remembered are left out (a query per source and 500 identifiers); titles are counted
    whether or not their searches are remembered. Less than 50 ms for 1,000 entries, beyond reading them. Raises
    ``DocumentError`` for bytes that are no bibliography.
    """
    document = upload if isinstance(upload, Document) else Document.read(upload, limits=limits())
    memory = LookupMemory(Lifetimes.of_settings())
    return plan(document, outlines(sources), remembered=partial(memory.answered, now=now or timezone.now()))


def quick_plan_of(data: bytes, *, entries: int, sources: Sequence[str] | None = None) -> Plan:
    """The plan of a file with so many entries, at once for any size: of a large one only the DOIs are counted.

    Raises ``DocumentError`` for what is no bibliography.
    """
    if len(data) <= READ_AT_ONCE:
        return plan_of(data, sources=sources)
    named = min(len(_NAMES.findall(data)), entries)
    return rough_plan(entries, named=named, sources=outlines(sources))
