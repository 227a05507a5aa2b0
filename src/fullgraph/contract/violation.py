"""What is wrong with a call that the check rejected, in the user's words.

Nothing here runs for a call inside the contract, so it is written for the reader of the message: which input, what was
expected, what came, and how each symbol got its value.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import torch

from fullgraph.contract.contract import Contract, InputContract
from fullgraph.contract.dim import DimKind
from fullgraph.contract.facts import AMBIENT, Ambient, Disjoint, Fact, Property
from fullgraph.contract.ledger import Assumption, AssumptionKind
from fullgraph.contract.sharing import identical, overlapping
from fullgraph.contract.symbols import DimSpec, evaluated
from fullgraph.contract.text import ambient_text, dtype_text, size_text, value_text
from fullgraph.contract.values import is_plain_tensor
from fullgraph.errors import ContractError
from fullgraph.symbolic import Bool, Expr, add, mul

# The smallest and the largest integer that PyTorch's operators take.
INTEGERS = (-(2**63), 2**63 - 1)


class LineKind(Enum):
    """What a line of the check tests."""

    INPUT = auto()  # type, dtype, device, layout, rank and static sizes of an input, or its value
    BINDING = auto()  # a size gives its symbol an integer value
    SIZE = auto()  # a size, or a number passed itself, is the one that the symbols say
    RANGE = auto()  # a symbol is in its declared range
    ASSUMPTION = auto()  # something else that the program relies on
    PAIRS = auto()  # inputs share no memory, or are not one object
    ARITHMETIC = auto()  # some size or assumption divides by zero
    UNREADABLE = auto()  # a tensor input has no sizes


@dataclass(frozen=True)
class Line:
    """One line of the check, enough to say what is wrong when it does not hold."""

    kind: LineKind
    leaf: int = 0
    dim: int | None = 0
    symbol: Expr | None = None
    assumption: Assumption | None = None
    question: str = ""
    pairs: tuple[tuple[int, int], ...] = ()
    apart: tuple[Assumption, ...] = ()


def violation(contract: Contract, line: Line, leaves: Sequence[Any]) -> ContractError:
    """Return the error for a call whose first violated line is `line`."""
    match line.kind:
        case LineKind.INPUT:
            return _input(contract, contract.inputs[line.leaf], leaves[line.leaf])
        case LineKind.BINDING | LineKind.RANGE:
            assert line.symbol is not None
            return _symbol(contract, contract.symbols[line.symbol], line.kind, leaves)
        case LineKind.SIZE:
            return _size(contract, line.leaf, line.dim, leaves)
        case LineKind.PAIRS:
            find = identical if line.question == "identical" else overlapping
            concerned = sorted({leaf for pair in line.pairs for leaf in pair})
            number = find(leaves, concerned, line.pairs)
            assert number is not None, "the check met a pair"
            return _assumption(contract, line.apart[number], leaves)
        case LineKind.ASSUMPTION:
            assert line.assumption is not None
            return _assumption(contract, line.assumption, leaves)
        case LineKind.ARITHMETIC:
            return _undefined(contract, leaves)
        case LineKind.UNREADABLE:
            return _unreadable(contract, leaves)


def symbol_values(contract: Contract, leaves: Sequence[Any]) -> dict[Expr, int]:
    """Return the value that a call gives each symbol, as far as its arguments have the sizes that say so."""
    values: dict[Expr, int] = {}
    for symbol, spec in contract.symbols.items():
        size = _at(leaves, spec)
        if size is not None and spec.binding.rest.symbols <= values.keys():
            value = spec.binding.solve(size, values)
            if value is not None:
                values[symbol] = value
    return values


def _at(leaves: Sequence[Any], spec: DimSpec) -> Any:
    leaf, dim = leaves[spec.binding.source.leaf], spec.binding.source.dim
    if dim is None:
        return leaf if isinstance(leaf, (int, float)) and type(leaf) is spec.sort else None
    return leaf.shape[dim] if isinstance(leaf, torch.Tensor) and dim < leaf.dim() else None


def _input(contract: Contract, item: InputContract, value: object) -> ContractError:
    if item.scalar is not None:
        return _refused(item.path, _kind(value), _a(item.sort), _TYPED)
    if item.dims is None:
        if isinstance(value, torch.Tensor):
            return _refused(item.path, "a tensor", value_text(item.value), _FIXED)
        return _refused(item.path, value_text(value), value_text(item.value), _FIXED)
    if not isinstance(value, torch.Tensor):
        return _refused(item.path, _kind(value), "a tensor", "")
    if not is_plain_tensor(value):
        return ContractError(
            f"`{item.path}` is a `{type(value).__name__}`, but the program takes plain tensors.",
            why="What a class of its own adds or does differently is not in the graph.",
            instead=f"`{item.path}.as_subclass(torch.Tensor)`",
        )
    # The first of these that differs is the one that the check met.
    for what, found, expected in (
        ("dtype", dtype_text(value.dtype), dtype_text(item.dtype)),
        ("device", str(value.device), str(item.device)),
        ("layout", str(value.layout), str(item.layout or value.layout)),
    ):
        if found != expected:
            return _refused(
                f"{item.path}.{what}", found, expected, f"The {what} of every input is fixed at export."
            )
    if value.dim() != len(item.dims):
        shape = ", ".join(size_text(d, contract.names) for d in item.dims)
        return ContractError(
            f"`{item.path}` has {value.dim()} dims, but the program takes {len(item.dims)}.",
            why=f"Its shape is {list(value.shape)}; the program was exported for [{shape}].",
            instead=f"pass a tensor with {len(item.dims)} dims, or {_AGAIN}",
        )
    dim = next(d for d, (a, b) in enumerate(zip(value.shape, item.declared, strict=True)) if a != b)
    return _static_size(item.path, dim, value.shape[dim], item.declared[dim])


_AGAIN = "export again with an example like this call"
_TYPED = "Python and PyTorch treat an int, a float and a bool differently, so its type is fixed at export."
_FIXED = "A value that is no tensor is fixed at export."


def _refused(name: str, found: str, expected: str, why: str) -> ContractError:
    return ContractError(
        f"`{name}` is {found}, but the program takes {expected}.",
        why=why,
        instead=f"pass {expected}, or {_AGAIN}",
    )


def _a(sort: type) -> str:
    return f"{'an' if sort is int else 'a'} {sort.__name__}"


def _kind(value: object) -> str:
    return "None" if value is None else f"of type {type(value).__name__}"


def _static_size(path: str, dim: int, found: int, expected: object) -> ContractError:
    return ContractError(
        f"`{path}.shape[{dim}]` is {found}, but the program takes {expected}.",
        why="The dim is static, because dynamic_shapes gave it no name.",
        instead=f'export with dynamic_shapes={{"{path}": {{{dim}: Dim("n")}}}} if it is to be dynamic',
    )


def _size(contract: Contract, leaf: int, dim: int | None, leaves: Sequence[Any]) -> ContractError:
    item = contract.inputs[leaf]
    declared = item.scalar if dim is None else item.declared[dim]
    found = leaves[leaf] if dim is None else leaves[leaf].shape[dim]
    name = item.path if dim is None else f"{item.path}.shape[{dim}]"
    if not isinstance(declared, Expr):
        assert dim is not None, "only a size is declared as a plain number"
        return _static_size(item.path, dim, found, declared)
    expected = evaluated(declared, symbol_values(contract, leaves))
    text = size_text(declared, contract.names)
    shown = "" if expected is None or text == str(expected) else f" = {item.sort(expected)}"
    return ContractError(
        f"`{name}` is {found}, but the program takes {text}{shown}.",
        why=_values_text(contract, declared.symbols, leaves),
        instead="inputs that agree, or another name for this one in dynamic_shapes"
        if dim is None
        else "inputs whose sizes agree, or another name for this dim in dynamic_shapes",
    )


def _symbol(contract: Contract, spec: DimSpec, kind: LineKind, leaves: Sequence[Any]) -> ContractError:
    source = spec.binding.source
    if kind is LineKind.BINDING:
        form = size_text(_form(spec), contract.names)
        return ContractError(
            f"`{source}` is {_at(leaves, spec)}, but the program takes {form}.",
            why=_values_text(contract, spec.binding.rest.symbols, leaves) or f"`{spec.text}` is an integer.",
            instead=f"a size that is {form}",
        )
    value = symbol_values(contract, leaves).get(spec.symbol)
    if value is not None and not INTEGERS[0] <= value <= INTEGERS[1]:
        return ContractError(
            f"`{spec.text}` is {value}, but the program takes an integer of 64 bits.",
            why="That is what PyTorch's operators take.",
            instead="a smaller integer",
        )
    return ContractError(
        f"`{spec.text}` is {value}, but its range is {_range_of(spec)}.",
        why=_values_text(contract, {spec.symbol}, leaves) if spec.is_named else "",
        instead=f"{'an integer' if source.dim is None else 'a size'} in {_range_of(spec)}"
        if _form(spec) is spec.symbol
        else f"a `{source}` that gives a `{spec.text}` in {_range_of(spec)}",
    )


def _range_of(spec: DimSpec) -> str:
    """`2..8`; an integer that is passed itself starts anywhere, where a size starts at 0."""
    if spec.sizes.values is None and spec.range.lo == -math.inf:
        return f"-oo..{spec.sizes.max}"
    return str(spec.sizes)


def _assumption(contract: Contract, assumption: Assumption, leaves: Sequence[Any]) -> ContractError:
    fact = assumption.fact
    text = contract.text_of(assumption)
    symbols = fact.symbols if isinstance(fact, (Bool, Property)) else frozenset[Expr]()
    why = [_values_text(contract, symbols, leaves), _because(assumption, contract)]
    return ContractError(
        f"The program takes only inputs with {text}{_got(contract, fact, leaves)}.",
        why="\n".join(line for line in why if line),
        instead=_instead(fact, text),
        where=assumption.origin,
    )


def _because(assumption: Assumption, contract: Contract) -> str:
    """Say why the contract has this line. The user's line itself is shown above the message."""
    note = f": {assumption.note}" if assumption.note else ""
    if assumption.kind is AssumptionKind.DECLARED:
        return "It was stated in the constraints of the export."
    if assumption.kind is AssumptionKind.CHECK:
        return f"The program checks it{note or '.'}"
    symbols = assumption.fact.symbols if isinstance(assumption.fact, Bool) else frozenset[Expr]()
    auto = [s for s in contract.symbols.values() if s.symbol in symbols and s.kind is DimKind.AUTO]
    verb = "gave up" if any(s.symbol in contract.solutions for s in auto) else "narrowed"
    given_up = f"; Dim.AUTO {verb} {' and '.join(s.text for s in auto)} there" if auto else ""
    return f"The program relied on it when it was exported{note}{given_up or ('' if note else '.')}"


