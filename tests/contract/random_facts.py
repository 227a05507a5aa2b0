"""Random sets of facts of the kinds that traces make, and the contract that they give."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from fullgraph.contract import Contract, Dim, TensorSpec
from fullgraph.symbolic import (
    Bool,
    Expr,
    add,
    and_,
    eq,
    evaluate,
    floordiv,
    ge,
    integer,
    le,
    lt,
    max_,
    min_,
    mod,
    mul,
    ne,
    or_,
    prod,
    sub,
    symbol,
)
from tests.contract.support import CHECK, OPERATOR, Traced, specs_of, traced, zeros

NAMES = ("a", "b", "c", "d")
SIZES = tuple(map(symbol, NAMES))
KINDS = ("linear", "order", "divisible", "quotients", "products", "extremes", "either", "mixed")
_COMPARE = (eq, le, le, lt, ge, ge)


def _sum(r: random.Random, most: int = 3, largest: int = 3) -> Expr:
    parts = [
        mul(r.choice([1, 1, 1, -1, r.randint(-largest, largest)]), s)
        for s in r.sample(SIZES, r.randint(1, most))
    ]
    return add(_total(parts), r.choice([0, 0, r.randint(-6, 9)]))


def _total(parts: Sequence[Expr]) -> Expr:
    found = integer(0)
    for part in parts:
        found = add(found, part)
    return found


def _linear(r: random.Random) -> Bool:
    return r.choice(_COMPARE)(_sum(r), r.choice([integer(r.randint(0, 12)), _sum(r, 2)]))


def _order(r: random.Random) -> Bool:
    one, other = r.sample(SIZES, 2)
    right = r.choice(
        [integer(r.choice([1, 2, 4, 8, 16])), other, add(other, r.randint(-3, 3)), mul(2, other)]
    )
    return r.choice([eq, ne, le, lt, ge])(one, right)


def _divisible(r: random.Random) -> Bool:
    k = r.choice([2, 2, 3, 4, 8])
    inner = r.choice([r.choice(SIZES), _sum(r, 2, 2)])
    return r.choice(
        [
            eq(mod(inner, k), 0),
            eq(mod(inner, k), r.randint(0, k - 1)),
            ne(mod(inner, k), 0),
            eq(mul(k, floordiv(inner, k)), inner),
            _order(r),
        ]
    )


def _quotient(r: random.Random) -> Expr:
    k = r.choice([2, 2, 3, 4, 8])
    return add(floordiv(_sum(r, 2, 2), k), r.choice([0, 0, 1]))


def _quotients(r: random.Random) -> Bool:
    left = _quotient(r)
    right = r.choice([integer(r.randint(0, 6)), r.choice(SIZES), _quotient(r), _sum(r, 2)])
    return r.choice(_COMPARE)(left, right)


def _product(r: random.Random) -> Expr:
    return mul(r.choice([1, 1, 2, 4]), prod(r.choices(SIZES, k=r.choice([1, 2, 2, 3]))))


def _products(r: random.Random) -> Bool:
    right = r.choice([integer(r.choice([0, 1, 6, 16, 64])), _product(r), r.choice(SIZES)])
    return r.choice(
        [r.choice(_COMPARE)(_product(r), right), eq(mod(_product(r), r.choice([2, 4, 6])), 0), _order(r)]
    )


def _extremes(r: random.Random) -> Bool:
    extreme = r.choice([min_, max_])(r.choice(SIZES), r.choice([integer(r.randint(0, 9)), _sum(r, 2)]))
    right = r.choice([integer(r.randint(0, 9)), r.choice(SIZES), _sum(r, 2)])
    return r.choice(_COMPARE)(add(extreme, r.choice([0, 0, r.choice(SIZES)])), right)


def _either(r: random.Random) -> Bool:
    make = r.choice([_order, _linear])
    if r.random() < 0.4:
        return make(r)
    return r.choice([or_, or_, and_])(make(r), r.choice([_order, _divisible])(r))


_MAKE = {
    "linear": _linear,
    "order": _order,
    "divisible": _divisible,
    "quotients": _quotients,
    "products": _products,
    "extremes": _extremes,
    "either": _either,
}


def random_fact(r: random.Random, kind: str) -> Bool:
    """Return a fact of a kind; "mixed" is any."""
    return _MAKE[r.choice(list(_MAKE)) if kind == "mixed" else kind](r)


def _dim(r: random.Random, name: str) -> tuple[Dim, int]:
    """Return a dim, and a value that it may have."""
    if r.random() < 0.1:
        values = sorted(r.sample([0, 1, 2, 3, 4, 6, 8, 12], r.randint(2, 4)))
        return Dim(name, values=values), r.choice(values)
    lo, hi = r.choice([None, None, 0, 1, 2]), r.choice([None, None, None, 8, 16, 64])
    return Dim(name, min=lo, max=hi), r.randint(lo or 0, min(hi or 12, 12))


@dataclass(frozen=True)
class Drawn:
    """A random export: what it assumed, and a trace that has done so."""

    facts: tuple[Bool, ...]
    made: Traced

    def contract(self) -> Contract:
        """Return the contract of the trace."""
        return self.made.contract()


def drawn(seed: int, kind: str, with_example: bool = True, most: int = 6) -> Drawn:
    """Draw ranges and facts; with an example they are facts that hold of it, without one they may contradict."""
    r = random.Random(f"{seed} {kind}")
    dims = dict(zip(NAMES, (_dim(r, name) for name in NAMES)))
    hint = {s: dims[s.name][1] for s in SIZES}
    facts, count = [], r.randint(2, most)
    for _ in range(60):
        fact = random_fact(r, kind)
        if not fact.is_const and (not with_example or evaluate(fact, hint)):
            facts.append(fact)
        if len(facts) == count:
            break
    if with_example:
        shapes = {"x": tuple(dim for dim, _ in dims.values())}
        specs = specs_of(shapes, x=zeros(*(hint[s] for s in SIZES)))
    else:
        shapes = {"x": {i: dim for i, (dim, _) in enumerate(dims.values())}}
        specs = specs_of(shapes, x=TensorSpec(" ".join(NAMES)))
    made = traced(specs)
    for fact in facts:
        made.assume(fact, CHECK)
    return Drawn(tuple(facts), made)


def declared_of(drawn: Drawn) -> list[Bool]:
    """Return the declared ranges as facts."""
    found = []
    for spec in drawn.made.specs.symbols:
        found.append(ge(spec.symbol, int(spec.range.lo)))
        if spec.range.hi < 2**60:
            found.append(le(spec.symbol, int(spec.range.hi)))
        if spec.sizes.values is not None:
            found.append(or_(*(eq(spec.symbol, value) for value in spec.sizes.values)))
    return found


__all__ = ["KINDS", "OPERATOR", "SIZES", "Drawn", "declared_of", "drawn", "random_fact", "sub"]
