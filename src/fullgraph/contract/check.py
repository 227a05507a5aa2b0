"""The check: the contract as one Python function that accepts or rejects a call.

The function is straight-line code. For each line of the contract it evaluates one condition, and calls `fail` with
the number of the first that is false; only then is the contract looked at again, slowly, to say what is wrong
(`violation.py`). So a call inside the contract pays for the conditions and nothing else.

Order matters: types and ranks come before sizes, sizes before symbols, symbols before what is stated of them, so
that no line reads what an earlier one has not made sure of.
"""

from __future__ import annotations

import linecache
import math
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, NoReturn

import torch

from fullgraph.contract.contract import Contract, InputContract
from fullgraph.contract.facts import AMBIENT, PROPERTIES, Ambient, Disjoint, Fact, Property, SameObject
from fullgraph.contract.ledger import Assumption
from fullgraph.contract.sharing import identical, overlapping
from fullgraph.contract.symbols import DimSpec
from fullgraph.contract.values import identity_of, is_plain_tensor, is_singleton
from fullgraph.contract.violation import INTEGERS, Line, LineKind, violation
from fullgraph.errors import ContractError
from fullgraph.symbolic import Bool, Expr, render

Check = Callable[[Sequence[Any]], None]

_serial = count()


def compile_check(contract: Contract) -> Check:
    """Compile a contract.

    Args:
        contract: what a call must satisfy.

    Returns:
        A function of the flattened arguments, in the order of `contract.inputs`. It returns None, or raises
        `ContractError`.
    """
    source, namespace, lines = _Writer(contract).written()

    def fail(number: int, leaves: Sequence[Any]) -> NoReturn:
        raise violation(contract, lines[number], leaves)

    namespace["fail"] = fail
    # The name makes tracebacks and profilers show the text of the check.
    filename = f"<fullgraph check {next(_serial)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    exec(compile(source, filename, "exec"), namespace)  # noqa: S102  (our own text)
    return namespace["check"]


def check_source(contract: Contract) -> str:
    """Return the text of the check, to be read."""
    return _Writer(contract).written()[0]


