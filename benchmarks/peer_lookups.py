"""The peer and we look the same titles up in the same index: seconds, calls, and entries completed.

The peer asks Crossref and no other address. Here it is started with connections that lead to the tests' server instead,
and finds its own code unchanged otherwise.
"""

import json
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from apps.scholar_app.enrichment import Document, enrich
from tests.indexserver.works import bibliography, made

from .bench_sources import DOI_RATE, TODAY, crossref

TITLES = 100
PUBLISHER = "Example Press"
THEIRS = """
import sys, http.client
from bibtexautocomplete.APIs.crossref import CrossrefLookup
from bibtexautocomplete.core.main import main
from bibtexautocomplete.lookups import https
port, *arguments = sys.argv[1:]
https.HTTPSConnection = lambda domain, **more: http.client.HTTPConnection("127.0.0.1", int(port), **more)
CrossrefLookup.path = "/crossref/works"
sys.exit(main(arguments))
"""


def compare(btac: Path) -> dict[str, Any]:
    """What each of us takes for the same file."""
    data = bibliography(made(TITLES), with_doi=lambda _: False)
    result: dict[str, Any] = {"titles": TITLES, "calls_a_second": DOI_RATE.calls}
    for name, look_up in (("ours", _ours), ("peer", lambda data, source: _theirs(btac, data, source))):
        with crossref(DOI_RATE) as (source, treated):
            began = time.perf_counter()
            out = look_up(data, source)
            seconds = time.perf_counter() - began
            calls, violations = treated()
        found = out.count(f"= {{{PUBLISHER}}}")  # No DOIs: the peer asks doi.org for each before it believes it.
        result[name] = {"seconds": seconds, "calls": calls, "too_soon": violations, "completed": found}
    return result


def _ours(data: bytes, source: Any) -> str:
    return enrich(Document.read(data), [source], today=TODAY).data.decode()


def _theirs(btac: Path, data: bytes, source: Any) -> str:
    """The peer as a process of its own; that takes it some tenths of a second."""
    port = urlsplit(source._client.manners.base_url).port  # noqa: SLF001
    with tempfile.TemporaryDirectory() as folder:
        given, out = Path(folder) / "in.bib", Path(folder) / "out.bib"
        given.write_bytes(data)
        command = [btac.parent / "python", "-c", THEIRS, str(port), "--silent", "-q", "crossref", "-o", out, given]
        subprocess.run(command, check=True, capture_output=True, cwd=folder)
        return out.read_text(encoding="utf-8")


def lines(result: dict[str, Any]) -> list[str]:
    """The table."""
    titles, rate = result["titles"], result["calls_a_second"]
    said = [f"{f'{titles} titles, 100 ms an answer, {rate}/s allowed':42}{'ours':>8}{'bibtexautocomplete':>22}"]
    for key in ("seconds", "calls", "too_soon", "completed"):
        ours, peer = result["ours"][key], result["peer"][key]
        said.append(
            f"{f'  {key}':42}{ours:8.1f}{peer:22.1f}" if key == "seconds" else f"{f'  {key}':42}{ours:8}{peer:22}"
        )
    return said


def main(btac: Path, folder: Path) -> None:
    """Print the table and write it."""
    result = compare(btac)
    print("\n".join(lines(result)))
    (folder / "peer_lookups.json").write_text(json.dumps(result, indent=2), encoding="utf-8")
