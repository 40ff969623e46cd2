"""The faults that mutation testing plants, and the list of those that docs/mutation.md explains."""

import ast
from itertools import chain

import pytest

from .campaign import planned
from .explained import explained
from .operators import mutants_of
from .rooms import ROOMS


def changed(text: str) -> list[str]:
    """The module once with each fault."""
    tree = ast.parse(text)
    found = []
    for mutant in mutants_of(tree):
        with mutant.planted():
            found.append(ast.unparse(tree))
    assert ast.unparse(tree) == text
    return found


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("a < b", ["a <= b"]),
        ("a == b", ["a != b"]),
        ("a and b", ["a or b", "b", "a"]),
        ("not a", ["a"]),
        ("a = 30", ["a = 31", "a = 29"]),
        ("a = True", ["a = False"]),
        ("a = 0.5", ["a = 1.0", "a = 0.25"]),
        ("a = b[:n]", ["a = b[:]"]),
        ("a = [b for b in c if b]", ["a = [b for b in c]"]),
        ("min(a)", ["pass", "max(a)"]),
        ("a = jobs.filter(owner=b, status=c)", [
            "a = jobs.exclude(owner=b, status=c)", "a = jobs.filter(status=c)", "a = jobs.filter(owner=b)",
        ]),
        ("a = jobs.order_by('-at')", ["a = jobs.order_by('at')"]),
        ("if a:\n    raise b", ["if not a:\n    raise b", "if a:\n    pass"]),
        ("for a in b:\n    continue", ["for a in b:\n    break"]),
        ("def a():\n    return b", ["def a():\n    return None"]),
        ("a += b", ["pass", "a -= b"]),
    ],
    ids=str,
)  # fmt: skip
def test_each_kind_of_fault_is_planted_and_taken_back(text: str, faults: list[str]) -> None:
    assert changed(text) == faults


@pytest.mark.parametrize("text", ["import a", '"""A docstring, 1 < 2."""', "logger.info('%d', 1)", "__all__ = ['a']"])
def test_what_says_nothing_at_run_time_is_left_alone(text: str) -> None:
    assert changed(text) == []


def test_a_fault_is_named_by_its_function_and_not_by_its_line() -> None:
    (fault,) = mutants_of(ast.parse("class A:\n    def b(self):\n        def c():\n            x < y"))
    assert (fault.scope, fault.change, list(fault.lines)) == ("A.b", "`x < y` becomes `x <= y`", [4])


def test_every_explained_survivor_is_a_fault_that_is_still_planted() -> None:
    there = {fault.where for fault in chain.from_iterable(map(planned, ROOMS.values()))}
    assert set(explained()) - there == set()
    assert all(explained().values())
