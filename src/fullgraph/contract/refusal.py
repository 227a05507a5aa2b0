"""What is said when a trace relied on something that it may not rely on: all of it at once, with a spec to paste."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from fullgraph.contract.advice import fixing, stating
from fullgraph.contract.dim import DimKind
from fullgraph.contract.ledger import Assumption, AssumptionKind
from fullgraph.contract.specs import Specs
from fullgraph.contract.symbols import DimSpec, fresh_scope, texts
from fullgraph.contract.text import assumption_text, fact_text, range_text
from fullgraph.errors import Advice, CaptureError, Specialized, Unsupported
from fullgraph.symbolic import Bool, Contradiction, Expr, render


@dataclass(frozen=True)
class Refused:
    """An assumption that narrows what may not be narrowed; `sample` is the example it excludes, if it is that."""

    assumption: Assumption
    sample: int | None


def specialized(refused: Sequence[Refused], specs: Specs) -> Specialized:
    """Return the error that names all of them, and a spec under which they would be accepted."""
    names = texts(specs.symbols)
    facts = [r.assumption.fact for r in refused if r.sample is None and isinstance(r.assumption.fact, Bool)]
    advice = stating(facts, specs) if facts else None
    samples = sorted({item.sample for item in refused if item.sample is not None})
    error = together([_alone(item, specs, names) for item in refused], _instead(samples, advice))
    if not samples and advice is not None:
        error.advices = (advice, fixing(facts, specs))
    return error


def together(refusals: Sequence[Specialized], instead: str) -> Specialized:
    """Return one error for several, with what to write instead of all of them."""
    parts = [part for refusal in refusals for part in refusal.parts or (refusal,)]
    for part in parts:
        part.instead = instead
    if len(parts) == 1:
        return refusals[0]
    error = Specialized(
        f"The program only works if {len(parts)} things hold of dims that are declared dynamic.",
        why="\n".join(part.why for part in parts),
        instead=instead,
        where=next((part.where for part in parts if part.where is not None), None),
        case=parts[0].case,
    )
    error.parts = tuple(parts)
    return error


def _alone(item: Refused, specs: Specs, names: Mapping[Expr, str]) -> Specialized:
    return Specialized(
        f"The program only works if {fact_text(item.assumption.fact, names)}.",
        why=_reason(item, specs, names),
        where=item.assumption.origin,
        case=_case(item.assumption),
    )


def _instead(samples: Sequence[int], advice: Advice | None) -> str:
    """A spec to paste; what excludes an example cannot be stated as long as the example stays."""
    if not samples:
        return str(advice)
    left_out = f"one export without example {' and '.join(map(str, samples))}, and another for it"
    return left_out if advice is None else f"{left_out}; {advice}"


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
