"""The faults that are planted: each a small change of a module's syntax tree, made and taken back in place."""

import ast
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

_COMPARISONS: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_ARITHMETIC: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Div, ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr, ast.Pow: ast.Mult,
}  # fmt: skip
_PAIRS: Final = (
    ("min", "max"), ("any", "all"), ("filter", "exclude"), ("startswith", "endswith"), ("first", "last"),
    ("lstrip", "rstrip"), ("partition", "rpartition"), ("append", "extend"),
)  # fmt: skip
_TWINS: Final = {one: other for pair in _PAIRS for one, other in (pair, pair[::-1])}
#: A negated test that is one of these comparisons is the comparison turned round, which is planted already.
_EQUALITIES: Final = (ast.Eq, ast.NotEq, ast.Is, ast.IsNot, ast.In, ast.NotIn)
#: What says nothing at run time, or is true of a class as a whole.
_LEFT_ALONE: Final = {"decorator_list", "annotation", "returns", "bases", "type_comment"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A change: ``old`` in ``field`` of ``owner`` becomes ``new``, which is empty where it is left out.

    ``scope`` is the function it is in, as in ``code.co_qualname``; empty for code that runs at import. ``lines`` are
    those of the statement around it, without its body.
    """

    scope: str
    line: int
    lines: range
    change: str
    statement: ast.stmt
    owner: ast.AST
    field: str
    old: ast.AST
    new: tuple[ast.AST, ...]

    @contextmanager
    def planted(self) -> Iterator[None]:
        """The tree has the fault inside of this."""
        self._swap([self.old], list(self.new))
        yield
        self._swap(list(self.new), [self.old])

    def _swap(self, out: Sequence[ast.AST], into: Sequence[ast.AST]) -> None:
        held = getattr(self.owner, self.field)
        if not isinstance(held, list):
            setattr(self.owner, self.field, into[0] if into else None)
        elif out:
            at = next(number for number, node in enumerate(held) if node is out[0])
            held[at : at + 1] = into
        else:
            held.insert(self._place(), into[0])

    def _place(self) -> int:
        """Where what was left out of a list belongs: keywords and conditions stand in the order of the text."""
        old = (self.old.lineno, self.old.col_offset)
        return sum((node.lineno, node.col_offset) < old for node in getattr(self.owner, self.field))


def mutants_of(tree: ast.Module) -> Iterator[Mutant]:
    """Every fault this module can have, in the order of the text. ``tree`` is what they are planted in."""
    yield from _walk(tree, _At("", "", ast.Pass(lineno=0)))


class _At(NamedTuple):
    """Where the walk is: in which function, in which classes and functions (``A.b.``), and in which statement."""

    scope: str
    inside: str
    statement: ast.stmt

    def entered(self, owner: ast.AST) -> "_At":
        """In the body of ``owner``."""
        if isinstance(owner, ast.FunctionDef | ast.AsyncFunctionDef):
            return self._replace(scope=self.scope or self.inside + owner.name)
        return self._replace(inside=f"{self.inside}{owner.name}.") if isinstance(owner, ast.ClassDef) else self


def _walk(owner: ast.AST, at: _At) -> Iterator[Mutant]:
    for field, child in _children(owner):
        here = at.entered(owner) if field == "body" else at
        if isinstance(child, ast.stmt):
            here = here._replace(statement=child)
        for new in _instead_of(child, owner, field):
            yield _mutant(child, new, owner, field, scope=here.scope, statement=here.statement)
        yield from _walk(child, here)


def _children(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    for field, value in ast.iter_fields(node):
        if field not in _LEFT_ALONE:
            for child in list(value) if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST) and not _is_of_no_account(child):
                    yield field, child


def _mutant(
    old: ast.AST, new: ast.AST | None, owner: ast.AST, field: str, *, scope: str, statement: ast.stmt
) -> Mutant:
    body = getattr(statement, "body", None)
    last = body[0].lineno - 1 if isinstance(body, list) else statement.end_lineno or statement.lineno
    lines = range(statement.lineno, max(last, statement.lineno) + 1)
    if new is not None and not hasattr(new, "lineno"):
        ast.fix_missing_locations(ast.copy_location(new, old))
    change = _told(old, new, owner)
    news = () if new is None else (new,)
    return Mutant(scope, getattr(old, "lineno", statement.lineno), lines, change, statement, owner, field, old, news)


def _told(old: ast.AST, new: ast.AST | None, owner: ast.AST) -> str:
    if new is None or isinstance(new, ast.Pass):
        around = f" of `{_short(ast.unparse(owner.func))}(...)`" if isinstance(owner, ast.Call) else ""
        return f"without `{_short(ast.unparse(old))}`{around}"
    if isinstance(old, ast.Constant) and not isinstance(owner, ast.Call | ast.Return):
        return f"`{_short(ast.unparse(old))}` in `{_short(ast.unparse(owner))}` becomes `{_short(ast.unparse(new))}`"
    return f"`{_short(ast.unparse(old))}` becomes `{_short(ast.unparse(new))}`"


def _short(text: str) -> str:
    line = " ".join(text.split()).replace("`", "'")
    return line if len(line) <= 90 else f"{line[:60]} ... {line[-25:]}"


def _is_of_no_account(node: ast.AST) -> bool:
    """Imports, docstrings, lines for the log, and what only the type checker sees."""
    if isinstance(node, ast.Expr):
        text = ast.unparse(node.value)
        return isinstance(node.value, ast.Constant) or text.startswith(("logger.", "_log(", "_log_many("))
    if isinstance(node, ast.Assign):
        return any(isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets)
    return isinstance(node, ast.Import | ast.ImportFrom) or (
        isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    )


def _instead_of_statement(node: ast.stmt) -> Iterator[ast.stmt]:
    match node:
        case ast.Expr(ast.Call() | ast.Await()) | ast.AugAssign() | ast.Raise() | ast.Delete() | ast.Return(None):
            yield ast.Pass()
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield ast.Pass()
        case ast.Continue():
            yield ast.Break()
        case ast.Break():
            yield ast.Continue()
        case ast.Return(ast.expr() as value) if not _says_little(value):
            yield ast.Return(ast.Constant(None))
        case _:
            pass
    if isinstance(node, ast.AugAssign) and type(node.op) in _ARITHMETIC:
        yield _with(node, op=_ARITHMETIC[type(node.op)]())


def _says_little(value: ast.expr) -> bool:
    """``None`` for ``False`` is the same to whoever asks."""
    return isinstance(value, ast.Constant) and value.value in (None, True, False)


def _instead_of(node: ast.AST, owner: ast.AST, field: str) -> Iterator[ast.AST | None]:
    """What may stand there; ``None`` for nothing."""
    if isinstance(node, ast.stmt):
        yield from _instead_of_statement(node)
    for kind, ways in _WAYS.items():
        if isinstance(node, kind):
            yield from ways(node)
    if field == "ifs" and isinstance(owner, ast.comprehension):
        yield None
    elif field == "test" and isinstance(owner, ast.If | ast.IfExp | ast.While) and not _turned_round_already(node):
        yield ast.UnaryOp(ast.Not(), node)


def _of_a_keyword(node: ast.keyword) -> Iterator[None]:
    if node.arg:
        yield None


def _of_a_comparison(node: ast.Compare) -> Iterator[ast.Compare]:
    for at, operator in enumerate(node.ops):
        twin = _COMPARISONS[type(operator)]()
        yield _with(node, ops=[*node.ops[:at], twin, *node.ops[at + 1 :]])


def _of_and_or(node: ast.BoolOp) -> Iterator[ast.expr]:
    yield _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
    for at in range(len(node.values)):
        rest = [*node.values[:at], *node.values[at + 1 :]]
        yield rest[0] if len(rest) == 1 else _with(node, values=rest)


def _of_one_operand(node: ast.UnaryOp) -> Iterator[ast.expr]:
    if isinstance(node.op, ast.Not | ast.USub):
        yield node.operand


def _of_two_operands(node: ast.BinOp) -> Iterator[ast.BinOp]:
    if type(node.op) in _ARITHMETIC:
        yield _with(node, op=_ARITHMETIC[type(node.op)]())


def _of_a_slice(node: ast.Slice) -> Iterator[ast.Slice]:
    for bound in ("lower", "upper"):
        if getattr(node, bound) is not None:
            yield _with(node, **{bound: None})


def _of_a_constant(node: ast.Constant) -> Iterator[ast.Constant]:
    yield from map(ast.Constant, _other_values(node.value))


def _other_values(value: object) -> tuple[bool | int | float, ...]:
    if isinstance(value, bool):
        return (not value,)
    if isinstance(value, int):
        return value + 1, value - 1
    return (value * 2 or 1.0, value / 2 or -1.0) if isinstance(value, float) else ()


def _of_a_call(node: ast.Call) -> Iterator[ast.Call]:
    function = node.func
    if isinstance(function, ast.Name) and function.id in _TWINS:
        yield _with(node, func=ast.copy_location(ast.Name(_TWINS[function.id], ast.Load()), function))
    if isinstance(function, ast.Attribute) and function.attr in _TWINS:
        yield _with(node, func=_with(function, attr=_TWINS[function.attr]))
    if isinstance(function, ast.Attribute) and function.attr == "order_by":
        for at, given in enumerate(node.args):
            if isinstance(given, ast.Constant) and isinstance(given.value, str):
                other = given.value[1:] if given.value.startswith("-") else f"-{given.value}"
                turned = ast.copy_location(ast.Constant(other), given)
                yield _with(node, args=[*node.args[:at], turned, *node.args[at + 1 :]])


def _turned_round_already(test: ast.AST) -> bool:
    if isinstance(test, ast.UnaryOp):
        return True
    return isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], _EQUALITIES)


def _with(node: Any, **fields: Any) -> Any:
    """A copy that differs in these fields."""
    changed = copy(node)
    for field, value in fields.items():
        setattr(changed, field, value)
    return changed


_WAYS: Final[dict[type[ast.AST], Callable[[Any], Iterator[ast.AST | None]]]] = {
    ast.keyword: _of_a_keyword,
    ast.Compare: _of_a_comparison,
    ast.BoolOp: _of_and_or,
    ast.UnaryOp: _of_one_operand,
    ast.BinOp: _of_two_operands,
    ast.Constant: _of_a_constant,
    ast.Call: _of_a_call,
    ast.Slice: _of_a_slice,
}
