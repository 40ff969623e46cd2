"""The three things that all workers keep together about the indexes, wherever they are kept."""

from typing import NamedTuple

from .circuit import Circuits, SharedCircuits
from .limits import Limits, SharedLimits
from .shared import SharedState
from .spending import SharedSpending, Spending


class Keepers(NamedTuple):
    """Limits, circuit breakers and money."""

    limits: Limits
    circuits: Circuits
    spending: Spending


def keepers_in(state: SharedState, *, asker: str = "") -> Keepers:
    """Those of a file or a database; ``asker`` is who takes turns with others: a job."""
    return Keepers(SharedLimits(state, asker=asker), SharedCircuits(state), SharedSpending(state))