def _got(contract: Contract, fact: Fact, leaves: Sequence[Any]) -> str:
    """Say what came, for facts that are not about sizes."""
    by_path = {item.path: leaf for item, leaf in zip(contract.inputs, leaves, strict=True)}
    if isinstance(fact, Property):
        return f", but it is {value_text(fact.read(by_path[fact.path]))}"
    if isinstance(fact, Ambient):
        return f", but it is {ambient_text(fact.name, AMBIENT[fact.name]())}"
    return ""


def _instead(fact: Fact, text: str) -> str:
    if isinstance(fact, Disjoint):
        return f"`{fact.path_b}.clone()`, if the two may be separate"
    if isinstance(fact, Property) and fact.name == "is_contiguous" and fact.value is True:
        return f"`{fact.path}.contiguous()`"
    return f"inputs with {text}, or {_AGAIN}"


def _undefined(contract: Contract, leaves: Sequence[Any]) -> ContractError:
    """Return the error for the first line that cannot be computed for this call: a binding, a size, an assumption."""
    values = symbol_values(contract, leaves)
    for symbol, spec in contract.symbols.items():
        if symbol not in values:
            return _symbol(contract, spec, LineKind.BINDING, leaves)
    for leaf, item in enumerate(contract.inputs):
        if item.scalar is not None and evaluated(item.scalar, values) is None:
            return _size(contract, leaf, None, leaves)
        for dim, size in enumerate(item.declared):
            if isinstance(size, Expr) and evaluated(size, values) is None:
                return _size(contract, leaf, dim, leaves)
    for assumption in contract.assumptions:
        if isinstance(assumption.fact, Bool) and evaluated(assumption.fact, values) is None:
            return _assumption(contract, assumption, leaves)
    raise AssertionError("a check divided by zero where its contract does not")


