"""Expressions as text and back. The text is Python: `2*s0 + 1`, `s0 // 4`, `s1 == 2*s0`, `max(s0, 1)`.

Terms are ordered by degree, then by name, so the text of an expression never depends on how it came about.
The same text is what a compiled check computes: `render` with the names of its local variables is the source
of the check.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Mapping
from functools import partial, reduce
from typing import Any

from fullgraph.errors import SpecError
from fullgraph.symbolic import arithmetic, boolean, floats
from fullgraph.symbolic.boolean import Bool
from fullgraph.symbolic.expr import Expr, Monomial, Number, expression, polynomial, symbol
from fullgraph.symbolic.operations import FLOAT_FUNCTIONS, FLOATS_FUNCTIONS, INTEGER_FUNCTIONS, MATH_FUNCTIONS

Names = Mapping[Expr, str]

# Strength of binding, as in Python's grammar.
_OR, _AND, _NOT, _COMPARE, _BITOR, _XOR, _BITAND, _SHIFT, _SUM, _PRODUCT, _UNARY, _POWER, _ATOM = range(13)
_INFIX = {
    "add": ("+", _SUM),
    "sub": ("-", _SUM),
    "mul": ("*", _PRODUCT),
    "truediv": ("/", _PRODUCT),
    "floordiv": ("//", _PRODUCT),
    "mod": ("%", _PRODUCT),
    "pow": ("**", _POWER),
    "lshift": ("<<", _SHIFT),
    "rshift": (">>", _SHIFT),
    "bitand": ("&", _BITAND),
    "bitor": ("|", _BITOR),
    "bitxor": ("^", _XOR),
    "float_eq": ("==", _COMPARE),
    "float_lt": ("<", _COMPARE),
    "float_le": ("<=", _COMPARE),
}
_FLIPPED = {"float_eq": "==", "float_lt": ">", "float_le": ">="}
_CALLS = {
    "min": "min",
    "max": "max",
    "abs": "abs",
    "round": "round",
    "round_digits": "round",
    "to_float": "float",
    "gcd": "math.gcd",
    "floor": "math.floor",
    "ceil": "math.ceil",
    "trunc": "math.trunc",
    **{
        name: f"math.{name}"
        for name in (*MATH_FUNCTIONS, *FLOAT_FUNCTIONS, *FLOATS_FUNCTIONS, *INTEGER_FUNCTIONS)
    },
}


def render(what: Expr | Bool, names: Names | None = None) -> str:
    """Return `what` as Python source.

    Args:
        what: an expression or a condition.
        names: what to call a symbol, where that isn't its own name.

    Returns:
        An expression over the names, `math`, and Python's builtin functions.

    Example:
        >>> render(parse("y == x*2"))
        'y == 2*x'
    """
    return _text(what, names or {}, _OR)


def _text(what: Any, names: Names, context: int) -> str:
    text, strength = _render(what, names)
    return f"({text})" if strength < context else text


def _render(what: Any, names: Names) -> tuple[str, int]:
    kind, args = what.kind, what.args
    truth = boolean.truth_symbol_in(what) if kind == "eq" else None
    if truth is not None:
        text = _text(truth[0], names, _NOT)
        return (text, _ATOM) if truth[1] else (f"not {text}", _NOT)
    if kind in ("eq", "ne", "le"):
        left, operation, right = sides(what)
        return f"{_text(left, names, _BITOR)} {operation} {_text(right, names, _BITOR)}", _COMPARE
    if kind == "symbol":
        return names.get(what, what.name), _ATOM
    if kind == "constant":
        return _constant(what.value)
    if kind == "polynomial":
        return _sum(what, names)
    if kind == "product":
        return "*".join(_text(a, names, _UNARY) for a in args), _PRODUCT
    if kind in _CALLS:
        return f"{_CALLS[kind]}({', '.join(_text(a, names, _OR) for a in args)})", _ATOM
    if kind in _INFIX:
        sign, strength = _INFIX[kind]
        if kind in _FLIPPED and args[0].is_const:
            sign, args = _FLIPPED[kind], args[::-1]  # a constant stands on the right
        # `**` binds to the right, comparisons don't nest, everything else binds to the left.
        stronger_left = kind == "pow" or strength == _COMPARE
        a, b = _text(args[0], names, strength + stronger_left), _text(args[1], names, strength + 1)
        return (f"{a}**{b}" if kind == "pow" else f"{a} {sign} {b}"), strength
    return _render_logic(what, names)


def _render_logic(what: Any, names: Names) -> tuple[str, int]:
    kind, args = what.kind, what.args
    match kind:
        case "true" | "false":
            return kind.capitalize(), _ATOM
        case "and" | "or":
            strength = _AND if kind == "and" else _OR
            texts = [(len(a.symbols), _text(a, names, strength + 1)) for a in args]
            texts.sort(key=lambda found: (found[0], _by_numbers(found[1])))
            return f" {kind} ".join(text for _, text in texts), strength
        case "not":
            return f"not {_text(args[0], names, _NOT)}", _NOT
        case "ite":
            condition, yes, no = (_text(a, names, _AND) for a in args)
            return f"({yes} if {condition} else {no})", _ATOM
        case "neg":
            return f"-{_text(args[0], names, _UNARY)}", _UNARY
    raise TypeError(f"cannot render {what!r}")


def _by_numbers(text: str) -> list[tuple[int, str]]:
    """Return what `n == 8` comes before `n == 16` by."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", text)]


