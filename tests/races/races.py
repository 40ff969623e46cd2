"""Which races are run, and how one round goes: a world, its actors in some order, and what must hold then."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import product as combinations
from typing import Final, NamedTuple

from django.db import IntegrityError

from tests.races import invariants, world
from tests.races.actors import ACTORS, Did
from tests.races.interleaving import Chance, Choice, Played, Stage, every_order
from tests.races.skew import skewed

_NOTHING: Final = Did()


@dataclass(frozen=True, slots=True)
class Race:
    """Some actors at once, after a job in one of these states; ``beside`` is where the other owner's job stands."""

    actors: Sequence[str]
    states: Sequence[str]
    focus: str = "account"
    beside: Sequence[str] = ("none",)
    #: Whether the clock goes back and forth between statements.
    clock_jumps: bool = False

    def cases(self) -> Iterator["Case"]:
        """Each with one state of either job."""
        for state, beside in combinations(self.states, self.beside):
            account, visitor = (state, beside) if self.focus == "account" else (beside, state)
            yield Case(tuple(self.actors), account, visitor, self.focus, self.clock_jumps)


class Case(NamedTuple):
    """A race with everything said but the order."""

    actors: tuple[str, ...]
    account: str
    visitor: str
    focus: str
    clock_jumps: bool = False

    def __str__(self) -> str:
        clock = ", the clock going back and forth" if self.clock_jumps else ""
        states = f"account: {self.account}, visitor: {self.visitor}"
        return f"{' x '.join(self.actors)} ({states}; for the {self.focus}'s job{clock})"


ACTIVE: Final = ("waiting", "working", "working_stale", "silent")
STALE: Final = ("waiting_stale", "working_stale", "silent", "silent_again")
ENDED: Final = ("completed", "failed", "cancelled")
ANY: Final = tuple(world.STATES)

#: By the names under which ``docs/reliability.md`` has them.
RACES: Final[dict[str, tuple[Race, ...]]] = {
    "worker x cleaner": (
        Race(("work", "sweep"), STALE),
        Race(("break_off", "sweep"), ("working_stale", "silent")),
    ),
    "cleaner x cleaner": (Race(("sweep", "sweep"), ("old", *STALE), beside=("old",)),),
    "upload x upload": (
        Race(("upload", "upload"), ("none", "completed", "waiting_stale")),
        Race(("upload", "replace"), ("none", "working")),
        Race(("replace", "replace"), ("none", "working")),
    ),
    "upload x cleaner": (Race(("upload", "sweep"), ("none", *STALE)), Race(("replace", "sweep"), ("silent",))),
    "cancel x complete": (Race(("cancel", "work"), ("waiting", "working", "silent")),),
    "delete x worker": (
        Race(("delete", "delete"), ("working",)),
        Race(("delete", "work"), ("waiting", "working")),
        Race(("delete", "break_off"), ("working",)),
        Race(("remove", "work"), ("working",)),
    ),
    "retry x retry": (Race(("retry", "retry"), ("failed", "cancelled")), Race(("retry", "delete"), ("failed",))),
    "sign-in x job end": (
        Race(("sign_in", "work"), ("waiting", "working"), focus="visitor", beside=("none", "waiting")),
        Race(("sign_in", "cancel"), ("working",), focus="visitor"),
        Race(("sign_in", "upload"), ("working",), beside=("none", "working")),
    ),
    "late worker x next worker": (
        Race(("work", "hand_back", "work_next"), ("working",)),
        Race(("work", "sweep", "work_next"), ("silent",)),
    ),
    "two workers x one job": (
        Race(("work", "work"), ("waiting",)),
        Race(("work", "hand_back"), ("waiting", "working")),
    ),
    "clock back and forth": (
        Race(("work", "sweep"), ACTIVE, clock_jumps=True),
        Race(("upload", "sweep"), ("none", "working"), clock_jumps=True),
        Race(("sweep", "sweep"), ("completed", "waiting"), clock_jumps=True),
    ),
    "decide x decide": (
        Race(("decide", "decide"), ("completed", "decided")),
        Race(("decide", "sweep"), ("old",)),
        Race(("decide", "download"), ("completed", "decided")),
    ),
    "download x delete": (Race(("download", "delete"), ("completed", "decided")),),
    "delete account x job end": (
        Race(("leave", "work"), ("waiting", "working")),
        Race(("leave", "upload"), ("none", "completed")),
        Race(("leave", "sweep"), ("old", "working_stale")),
        Race(("leave", "sign_in"), ("completed",), beside=("completed", "working")),
        Race(("leave", "download"), ("decided",)),
    ),
    "letter wish x end": (
        Race(("wish", "work"), ("working",)),
        Race(("wish", "wish"), ("working",)),
        Race(("post", "post"), ("awaited",)),
        Race(("wish", "delete"), ("working",)),
    ),
    "stranger x owner": (Race(("stranger", "cancel"), ("working",)), Race(("stranger", "upload"), ("completed",))),
    "operator x worker": (Race(("stop", "work"), ("working",)), Race(("stop", "cancel"), ("waiting", "working"))),
}


