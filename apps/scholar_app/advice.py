"""What to do about a job that failed: by its code, in a sentence or two, and whether another try makes sense."""

from typing import Final

from django.utils.translation import gettext as _

from .models import EnrichmentJob

#: The file itself is the reason: another try would end in the same way.
_OF_THE_FILE: Final = frozenset(
    {"binary", "empty", "not_bibtex", "too_complex", "too_large", "too_many_entries", "undecodable"}
)
#: Their message says already that nothing found is lost.
_SAYS_WHAT_IS_KEPT: Final = frozenset({"no_progress", "not_stored", "source_away"})
_TOO_MUCH: Final = frozenset({"out_of_memory", "out_of_cpu", "hard_timeout"})


def can_be_tried_again(job: EnrichmentJob) -> bool:
    """Whether the same file may fare better another time."""
    return job.error_code not in _OF_THE_FILE | _TOO_MUCH | {"upload_missing"}


def what_to_do(job: EnrichmentJob) -> str:
    """For who looks at a failed job."""
    if job.error_code == "never_started":
        return _(
            "Nothing is wrong with your file: its turn never came. Try again; if that happens once more, the service "
            "is overloaded or stands still, and its operators should hear of it."
        )
    if job.error_code in _OF_THE_FILE:
        return _("Mend the file where it says, and upload it again.")
    if job.error_code in _TOO_MUCH:
        return _("Split the file into smaller parts and upload them one by one.")
    if job.error_code == "upload_missing":
        return _("Upload the file again.")
    remembered = _("What was found so far is remembered: trying again asks only for what is still missing.")
    return " ".join(filter(None, (_how_far(job), "" if job.error_code in _SAYS_WHAT_IS_KEPT else remembered)))


def _how_far(job: EnrichmentJob) -> str:
    """Empty where all or nothing was done."""
    if not 0 < job.entries_done < job.entries_total:
        return ""
    said = _("%(done)d of %(total)d entries had their answer.")
    return said % {"done": job.entries_done, "total": job.entries_total}
