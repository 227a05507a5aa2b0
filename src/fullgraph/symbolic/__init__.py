"""Integers that stand for sizes.

What may enter: arithmetic on symbols, what is known of them, and the answers that follow. Nothing here knows
of tensors, graphs or the user's program; only `symint` knows PyTorch, and only its symbolic numbers. Whom to
ask when no answer follows is passed in (`Undecided`).

Read in this order: `interning`, `expr` (one object for one value), `arithmetic`, `division`, `floats`,
`exact_floats`, `boolean` (canonical operations), `scalars` (floats and truth values as symbols), `operations`,
`evaluation` (what they mean), `ranges`, `forms`, `facts`, `quotients`, `decide`, `simplify`, `linear`, `conditions`,
`together`, `scope` (what is known and what follows), `undecided` (who is asked otherwise), `text`, `lowering` (as
text, as a graph), `domains` (where Python raises), `layout`, `remembered`, `and_or`, `singletons`, `nodes`, `symint`,
`either`, `python_math`, `python_numpy`, `python_lists`, `python_operators`, `python_methods` (as PyTorch and Python
see it).
"""

from __future__ import annotations

from fullgraph.symbolic.and_or import Operands, is_negated
from fullgraph.symbolic.arithmetic import (
    abs_,
    add,
    bitand,
    bitor,
    bitxor,
    floordiv,
    gcd,
    invert,
    lshift,
    max_,
    min_,
    mod,
    mul,
    neg,
    pow_,
    prod,
    rshift,
    sub,
    sum_,
    truediv,
)
from fullgraph.symbolic.boolean import (
    Bool,
    and_,
    as_bool,
    eq,
    false,
    ge,
    gt,
    if_else,
    le,
    lt,
    ne,
    not_,
    or_,
    true,
    truth,
    truth_symbol_in,
)
from fullgraph.symbolic.domains import truncate
from fullgraph.symbolic.either import as_float, is_either, settled
from fullgraph.symbolic.evaluation import evaluate, substitute
from fullgraph.symbolic.expr import Expr, expression, floating, integer, symbol
from fullgraph.symbolic.facts import Contradiction
from fullgraph.symbolic.floats import math_function, round_digits, to_float, to_integer
from fullgraph.symbolic.interning import parts_of
from fullgraph.symbolic.layout import (
    is_channels_last_contiguous_2d,
    is_channels_last_contiguous_3d,
    is_contiguous,
)
from fullgraph.symbolic.python_math import scope_of
from fullgraph.symbolic.python_methods import PYTHON_METHODS
from fullgraph.symbolic.quotients import exactly_divided
from fullgraph.symbolic.ranges import Range
from fullgraph.symbolic.scalars import constants_in, numbers_in, same_value, scalar_of, scalar_symbol, sort_of
from fullgraph.symbolic.scope import Scope
from fullgraph.symbolic.singletons import tests_for_identity
from fullgraph.symbolic.symint import expr_of, lower, to_python
from fullgraph.symbolic.text import parse, render
from fullgraph.symbolic.together import Together
from fullgraph.symbolic.undecided import Kind, Undecided

__all__ = [
    "Operands",
    "is_contiguous",
    "is_channels_last_contiguous_2d",
    "is_channels_last_contiguous_3d",
    "is_either",
    "PYTHON_METHODS",
    "Bool",
    "Contradiction",
    "Expr",
    "Kind",
    "Range",
    "Scope",
    "Together",
    "Undecided",
    "abs_",
    "add",
    "and_",
    "bitand",
    "bitor",
    "bitxor",
    "as_bool",
    "as_float",
    "constants_in",
    "eq",
    "evaluate",
    "exactly_divided",
    "expr_of",
    "expression",
    "false",
    "floating",
    "floordiv",
    "gcd",
    "ge",
    "gt",
    "if_else",
    "integer",
    "invert",
    "le",
    "lower",
    "lshift",
    "lt",
    "math_function",
    "max_",
    "min_",
    "mod",
    "mul",
    "ne",
    "neg",
    "not_",
    "numbers_in",
    "or_",
    "parts_of",
    "parse",
    "pow_",
    "prod",
    "render",
    "round_digits",
    "rshift",
    "same_value",
    "scalar_of",
    "scalar_symbol",
    "scope_of",
    "settled",
    "sort_of",
    "sub",
    "substitute",
    "sum_",
    "symbol",
    "is_negated",
    "tests_for_identity",
    "to_float",
    "to_integer",
    "to_python",
    "true",
    "truncate",
    "truediv",
    "truth",
    "truth_symbol_in",
]
