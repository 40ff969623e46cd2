"""Why a job failed: codes for programs, and sentences for people that say what happened and what to do."""

import signal
import textwrap

from ..enrichment.sources.titles import TITLES
from .protocol import Failed

_KEPT = "What was already looked up is remembered, so another try only asks for what is missing."
_SOURCE_NAMES = {"catalogue": "The local catalogue", "limits": "The indexes", **TITLES}

OUT_OF_MEMORY = Failed(
    "out_of_memory",
    "Working on this file took more memory than a job may use. Please split the file into smaller parts.",
)
OUT_OF_CPU = Failed(
    "out_of_cpu",
    "Working on this file took more computing time than a job may use. Please split the file into smaller parts.",
)
INTERNAL_ERROR = Failed(
    "internal_error",
    "An error in this service stopped the job; it was recorded for the operators. Your file is unchanged. "
    "Please try again later.",
)
NOT_PROVED = Failed(
    "not_proved",
    "The enriched file could not be proved to be your file with nothing but additions, so it is withheld. "
    "Your file is unchanged. Please report this to the operators.",
)
UPLOAD_MISSING = Failed("upload_missing", "The uploaded file is no longer there. Please upload it again.")
NOT_STORED = Failed("not_stored", f"The result could not be stored on the server. Please try again later. {_KEPT}")


def hard_timeout(seconds: float) -> Failed:
    """It worked a whole turn without learning anything new, so that another turn would end in the same way."""
    return Failed(
        "hard_timeout",
        f"The job did not come to an end within {_duration(seconds)}. Please split the file into smaller parts.",
    )


def no_progress(seconds: float) -> Failed:
    """The child is alive, but stuck."""
    return Failed("no_progress", f"Nothing moved for {_duration(seconds)}, so the job was stopped. Try again. {_KEPT}")


def source_away(source: str, message: str) -> Failed:
    """A required source did not answer for as long as our patience lasts."""
    name = _SOURCE_NAMES.get(source, source)
    why = textwrap.shorten(message, 200, placeholder=" ...") or "no answer"
    return Failed("source_away", f"{name} could not be asked ({why}). Please try again later. {_KEPT}")


def died(returncode: int) -> Failed:
    """The child ended without saying anything: by a signal (``returncode`` < 0), or leaving of its own accord."""
    if returncode == -signal.SIGXCPU:
        return OUT_OF_CPU
    how = f"signal {_signal_name(-returncode)}" if returncode < 0 else f"status {returncode}"
    return Failed(
        "process_died",
        f"The process working on this file ended unexpectedly ({how}). Try again; if it happens again, "
        "please report it to the operators.",
    )


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes"
