"""What a program relies on about its own tensors, checked at each call.

The compiled check of the contract sees the arguments. Some facts also name a lifted tensor: a written buffer shares no
memory with an argument, a parameter requires gradients. Whoever runs the program has both at hand, so those facts
are taken out of the contract's check and tested here, against the tensors that the call really uses: a trainable
module may have other ones than the program was exported with.

What is always relied on is that each of them still has the dtype, device and sizes of the export: `program.module()`
can be sent elsewhere by `to`, and the user's own module as well.

Invariant: each assumption on inputs is tested by exactly one of the two checks.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import torch

from fullgraph.contract import (
    PROPERTIES,
    Assumption,
    Contract,
    Disjoint,
    Property,
    SameObject,
    TensorSpec,
    assumption_text,
    share_memory,
)
from fullgraph.errors import ContractError
from fullgraph.tracing import GraphInput, name_in_facts

LiftedCheck = Callable[[Sequence[Any], Sequence[torch.Tensor]], None]


def without_lifted(
    contract: Contract, inputs: Sequence[GraphInput]
) -> tuple[Contract, tuple[Assumption, ...]]:
    """Split a contract: what speaks of arguments alone, and the assumptions that name a lifted tensor.

    Args:
        contract: all that the program relies on.
        inputs: what each placeholder stands for.
    """
    arguments = {item.path for item in contract.inputs}
    names = {name_in_facts(each.target, each.role, arguments) for each in inputs if each.leaf is None}
    lifted = tuple(each for each in contract.assumptions if not names.isdisjoint(_paths(each)))
    if not lifted:
        return contract, ()
    rest = tuple(each for each in contract.assumptions if names.isdisjoint(_paths(each)))
    return dataclasses.replace(contract, assumptions=rest), lifted


def compile_lifted_check(
    contract: Contract,
    assumptions: Sequence[Assumption],
    inputs: Sequence[GraphInput],
    specs: Sequence[TensorSpec],
) -> LiftedCheck:
    """Return `check(leaves, lifted)` for what is relied on about the lifted tensors.

    Args:
        contract: for the names in messages, and the place of each argument among the leaves.
        assumptions: those that name a lifted tensor.
        inputs: what each placeholder stands for.
        specs: dtype, device and sizes of each lifted tensor at the export, in order.
    """
    arguments = {item.path for item in contract.inputs}
    lifted = [name_in_facts(each.target, each.role, arguments) for each in inputs if each.leaf is None]
    places = {name: f"lifted[{index}]" for index, name in enumerate(lifted)}
    places.update((item.path, f"leaves[{index}]") for index, item in enumerate(contract.inputs))
    lines: list[str] = ["kinds(lifted)"]
    extents = dict.fromkeys(_sparse(contract, inputs, places), "")
    namespace: dict[str, Any] = {"torch": torch, "share_memory": share_memory}
    namespace["kinds"] = _kinds_check(lifted, specs)
    for number, assumption in enumerate(assumptions):
        condition = _condition(assumption.fact, places, extents, lines, namespace)
        lines.append(f"if {condition}: fail({number})")

    def fail(number: int) -> None:
        raise _refusal(assumptions[number], contract)

    namespace["fail"] = fail
    text = "\n".join(["def check(leaves, lifted):", *(f"    {line}" for line in lines)])
    exec(compile(text, "<fullgraph check of lifted tensors>", "exec"), namespace)  # noqa: S102  (the text is ours)
    check: LiftedCheck = namespace["check"]
    return check


def _sparse(contract: Contract, inputs: Sequence[GraphInput], places: Mapping[str, str]) -> list[str]:
    """Return the places of sparse tensors, which have no one address."""
    arguments = {item.path for item in contract.inputs}
    paths = [item.path for item in contract.inputs if item.layout not in (None, torch.strided)]
    paths += [
        name_in_facts(each.target, each.role, arguments)
        for each in inputs
        if each.value is not None and each.value.layout is not torch.strided
    ]
    return [places[path] for path in paths]


def _kinds_check(
    names: Sequence[str], specs: Sequence[TensorSpec]
) -> Callable[[Sequence[torch.Tensor]], None]:
    # Comparing lists costs a fraction of a microsecond a tensor, where a comparison of its own for each costs several.
    dtypes, devices, shapes = (
        [getattr(spec, what) for spec in specs] for what in ("dtype", "device", "shape")
    )

    def check(lifted: Sequence[torch.Tensor]) -> None:
        if [t.dtype for t in lifted] != dtypes or [t.device for t in lifted] != devices:
            _refuse_changed(names, specs, lifted)
        if [t.shape for t in lifted] != shapes:
            _refuse_changed(names, specs, lifted)

    return check


def _refuse_changed(
    names: Sequence[str], specs: Sequence[TensorSpec], lifted: Sequence[torch.Tensor]
) -> NoReturn:
    for name, spec, tensor in zip(names, specs, lifted, strict=True):
        for what, was, now in (
            ("dtype", spec.dtype, tensor.dtype),
            ("device", spec.device, tensor.device),
            ("shape", spec.shape, tuple(tensor.shape)),
        ):
            if was != now:
                raise ContractError(
                    f"`{name}.{what}` is {now}, but the program was exported with {was}.",
                    why="What its operators do was found for the tensors that the program had then.",
                    instead="Export the program again after such a change.",
                )
    raise AssertionError("lists of equal elements differ")


def _paths(assumption: Assumption) -> tuple[str, ...]:
    fact = assumption.fact
    if isinstance(fact, Property):
        return (fact.path,)
    return (fact.path_a, fact.path_b) if isinstance(fact, (Disjoint, SameObject)) else ()


def _condition(
    fact: Any, places: Mapping[str, str], extents: dict[str, str], lines: list[str], namespace: dict[str, Any]
) -> str:
    """Return the text that is true when the fact does not hold."""
    if isinstance(fact, Property):
        namespace[f"k{len(namespace)}"] = fact.value
        expected = f"k{len(namespace) - 1}"
        lines.append(f"x = {places[fact.path]}")
        return f"({PROPERTIES[fact.name]}) != {expected}"
    a, b = places[fact.path_a], places[fact.path_b]
    if isinstance(fact, SameObject):
        return f"{a} is {'not ' if fact.same else ''}{b}"
    # Two comparisons of addresses settle nearly every case; only then is it looked at closely.
    first, second = (_extent(each, extents, lines) for each in (a, b))
    if not first or not second:
        return f"share_memory({a}, {b})"
    return f"{first} < {second}e and {second} < {first}e and share_memory({a}, {b})"


def _extent(place: str, extents: dict[str, str], lines: list[str]) -> str:
    """Return the variable with a tensor's address; with `e` after it, an address beyond its end; "" if sparse."""
    if place not in extents:
        name = extents[place] = f"p{len(extents)}"
        lines.append(f"{name} = {place}.data_ptr()")
        lines.append(f"{name}e = {name} + {place}.untyped_storage().nbytes()")
    return extents[place]


def _refusal(assumption: Assumption, contract: Contract) -> ContractError:
    fact = assumption.fact
    if isinstance(fact, Disjoint):
        instead = f"Pass a copy: `{fact.path_a}.clone()`, whichever of the two is the argument."
    else:
        instead = "Export again with the tensors as they are now."
    return ContractError(
        f"The program takes only inputs for which {assumption_text(assumption, contract.names)}.",
        why="It was exported with tensors of its own for which this holds, and relied on it.",
        instead=instead,
        where=assumption.origin,
    )
