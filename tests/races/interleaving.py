"""Actors in one database, each in a thread of its own, stopped before every statement, commit and file.

One actor at a time makes one step, and who is next is chosen: at random by a seed, or so that every order comes about
once. On PostgreSQL an actor may wait for another's lock meanwhile; SQLite has one writer at a time, so whoever began a
transaction there goes on until it ends.
"""

import random
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, NamedTuple
from unittest import mock

from django.db import connection, connections

from apps.scholar_app import files
from tests.races import witness

Act = Callable[[], Any]
#: Statements that others can notice. Those that count events commute, and stop nobody.
_STEP: Final = re.compile(r'(SELECT)\b.*?\bFROM "(\w+)"|(INSERT|UPDATE|DELETE) (?:INTO |FROM )?"(\w+)"', re.DOTALL)
#: The doors to the files, in the order of an actor's passing them.
_FILE_STEPS: Final = ("write", "open_file", "delete", "stored")
_HANGS_AFTER: Final = 60.0
_LOOK_EVERY: Final = 0.004

_here = threading.local()


class Step(NamedTuple):
    """One choice: who could go on, who did, and what they did then."""

    ready: tuple[int, ...]
    chosen: int
    what: str


@dataclass(frozen=True, slots=True)
class Played:
    """What the acts came to, in their order: a value or an error each; and the steps that led there."""

    answers: Sequence[Any]
    errors: Sequence[BaseException | None]
    steps: Sequence[Step] = ()

    @property
    def order(self) -> str:
        """Whose turn it was, step by step: ``0110``."""
        return "".join(str(step.chosen) for step in self.steps)

    def story(self) -> str:
        """The steps, one a line."""
        return "\n".join(f"  {step.chosen}: {step.what}" for step in self.steps)


@dataclass(frozen=True, slots=True)
class Chance:
    """Goes on with the same actor more often than not, so that long steps side by side come about too."""

    rng: random.Random
    stays: float = 0.6

    def __call__(self, ready: Sequence[int], last: int | None) -> int:
        if last in ready and self.rng.random() < self.stays:
            return int(last or 0)
        return self.rng.choice(ready)


@dataclass(slots=True)
class Script:
    """Follows an order as far as it says, and then changes nobody's turn without need."""

    order: Sequence[int]
    _at: int = 0

    def __call__(self, ready: Sequence[int], last: int | None) -> int:
        wanted = self.order[self._at] if self._at < len(self.order) else last
        self._at += 1
        return wanted if wanted is not None and wanted in ready else ready[0]


Choice = Callable[[Sequence[int], int | None], int]


def every_order(play: Callable[[Choice], Played], *, switches: int) -> Iterator[Played]:
    """Plays each order once in which an actor that could go on is made to stop at most ``switches`` times."""
    untried: list[tuple[int, ...]] = [()]
    while untried:
        prefix = untried.pop()
        played = play(Script(prefix))
        yield played
        untried.extend(_siblings(played.steps, begun=len(prefix), switches=switches))


def _siblings(steps: Sequence[Step], *, begun: int, switches: int) -> Iterator[tuple[int, ...]]:
    made, last = 0, None
    for number, step in enumerate(steps):
        for other in step.ready if number >= begun else ():
            if other != step.chosen and made + (last in step.ready and other != last) <= switches:
                yield (*(before.chosen for before in steps[:number]), other)
        made += last in step.ready and step.chosen != last
        last = step.chosen


@dataclass(slots=True)
class _Actor:
    """A thread with a connection of its own, and where it stands: ``idle``, ``running`` or ``stopped``."""

    number: int
    state: str = "idle"
    what: str = ""
    act: Act | None = None
    answer: Any = None
    error: BaseException | None = None
    in_transaction: bool = False
    backend: int = 0
    go: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))


