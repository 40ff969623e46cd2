"""The documents are true of this repository: every link, file and test that they name is there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.scholar_app.jobs.operating import STOPPED
from tests.test_settings import ROOT
from tests.worker.test_endings import REASONS

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("examples/*.md")])
#: Named because somebody is to make them.
TO_BE_MADE = {"apps/scholar_app/locale", "deployment/secrets/"}
LINK = re.compile(r"\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]*))?\)")
FILE = re.compile(r"`((?:apps|benchmarks|deployment|docs|examples|scitex_cloud|tests)/[\w/.-]+)`")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")

every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)


def headings(document: Path) -> Iterator[str]:
    """The names by which a link reaches the parts of a document."""
    for line in re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE):
        yield re.sub(r"[^\w -]", "", line.strip().lower()).replace(" ", "-")


def broken_links(document: Path) -> Iterator[str]:
    for name, part in LINK.findall(document.read_text(encoding="utf-8")):
        target = document.parent / name if name else document
        if not target.exists() or (part and part not in headings(target)):
            yield f"{name}#{part}"


@every_document
def test_every_link_within_the_repository_leads_somewhere(document: Path) -> None:
    assert list(broken_links(document)) == []


@every_document
def test_every_file_that_a_document_names_is_there(document: Path) -> None:
    named = set(FILE.findall(document.read_text(encoding="utf-8"))) - TO_BE_MADE
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


@every_document
def test_every_test_that_a_document_names_is_there(document: Path) -> None:
    named = TEST.findall(document.read_text(encoding="utf-8"))
    assert [f"{path}::{name}" for path, name in named if f"def {name}(" not in (ROOT / path).read_text("utf-8")] == []


def test_a_link_a_file_and_a_test_that_are_not_there_are_noticed(tmp_path: Path) -> None:
    document = tmp_path / "broken.md"
    document.write_text("# One part\n[a](b.md) [c](#one-part) [d](#two) `docs/e.md` `tests/f.py::test_g`", "utf-8")
    assert list(broken_links(document)) == ["b.md#", "#two"]
    assert FILE.findall(document.read_text("utf-8")) == ["docs/e.md"]
    assert TEST.findall(document.read_text("utf-8")) == [("tests/f.py", "test_g")]


def test_security_and_reliability_are_told_by_tests() -> None:
    told = {
        name: len(TEST.findall((ROOT / "docs" / name).read_text("utf-8"))) for name in ("security.md", "reliability.md")
    }
    assert told["security.md"] > 90
    assert told["reliability.md"] > 25


def test_the_handbook_says_of_every_reason_to_fail_what_helps() -> None:
    codes = {reason.code for reason in REASONS} | {"never_started", "processing_timeout", "lease_expired", STOPPED}
    handbook = (ROOT / "docs" / "operations.md").read_text("utf-8")
    named = {code for line in handbook.splitlines() for code in re.findall(r"`(\w+)`", line.split(" | ")[0])}
    assert codes - named == set()