@dataclass(slots=True)
class Round:
    """One play of a case."""

    case: Case
    seed: int
    played: Played
    faults: Sequence[str] = field(default_factory=tuple)

    def story(self) -> str:
        """What happened, for whoever looks for the reason."""
        return "\n".join([f"{self.case}", self.played.story(), *(f"  FAULT: {fault}" for fault in self.faults)])


def every_round(stage: Stage, case: Case, *, switches: int) -> Iterator[Round]:
    """Each order of the actors' steps with at most so many switches."""
    rounds: list[Round] = []

    def play(choose: Choice) -> Played:
        rounds.append(one_round(stage, case, seed=0, choose=choose))
        return rounds[-1].played

    for _ in every_order(play, switches=switches):
        yield rounds.pop()


def random_round(stage: Stage, seed: int, *, freely: bool = False, race: str = "") -> Round:
    """Any two or three actors in any world, in an order by chance: the same again for the same seed."""
    rng = random.Random(seed)
    case = _random_case(rng) if not race else rng.choice([case for one in RACES[race] for case in one.cases()])
    return one_round(stage, case, seed=seed, choose=None if freely else Chance(rng))


def _random_case(rng: random.Random) -> Case:
    actors = rng.choices([*ACTORS], k=rng.choice((2, 2, 2, 3)))
    return Case(tuple(actors), rng.choice(ANY), rng.choice(ANY), rng.choice(("account", "visitor")), rng.random() < 0.2)


def one_round(stage: Stage, case: Case, *, seed: int, choose: Choice | None) -> Round:
    """Play it (``choose``: whose turn it is; ``None``: all at once) and look at what is left."""
    there = world.made(seed, account=case.account, visitor=case.visitor, focus=case.focus)
    acts: list[Callable[[], Did]] = [partial(ACTORS[name], there) for name in case.actors]
    with skewed(there.rng if case.clock_jumps else None):
        played = stage.play_freely(acts, there.rng) if choose is None else stage.play(acts, choose)
    errors = [
        f"{name}: {type(error).__name__}: {error}"
        for name, error in zip(case.actors, played.errors, strict=True)
        if error and not _is_of_no_account(error, name, case)
    ]
    dids = [answer or _NOTHING for answer in played.answers]
    return Round(case, seed, played, [*errors, *invariants.broken(there, names=case.actors, dids=dids)])


def _is_of_no_account(error: BaseException, name: str, case: Case) -> bool:
    """Nothing can be given to an account that is gone; who tried is signed out and is told nothing."""
    return isinstance(error, IntegrityError) and "leave" in case.actors and name in {"sign_in", *invariants.SUBMITTERS}
