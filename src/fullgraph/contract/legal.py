"""What a legal contract is.

The compiled check and the messages after it index by what a contract says: an input's dims, the argument that gives a
symbol its value, the inputs that a line names. A contract is legal when all of that is there:

* inputs have different paths; a tensor has a dtype, a device and one declared size a dim, and nothing else has any;
* each symbol is bound by an integer factor of a dim that exists, or by a number that is passed itself, and by symbols
  bound before it;
* sizes and lines speak only of symbols and inputs that the contract has, and of the tensors that the program has.

Verified with each program, so also when one is read from a file.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from typing import NoReturn

from fullgraph.contract.contract import Contract, InputContract
from fullgraph.contract.facts import Ambient, Fact, Property, SameObject
from fullgraph.contract.symbols import DimSpec
from fullgraph.errors import Unsupported
from fullgraph.symbolic import Bool, Expr, sort_of


def verify_contract(contract: Contract, lifted: AbstractSet[str] = frozenset()) -> None:
    """Check that the contract is legal.

    Args:
        contract: the contract.
        lifted: the names of the program's own tensors, which lines may speak of as they do of inputs.

    Raises:
        Unsupported: it is not.
    """
    bound = frozenset(contract.symbols)
    known = bound | contract.ranges.keys() | contract.solutions.keys()
    for item in contract.inputs:
        _verify_input(item, bound)
    if len({item.path for item in contract.inputs}) < len(contract.inputs):
        _refuse("two inputs have one path")
    earlier: set[Expr] = set()
    for symbol, spec in contract.symbols.items():
        _verify_symbol(contract, symbol, spec, earlier)
        earlier.add(symbol)
    for symbol, value in contract.solutions.items():
        _require_known((symbol, *value.symbols), known, "a solution")
    tensors = lifted | {item.path for item in contract.inputs if item.is_tensor}
    paths = tensors | {item.path for item in contract.inputs}
    for line in contract.assumptions:
        _verify_line(line.fact, bound, tensors, paths)
    for line in contract.deferred:
        _verify_line(line.fact, known, tensors, paths)


def _verify_input(item: InputContract, bound: frozenset[Expr]) -> None:
    if item.is_tensor != (item.dtype is not None) or item.is_tensor != (item.device is not None):
        _refuse(f"`{item.path}` is half a tensor")
    if len(item.declared) != (item.rank or 0):
        _refuse(f"`{item.path}` has {item.rank} dims, of which {len(item.declared)} are declared")
    if item.scalar is not None and (item.is_tensor or item.sort not in (int, float, bool)):
        _refuse(f"`{item.path}` is no number")
    for size in (*item.declared, *(item.dims or ()), item.scalar):
        if isinstance(size, Expr):
            _require_known(size.symbols, bound, f"`{item.path}`")


def _verify_symbol(contract: Contract, symbol: Expr, spec: DimSpec, earlier: set[Expr]) -> None:
    binding = spec.binding
    leaf, dim = binding.source.leaf, binding.source.dim
    if symbol is not spec.symbol or symbol.kind != "symbol":
        _refuse(f"`{symbol!r}` is no symbol")
    if not 0 <= leaf < len(contract.inputs) or binding.factor == 0:
        _refuse(f"nothing gives `{spec.text}` a value")
    item = contract.inputs[leaf]
    if item.scalar is None if dim is None else not 0 <= dim < (item.rank or 0):
        _refuse(f"`{item.path}` gives `{spec.text}` no value")
    if dim is None and item.sort is not sort_of(symbol):
        _refuse(f"`{item.path}` gives `{spec.text}` a value of another type")
    _require_known(binding.rest.symbols, earlier, f"`{spec.text}`")


def _verify_line(
    fact: Fact, known: Iterable[Expr], tensors: AbstractSet[str], paths: AbstractSet[str]
) -> None:
    if isinstance(fact, (Bool, Property)):
        _require_known(fact.symbols, known, "a line")
    if isinstance(fact, (Bool, Ambient)):
        return
    for path in (fact.path,) if isinstance(fact, Property) else (fact.path_a, fact.path_b):
        if path not in (paths if isinstance(fact, SameObject) else tensors):
            _refuse(f"a line speaks of `{path}`, which is no tensor that it has")


def _require_known(symbols: Iterable[Expr], known: Iterable[Expr], what: str) -> None:
    for symbol in symbols:
        if symbol not in known:
            _refuse(f"{what} depends on `{symbol!r}`, which no input gives a value")


def _refuse(what: str) -> NoReturn:
    raise Unsupported(
        f"The program's contract is not a legal one: {what}.",
        why="Its check could not be written, or would read what a call does not have.",
        instead="Report it, with the program; if it came from a file, the file is damaged.",
    )
