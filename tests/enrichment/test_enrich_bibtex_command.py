"""``manage.py enrich_bibtex``, as scripts see it: files, streams, exit codes, and nothing by halves."""

import io
import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError

from apps.scholar_app.enrichment import DocumentProofError
from apps.scholar_app.enrichment.record import Record
from apps.scholar_app.management import replacing
from apps.scholar_app.management.commands import enrich_bibtex
from tests.enrichment.making import FakeSource, turing
from tests.test_interrupting import Destroyed

ROOT = Path(__file__).resolve().parent.parent.parent
TEXT = b"\r\n".join(
    [
        b"@article{turing,",
        b"  title = {Computing Machinery and Intelligence},",
        b"  author = {Turing, A. M.},",
        b"  year = 1950",
        b"}",
        b"",
    ]
)


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> FakeSource:
    fake = FakeSource(turing())
    monkeypatch.setattr(enrich_bibtex, "build_sources", lambda _names, **_: [fake])
    return fake


@pytest.fixture
def bib(tmp_path: Path) -> Path:
    path = tmp_path / "in.bib"
    path.write_bytes(TEXT)
    return path


def run(*arguments: object) -> str:
    errors = io.StringIO()
    call_command("enrich_bibtex", *map(str, arguments), stderr=errors, no_color=True)
    return errors.getvalue()


def refused(*arguments: object) -> CommandError:
    with pytest.raises(CommandError) as refusal:
        run(*arguments)
    assert "\n" not in str(refusal.value)
    return refusal.value


def everything_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.usefixtures("source")
def test_the_completed_file_and_the_report_are_written(bib: Path, tmp_path: Path) -> None:
    said = run(bib, "-o", tmp_path / "out.bib", "--report", tmp_path / "r.json")
    assert b"  doi = {10.1093/mind/lix.236.433},\r\n" in (tmp_path / "out.bib").read_bytes()
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert report["entries"][0]["outcome"] == "enriched"
    assert bib.read_bytes() == TEXT
    assert said == "1 entry: 1 enriched.\n"
    assert sorted(everything_in(tmp_path)) == ["in.bib", "out.bib", "r.json"]


@pytest.mark.usefixtures("source")
def test_the_output_may_be_the_input_and_keeps_its_permissions(bib: Path) -> None:
    bib.chmod(0o640)
    run(bib, "-o", bib)
    assert b"doi = " in bib.read_bytes()
    assert stat.S_IMODE(bib.stat().st_mode) == 0o640


@pytest.mark.usefixtures("source")
def test_a_link_stays_a_link(bib: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.bib"
    link.symlink_to(bib)
    run(link, "-o", link)
    assert link.is_symlink()
    assert b"doi = " in bib.read_bytes()


@pytest.mark.usefixtures("source")
def test_a_hyphen_is_standard_input_and_output(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT)))
    call_command("enrich_bibtex", "-", "-o", "-", stdout=out, stderr=io.StringIO())
    written = out.buffer.getvalue()
    assert written.startswith(TEXT[:20])
    assert b"doi = {10.1093/mind/lix.236.433}" in written
    assert written.count(b"\r\n") == written.count(b"\n")


def test_placeholders_are_replaced_only_on_request(source: FakeSource, bib: Path, tmp_path: Path) -> None:
    bib.write_bytes(TEXT.replace(b"year = 1950", b"year = 1950, journal = {??}"))
    run(bib, "-o", tmp_path / "kept.bib")
    run(bib, "-o", tmp_path / "replaced.bib", "--replace-placeholders")
    assert b"journal = {??}" in (tmp_path / "kept.bib").read_bytes()
    assert b"journal = {Mind}" in (tmp_path / "replaced.bib").read_bytes()


def test_the_named_sources_are_built_in_their_order(monkeypatch: pytest.MonkeyPatch, bib: Path, tmp_path: Path) -> None:
    built: list[Any] = []

    def build(names: Any, **_: Any) -> list[FakeSource]:
        built.append(names)
        return []

    monkeypatch.setattr(enrich_bibtex, "build_sources", build)
    run(bib, "-o", tmp_path / "out.bib", "--sources", "openalex,catalogue")
    run(bib, "-o", tmp_path / "out.bib")
    assert built == [("openalex", "catalogue"), None]


