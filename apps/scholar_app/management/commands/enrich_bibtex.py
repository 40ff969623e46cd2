"""``manage.py enrich_bibtex``: complete one BibTeX file, without any server or worker."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from django.conf import settings
from django.core.exceptions import ValidationError as Refused
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError
from django.utils import timezone
from environs import ValidationError
from tqdm import tqdm

from scitex_cloud.environment import source_names

from ...catalogue import works
from ...enrichment import (
    Document,
    DocumentError,
    DocumentProofError,
    Enrichment,
    Limits,
    Options,
    Progress,
    SourceError,
    enrich,
)  # fmt: skip
from ...options import checked_fields
from ...wiring import build_sources
from ..interrupting import interruptible
from ..replacing import replace_files
from ..speaking import database_trouble, file_trouble, first_line, printable

STANDARD: Final = "-"
FAILED, BAD_INPUT = 1, 2


def sources(text: str) -> tuple[str, ...]:
    """``catalogue,crossref``: names of sources, in the order in which they are asked and believed."""
    try:
        names = source_names(text)
    except ValidationError as error:
        raise argparse.ArgumentTypeError(" ".join(map(str, error.messages))) from None
    if not names:
        raise argparse.ArgumentTypeError("no source is named")
    return names


def fields(text: str) -> frozenset[str] | None:
    """``doi,url``: the only fields to add, with those that come along; ``None``: all of them; ``""``: none."""
    try:
        names = checked_fields([text])
    except Refused as error:
        raise argparse.ArgumentTypeError(" ".join(error.messages)) from None
    return None if names is None else frozenset(names)


class Command(BaseCommand):
    """One file in, one file out; exit 0 complete, 1 it failed and nothing was written, 2 bad arguments or input."""

    help = "Complete and check a BibTeX file; what it holds stays as it is, byte for byte."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """The options are a contract: scripts use them."""
        parser.add_argument("input", metavar="IN.bib", help="the file to complete; - is standard input")
        parser.add_argument(
            "-o", "--output", metavar="OUT.bib", default=STANDARD,
            help="where the completed file goes, which may be IN.bib itself; - is standard output (default)",
        )  # fmt: skip
        parser.add_argument("--report", metavar="R.json", help="where the report goes, as JSON")
        parser.add_argument(
            "--sources", type=sources, metavar="A,B", help="the sources to ask, in this order (default: SCITEX_SOURCES)"
        )
        parser.add_argument(
            "--fields",
            type=fields,
            metavar="A,B",
            help="add only these fields, '' for none at all (default: every field)",
        )
        parser.add_argument(
            "--replace-placeholders", action="store_true", help="write over values such as {unknown}, {} and ??"
        )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Read, enrich, write."""
        check_places(options)
        document = self.read(options["input"])
        try:
            with interruptible() as look_out:
                enrichment = self.enrich(document, options, look_out)
                self.write(enrichment, options)
        except (SourceError, DocumentProofError) as error:
            raise CommandError(f"Nothing was written: {first_line(error)}", returncode=FAILED) from error
        except OSError as error:
            raise CommandError(f"Nothing was written: {file_trouble(error)}", returncode=FAILED) from error
        except DatabaseError as error:
            raise CommandError(f"Nothing was written: {database_trouble(error)}", returncode=FAILED) from error
        except KeyboardInterrupt:
            raise CommandError("Interrupted; nothing was written.", returncode=FAILED) from None
        if options["verbosity"] > 0:
            self.stderr.write(summary(enrichment), style_func=str)

    def read(self, place: str) -> Document:
        """The file; ends with exit code 2 where it cannot be read."""
        limits = Limits(max_bytes=settings.SCITEX_MAX_UPLOAD_BYTES, max_entries=settings.SCITEX_MAX_ENTRIES)
        try:
            data = sys.stdin.buffer.read() if place == STANDARD else Path(place).read_bytes()
            return Document.read(data, limits=limits)
        except OSError as error:
            raise CommandError(file_trouble(error), returncode=BAD_INPUT) from error
        except DocumentError as error:
            name = "standard input" if place == STANDARD else place
            raise CommandError(f"{printable(name)}: {first_line(error)}", returncode=BAD_INPUT) from error

    def enrich(self, document: Document, options: dict[str, Any], look_out: Callable[[], None]) -> Enrichment:
        """Look everything up, with a bar where somebody watches."""
        wishes = Options(
            replace_placeholders=options["replace_placeholders"],
            optional_sources=frozenset(settings.SCITEX_OPTIONAL_SOURCES),
            fields=options["fields"],
        )

        def show_and_look_out(progress: Progress) -> None:
            look_out()
            show(bar, progress)

        # None: no bar where there is no terminal.
        with tqdm(unit=" entries", disable=None, file=sys.stderr) as bar:
            return enrich(
                document,
                build_sources(options["sources"], on_wait=lambda _, why, __: bar.set_description_str(why)),
                today=timezone.now().date(),
                options=wishes,
                on_progress=show_and_look_out,
            )

    def write(self, enrichment: Enrichment, options: dict[str, Any]) -> None:
        """Both files, or neither; standard output comes last, since it cannot be taken back."""
        places: dict[Path, bytes] = {}
        if options["report"]:
            text = json.dumps(enrichment.report.to_json(), ensure_ascii=False, indent=2)
            places[Path(options["report"])] = f"{text}\n".encode()
        if options["output"] != STANDARD:
            places[Path(options["output"])] = enrichment.data
        replace_files(places)
        if options["output"] == STANDARD:
            self.print(enrichment.data)

    def print(self, data: bytes) -> None:
        """To standard output, as it is."""
        out = cast("BinaryIO", self.stdout.buffer)
        try:
            out.write(data)
            out.flush()
        except KeyboardInterrupt:
            raise CommandError("Interrupted while writing to standard output.", returncode=FAILED) from None


def check_places(options: dict[str, Any]) -> None:
    """A report must not go where a bibliography is."""
    report = options["report"]
    if report == STANDARD:
        raise CommandError("--report needs a file: standard output is for the bibliography", returncode=BAD_INPUT)
    others = {Path(place).resolve() for place in (options["input"], options["output"]) if place != STANDARD}
    if report and Path(report).resolve() in others:
        raise CommandError("--report would write over the bibliography", returncode=BAD_INPUT)


def show(bar: "tqdm[Any]", progress: Progress) -> None:
    """Move the bar on."""
    bar.total = progress.entries_total
    bar.set_description_str(progress.activity, refresh=False)
    bar.update(progress.entries_done - bar.n)


def summary(enrichment: Enrichment) -> str:
    """One line, like ``12 entries: 8 enriched, 3 complete, 1 not found.``, and what a newcomer may have left out."""
    counted = [f"{count} {outcome.replace('_', ' ')}" for outcome, count in enrichment.report.outcomes.items() if count]
    away = [name for name, source in enrichment.report.sources.items() if source.away]
    missed = f" Not all was asked of {', '.join(away)}." if away else ""
    total = len(enrichment.report.entries)
    return f"{total} {'entry' if total == 1 else 'entries'}: {', '.join(counted)}.{missed}{_hint(enrichment)}"


def _hint(enrichment: Enrichment) -> str:
    """Where the local catalogue alone was asked and found nothing, it may be empty."""
    outcomes = {outcome for outcome, count in enrichment.report.outcomes.items() if count}
    if set(enrichment.report.sources) != {works.NAME} or outcomes - {"not_found", "skipped"}:
        return ""
    return " Only the local catalogue was asked, which manage.py load_catalogue fills."
