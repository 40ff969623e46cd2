"""``manage.py load_catalogue``: fill the local catalogue from public dumps."""

import os
from argparse import ArgumentTypeError
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from ...catalogue.digesting import FORMATS
from ...catalogue.loading import Loader, LoadError, Outcome
from ...catalogue.opening import open_catalogue
from ...catalogue.reading import files_of
from ...catalogue.store import Catalogue, CatalogueError
from ..interrupting import interruptible

#: Below this a second process takes longer to start than it saves.
_WORTH_A_PROCESS_BYTES = 5_000_000
_MAX_PROCESSES = 4
_CACHE_KILOBYTES = 256_000


def existing(text: str) -> Path:
    """A path that is there; argparse turns the error into a message and exit code 2."""
    path = Path(text)
    if not path.exists():
        raise ArgumentTypeError(f"{text} does not exist")
    return path


class Command(BaseCommand):
    """Load works, with a progress bar on a terminal; exit 0 when done, 1 when something could not be read."""

    help = (
        "Load works into the local catalogue: Crossref public data files and answers, OpenAlex snapshots and answers."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "paths",
            nargs="+",
            type=existing,
            metavar="PATH",
            help="JSON, JSON Lines, .gz or tar (also of gz), or a folder of them",
        )
        parser.add_argument("--format", choices=FORMATS, help="what the files hold (found out when not given)")
        parser.add_argument("--again", action="store_true", help="also load files that were loaded to their end before")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002
        """Load, and say what came of it."""
        files = files_of(options["paths"])
        if not files:
            raise CommandError("there is no JSON, JSON Lines, .gz or tar file in the folder", returncode=1)
        try:
            with interruptible() as look_out:
                catalogue = open_catalogue(cache_kilobytes=_CACHE_KILOBYTES)
                outcome = self._load(catalogue, files, options, look_out)
        except (CatalogueError, LoadError) as error:
            raise CommandError(f"could not load: {error}", returncode=1) from error
        except KeyboardInterrupt:
            raise CommandError("interrupted; the same command goes on from here", returncode=1) from None
        self._report(outcome)

    def _load(
        self, catalogue: Catalogue, files: list[Path], options: dict[str, Any], look_out: Callable[[], None]
    ) -> Outcome:
        total = sum(path.stat().st_size for path in files)
        # None: no bar where there is no terminal.
        with tqdm(total=total, unit="B", unit_scale=True, disable=None, file=cast("Any", self.stderr)) as bar:
            loader = Loader(
                catalogue,
                format=options["format"],
                again=options["again"],
                processes=_processes(total),
                on_progress=bar.update,
                look_out=look_out,
            )
            return loader.load(files)

    def _report(self, outcome: Outcome) -> None:
        for line in outcome.named:
            self.stderr.write(f"not loaded: {line}")
        if outcome.broken > len(outcome.named):
            self.stderr.write(f"... and {outcome.broken - len(outcome.named)} more")
        added = outcome.added
        works, files = _number(outcome.works, "work"), _number(outcome.files, "file")
        self.stdout.write(
            f"Loaded {works} from {files}: {added.new} new, {added.replaced} replaced, "
            f"{added.unchanged} unchanged, {added.outdated} older than known, {outcome.broken} not loaded"
        )
        for path in outcome.passed_over:
            self.stdout.write(f"{path} was loaded before and has not changed (--again loads it anew)")
        if outcome.failed:
            raise CommandError("could not read to the end: " + "; ".join(outcome.failed), returncode=1)
        if not outcome.works and not outcome.passed_over:
            raise CommandError("no work could be loaded", returncode=1)


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _processes(total: int) -> int:
    """How many beside this one, which has a quarter of the work: it writes."""
    return min(_MAX_PROCESSES, os.cpu_count() or 1) if total >= _WORTH_A_PROCESS_BYTES else 0
