"""Completing and checking bibliographies: pure Python, without Django, clock or globals.

``enrich(Document.read(data), sources, today=date)`` gives the completed bytes and a report.
"""

from .bibtex.encoding import decode
from .document import Damage, Document, Entry, EntryChange, Limits, Value
from .errors import DocumentError, DocumentProofError, EnrichmentError, SourceError
from .pipeline import Enrichment, Options, enrich
from .record import Identifier, Name, Notice, Progress, Query, Record, SourceTally
from .report import OUTCOMES, Report, report_csv
from .sources.base import Source

__all__ = [
    "OUTCOMES",
    "Damage",
    "Document",
    "DocumentError",
    "DocumentProofError",
    "Enrichment",
    "EnrichmentError",
    "Entry",
    "EntryChange",
    "Identifier",
    "Limits",
    "Name",
    "Notice",
    "Options",
    "Progress",
    "Query",
    "Record",
    "Report",
    "Source",
    "SourceError",
    "SourceTally",
    "Value",
    "decode",
    "enrich",
    "report_csv",
]
