"""A worker that dies at a step of its work, as if the power went: ``python -m tests.worker.dying STEP``."""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import django

STEPS = ("claimed", "child_started", "renewed", "result_half_written", "result_written", "report_written", "published")


def dies_after(call: Callable[..., Any], *, times: int = 1) -> Callable[..., Any]:
    """``call``, and then, the last time, nothing more."""
    left = iter(range(times - 1))

    def called(*arguments: Any, **more: Any) -> Any:
        answer = call(*arguments, **more)
        if answer is not False and next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    return called


def arm(step: str) -> None:
    """Have this process die at ``step``."""
    from apps.scholar_app import files, jobs
    from apps.scholar_app.supervision.nursery import Nursery

    places: dict[str, tuple[Any, str, int]] = {
        "claimed": (jobs, "claim", 1),
        "child_started": (Nursery, "take", 1),
        "renewed": (jobs, "renew", 1),
        "result_half_written": (os, "fsync", 1),
        "result_written": (files, "write", 1),
        "report_written": (files, "write", 2),
        "published": (jobs, "complete", 1),
    }
    where, name, times = places[step]
    setattr(where, name, dies_after(getattr(where, name), times=times))


if __name__ == "__main__":
    from django.core.management import call_command

    django.setup()
    arm(sys.argv[1])
    call_command("run_enrichment_worker")
