"""Specs to write instead: arguments of `export` under which what was refused is what the user declared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from fullgraph.contract.dim import DimKind
from fullgraph.contract.readable import sufficient
from fullgraph.contract.sizes import Sizes
from fullgraph.contract.specs import Specs
from fullgraph.contract.symbols import DimSpec, add_solution, applied, determined
from fullgraph.contract.tensor_spec import TensorSpec
from fullgraph.contract.text import range_text
from fullgraph.errors import Advice
from fullgraph.symbolic import Bool, Contradiction, Expr, Scope, eq, integer, render, sort_of


def stating(facts: Sequence[Bool], specs: Specs) -> Advice:
    """Return the arguments of `export` under which the facts are what the user declared.

    Equalities that determine a symbol go into `dynamic_shapes`, everything else becomes a constraint; and those of
    a symbol that the shape of a `TensorSpec` names, which stands beside `dynamic_shapes`.
    """
    kept = _named_by_tensor_specs(specs)
    solutions = determined(facts, kept)
    _add_fixed(facts, solutions, specs, kept)
    stated = _stated([applied(fact, solutions) for fact in facts], solutions, specs)
    by_symbol = {spec.symbol: spec for spec in specs.symbols}
    shapes: dict[str, str | None] = {}
    for index, leaf in enumerate(specs.inputs):
        dims = specs.dims[index]
        sizes = dims if dims is not None else (specs.scalars[index],) if index in specs.scalars else ()
        if any(isinstance(size, Expr) for size in sizes):
            words = [_word(size, solutions, by_symbol) for size in sizes]
            shapes[leaf.path] = (
                " ".join(words) if dims is not None else _scalar_spec(sizes[0], words[0], solutions)
            )
    declared = [text for s in specs.symbols if s.is_strict for text in _range(s, solutions)]
    return Advice(shapes, tuple(dict.fromkeys([*declared, *map(render, stated)])))


def fixing(facts: Sequence[Bool], specs: Specs) -> Advice:
    """Return the arguments of `export` under which all that the facts speak of has the examples' sizes."""
    spoken_of = frozenset[Expr]().union(*(fact.symbols for fact in facts))
    first, *others = specs.samples
    fixed = [
        eq(symbol, value)
        for symbol, value in first.items()
        if symbol in spoken_of and all(sample.get(symbol) == value for sample in others)
    ]
    return stating([*fixed, *facts], specs)


def _named_by_tensor_specs(specs: Specs) -> frozenset[Expr]:
    sizes = (
        size
        for leaf, dims in zip(specs.inputs, specs.dims, strict=True)
        if isinstance(leaf.value, TensorSpec) and dims is not None
        for size, given in zip(dims, leaf.value.shape, strict=True)
        if isinstance(size, Expr) and not isinstance(given, int)
    )
    return frozenset(symbol for size in sizes for symbol in size.symbols)


def _add_fixed(
    facts: Sequence[Bool], solutions: dict[Expr, Expr], specs: Specs, kept: AbstractSet[Expr]
) -> None:
    """Add the symbols that the facts together leave a single value, but for some: `n >= 5` and `n <= 5`."""
    try:
        scope = _knowing(facts, solutions, specs)
    except Contradiction:
        return
    for spec in specs.symbols:
        left = scope.range_of(spec.symbol)
        if (
            spec.symbol not in kept | solutions.keys()
            and spec.sort is int
            and left.is_point
            and not spec.range.is_point
        ):
            add_solution(spec.symbol, integer(int(left.lo)), solutions)


def _knowing(facts: Sequence[Bool], solutions: Mapping[Expr, Expr], specs: Specs) -> Scope:
    """Return a scope that knows what is declared, and these facts."""
    scope = specs.scope(solutions)
    for fact in (*(relation.fact for relation in specs.relations), *facts):
        scope.assume(applied(fact, solutions))
    return scope


def _stated(facts: Sequence[Bool], solutions: Mapping[Expr, Expr], specs: Specs) -> list[Bool]:
    """Return the given constraints and those under which the facts hold, none of which follows from the others.

    Each new one is a short one that suffices, or else the fact itself.
    """
    given = [applied(relation.fact, solutions) for relation in specs.relations]
    found = [fact for fact in given if not fact.is_const]
    try:
        scope = _knowing((), solutions, specs)
        for fact in facts:
            simplest = scope.simplify_question(fact)
            if simplest.is_const:
                continue
            short = sufficient(simplest, specs.samples[0])
            scope.assume(short)
            found += sorted(short.args, key=render) if short.kind == "and" else (short,)
            if scope.decide(scope.simplify_question(fact)) is not True:
                scope.assume(simplest)
                found.append(simplest)
        needed: list[Bool] = []
        later = specs.scope(solutions)
        for fact in reversed(found):
            if later.decide(fact) is not True:
                later.assume(fact)
                needed.append(fact)
    except Contradiction:  # nothing satisfies all of them; then they are named as they are
        return [fact for fact in (*given, *facts) if not fact.is_const]
    return needed[::-1]


def _word(size: int | Expr, solutions: Mapping[Expr, Expr], by_symbol: Mapping[Expr, DimSpec]) -> str:
    if isinstance(size, int):
        return "_"
    known = applied(size, solutions)
    if known.is_const:
        return str(known.value)
    if any(by_symbol[s].kind is DimKind.AUTO for s in known.symbols):
        return "?"
    return render(known).replace(" ", "")


def _scalar_spec(scalar: int | Expr, word: str, solutions: Mapping[Expr, Expr]) -> str | None:
    """Only an integer is computed from others; another scalar that has to be one value is static."""
    is_fixed = isinstance(scalar, Expr) and scalar in solutions and sort_of(scalar) is not int
    return None if is_fixed else word


def _range(spec: DimSpec, solutions: Mapping[Expr, Expr]) -> list[str]:
    """Return the declared range as a constraint; what a symbol turned out to be has to keep it."""
    size = solutions.get(spec.symbol, spec.symbol)
    if not spec.sizes.arguments or size.is_const:
        return []
    name, values = render(size), spec.sizes.values
    if values is None:
        return [range_text(name, spec.sizes)]
    # Few facts follow from an `or`; from the range that it spans, many.
    return [range_text(name, Sizes(values[0], values[-1])), " or ".join(f"{name} == {v}" for v in values)]
