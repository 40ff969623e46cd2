"""Putting a fault into a program that is running already, which is much quicker than starting one with it."""

import ast
import functools
import gc
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from .operators import Mutant
from .rooms import ROOT

_Key = tuple[str, str, int]


class Running:
    """The functions of these files, as this process has them."""

    def __init__(self, files: list[Path]) -> None:
        self._functions: defaultdict[_Key, list[FunctionType]] = defaultdict(list)
        self._modules = {str(path): module for module in list(sys.modules.values()) for path in [_file(module)] if path}
        names = {str(path) for path in files}
        for thing in gc.get_objects():
            if type(thing) is FunctionType and thing.__code__.co_filename in names:
                self._functions[_key(thing.__code__)].append(thing)

    def change(self, path: Path, tree: ast.Module, mutant: Mutant) -> bool:
        """Whether the fault could be planted here; ``tree`` has it."""
        if mutant.scope:
            return self._change_function(path, tree, mutant.scope)
        return self._change_constant(path, tree, mutant)

    def _change_function(self, path: Path, tree: ast.Module, scope: str) -> bool:
        changed = False
        for code in _codes(compile(tree, str(path), "exec", dont_inherit=True)):
            if code.co_qualname == scope:
                for function in self._functions[_key(code)]:
                    function.__code__ = code
                    changed = True
        return changed

    def _change_constant(self, path: Path, tree: ast.Module, mutant: Mutant) -> bool:
        name, value = constant_of(tree, mutant.statement), getattr(mutant.statement, "value", None)
        module = self._modules.get(str(path))
        if name is None or value is None or module is None:
            return False
        old = getattr(module, name)
        new = eval(compile(ast.Expression(value), str(path), "eval"), vars(module))
        for other in list(sys.modules.values()):
            if (_file(other) or Path()).is_relative_to(ROOT) and vars(other).get(name) is old:
                setattr(other, name, new)
        return True


def constant_of(tree: ast.Module, statement: ast.stmt) -> str | None:
    """``NAME`` of ``NAME: Final = ...`` at the module's own level."""
    if statement not in tree.body:
        return None
    targets = [statement.target] if isinstance(statement, ast.AnnAssign) else getattr(statement, "targets", [])
    return targets[0].id if len(targets) == 1 and isinstance(targets[0], ast.Name) else None


def memories() -> list[Any]:
    """The functions of ours that remember what they once answered."""
    remembering = [thing for thing in gc.get_objects() if type(thing) is functools._lru_cache_wrapper]
    return [thing for thing in remembering if thing.__module__.startswith(("apps.", "tests."))]


def _key(code: CodeType) -> _Key:
    return code.co_filename, code.co_qualname, code.co_firstlineno


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


def _file(module: ModuleType) -> Path | None:
    name = getattr(module, "__file__", None)
    return Path(name) if isinstance(name, str) else None
