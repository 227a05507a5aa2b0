"""z3 as an independent judge of what follows from what: expressions and conditions in its words, and what it finds."""

import math
from collections.abc import Iterable

import z3

from fullgraph.symbolic import Bool, Expr, Range

# Where products and quotients meet, z3 may search for long; then nobody knows.
_MILLISECONDS = 500


def to_z3(what: Expr | Bool) -> z3.ExprRef:
    """Translate an expression, or a condition, over integers; divisors must be positive."""
    match what.kind:
        case "polynomial" | "constant":
            return sum(
                c * math.prod((to_z3(atom) for atom in m), start=z3.IntVal(1)) for m, c in what.terms.items()
            )
        case "symbol":
            return z3.Int(what.name)
        case "floordiv":  # of integers, and downwards, as the divisor is positive
            return to_z3(what.args[0]) / to_z3(what.args[1])
        case "mod":
            return to_z3(what.args[0]) % to_z3(what.args[1])
        case "min" | "max":
            first, *others = map(to_z3, what.args)
            for other in others:
                first = z3.If((first <= other) if what.kind == "min" else (first >= other), first, other)
            return first
        case "abs":
            inner = to_z3(what.args[0])
            return z3.If(inner >= 0, inner, -inner)
        case "eq":
            return to_z3(what.args[0]) == 0
        case "ne":
            return to_z3(what.args[0]) != 0
        case "le":
            return to_z3(what.args[0]) <= 0
        case "and":
            return z3.And(*map(to_z3, what.args))
        case "or":
            return z3.Or(*map(to_z3, what.args))
        case "true" | "false":
            return z3.BoolVal(what.kind == "true")
        case _:
            raise NotImplementedError(what.kind)


def in_range(symbol: Expr, known: Range) -> z3.ExprRef:
    """Say that a symbol lies in a range."""
    x = z3.Int(symbol.name)
    bounds = []
    if known.lo > -math.inf:
        bounds.append(x >= int(known.lo))
    if known.hi < math.inf:
        bounds.append(x <= int(known.hi))
    return z3.And(*bounds)


def is_possible(facts: Iterable[z3.ExprRef]) -> bool | None:
    """Say whether all of these can hold together; None if z3 does not find out."""
    solver = z3.Solver()
    solver.set("timeout", _MILLISECONDS)
    solver.add(*facts)
    found = solver.check()
    return None if found == z3.unknown else bool(found == z3.sat)


def follows(facts: Iterable[z3.ExprRef], question: z3.ExprRef) -> bool:
    """Say whether z3 proves that a question holds wherever the facts do."""
    return is_possible([*facts, z3.Not(question)]) is False
