"""`Expression`: arithmetic and logic over named arrays, parsed and checked, never run as code.

Allowed are names, finite numbers, `+ - * /`, unary minus, comparisons (chained ones too), `and`,
`or`, `not` and parentheses. NaN is *unknown*: arithmetic and comparisons pass it on; logic is
Kleene's, so `False and unknown` is False and `True or unknown` is True. A number counts as true
when it is above 0.
"""

from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, reduce
from typing import Any, NoReturn

import numpy as np

from feeds.arrays import Float
from feeds.errors import ConfigError

MAX_LENGTH = 1_000
MAX_DEPTH = 100

_ARITHMETIC: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
}
_COMPARISONS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
}
_ALLOWED = "allowed are names, numbers, + - * /, comparisons, and, or, not and parentheses"
_HINTS: dict[type, str] = {
    ast.BitAnd: "write `and`",
    ast.BitOr: "write `or`",
    ast.Invert: "write `not`",
    ast.Pow: "write the product out",
    ast.Call: "functions cannot be called",
    ast.IfExp: "write it with and, or, not",
}


@dataclass(frozen=True)
class Expression:
    """A checked expression; equal texts give equal expressions.

    Parameters
    ----------
    text : str
        At most 1000 ASCII characters; line breaks count as blanks.

    Attributes
    ----------
    names : tuple of str
        The names it reads, sorted.
    is_claim : bool
        Whether the result is a truth value (1, 0 or NaN) rather than a number.

    Raises
    ------
    ConfigError
        For anything that is not allowed, naming the piece and its column.
    """

    text: str
    names: tuple[str, ...] = field(init=False, compare=False, repr=False)
    is_claim: bool = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        tree, names = _read(self.text)
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "is_claim", _is_claim(tree))

    def evaluate(self, values: Mapping[str, Float]) -> Float:
        """The result for every element of the arrays, NaN where it is unknown.

        Arithmetic that gives no finite number, such as a division by zero, is unknown.

        Raises
        ------
        ConfigError
            For a name without values.
        """
        for name in self.names:
            if name not in values:
                known = ", ".join(sorted(values)) or "nothing"
                raise ConfigError(f"expression '{self.text}' reads '{name}'; known: {known}")
        tree, _ = _read(self.text)
        with np.errstate(all="ignore"):
            result = _claim(tree, values) if self.is_claim else _number(tree, values)
        return np.array(result, dtype=np.float64)


@lru_cache(maxsize=256)
def _read(text: str) -> tuple[ast.expr, tuple[str, ...]]:
    """The checked tree and the names it reads, sorted; kept, because proofs ask for each row."""
    tree = _tree(text)
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return tree, tuple(sorted(names))


def _tree(text: str) -> ast.expr:
    line = "".join(" " if letter in "\n\r\t" else letter for letter in text)
    indent = len(line) - len(line.lstrip())
    if not line.strip():
        raise ConfigError("the expression is empty; write for example 'breakout == 1'")
    if len(line) > MAX_LENGTH:
        raise ConfigError(
            f"the expression has {len(line)} characters, more than {MAX_LENGTH}; "
            "split it into several signals"
        )
    for column, letter in enumerate(line):
        if not " " <= letter <= "~" or letter == "#":
            _refuse(line, column, letter, f"this character is not allowed; {_ALLOWED}")
    try:
        with warnings.catch_warnings():
            # Python only warns of `1and b`; here it is an error in every version.
            warnings.simplefilter("error")
            tree = ast.parse(line.strip(), mode="eval").body
    except SyntaxError as error:
        column = indent + max(error.offset or 1, 1) - 1
        _refuse(line, column, line[column : column + 12].strip(), _syntax_hint(line))
    except (ValueError, MemoryError, RecursionError):
        _refuse(line, indent, line.strip()[:12], "this nests too deeply; use several signals")
    _check(line, indent, tree, 1)
    return tree


def _syntax_hint(line: str) -> str:
    for wrong, right in (("&&", "and"), ("||", "or"), ("<>", "!=")):
        if wrong in line:
            return f"write `{right}` instead of `{wrong}`"
    for pair in ("==", "!=", "<=", ">="):
        line = line.replace(pair, "")
    if "=" in line:
        return "write `==` to compare"
    return f"cannot be read here; {_ALLOWED}"