def _constant(value: Number) -> tuple[str, int]:
    if not math.isfinite(value):
        return f'float("{value}")', _ATOM
    text = repr(value)
    return text, _UNARY if text.startswith("-") else _ATOM


def ordered_terms(e: Expr) -> list[tuple[Monomial, int]]:
    """Return the terms as they are written: by degree, then by name, the constant last, a positive one first."""
    terms = sorted(
        e.terms.items(), key=lambda term: (-len(term[0]), [_name_key(a) for a in factors(term[0])])
    )
    first = next((i for i, (_, c) in enumerate(terms) if c > 0), 0)
    return [terms[first], *terms[:first], *terms[first + 1 :]] if terms else []


def factors(monomial: Monomial) -> list[Expr]:
    """Return the atoms of a term as they are written."""
    return sorted(monomial, key=_name_key)


def _name_key(atom: Expr) -> tuple[Any, ...]:
    if atom.kind == "symbol":
        # `s2` before `s10`.
        return (0, *((int(p), "") if p.isdigit() else (-1, p) for p in re.split(r"(\d+)", atom.name)))
    text = render(atom)
    return (1, (len(text), text))


def _sum(e: Expr, names: Names) -> tuple[str, int]:
    pieces: list[str] = []
    terms = ordered_terms(e)
    for monomial, coefficient in terms:
        sign = ("-" if coefficient < 0 else "") if not pieces else (" - " if coefficient < 0 else " + ")
        # A leading minus binds before `//`: -(a // 2), but b - a // 2.
        pieces.append(sign + _term(monomial, abs(coefficient), names, _UNARY if sign == "-" else _PRODUCT))
    if len(terms) > 1:
        return "".join(pieces), _SUM
    ((monomial, coefficient),) = terms
    return pieces[0], _UNARY if coefficient == -1 and len(monomial) == 1 else _PRODUCT


def _term(monomial: Monomial, coefficient: int, names: Names, context: int) -> str:
    parts = [str(coefficient)] if coefficient != 1 or not monomial else []
    counts: dict[Expr, int] = {}
    for atom in factors(monomial):
        counts[atom] = counts.get(atom, 0) + 1
    # A sole factor needs no parentheses: `s0 // 2 + 1`, but `3*(s0 // 2)`.
    if len(counts) > 1 or parts:
        context = _UNARY
    for atom, count in counts.items():
        parts.append(_text(atom, names, context) if count == 1 else f"{_text(atom, names, _ATOM)}**{count}")
    return "*".join(parts)


def sides(comparison: Bool) -> tuple[Expr, str, Expr]:
    """Return a comparison of integers as it is written: left side, sign, right side.

    Terms stand on the side where they are positive; a lone constant stands on the right, a lone symbol on the
    left.
    """
    e = comparison.args[0]
    left = polynomial({m: c for m, c in e.terms.items() if m and c > 0})
    right = polynomial({m: -c for m, c in e.terms.items() if m and c < 0})
    constant = e.terms.get((), 0)
    if comparison.kind != "le":
        return _sides_of_equality(left, right, constant, "==" if comparison.kind == "eq" else "!=")
    if right.is_const:
        return left, "<=", expression(-constant)
    if left.is_const:
        return right, ">=", expression(constant)
    if constant == 1:
        return left, "<", right
    if constant > 0:
        return arithmetic.add(left, constant), "<=", right
    return left, "<=", arithmetic.sub(right, constant)


def _sides_of_equality(left: Expr, right: Expr, constant: int, sign: str) -> tuple[Expr, str, Expr]:
    if left.is_const:
        left, right, constant = right, left, -constant
    if right.is_const:
        return left, sign, expression(-constant)
    if right.kind == "symbol" and left.kind != "symbol":
        left, right, constant = right, left, -constant
    if constant > 0 and left.kind != "symbol":
        return arithmetic.add(left, constant), sign, right
    return left, sign, arithmetic.sub(right, constant)


