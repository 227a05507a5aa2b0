"""`read_specs`: all that the user said about the inputs, as one spec per input, checked against the examples.

Three sources meet here: `dynamic_shapes` (and the shapes of `TensorSpec` arguments), `constraints`, and `examples`.
The result says for each size whether it is a constant or an expression over symbols, and for each symbol its kind,
its range and how a call gives it a value.

Invariant: the examples satisfy the specs. Whatever contradicts them, or itself, is refused here, before tracing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from fullgraph.contract.dim import Dim, DimKind, UnnamedDim
from fullgraph.contract.entries import Entry
from fullgraph.contract.gather import gather
from fullgraph.contract.inputs import Input, Parameters
from fullgraph.contract.ledger import AssumptionKind, Ledger
from fullgraph.contract.relations import Statement, read_constraints
from fullgraph.contract.samples import check_samples, sizes_of
from fullgraph.contract.sizes import ANY_SIZE, Sizes, merge_sizes
from fullgraph.contract.symbols import (
    Binding,
    Declared,
    DimSpec,
    Source,
    applied,
    bind,
    declare,
    fresh_scope,
    hand_on,
    range_of_sizes,
)
from fullgraph.errors import SpecError
from fullgraph.symbolic import (
    Bool,
    Contradiction,
    Expr,
    Scope,
    ge,
    integer,
    ne,
    parts_of,
    render,
    scalar_symbol,
    sort_of,
    symbol,
)

Dims = tuple["int | Expr", ...]
_DIVISIONS = ("floordiv", "mod", "truediv")


@dataclass(frozen=True)
class Specs:
    """What the user said, input by input.

    Args:
        inputs: the flattened arguments.
        dims: for each input its sizes; None for what is no tensor.
        scalars: the expression of each number that is dynamic itself, by its index; of a truth value, its symbol.
        symbols: the symbols, in the order in which a call gives them values.
        relations: facts stated in `constraints`.
        samples: the symbols' values in each example, the arguments of `export` first; a symbol may have none.
    """

    inputs: tuple[Input, ...]
    dims: tuple[Dims | None, ...]
    scalars: Mapping[int, Expr]
    symbols: tuple[DimSpec, ...]
    relations: tuple[Statement, ...]
    samples: tuple[Mapping[Expr, int], ...]

    @cached_property
    def implied(self) -> tuple[Bool, ...]:
        """What any call satisfies, because it has sizes: a derived one is not negative, and no divisor in it is zero.

        The check compares each size with its expression, so these are no lines of the contract.
        """
        sizes = [s for dims in self.dims if dims is not None for s in dims if isinstance(s, Expr)]
        derived = list(dict.fromkeys(size for size in sizes if size.kind != "symbol"))
        divisors = [
            part.args[1]
            for expr in (*derived, *self.scalars.values())
            for part in parts_of(expr)
            if part.kind in _DIVISIONS and not part.args[1].is_const
        ]
        return (*(ge(size, 0) for size in derived), *(ne(divisor, 0) for divisor in dict.fromkeys(divisors)))

    def scope(self, solutions: Mapping[Expr, Expr] = MappingProxyType({})) -> Scope:
        """Return a scope that knows what is declared of the sizes, and nothing else.

        Args:
            solutions: symbols that are known to be others; the scope is told what they hand on.

        Raises:
            Contradiction: no sizes satisfy it.
        """
        scope = fresh_scope(self.symbols)
        for spec in self.symbols:
            if spec.symbol in solutions:
                hand_on(spec, solutions[spec.symbol], scope)
        for fact in self.implied:
            scope.assume(applied(fact, solutions))
        return scope

    def declare(self, scope: Scope, ledger: Ledger) -> list[Dims | None]:
        """Introduce the symbols and what the user stated of them.

        Args:
            scope: a fresh scope, that of the trace.
            ledger: its ledger.

        Returns:
            For each input its sizes, None for what is no tensor.
        """
        declare(self.symbols, scope, self.samples[0])
        ledger.declare(self.symbols)
        for fact in self.implied:
            try:
                scope.assume(fact)
            except Contradiction:
                raise SpecError(
                    f"A size would have to be other than it is said to be: {render(fact)} never holds.",
                    why="It follows from the derived dims, and contradicts the ranges.",
                    instead="ranges and derived dims that some sizes satisfy",
                ) from None
        for relation in self.relations:
            try:
                scope.assume(relation.fact)
            except Contradiction:
                raise SpecError(
                    f"The constraint {relation.text!r} contradicts the ranges and the other constraints.",
                    instead="constraints that some size satisfies",
                ) from None
            ledger.assume(relation.fact, None, AssumptionKind.DECLARED, relation.text)
        return [None if dims is None else tuple(_known(size, scope) for size in dims) for dims in self.dims]


def read_specs(
    inputs: Sequence[Input],
    dynamic_shapes: object,
    constraints: object,
    examples: Sequence[Sequence[Input]] | None,
    parameters: Parameters,
) -> Specs:
    """Read everything that was said about the inputs.

    Args:
        inputs: the flattened arguments of `export`.
        dynamic_shapes: as given to `export`.
        constraints: the same.
        examples: further arguments, each flattened.
        parameters: the names by which specs speak of the arguments.

    Raises:
        SpecError: something matches no input, cannot be read, or contradicts an example or something else.
    """
    samples = [inputs, *(examples or ())]
    stated = read_constraints(constraints, inputs)
    entries = gather(inputs, dynamic_shapes, stated.dynamic, samples, parameters)
    table = _SymbolTable(entries, {s: type(inputs[s.leaf].value) for s in entries if s.dim is None})
    declared = [Declared(source, table.expr_of(source, entry)) for source, entry in entries.items()]
    bindings = bind(declared)
    relations = stated.resolved(
        {source: d.expr for source, d in zip(entries, declared, strict=True)}, table.names
    )
    table.narrow(stated.sizes)
    symbols = tuple(table.declared(name, binding) for name, binding in bindings.items())
    values = check_samples(samples, declared, symbols, relations)
    by_source = {d.source: d.expr for d in declared}
    return Specs(
        inputs=tuple(inputs),
        dims=tuple(_dims(index, leaf, by_source) for index, leaf in enumerate(inputs)),
        scalars={d.source.leaf: d.expr for d in declared if d.source.dim is None},
        symbols=symbols,
        relations=relations,
        samples=values,
    )


class _SymbolTable:
    """Gives each dynamic entry its expression, and collects what was said of its symbols."""

    def __init__(self, entries: Mapping[Source, Entry], sorts: Mapping[Source, type]) -> None:
        self._sorts = sorts  # of the arguments that are numbers themselves
        self.kinds: dict[Expr, DimKind] = {}
        self.sizes: dict[Expr, Sizes] = {}
        self.is_size: dict[Expr, bool] = {}
        taken = {
            render(s) for entry in entries.values() if isinstance(entry, Dim) for s in entry.expr.symbols
        }
        # torch.export and the printed form call unnamed symbols s0, s1, ...; so do we, around the user's own names.
        self._fresh = (
            name for name in map("s{}".format, range(len(taken) + len(entries))) if name not in taken
        )

    @property
    def names(self) -> dict[str, type]:
        """The names that were given, and of what; constraints may use those of sizes and integers."""
        return {render(s): sort_of(s) for s, kind in self.kinds.items() if kind is DimKind.NAMED}

    def expr_of(self, source: Source, entry: Entry) -> Expr:
        """Return the expression of a size."""
        sort = self._sorts.get(source, int)
        if isinstance(entry, UnnamedDim):
            return self._enter(scalar_symbol(next(self._fresh), sort), entry.kind, entry.sizes, source)
        if isinstance(entry, int):
            return integer(entry)
        if sort is not int:
            return self._enter(scalar_symbol(entry.expr.name, sort), DimKind.NAMED, ANY_SIZE, source)
        for name in entry.expr.symbols:
            self._enter(name, DimKind.NAMED, entry.sizes.get(render(name), ANY_SIZE), source)
        return entry.expr

    def declared(self, name: Expr, binding: Binding) -> DimSpec:
        """Return all that was said of a symbol."""
        kind, sizes = self.kinds[name], self.sizes[name]
        text = render(name) if kind is DimKind.NAMED else str(binding.source)
        return DimSpec(
            symbol=name,
            text=text,
            kind=kind,
            sizes=sizes,
            range=range_of_sizes(text, sizes, is_size=self.is_size[name]),
            binding=binding,
        )

    def narrow(self, sizes: Mapping[str, Sizes]) -> None:
        """Take in the ranges of dims that were mentioned in constraints."""
        for name, found in sizes.items():
            known = symbol(name)
            if known in self.sizes:
                self.sizes[known] = merge_sizes(name, self.sizes[known], found)

    def _enter(self, name: Expr, kind: DimKind, sizes: Sizes, source: Source) -> Expr:
        other = next((s for s in self.kinds if s.name == name.name and s is not name), None)
        if other is not None:
            raise SpecError(
                f"The name {name.name!r} is given to {_noun(other)} and to {_noun(name)}.",
                instead="two names",
            )
        self.kinds[name] = kind
        self.sizes[name] = merge_sizes(render(name), self.sizes.get(name, ANY_SIZE), sizes)
        # An integer that is passed itself may be negative, unless the same name is also the size of a tensor.
        self.is_size[name] = self.is_size.get(name, False) or source.dim is not None
        return name


def _noun(name: Expr) -> str:
    return "an integer" if sort_of(name) is int else f"a {sort_of(name).__name__}"


def _dims(index: int, leaf: Input, exprs: Mapping[Source, Expr]) -> Dims | None:
    sizes = sizes_of(leaf.value)
    if sizes is None:
        return None
    found: list[int | Expr] = []
    for dim, size in enumerate(sizes):
        expr = exprs.get(Source(index, dim, leaf.path))
        if expr is None:
            assert size is not None, "a size without a number has an entry"
            found.append(size)
        else:
            found.append(expr.value if expr.is_const else expr)
    return tuple(found)


def _known(size: int | Expr, scope: Scope) -> int | Expr:
    if isinstance(size, int):
        return size
    simpler = scope.simplify(size)
    return simpler.value if simpler.is_const else simpler
