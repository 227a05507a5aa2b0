"""What is said when a trace relied on something that it may not rely on: all of it at once, with a spec to paste."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from fullgraph.contract.dim import DimKind
from fullgraph.contract.ledger import Assumption, AssumptionKind
from fullgraph.contract.readable import sufficient
from fullgraph.contract.sizes import Sizes
from fullgraph.contract.specs import Specs
from fullgraph.contract.symbols import DimSpec, add_solution, applied, determined, fresh_scope, texts
from fullgraph.contract.tensor_spec import TensorSpec
from fullgraph.contract.text import assumption_text, fact_text, range_text
from fullgraph.errors import CaptureError, Specialized, Unsupported
from fullgraph.symbolic import Bool, Contradiction, Expr, Scope, integer, render, sort_of


@dataclass(frozen=True)
class Refused:
    """An assumption that narrows what may not be narrowed; `sample` is the example it excludes, if it is that."""

    assumption: Assumption
    sample: int | None


def specialized(refused: Sequence[Refused], specs: Specs) -> Specialized:
    """Return the error that names all of them, and a spec under which they would be accepted."""
    names = texts(specs.symbols)
    first = refused[0]
    if len(refused) == 1:
        what = f"The program only works if {fact_text(first.assumption.fact, names)}."
    else:
        what = f"The program only works if {len(refused)} things hold of dims that are declared dynamic."
    error = Specialized(
        what,
        why="\n".join(_reason(item, specs, names) for item in refused),
        instead=_instead(refused, specs),
        where=next((r.assumption.origin for r in refused if r.assumption.origin is not None), None),
        case=_case(first.assumption),
    )
    if len(refused) > 1:
        error.parts = tuple(specialized([each], specs) for each in refused)
    return error


def _instead(refused: Sequence[Refused], specs: Specs) -> str:
    """A spec to paste; what excludes an example cannot be stated as long as the example stays."""
    narrowing = [item.assumption for item in refused if item.sample is None]
    samples = sorted({item.sample for item in refused if item.sample is not None})
    if not samples:
        return accepted_spec(narrowing, specs)
    left_out = f"one export without example {' and '.join(map(str, samples))}, and another for it"
    return f"{left_out}; {accepted_spec(narrowing, specs)}" if narrowing else left_out


def _case(assumption: Assumption) -> str:
    """Return the case of ExportDB that shows how a trace comes to rely on such a fact."""
    fact, origin = assumption.fact, assumption.origin
    if assumption.case is not None:
        return assumption.case
    if origin is not None and origin.text.startswith("for "):
        return "loop_over_dynamic_size"
    if assumption.kind is not AssumptionKind.OPERATOR:
        return "branch_on_size"
    if not isinstance(fact, Bool) or "%" in render(fact):
        return "patches_of_image"  # a multiple of something, which the spec can say
    is_of_two_sizes = len(fact.symbols) > 1
    return (
        "try_around_dynamic_size" if is_of_two_sizes and fact.kind == "ne" else "broadcast_two_dynamic_sizes"
    )


def contradictory(
    assumption: Assumption, earlier: Sequence[Assumption], specs: Sequence[DimSpec]
) -> CaptureError:
    """Return the error for a fact that can never hold together with the earlier ones."""
    names = texts(specs)
    assert isinstance(assumption.fact, Bool)
    lines = _in_the_way(assumption.fact, [a for a in earlier if isinstance(a.fact, Bool)], specs)
    spoken_of = assumption.fact.symbols.union(*(line.fact.symbols for line in lines))  # type: ignore[union-attr]
    against = [*stated_ranges(specs, spoken_of), *(assumption_text(line, names) for line in lines)]
    return Unsupported(
        f"`{fact_text(assumption.fact, names)}` can never hold here, so no call would be accepted.",
        why="\n".join(["It contradicts:", *against]) if against else "No size satisfies it.",
        instead="a check that some size satisfies, or another range in dynamic_shapes",
        where=assumption.origin,
        case="checks_that_contradict",
    )


def stated_ranges(specs: Iterable[DimSpec], symbols: AbstractSet[Expr] | None = None) -> list[str]:
    """Return the ranges that the user stated, of these symbols or of all."""
    return [
        range_text(spec.text, spec.sizes)
        for spec in specs
        if spec.sizes.arguments and (symbols is None or spec.symbol in symbols)
    ]


def _in_the_way(fact: Bool, earlier: Sequence[Assumption], specs: Sequence[DimSpec]) -> Sequence[Assumption]:
    """Return those of the earlier lines that leave no room for a fact, and no more of them than it takes."""
    tied, kept = set(fact.symbols), list[Assumption]()
    while True:
        more = [a for a in earlier if a not in kept and not tied.isdisjoint(a.fact.symbols)]  # type: ignore[union-attr]
        if not more:
            break
        kept += more
        tied.update(*(a.fact.symbols for a in more))  # type: ignore[union-attr]
    kept.sort(key=earlier.index)
    for line in list(kept):
        others = [other for other in kept if other is not line]
        if _leave_no_room(others, fact, specs):
            kept = others
    return kept


def _leave_no_room(lines: Iterable[Assumption], fact: Bool, specs: Sequence[DimSpec]) -> bool:
    scope = fresh_scope(specs)
    known = set(scope.symbols)
    stated = [f for f in (*(line.fact for line in lines), fact) if isinstance(f, Bool) and f.symbols <= known]
    together = scope.together(stated)
    try:
        for each in stated:
            scope.assume(each)
    except Contradiction:
        return True
    return not together.is_possible()


def rejects_example(line: Assumption, specs: Specs) -> CaptureError:
    """Return the error for a check of the program that its own example does not pass."""
    assert isinstance(line.fact, Bool)
    values = specs.samples[0]
    found = [f"{s.text} = {values[s.symbol]}" for s in specs.symbols if s.symbol in line.fact.symbols]
    return Unsupported(
        f"The program accepts only inputs with {fact_text(line.fact, texts(specs.symbols))}, "
        "and the example is none.",
        why=f"In the example, {', '.join(found)}.",
        instead="an example that passes the program's own checks",
        where=line.origin,
        case="check_on_size",
    )


def _reason(item: Refused, specs: Specs, names: Mapping[Expr, str]) -> str:
    text = assumption_text(item.assumption, names)
    if item.sample is not None:
        return f"{text}, which example {item.sample} does not satisfy"
    assert isinstance(item.assumption.fact, Bool)
    groups: dict[str, list[str]] = {}
    for spec in specs.symbols:
        if spec.symbol in item.assumption.fact.symbols:
            groups.setdefault(_declared(spec), []).append(f"`{spec.text}`")
    declared = ", ".join(
        f"{' and '.join(dims)} {'are' if len(dims) > 1 else 'is'} declared {kind}"
        for kind, dims in groups.items()
    )
    return f"{text}, but {declared}"


def _declared(spec: DimSpec) -> str:
    if spec.kind is DimKind.NAMED:
        return f"dynamic in {spec.sizes}" if spec.sizes.arguments else "dynamic"
    return f"Dim.{spec.kind.value}"


def accepted_spec(refused: Sequence[Assumption], specs: Specs) -> str:
    """Return the arguments of `export` under which the refused facts are what the user declared.

    Equalities that determine a symbol go into `dynamic_shapes`, everything else becomes a constraint; and those of
    a symbol that the shape of a `TensorSpec` names, which stands beside `dynamic_shapes`.
    """
    facts = [assumption.fact for assumption in refused if isinstance(assumption.fact, Bool)]
    kept = _named_by_tensor_specs(specs)
    solutions = determined(facts, kept)
    _add_fixed(facts, solutions, specs, kept)
    stated = _stated([applied(fact, solutions) for fact in facts], solutions, specs)
    by_symbol = {spec.symbol: spec for spec in specs.symbols}
    shapes: dict[str, str] = {}
    for index, leaf in enumerate(specs.inputs):
        dims = specs.dims[index]
        sizes = dims if dims is not None else (specs.scalars[index],) if index in specs.scalars else ()
        if any(isinstance(size, Expr) for size in sizes):
            words = [_word(size, solutions, by_symbol) for size in sizes]
            shapes[leaf.path] = (
                repr(" ".join(words)) if dims is not None else _scalar_spec(sizes[0], words[0], solutions)
            )
    declared = [text for s in specs.symbols if s.is_strict for text in _range(s, solutions)]
    given = [applied(relation.fact, solutions) for relation in specs.relations]
    constraints = list(
        dict.fromkeys([*declared, *map(render, (f for f in given if not f.is_const)), *stated])
    )
    text = "dynamic_shapes={" + ", ".join(f"{path!r}: {spec}" for path, spec in shapes.items()) + "}"
    return f"{text}, constraints={constraints}" if constraints else text


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


def _stated(facts: Sequence[Bool], solutions: Mapping[Expr, Expr], specs: Specs) -> list[str]:
    """Return constraints under which the facts hold, none of which follows from the others.

    Each is a short one that suffices, or else the fact itself.
    """
    found: list[Bool] = []
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
        later = _knowing((), solutions, specs)
        for fact in reversed(found):
            if later.decide(fact) is not True:
                later.assume(fact)
                needed.append(fact)
    except Contradiction:  # nothing satisfies all of them; then they are named as they are
        return [render(fact) for fact in facts if not fact.is_const]
    return [render(fact) for fact in reversed(needed)]


def _word(size: int | Expr, solutions: Mapping[Expr, Expr], by_symbol: Mapping[Expr, DimSpec]) -> str:
    if isinstance(size, int):
        return "_"
    known = applied(size, solutions)
    if known.is_const:
        return str(known.value)
    if any(by_symbol[s].kind is DimKind.AUTO for s in known.symbols):
        return "?"
    return render(known).replace(" ", "")


def _scalar_spec(scalar: int | Expr, word: str, solutions: Mapping[Expr, Expr]) -> str:
    """Only an integer is computed from others; another scalar that has to be one value is static."""
    is_fixed = isinstance(scalar, Expr) and scalar in solutions and sort_of(scalar) is not int
    return "None" if is_fixed else repr(word)


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
