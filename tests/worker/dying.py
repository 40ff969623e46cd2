"""A whole worker that dies at a step of its work: ``python -m tests.worker.dying STEP``.

All steps are tried in ``tests/deaths``, where children are played; here are those in which a real one has a part.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import django

STEPS = ("child_started", "result_half_written", "published")


def dies_after(call: Callable[..., Any]) -> Callable[..., Any]:
    """``call``, and then nothing more."""

    def called(*arguments: Any, **more: Any) -> Any:
        answer = call(*arguments, **more)
        if answer is not False:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    return called


def arm(step: str) -> None:
    """Have this process die at ``step``."""
    from apps.scholar_app import jobs
    from apps.scholar_app.supervision.nursery import Nursery

    places: dict[str, tuple[Any, str]] = {
        "child_started": (Nursery, "take"),
        "result_half_written": (os, "fsync"),
        "published": (jobs, "complete"),
    }
    where, name = places[step]
    setattr(where, name, dies_after(getattr(where, name)))


if __name__ == "__main__":
    from django.core.management import call_command

    django.setup()
    arm(sys.argv[1])
    call_command("run_enrichment_worker")
