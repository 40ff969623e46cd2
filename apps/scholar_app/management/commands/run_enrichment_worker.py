"""``manage.py run_enrichment_worker``: the embedded engine, beside any number of others like it."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ... import broker
from ...supervision.signals import stop_on_signals
from ...worker import Worker

#: The work is waiting for other people's servers, so there may be more jobs at a time than processors.
_PROCESSES = 4


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number of processes")
    return number


class Command(BaseCommand):
    """Parses the options, and sees to the signals."""

    help = (
        "Work on uploaded bibliographies until told to stop. SIGTERM or Ctrl-C: begin nothing new, hand back what is "
        "being worked on, and leave within seconds; the second one: leave at once. Nothing is lost either way."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The options of the command line."""
        parser.add_argument(
            "--processes", type=_positive, default=_PROCESSES, metavar="N", help="jobs at a time (default: %(default)s)"
        )
        how_long = parser.add_mutually_exclusive_group()
        how_long.add_argument("--once", action="store_true", help="work on one job for one turn, then leave")
        how_long.add_argument("--drain", action="store_true", help="leave when no job waits any more")

    def handle(self, *, processes: int, once: bool, drain: bool, **_options: Any) -> None:
        """Work: on what the broker brings where there is one, else on the next job that waits."""
        if broker.is_used() and not once and not drain:
            from ...tasks import serve  # noqa: PLC0415  (Celery is an optional dependency)

            serve(processes=processes)
            return
        worker = Worker(processes=processes, spares=0 if once or drain else 1)
        with stop_on_signals(worker.stop) as alarm:
            if once:
                worker.run_one(alarm=alarm)
            elif drain:
                worker.drain(alarm=alarm)
            else:
                worker.serve(alarm=alarm)