class _Writer:
    """Writes the function line by line."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._code: list[str] = []
        self._lines: list[Line] = []
        self._namespace: dict[str, Any] = {
            "ContractError": ContractError,
            "Tensor": torch.Tensor,
            "strided": torch.strided,
            "torch": torch,
            "math": math,
            "identity_of": identity_of,
            "is_plain_tensor": is_plain_tensor,
            "identical": identical,
            "overlapping": overlapping,
        }
        self._names = {symbol: f"v{i}" for i, symbol in enumerate(contract.symbols)}
        self._leaf_of = {item.path: f"a{i}" for i, item in enumerate(contract.inputs)}

    def written(self) -> tuple[str, dict[str, Any], list[Line]]:
        """Return the source, the objects it names, and what each failure number stands for."""
        contract = self._contract
        for index, item in enumerate(contract.inputs):
            self._input(index, item)
        for spec in contract.symbols.values():
            self._bind(spec)
        for index, item in enumerate(contract.inputs):
            self._sizes(index, item)
        for spec in contract.symbols.values():
            self._range(spec)
        self._pairs("overlapping", [a for a in contract.assumptions if isinstance(a.fact, Disjoint)])
        self._pairs("identical", [a for a in contract.assumptions if _keeps_apart(a.fact)])
        for assumption in contract.assumptions:
            if not isinstance(assumption.fact, Disjoint) and not _keeps_apart(assumption.fact):
                self._require(self._condition(assumption), Line(LineKind.ASSUMPTION, assumption=assumption))
        arguments = "".join(f"{name}, " for name in self._leaf_of.values())
        body = [f"({arguments}) = leaves", *self._code] if arguments else self._code
        handlers: list[tuple[str, LineKind]] = []
        if contract.symbols:
            # Dividing by zero, or a root of a negative number, on the way to an answer: the line does not hold.
            handlers.append(("(ArithmeticError, ValueError, TypeError)", LineKind.ARITHMETIC))
        if any(
            item.is_tensor for item in contract.inputs
        ):  # a nested tensor raises when it is asked for its sizes
            handlers.append(("RuntimeError", LineKind.UNREADABLE))
        if handlers:
            body = ["try:", *(f"    {line}" for line in body), "except ContractError:", "    raise"]
        for errors, kind in handlers:
            body += [f"except {errors}:", f"    fail({len(self._lines)}, leaves)"]
            self._lines.append(Line(kind))
        text = "\n".join(["def check(leaves):", *(f"    {line}" for line in body or ["pass"])])
        return text + "\n", self._namespace, self._lines

    def _require(self, condition: str, line: Line) -> None:
        self._code.append(f"if not ({condition}): fail({len(self._lines)}, leaves)")
        self._lines.append(line)

    def _constant(self, value: object) -> str:
        """Return a name for an object that has no literal."""
        name = f"c{len(self._namespace)}"
        self._namespace[name] = value
        return name

    def _input(self, index: int, item: InputContract) -> None:
        line = Line(LineKind.INPUT, leaf=index)
        name = f"a{index}"
        if item.scalar is not None:
            self._require(f"type({name}) is {item.sort.__name__}", line)
        elif not item.is_tensor:
            self._require(self._same(name, item.value), line)
        else:
            conditions = [
                f"({name}.__class__ is Tensor or is_plain_tensor({name}))",
                f"{name}.dtype is {self._constant(item.dtype)}",
            ]
            conditions.append(self._on_device(name, item.device))
            if item.layout is not None:
                conditions.append(f"{name}.layout is {self._constant(item.layout)}")
            static = all(isinstance(size, int) for size in item.declared)
            if static:
                conditions.append(f"{name}.shape == {item.declared}")
                self._require(" and ".join(conditions), line)
                return
            self._require(" and ".join([*conditions, f"len(n{index} := {name}.shape) == {item.rank}"]), line)
            self._code.append(f"({''.join(f'n{index}_{d}, ' for d in range(len(item.declared)))}) = n{index}")

    def _on_device(self, name: str, device: torch.device | None) -> str:
        if device is not None and device.type == "cpu":
            return f"{name}.is_cpu"
        return f"{name}.device == {self._constant(device)}"

    def _same(self, name: str, value: object) -> str:
        if is_singleton(value):
            literal = repr(value) if value is None or isinstance(value, bool) else self._constant(value)
            return f"{name} is {literal}"
        kind = type(value).__name__ if type(value) in (int, str, float) else self._constant(type(value))
        if type(value) in (int, str, bytes):
            return f"type({name}) is {kind} and {name} == {value!r}"
        if isinstance(value, float) and value != 0 and not math.isnan(value):
            return f"type({name}) is {kind} and {name} == {self._constant(value)}"
        return f"type({name}) is {kind} and identity_of({name}) == {self._constant(identity_of(value))}"

    def _size(self, leaf: int, dim: int | None) -> str:
        return f"a{leaf}" if dim is None else f"n{leaf}_{dim}"

    def _bind(self, spec: DimSpec) -> None:
        binding, name = spec.binding, self._names[spec.symbol]
        size = self._size(binding.source.leaf, binding.source.dim)
        rest = (
            ""
            if binding.rest.is_const and binding.rest.value == 0
            else f" - ({render(binding.rest, self._names)})"
        )
        if binding.factor == 1:
            self._code.append(f"{name} = {size}{rest}")
            return
        self._code.append(f"{name}, left = divmod({size}{rest}, {binding.factor})")
        self._require("not left", Line(LineKind.BINDING, symbol=spec.symbol))

    def _sizes(self, index: int, item: InputContract) -> None:
        """Compare the sizes, and the numbers passed themselves, that give no symbol its value."""
        binding = {(s.binding.source.leaf, s.binding.source.dim) for s in self._contract.symbols.values()}
        if item.scalar is not None and (index, None) not in binding:
            self._require(self._is_scalar(index, item), Line(LineKind.SIZE, leaf=index, dim=None))
        if all(isinstance(size, int) for size in item.declared):
            return
        for dim, size in enumerate(item.declared):
            if (index, dim) not in binding:
                expected = render(size, self._names) if isinstance(size, Expr) else str(size)
                self._require(f"n{index}_{dim} == {expected}", Line(LineKind.SIZE, leaf=index, dim=dim))

    def _is_scalar(self, index: int, item: InputContract) -> str:
        assert item.scalar is not None
        expected = render(item.scalar, self._names)
        if item.sort is float:  # two zeros are equal and not the same, and nan is the same and not equal
            return f"identity_of(a{index}) == identity_of({expected})"
        return f"a{index} == {expected}"

    def _range(self, spec: DimSpec) -> None:
        name, line = self._names[spec.symbol], Line(LineKind.RANGE, symbol=spec.symbol)
        if spec.sort is not int:
            return
        if spec.sizes.values is not None:
            self._require(f"{name} in {spec.sizes.values}", line)
            return
        # A size that is read as it is cannot be negative.
        trivial = spec.is_size and spec.range.lo == 0
        low = None if trivial or spec.range.lo == -math.inf else spec.range.lo
        high = None if spec.range.hi == math.inf else spec.range.hi
        if spec.binding.source.dim is None:  # Python's integers have no end, and those of a graph do
            low, high = (bound if given is None else given for bound, given in zip(INTEGERS, (low, high)))
        if low is not None and high is not None:
            self._require(f"{low} <= {name} <= {high}", line)
        elif low is not None:
            self._require(f"{name} >= {low}", line)
        elif high is not None:
            self._require(f"{name} <= {high}", line)

    def _condition(self, assumption: Assumption) -> str:
        fact = assumption.fact
        if isinstance(fact, Bool):
            return render(fact, self._names)
        if isinstance(fact, Property):
            found = PROPERTIES[fact.name].replace("x", self._leaf_of[fact.path], 1)
            if isinstance(fact.value, bool):
                return found if fact.value else f"not {found}" if " " not in found else f"not ({found})"
            if isinstance(fact.value, tuple):
                sizes = (render(s, self._names) if isinstance(s, Expr) else repr(s) for s in fact.value)
                return f"{found} == ({''.join(f'{s}, ' for s in sizes)})"
            return f"{found} == {self._constant(fact.value)}"
        if isinstance(fact, SameObject):
            return (
                f"{self._leaf_of[fact.path_a]} {'is' if fact.same else 'is not'} {self._leaf_of[fact.path_b]}"
            )
        assert isinstance(fact, Ambient)
        return f"{self._constant(AMBIENT[fact.name])}() == {self._constant(fact.value)}"

    def _pairs(self, question: str, assumptions: list[Assumption]) -> None:
        """One call for all pairs: a mutated input among n others must not cost n comparisons each."""
        if not assumptions:
            return
        index_of = {path: index for index, path in enumerate(self._leaf_of)}
        pairs: list[tuple[int, int]] = []
        for assumption in assumptions:
            assert isinstance(assumption.fact, (Disjoint, SameObject))
            pairs.append((index_of[assumption.fact.path_a], index_of[assumption.fact.path_b]))
        line = Line(LineKind.PAIRS, question=question, pairs=tuple(pairs), apart=tuple(assumptions))
        leaves = self._constant(tuple(sorted({leaf for pair in pairs for leaf in pair})))
        self._require(f"{question}(leaves, {leaves}, {self._constant(tuple(pairs))}) is None", line)


def _keeps_apart(fact: Fact) -> bool:
    return isinstance(fact, SameObject) and not fact.same