def _unreadable(contract: Contract, leaves: Sequence[Any]) -> ContractError:
    """Return the error for a tensor that PyTorch does not tell the sizes of."""
    nested = [
        item.path
        for item, leaf in zip(contract.inputs, leaves, strict=True)
        if isinstance(leaf, torch.Tensor) and leaf.is_nested
    ]
    name = nested[0] if nested else "an input"
    return ContractError(
        f"`{name}` is a nested tensor, but the program takes one that has a size in each dim.",
        instead="a tensor of one size in each dim (`torch.nested.to_padded_tensor`)",
    )


def _values_text(contract: Contract, symbols: frozenset[Expr] | set[Expr], leaves: Sequence[Any]) -> str:
    """`batch = 3 from input_ids.shape[0], seq = 7 from ...`."""
    values = symbol_values(contract, leaves)
    return ", ".join(
        f"{spec.text} = {values[symbol]}{_from(contract, spec, leaves)}"
        for symbol, spec in contract.symbols.items()
        if symbol in symbols and symbol in values
    )


def _from(contract: Contract, spec: DimSpec, leaves: Sequence[Any]) -> str:
    """` from x.shape[0]`, and where the symbol is computed from it: ` from x.shape[0] = d + 1 = 0`."""
    source, form = str(spec.binding.source), _form(spec)
    if form is not spec.symbol:
        return f" from {source} = {size_text(form, contract.names)} = {_at(leaves, spec)}"
    return "" if spec.text == source else f" from {source}"


def _form(spec: DimSpec) -> Expr:
    """What a symbol is read from: `2*d + 1`, or the symbol itself."""
    binding = spec.binding
    return spec.symbol if binding.is_plain else add(mul(binding.factor, spec.symbol), binding.rest)