@pytest.mark.parametrize("names", ["nosuch", "crossref,crossref", "", ","])
def test_sources_that_make_no_sense_are_bad_arguments(source: FakeSource, bib: Path, names: str) -> None:
    assert refused(bib, f"--sources={names}").returncode in (1, 2)  # 2 from a shell: see below
    assert source.calls == 0


@pytest.mark.parametrize(
    "data", [b"", b"no bibliography at all", b"%PDF-1.7", b"@article{k, title={a\x00b}}", b"\xff\xfe\x00"]
)
def test_input_that_is_no_bibliography_is_refused_with_2(source: FakeSource, bib: Path, data: bytes) -> None:
    bib.write_bytes(data)
    before = everything_in(bib.parent)
    refusal = refused(bib, "-o", bib.parent / "out.bib", "--report", bib.parent / "r.json")
    assert refusal.returncode == 2
    assert str(bib) in str(refusal)
    assert everything_in(bib.parent) == before
    assert source.calls == 0


@pytest.mark.parametrize(("names", "added"), [("doi", {"doi"}), ("", set()), ("DOI,journal", {"doi", "journal"})])
def test_only_the_chosen_fields_are_added(names: str, added: set[str], source: FakeSource, bib: Path) -> None:
    report = bib.with_suffix(".json")
    run(bib, "-o", bib.with_name("out.bib"), "--report", report, "--fields", names)
    [entry] = json.loads(report.read_bytes())["entries"]
    assert set(entry["added"]) == added


def test_a_field_that_does_not_exist_is_a_bad_argument(source: FakeSource, bib: Path) -> None:
    assert "Did you mean “doi”?" in str(refused(bib, "--fields", "dio"))


def test_input_that_is_not_there_is_refused_with_2(source: FakeSource, tmp_path: Path) -> None:
    assert refused(tmp_path / "nosuch.bib").returncode == 2
    assert refused(tmp_path).returncode == 2
    assert source.calls == 0


@pytest.mark.usefixtures("source")
def test_a_report_must_not_go_over_the_bibliography(bib: Path, tmp_path: Path) -> None:
    assert refused(bib, "--report", bib).returncode == 2
    assert refused(bib, "-o", tmp_path / "out.bib", "--report", tmp_path / "out.bib").returncode == 2
    assert refused(bib, "--report", "-").returncode == 2
    assert bib.read_bytes() == TEXT


def test_a_source_that_stays_away_fails_with_1_and_writes_nothing(source: FakeSource, bib: Path) -> None:
    source.fails_after = 0
    before = everything_in(bib.parent)
    refusal = refused(bib, "-o", bib, "--report", bib.parent / "r.json")
    assert refusal.returncode == 1
    assert "crossref: did not answer for 120 s" in str(refusal)
    assert everything_in(bib.parent) == before


@pytest.mark.parametrize(
    "error",
    [
        DocumentProofError("no proof"),
        OSError(28, "No space left on device"),
        OperationalError("no such table: lookup\nHINT: none"),
    ],
)
def test_a_failure_of_ours_fails_with_1_and_writes_nothing(
    source: FakeSource, monkeypatch: pytest.MonkeyPatch, bib: Path, error: Exception
) -> None:
    def failing(*args: object, **options: object) -> None:
        raise error

    monkeypatch.setattr(enrich_bibtex, "enrich", failing)
    before = everything_in(bib.parent)
    assert refused(bib, "-o", bib).returncode == 1
    assert everything_in(bib.parent) == before


@pytest.mark.usefixtures("source")
def test_a_place_that_cannot_be_written_leaves_the_other_unwritten(bib: Path, tmp_path: Path) -> None:
    before, missing = everything_in(tmp_path), tmp_path / "nosuch" / "file"
    for arguments in (("-o", bib, "--report", missing), ("-o", missing, "--report", tmp_path / "r.json")):
        refusal = refused(bib, *arguments)
        assert refusal.returncode == 1
        assert str(refusal) == f"Nothing was written: {missing}: No such file or directory"
    assert everything_in(tmp_path) == before