def _refuse(line: str, column: int, piece: str, why: str) -> NoReturn:
    shown = piece if len(piece) <= 40 else f"{piece[:37]}..."
    place = f"'{shown}' at column {column + 1}" if piece else f"at column {column + 1}"
    whole = line.strip()
    whole = whole if len(whole) <= 100 else f"{whole[:97]}..."
    raise ConfigError(f"expression '{whole}': {place}: {why}")


def _check(line: str, indent: int, node: ast.expr, depth: int) -> None:
    """Refuse every node that is not on the list, and truth values used as numbers."""

    def refuse(piece: ast.expr, why: str) -> NoReturn:
        text = ast.get_source_segment(line.strip(), piece) or ""
        _refuse(line, indent + piece.col_offset, text, why)

    if depth > MAX_DEPTH:
        refuse(node, f"this nests deeper than {MAX_DEPTH} levels; use several signals")
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            refuse(node, "only numbers are allowed; write 1 for true and 0 for false")
        if abs(node.value) > sys.float_info.max:
            refuse(node, "the number is too large")
    operands = _operands(node)
    if operands is None:
        kind = type(getattr(node, "op", node))
        refuse(node, f"not allowed ({_HINTS[kind]})" if kind in _HINTS else _ALLOWED)
    for operand in operands:
        if _is_claim(operand) and not isinstance(node, ast.BoolOp) and not _is_not(node):
            refuse(operand, "this is true or false and cannot be used as a number")
        _check(line, indent, operand, depth + 1)


def _operands(node: ast.expr) -> list[ast.expr] | None:
    """The parts of an allowed node; None for a node that is not allowed."""
    match node:
        case ast.Name() | ast.Constant():
            return []
        case ast.BoolOp(values=parts):
            return parts
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            return [operand]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            return [left, right]
        case ast.Compare(left=left, ops=ops, comparators=parts):
            return [left, *parts] if all(type(op) in _COMPARISONS for op in ops) else None
    return None


def _is_not(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)


def _is_claim(node: ast.expr) -> bool:
    return isinstance(node, ast.Compare | ast.BoolOp) or _is_not(node)


def _number(node: ast.expr, values: Mapping[str, Float]) -> Any:
    match node:
        case ast.Name(id=name):
            return np.asarray(values[name], dtype=np.float64)
        case ast.Constant(value=value):
            return np.float64(value)  # type: ignore[arg-type]
        case ast.UnaryOp(operand=operand):
            return -_number(operand, values)
        case ast.BinOp(left=left, op=op, right=right):
            out = _ARITHMETIC[type(op)](_number(left, values), _number(right, values))
            return np.where(np.isfinite(out), out, np.nan)
    raise TypeError(f"{type(node).__name__} was not refused when the expression was read")


def _claim(node: ast.expr, values: Mapping[str, Float]) -> Any:
    """1 where the node is true, 0 where it is false, NaN where that is unknown."""
    match node:
        case ast.BoolOp(op=ast.And(), values=parts):
            return _all(_claim(part, values) for part in parts)
        case ast.BoolOp(op=ast.Or(), values=parts):
            return 1 - _all(1 - _claim(part, values) for part in parts)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return 1 - _claim(operand, values)
        case ast.Compare(left=left, ops=ops, comparators=comparators):
            numbers = [_number(part, values) for part in (left, *comparators)]
            return _all(map(_holds, ops, numbers[:-1], numbers[1:]))
    return _holds(ast.Gt(), _number(node, values), np.float64(0))


def _holds(op: ast.cmpop, left: Any, right: Any) -> Any:
    unknown = np.isnan(left) | np.isnan(right)
    return np.where(unknown, np.nan, _COMPARISONS[type(op)](left, right))


def _all(claims: Iterable[Any]) -> Any:
    return reduce(_both, claims)


def _both(left: Any, right: Any) -> Any:
    # 0 * NaN is NaN, but a false claim decides alone.
    return np.where((left == 0) | (right == 0), 0.0, left * right)
