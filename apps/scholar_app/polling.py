"""How long a page waits before it looks at its job again."""

from typing import Final

#: Seconds between two looks at a job, longer and longer; the last one stays.
PAUSES: Final = (1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 6, 8, 10)
#: A pause is up to this part longer or shorter, so that people who came together do not come back together.
SPREAD: Final = 0.2
#: The part of the time in a queue after which a look is worth while: who waits for long need not look every second.
_PART: Final = 0.1


def pause(looks: int, *, waits: float | None, chance: float) -> int:
    """Milliseconds until the next look, after so many ``looks``; ``chance`` is a random number from 0 to 1.

    A job whose turn has not come ``waits`` for so many seconds, where that is known; one at work is watched closely.
    """
    by_looks, longest = PAUSES[min(looks, len(PAUSES) - 1)], PAUSES[-1]
    seconds = max(by_looks, min(_PART * (waits or 0), longest))
    return round(1000 * seconds * (1 + SPREAD * (2 * chance - 1)))