@pytest.mark.usefixtures("source")
def test_a_disk_that_fills_up_costs_nothing(monkeypatch: pytest.MonkeyPatch, bib: Path, tmp_path: Path) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    before = everything_in(tmp_path)
    assert refused(bib, "-o", bib).returncode == 1
    assert everything_in(tmp_path) == before


def test_an_interruption_fails_with_1_and_writes_nothing(
    source: FakeSource, monkeypatch: pytest.MonkeyPatch, bib: Path
) -> None:
    def interrupted(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(source, "search", interrupted)
    assert refused(bib, "-o", bib).returncode == 1
    assert bib.read_bytes() == TEXT


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_that_python_drops_fails_with_1_all_the_same(
    source: FakeSource, monkeypatch: pytest.MonkeyPatch, bib: Path, number: signal.Signals
) -> None:
    monkeypatch.setattr(sys, "unraisablehook", lambda _what: None)
    monkeypatch.setattr(source, "search", lambda _query: [Destroyed(number)][:0])
    assert str(refused(bib, "-o", bib)) == "Interrupted; nothing was written."
    assert bib.read_bytes() == TEXT


@pytest.mark.usefixtures("source")
def test_an_interruption_between_two_files_comes_too_late(
    monkeypatch: pytest.MonkeyPatch, bib: Path, tmp_path: Path
) -> None:
    monkeypatch.setattr(replacing, "_sync_folder", lambda _folder: signal.raise_signal(signal.SIGINT))
    assert "1 entry" in run(bib, "-o", bib, "--report", tmp_path / "r.json")
    assert b"doi = " in bib.read_bytes()
    assert json.loads((tmp_path / "r.json").read_text())


@pytest.mark.usefixtures("source")
def test_without_a_terminal_there_is_no_bar(bib: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(bib, "-o", bib, "--verbosity", "0") == ""
    assert capsys.readouterr() == ("", "")


def test_what_could_not_be_asked_of_an_optional_source_is_said(
    source: FakeSource, monkeypatch: pytest.MonkeyPatch, bib: Path
) -> None:
    away = FakeSource(name="semanticscholar", fails_after=0)
    monkeypatch.setattr(enrich_bibtex, "build_sources", lambda _names, **_: [source, away])
    assert "semanticscholar" in run(bib, "-o", bib)


@pytest.mark.parametrize(
    ("name", "records", "says"), [("catalogue", (), True), ("catalogue", (turing(),), False), ("crossref", (), False)]
)
def test_where_the_local_catalogue_alone_found_nothing_it_is_said_how_to_fill_it(
    name: str, records: tuple[Record, ...], says: bool, monkeypatch: pytest.MonkeyPatch, bib: Path
) -> None:
    only = FakeSource(*records, name=name)
    monkeypatch.setattr(enrich_bibtex, "build_sources", lambda _names, **_: [only])
    assert ("load_catalogue" in run(bib, "-o", bib)) == says


def from_a_shell(*arguments: str, stdin: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    return subprocess.run(
        [sys.executable, "manage.py", "enrich_bibtex", *arguments],
        cwd=ROOT, env=environment, input=stdin, capture_output=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "stdin"),
    [
        ((), b""),
        (("-", "--nosuch"), TEXT),
        (("-", "--sources", "nosuch"), TEXT),
        (("/nosuch/file.bib",), b""),
        (("-",), b"not BibTeX"),
    ],
)
def test_a_shell_sees_2_for_bad_arguments_and_input(arguments: tuple[str, ...], stdin: bytes) -> None:
    done = from_a_shell(*arguments, stdin=stdin)
    assert done.returncode == 2
    assert done.stdout == b""
    assert b"Traceback" not in done.stderr
    assert done.stderr.strip() != b""