class Stage:
    """As many actors as needed; each keeps its connection from one play to the next."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._actors: list[_Actor] = []
        self._threads: list[threading.Thread] = []
        self._free: random.Random | None = None

    def play(self, acts: Sequence[Act], choose: Choice) -> Played:
        """Let all act, one step at a time, as ``choose`` says."""
        actors, steps = self._begin(acts), []
        last: int | None = None
        while ready := self._ready(actors):
            last = choose(ready, last)
            steps.append(Step(tuple(ready), last, actors[last].what))
            self._let_go(actors[last])
        return self._played(actors, steps)

    def play_freely(self, acts: Sequence[Act], rng: random.Random) -> Played:
        """Let all act at once, held up a little at each step by chance."""
        actors = self._begin(acts)
        self._wait_until(lambda: all(actor.state == "stopped" for actor in actors))
        self._free = rng
        for actor in actors:
            self._let_go(actor)
        self._wait_until(lambda: all(actor.state == "idle" for actor in actors))
        self._free = None
        return self._played(actors, [])

    def close(self) -> None:
        """End the threads and their connections."""
        for actor in self._actors:
            actor.act = None
            actor.go.release()
        for thread in self._threads:
            thread.join(_HANGS_AFTER)

    def _begin(self, acts: Sequence[Act]) -> list[_Actor]:
        while len(self._actors) < len(acts):
            actor = _Actor(len(self._actors))
            thread = threading.Thread(target=self._live, args=(actor,), daemon=True)
            self._actors.append(actor)
            self._threads.append(thread)
            thread.start()
        actors = self._actors[: len(acts)]
        for actor, act in zip(actors, acts, strict=True):
            actor.act, actor.answer, actor.error, actor.state = act, None, None, "running"
            actor.go.release()
        return actors

    def _played(self, actors: Sequence[_Actor], steps: Sequence[Step]) -> Played:
        return Played([actor.answer for actor in actors], [actor.error for actor in actors], steps)

    # In the actors' threads

    def _live(self, actor: _Actor) -> None:
        _here.actor, _here.stage = actor, self
        connection.ensure_connection()
        _gate_commits(actor)
        if connection.vendor == "postgresql":
            actor.backend = connection.connection.info.backend_pid
        with connection.execute_wrapper(_stopping):
            while self._next_act(actor) is not None:
                self._perform(actor)
        connection.close()

    def _next_act(self, actor: _Actor) -> Act | None:
        actor.go.acquire()
        return actor.act

    def _perform(self, actor: _Actor) -> None:
        assert actor.act is not None
        try:
            self.stop(actor, "begins")
            actor.answer = actor.act()
        except BaseException as error:  # noqa: BLE001 (told to who plays, whatever it is)
            actor.error = error
        self._now(actor, "idle")

    def stop(self, actor: _Actor, what: str) -> None:
        """Wait here for the next turn."""
        if self._free is not None:
            for _ in range(int(self._free.expovariate(1 / 300))):
                pass
            return
        actor.what = what
        self._now(actor, "stopped")
        actor.go.acquire()

    def _now(self, actor: _Actor, state: str) -> None:
        with self._changed:
            actor.state = state
            self._changed.notify_all()

    # In the thread of who plays

    def _let_go(self, actor: _Actor) -> None:
        actor.state = "running"
        actor.go.release()

    def _wait_until(self, condition: Callable[[], bool], seconds: float = _HANGS_AFTER) -> None:
        with self._changed:
            if not self._changed.wait_for(condition, seconds):
                raise TimeoutError("the actors hang: " + ", ".join(f"{a.number} {a.what}" for a in self._actors))

    def _ready(self, actors: Sequence[_Actor]) -> list[int]:
        """Who can go on, once nobody runs any more but those who wait for another's lock; nobody at the end."""
        for _ in range(int(_HANGS_AFTER / _LOOK_EVERY)):
            running = [actor for actor in actors if actor.state == "running"]
            stopped = [actor for actor in actors if actor.state == "stopped"]
            if not running or (stopped and all(map(_waits_for_lock, running))):
                return [actor.number for actor in _free_to_go(stopped)]
            with self._changed:
                self._changed.wait_for(partial(_any_stopped, running), _LOOK_EVERY)
        raise TimeoutError("the actors hang: " + ", ".join(f"{a.number} {a.what}" for a in actors))


def _any_stopped(actors: Sequence[_Actor]) -> bool:
    return any(actor.state != "running" for actor in actors)


def _free_to_go(stopped: Sequence[_Actor]) -> Sequence[_Actor]:
    """On SQLite whoever is in a transaction has the database; what others read meanwhile is as it was before."""
    writing = [actor for actor in stopped if actor.in_transaction]
    return writing if writing and connection.vendor == "sqlite" else stopped


def _waits_for_lock(actor: _Actor) -> bool:
    if connection.vendor == "sqlite":
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT cardinality(pg_blocking_pids(%s)) > 0", [actor.backend])
        return bool(cursor.fetchone()[0])


def _stopping(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    """Around each statement of an actor."""
    what = "BEGIN" if sql.startswith("BEGIN") else _named(sql)
    if what and not getattr(_here, "aside", False):
        _here.stage.stop(_here.actor, what)
    answer = execute(sql, params, many, context)
    if what == "BEGIN":
        _here.actor.in_transaction = True
    return answer


@contextmanager
def aside() -> Iterator[None]:
    """What an actor looks at within this is no step of its: nobody else's turn comes in between."""
    _here.aside = True
    try:
        yield
    finally:
        _here.aside = False


def _named(sql: str) -> str:
    found = _STEP.match(sql)
    return " ".join(filter(None, found.groups())).replace("scholar_app_", "") if found else ""


def _gate_commits(actor: _Actor) -> None:
    """A commit is a step of its own: until it is made, others see nothing, and wait for the rows."""
    own = connections["default"]  # this thread's connection itself, not the proxy for whichever thread's it is
    commit, rollback = own._commit, own._rollback

    def stop_and_commit() -> None:
        _here.stage.stop(actor, "COMMIT")
        commit()
        actor.in_transaction = False

    def roll_back() -> None:
        rollback()
        actor.in_transaction = False

    vars(own).update(_commit=stop_and_commit, _rollback=roll_back)


@contextmanager
def opened() -> Iterator[Stage]:
    """A stage, and the witness of what happens on it. What actors do with files are steps too."""
    stage = Stage()
    with ExitStack() as stack:
        for name in _FILE_STEPS:
            stack.enter_context(mock.patch.object(files, name, _stopping_before(name)))
        witness.install()
        stack.callback(witness.remove)
        stack.callback(stage.close)
        yield stage


def _stopping_before(name: str) -> Callable[..., Any]:
    real = getattr(files, name)

    def stop_first(*arguments: Any, **named: Any) -> Any:
        if (actor := getattr(_here, "actor", None)) is not None:
            _here.stage.stop(actor, f"files.{name}")
        return real(*arguments, **named)

    return stop_first
