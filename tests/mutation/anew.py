"""A pytest plugin: the whole program begins with the fault that ``MUTANT`` names, as ``FILE:NUMBER``.

For what was decided at import, and to make sure of a fault that nothing noticed in a running program.
"""

import ast
import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
from itertools import islice
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from .operators import mutants_of


class _Loader(importlib.machinery.SourceFileLoader):
    number = 0

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002
        tree = ast.parse(Path(self.path).read_bytes())
        (mutant,) = islice(mutants_of(tree), self.number, self.number + 1)
        with mutant.planted():
            return compile(tree, self.path, "exec", dont_inherit=True)


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, path: Path, number: int) -> None:
        self._path, self._number = path, number

    def find_spec(self, name: str, path: Any = None, target: ModuleType | None = None) -> Any:
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is None or spec.origin != str(self._path):
            return None
        loader = _Loader(name, str(self._path))
        loader.number = self._number
        return importlib.util.spec_from_file_location(name, self._path, loader=loader)


if "MUTANT" in os.environ:
    _file, _, _number = os.environ["MUTANT"].rpartition(":")
    sys.meta_path.insert(0, _Finder(Path(_file), int(_number)))
