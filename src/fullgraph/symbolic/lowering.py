"""One step of how a graph computes an expression: an operation, and the operands it needs.

The operands are expressions again, so the recorder takes one step at a time and stops where a node already
exists. Sums are split at their last term while they are short, and in halves when they are long, so that a
sum of n terms is lowered in n*log(n) steps.
"""

from __future__ import annotations

from typing import Any

from fullgraph.symbolic.boolean import Bool, not_, truth_symbol_in
from fullgraph.symbolic.evaluation import rebuild
from fullgraph.symbolic.expr import Expr, Monomial, polynomial
from fullgraph.symbolic.interning import fingerprint_of
from fullgraph.symbolic.text import factors, ordered_terms, sides

# Longer sums are split in halves.
_LONG_SUM = 8
_SIGNS = {"==": "eq", "!=": "ne", "<=": "le", "<": "lt", ">=": "ge", ">": "gt"}


def lowered(what: Expr | Bool) -> tuple[str, tuple[Any, ...]]:
    """Return the operation that computes `what`, and its operands (`Expr`, `Bool`, or Python numbers).

    Raises:
        TypeError: `what` is a constant or a symbol; nothing computes it.
    """
    kind, args = what.kind, what.args
    if what.is_const or kind == "symbol":
        raise TypeError(f"{what!r} is not computed from anything")
    operands: tuple[Any, ...]
    if isinstance(what, Bool):
        operation, operands = _lower_condition(what)
    elif kind == "polynomial":
        operation, operands = _lower_sum(what)
    elif kind in ("min", "max") and len(args) > 2:
        operation, operands = kind, (rebuild(kind, args[:-1]), args[-1])
    elif kind == "product":
        operation, operands = "mul", args
    else:
        operation, operands = kind, args
    return operation, tuple(a.value if a.is_const else a for a in operands)


def _lower_condition(what: Bool) -> tuple[str, tuple[Any, ...]]:
    truth = truth_symbol_in(what)
    if truth is not None and not truth[1]:
        return "not", (not_(what),)
    if what.kind in ("eq", "ne", "le"):
        left, sign, right = sides(what)
        return _SIGNS[sign], (left, right)
    if what.kind in ("and", "or"):
        rest = what.args[:-1]
        return what.kind, (rebuild(what.kind, rest), what.args[-1])
    return what.kind.removeprefix("float_"), what.args


def _lower_sum(what: Expr) -> tuple[str, tuple[Expr, ...]]:
    terms = ordered_terms(what)
    if len(terms) == 1:
        return _lower_product(*terms[0])
    if len(terms) > _LONG_SUM:
        middle = len(terms) // 2
        return "add", (polynomial(dict(terms[:middle])), polynomial(dict(terms[middle:])))
    monomial, coefficient = terms[-1]
    rest = polynomial(dict(terms[:-1]))
    return ("sub" if coefficient < 0 else "add"), (rest, polynomial({monomial: abs(coefficient)}))


def _lower_product(monomial: Monomial, coefficient: int) -> tuple[str, tuple[Expr, ...]]:
    if coefficient == -1:
        return "neg", (polynomial({monomial: 1}),)
    if coefficient != 1:
        return "mul", (polynomial({monomial: 1}), polynomial({(): coefficient}))
    atoms = factors(monomial)
    rest = tuple(sorted(atoms[:-1], key=fingerprint_of))
    return "mul", (polynomial({rest: 1}), atoms[-1])
