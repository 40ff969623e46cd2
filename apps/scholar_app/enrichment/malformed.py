"""Which identifier fields of an entry hold no identifier, and why, for the warnings of the report."""

import re
from typing import NamedTuple

from .identifiers import (
    ISBN,
    ISSN,
    Entry,
    is_valid_issn,
    parse_arxiv,
    parse_doi,
    parse_isbn,
    parse_pmcid,
    parse_pmid,
    unescape,
)  # fmt: skip

_SHORT_DOI = re.compile(r"(?:10/|(?:https?://)?(?:dx\.)?doi\.org/)[a-z0-9]{3,10}", re.IGNORECASE)


class Malformed(NamedTuple):
    """A field that should hold an identifier and does not; ``why`` is for people."""

    field: str
    value: str
    why: str


def _why_no_doi(value: str) -> str:
    if parse_doi(value):
        return ""
    if _SHORT_DOI.fullmatch(unescape(value).strip()):
        return "a short DOI; the indexes know the full ones only"
    return "not a DOI (10.<registrant>/<name>)"


def _why_no_isbn(value: str) -> str:
    if parse_isbn(value):
        return ""
    if is_valid_issn(unescape(value)):
        return "an ISSN, not an ISBN"
    return "the check digit is wrong" if ISBN.search(unescape(value)) else "not an ISBN (10 or 13 digits)"


def _why_no_issn(value: str) -> str:
    parts = [part for part in re.split(r"[\s,;/]+|\([^()]{0,40}\)", unescape(value)) if part]
    issns = [part for part in parts if ISSN.fullmatch(part)]
    if not issns:
        return "not an ISSN (1234-5679)"
    return "" if all(is_valid_issn(issn) for issn in issns) else "the check digit is wrong"


def _why_no_pmid(value: str) -> str:
    return "" if parse_pmid(value) else "not a PubMed number"


def _why_no_pmcid(value: str) -> str:
    return "" if parse_pmcid(value) else "not a PubMed Central number"


def _why_no_arxiv(value: str) -> str:
    return "" if parse_arxiv(value) else "not an arXiv identifier"


_CHECKS = {
    "doi": _why_no_doi, "isbn": _why_no_isbn, "issn": _why_no_issn, "pmid": _why_no_pmid, "pmcid": _why_no_pmcid,
    "eprint": _why_no_arxiv,
}  # fmt: skip


def malformed_identifiers(entry: Entry) -> tuple[Malformed, ...]:
    """The identifier fields whose value is none, for the report's warnings; blank fields are not malformed."""
    fields = ["doi", "isbn", "issn", "pmid", "pmcid"]
    if entry.get("archiveprefix", "eprinttype").strip("{} ").lower() == "arxiv":
        fields.append("eprint")
    values = {field: entry.get(field).strip() for field in fields}
    found = (Malformed(field, value, _CHECKS[field](value)) for field, value in values.items() if value)
    return tuple(malformed for malformed in found if malformed.why)
