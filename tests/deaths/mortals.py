"""Acts in a process of their own that die at a step, as by ``kill -9``: nothing is flushed, closed or taken back.

A step is what an act leaves behind that outlives it: a file begun, published or removed, a row committed, a word said.
They are found by looking on, not by hooks in the product: at ``os``, at the database's cursor, at its commits. So a
step that is new in the product is a step here, whether anybody thought of it or not.
"""

import multiprocessing
import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final
from unittest import mock

from django.core.files.storage import default_storage
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

_fork = multiprocessing.get_context("fork")
_CHANGE: Final = re.compile(r'\s*(INSERT|UPDATE|DELETE)\b.*?"?(?:scholar_app_|django_|auth_)(\w+)"?', re.DOTALL)
_WORDS: Final = {"INSERT": "insert", "UPDATE": "update", "DELETE": "delete"}

Act = Callable[[], object]


class Onlooker:
    """Tells each step through a pipe as it is taken, and ends the process after the one that is its last."""

    def __init__(self, pipe: int, *, last: int | None, by: signal.Signals) -> None:
        self._pipe, self._left, self._by = pipe, last, by
        self._storage = Path(default_storage.path(""))
        self._open: tuple[str, Callable[[], int], bool] | None = None
        self._uncommitted: list[str] = []

    def step(self, name: str) -> None:
        """Something is as it is from now on, whoever dies."""
        os.write(self._pipe, f"{name}\n".encode())
        if self._left is not None:
            self._left -= 1
            if not self._left:
                os.kill(os.getpid(), self._by)

    def settle(self) -> None:
        """Take the last statement for what it came to: on SQLite that is known when its rows were fetched."""
        (label, count, in_transaction), self._open = self._open or ("", int, False), None
        if count() < 1:
            return
        if in_transaction:
            self._uncommitted.append(label)
        else:
            self.step(label)

    def statement(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """Looks on at one statement."""
        self.settle()
        answer = execute(sql, params, many, context)
        if change := _CHANGE.match(sql):
            label = f"{_WORDS[change[1]]} {change[2]}"
            self._open = (label, _counter(context["cursor"].cursor), connection.in_atomic_block)
        return answer

    def committing(self, commit: Callable[[Any], None]) -> Callable[[Any], None]:
        """A transaction of several changes may die before its commit, too; one of one change is that change."""

        @wraps(commit)
        def committed(wrapper: Any) -> None:
            self.settle()
            changes, self._uncommitted = " and ".join(dict.fromkeys(self._uncommitted)), []
            if " and " in changes:
                self.step(f"not yet: {changes}")
            commit(wrapper)
            if changes:
                self.step(changes)

        return committed

    def rolling_back(self, rollback: Callable[[Any], None]) -> Callable[[Any], None]:
        """What was not committed was no step."""

        @wraps(rollback)
        def rolled_back(wrapper: Any) -> None:
            self._open, self._uncommitted = None, []
            rollback(wrapper)

        return rolled_back

    def after(self, call: Callable[..., Any], word: str, *, place: int = 0) -> Callable[..., Any]:
        """``call``, whose argument at ``place`` is a path; a step where it is one of the jobs' files."""

        @wraps(call)
        def called(*arguments: Any, **more: Any) -> Any:
            self.settle()
            changes = word != "begin" or bool(arguments[1] & os.O_CREAT)
            answer = call(*arguments, **more)
            path = Path(os.fspath(arguments[place]))
            if changes and path.is_relative_to(self._storage):
                self.step(f"{word} {self._kind(path)}")
            return answer

        return called

    def _kind(self, path: Path) -> str:
        folder = path.relative_to(self._storage).parts[0]
        kind = {"uploads": "upload", "results": "result"}[folder]
        return {".json": "report", ".index": "index", ".reviewed": "reviewed", ".tmp": kind}.get(path.suffix, kind)


def _counter(cursor: Any) -> Callable[[], int]:
    """How many rows a statement touched: PostgreSQL's cursor knows until it is closed, SQLite's from then on."""
    if connection.vendor == "sqlite":
        return lambda: int(cursor.rowcount)
    touched = int(cursor.rowcount)
    return lambda: touched


#: What changes a folder: the word for it, and at which place its path is given.
_PLACES: Final = {"open": ("begin", 0), "replace": ("publish", 1), "remove": ("remove", 0), "unlink": ("remove", 0)}


@contextmanager
def _watched(onlooker: Onlooker) -> Iterator[None]:
    for name, (word, place) in _PLACES.items():
        mock.patch.object(os, name, onlooker.after(getattr(os, name), word, place=place)).start()
    mock.patch.object(BaseDatabaseWrapper, "_commit", onlooker.committing(BaseDatabaseWrapper._commit)).start()
    mock.patch.object(BaseDatabaseWrapper, "_rollback", onlooker.rolling_back(BaseDatabaseWrapper._rollback)).start()
    with connection.execute_wrapper(onlooker.statement):
        yield
    onlooker.settle()


#: The onlooker of this process, for what leaves no trace in files or rows: a word to a child, a letter.
_present: Onlooker | None = None


def say(name: str) -> None:
    """A step that an act tells of itself."""
    if _present is not None:
        _present.settle()
        _present.step(name)


class Mortal:
    """An act in its own process; ``last`` is the number of its last step, from 1."""

    def __init__(self, act: Act, *, last: int | None = None, by: signal.Signals = signal.SIGKILL) -> None:
        connections.close_all()  # a connection must not be shared over a fork
        self._steps, theirs = os.pipe()
        self._process: BaseProcess = _fork.Process(target=_live, args=(act, theirs, last, by))
        self._process.start()
        os.close(theirs)

    def end(self) -> int | None:
        """Its exit code, when it has ended; a negative one is a signal."""
        self._process.join(30)
        if self._process.exitcode is None:
            self._process.kill()
        return self._process.exitcode

    def stopped(self) -> None:
        """Return once it was stopped by its signal."""
        assert self._process.pid
        _, status = os.waitpid(self._process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)

    def go_on(self) -> None:
        """Wake it."""
        assert self._process.pid
        os.kill(self._process.pid, signal.SIGCONT)

    def steps(self) -> list[str]:
        """All that it took."""
        with os.fdopen(self._steps) as told:
            return told.read().splitlines()


def _live(act: Act, pipe: int, last: int | None, by: signal.Signals) -> None:
    global _present  # noqa: PLW0603 (one onlooker to a process)
    _present = Onlooker(pipe, last=last, by=by)
    with _watched(_present):
        act()
    connections.close_all()


def steps_of(act: Act) -> list[str]:
    """The steps that ``act`` takes where nobody dies."""
    mortal = Mortal(act)
    assert mortal.end() == 0, "the act failed"
    return mortal.steps()


def dies(act: Act, *, last: int) -> list[str]:
    """Have ``act`` die after so many steps; returns them."""
    mortal = Mortal(act, last=last)
    assert mortal.end() == -signal.SIGKILL, "the act did not die: it has fewer steps"
    return mortal.steps()