def parse(text: str, make_symbol: Callable[[str], Expr] = symbol) -> Any:
    """Read what `render` wrote, or what a user wrote in a spec.

    Args:
        text: Python source over names, numbers, arithmetic, comparisons (chained ones too), `and`/`or`/`not`,
            conditional expressions, `min`, `max`, `abs`, `round`, `float`, `int`, and functions of `math`.
        make_symbol: what a name stands for.

    Returns:
        An `Expr`, or a `Bool` for a condition.

    Raises:
        SpecError: the text is something else.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise SpecError(f"cannot read {text!r} as arithmetic on sizes", why=str(error.msg)) from None
    try:
        return _read(tree, make_symbol)
    except KeyError as error:
        name = getattr(error.args[0], "__name__", error.args[0])
        raise SpecError(
            f"cannot read {text!r} as arithmetic on sizes", why=f"`{name}` is not arithmetic on sizes"
        ) from None
    except (TypeError, ValueError, ZeroDivisionError) as error:
        raise SpecError(f"cannot read {text!r} as arithmetic on sizes", why=str(error)) from None


_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: arithmetic.add,
    ast.Sub: arithmetic.sub,
    ast.Mult: arithmetic.mul,
    ast.Div: arithmetic.truediv,
    ast.FloorDiv: arithmetic.floordiv,
    ast.Mod: arithmetic.mod,
    ast.Pow: arithmetic.pow_,
    ast.LShift: arithmetic.lshift,
    ast.RShift: arithmetic.rshift,
    ast.BitAnd: arithmetic.bitand,
    ast.BitOr: arithmetic.bitor,
    ast.BitXor: arithmetic.bitxor,
    ast.USub: arithmetic.neg,
    ast.Invert: arithmetic.invert,
    ast.UAdd: expression,
    ast.Not: boolean.not_,
    ast.Eq: boolean.eq,
    ast.NotEq: boolean.ne,
    ast.Lt: boolean.lt,
    ast.LtE: boolean.le,
    ast.Gt: boolean.gt,
    ast.GtE: boolean.ge,
    ast.And: boolean.and_,
    ast.Or: boolean.or_,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "min": lambda *args: reduce(arithmetic.min_, args),
    "max": lambda *args: reduce(arithmetic.max_, args),
    "abs": arithmetic.abs_,
    "round": lambda a, *digits: (
        floats.round_digits(a, digits[0].value) if digits else floats.to_integer("round", a)
    ),
    "float": lambda a: floats.to_float(float(a) if isinstance(a, str) else a),
    "int": lambda a: floats.to_integer("trunc", a),
    "math.gcd": arithmetic.gcd,
    **{
        f"math.{name}": (lambda a, name=name: floats.to_integer(name, a))
        for name in ("floor", "ceil", "trunc")
    },
    **{f"math.{name}": partial(floats.of_floats, name) for name in FLOATS_FUNCTIONS},
    **{f"math.{name}": partial(arithmetic.integer_function, name) for name in INTEGER_FUNCTIONS},
    **{
        f"math.{name}": (lambda a, name=name: floats.math_function(name, a))
        for name in (*MATH_FUNCTIONS, *FLOAT_FUNCTIONS)
    },
}


def _compared(op: ast.cmpop, left: ast.AST, right: ast.AST, read: Callable[[ast.AST], Any]) -> Any:
    if isinstance(op, (ast.In, ast.NotIn)) and isinstance(right, (ast.Tuple, ast.List, ast.Set)):
        found = boolean.or_(*(boolean.eq(read(left), read(element)) for element in right.elts))
        return found if isinstance(op, ast.In) else boolean.not_(found)
    return _OPERATORS[type(op)](read(left), read(right))


def _read(node: ast.AST, make_symbol: Callable[[str], Expr]) -> Any:
    def read(inner: ast.AST) -> Any:
        return _read(inner, make_symbol)

    match node:
        case ast.Constant(value=bool() as value):
            return boolean.as_bool(value)
        case ast.Constant(value=int() | float() as value):
            return expression(value)
        case ast.Name(id=name):
            return make_symbol(name)
        case ast.UnaryOp(op=op, operand=operand):
            return _OPERATORS[type(op)](read(operand))
        case ast.BinOp(left=left, op=op, right=right):
            return _OPERATORS[type(op)](read(left), read(right))
        case ast.BoolOp(op=op, values=values):
            return _OPERATORS[type(op)](*map(read, values))
        case ast.Compare(left=left, ops=ops, comparators=rights):
            operands = [left, *rights]
            pairs = zip(ops, operands, operands[1:], strict=False)
            return boolean.and_(*(_compared(op, a, b, read) for op, a, b in pairs))
        case ast.IfExp(test=test, body=body, orelse=other):
            return boolean.if_else(read(test), read(body), read(other))
        case ast.Call(func=function, args=args, keywords=[]):
            name = ast.unparse(function)
            texts = name == "float" and len(args) == 1 and isinstance(args[0], ast.Constant)
            return _FUNCTIONS[name](*([args[0].value] if texts else map(read, args)))  # type: ignore[attr-defined]
    raise ValueError(f"{ast.unparse(node)!r} is not arithmetic on sizes")
