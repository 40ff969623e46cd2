"""Everything that happens to a job. Nothing outside this package writes a job's row.

The row is the truth. Each change is one conditional UPDATE by the database's clock, and the rows it touched are the
answer: who lost a race is told so, and has overwritten nothing.
"""

from .admission import Allowance, QueueFull, TooManyUploads, allowance, count_look, network_of
from .cleanup import (
    DeletedCounts,
    OrphanCounts,
    StaleCounts,
    delete_old,
    fail_stale,
    rescue_expired,
    sweep_orphans,
)
from .delivering import deliver_again
from .estimating import finishes_in, seconds_left
from .housekeeping import EXPIRED, CleanupReport, clean_up
from .owners import NOBODY, Owner
from .owning import adopt, cancel, delete, find, jobs_of, others_waiting, queue_position
from .pace import Pace
from .restoring import Restored, take_up_restored
from .reviewing import Decided, decide, decisions_of
from .running import OUTCOMES, Claim, claim, complete, fail, hand_back, renew
from .submitting import ActiveJobExists, NotStored, retry, submit
from .wishing import drop_wish, letter_wished, take_letters, wish_letter

__all__ = [
    "EXPIRED",
    "NOBODY",
    "OUTCOMES",
    "ActiveJobExists",
    "Allowance",
    "Claim",
    "CleanupReport",
    "Decided",
    "DeletedCounts",
    "NotStored",
    "OrphanCounts",
    "Owner",
    "Pace",
    "QueueFull",
    "Restored",
    "StaleCounts",
    "TooManyUploads",
    "adopt",
    "allowance",
    "cancel",
    "claim",
    "clean_up",
    "complete",
    "count_look",
    "decide",
    "decisions_of",
    "delete",
    "delete_old",
    "deliver_again",
    "drop_wish",
    "fail",
    "fail_stale",
    "find",
    "finishes_in",
    "hand_back",
    "jobs_of",
    "letter_wished",
    "network_of",
    "others_waiting",
    "queue_position",
    "renew",
    "rescue_expired",
    "retry",
    "seconds_left",
    "submit",
    "sweep_orphans",
    "take_letters",
    "take_up_restored",
    "wish_letter",
]
